package upstream_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

// robotic is a client that asks robots.txt, and a clock for it.
func robotic(now *atomic.Int64) *upstream.Client {
	return &upstream.Client{UserAgent: upstream.UserAgent("1.2", "mailto:ops@example.org"), Robots: &upstream.Robots{},
		Now: func() time.Time { return time.Unix(now.Load(), 0) }}
}

func TestRobotsRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, file, path string
		want             bool
	}{
		{"an empty file", "", "/rss", true},
		{"for everybody", "User-agent: *\nDisallow: /", "/rss", false},
		{"disallow nothing", "User-agent: *\nDisallow:", "/rss", true},
		{"another path", "User-agent: *\nDisallow: /private/", "/rss", true},
		{"below it", "User-agent: *\nDisallow: /private/", "/private/rss", false},
		{"for another product", "User-agent: somebot\nDisallow: /", "/rss", true},
		{"our own group goes first", "User-agent: *\nDisallow: /\n\nUser-agent: tickerwire\nAllow: /", "/rss", true},
		{"our own group, with a version and in capitals", "User-Agent: TICKERWIRE/9\nDisallow: /rss", "/rss", false},
		{"our own empty group", "User-agent: *\nDisallow: /\nUser-agent: Tickerwire\nDisallow:", "/rss", true},
		{"a name that only begins like ours", "User-agent: Tickerwire-image\nDisallow: /", "/rss", true},
		{"a group of several", "User-agent: somebot\nUser-agent: Tickerwire\nDisallow: /rss", "/rss", false},
		{"our groups count together", "User-agent: Tickerwire\nDisallow: /a\nUser-agent: x\nDisallow: /b\nUser-agent: Tickerwire\nDisallow: /c", "/c", false},
		{"and only ours", "User-agent: Tickerwire\nDisallow: /a\nUser-agent: x\nDisallow: /b", "/b", true},
		{"the longest rule", "User-agent: *\nDisallow: /\nAllow: /rss", "/rss/economy", true},
		{"the longest rule, the other way", "User-agent: *\nAllow: /\nDisallow: /rss", "/rss", false},
		{"equal rules allow", "User-agent: *\nDisallow: /rss\nAllow: /rss", "/rss", true},
		{"a star within", "User-agent: *\nDisallow: /*/print", "/news/print", false},
		{"the end", "User-agent: *\nDisallow: /*.xml$", "/feed.xml", false},
		{"not the end", "User-agent: *\nDisallow: /*.xml$", "/feed.xml?page=2", true},
		{"the end without a star", "User-agent: *\nDisallow: /rss$", "/rss/economy", true},
		{"the query counts", "User-agent: *\nDisallow: /rss?*full=1", "/rss?a=1&full=1", false},
		{"escapes are one spelling", "User-agent: *\nDisallow: /%eb%89%b4%ec%8a%a4", "/뉴스", false},
		{"plain Korean in the file", "User-agent: *\nDisallow: /뉴스", "/%EB%89%B4%EC%8A%A4", false},
		{"needless escapes", "User-agent: *\nDisallow: /%72ss", "/rss", false},
		{"an escaped slash is no slash", "User-agent: *\nDisallow: /a%2fb", "/a/b", true},
		{"comments", "# hello\nUser-agent: * # all\nDisallow: /rss # not this\n", "/rss", false},
		{"old line ends", "User-agent: *\rDisallow: /rss\r", "/rss", false},
		{"a mark before it", "\uFEFFUser-agent: *\nDisallow: /rss", "/rss", false},
		{"other lines", "Sitemap: https://x.example/map.xml\nUser-agent: *\nCrawl-delay: 10\nDisallow: /rss", "/rss", false},
		{"rules of nobody", "Disallow: /\nUser-agent: x\nDisallow: /", "/rss", true},
		{"a page instead of a file", "<!doctype html><html><body>User-agent: *</body></html>", "/rss", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			asked := false
			base := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/robots.txt" {
					fmt.Fprint(w, c.file)
					return
				}
				asked = true
			})
			_, err := robotic(new(atomic.Int64)).Do(t.Context(), upstream.Request{URL: base + c.path, Robots: true})
			if c.want && err != nil || !c.want && (fault.KindOf(err) != fault.Forbidden || !strings.Contains(err.Error(), "robots.txt")) || asked != c.want {
				t.Errorf("asked %t, want %t: %v", asked, c.want, err)
			}
		})
	}
}

func TestRobotsOfAHostThatHasNone(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]fault.Kind{200: 0, 301: 0, 401: 0, 403: 0, 404: 0, 410: 0, 429: fault.Limited, 500: fault.Unavailable, 503: fault.Unavailable} {
		base := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/robots.txt" {
				w.Header().Set("Location", "/moved.txt")
				w.Header().Set("Retry-After", "9")
				w.WriteHeader(status)
			}
		})
		_, err := robotic(new(atomic.Int64)).Do(t.Context(), upstream.Request{URL: base + "/rss", Robots: true})
		if fault.KindOf(err) != want || (err != nil) != (want != 0) {
			t.Errorf("robots.txt answers %d: %v, want %s", status, err, want)
		}
		if err != nil && (!strings.Contains(err.Error(), "robots.txt") || fault.RetryAfterOf(err) != 9*time.Second) {
			t.Errorf("robots.txt answers %d: %v, retry after %s", status, err, fault.RetryAfterOf(err))
		}
	}
	_, err := robotic(new(atomic.Int64)).Do(t.Context(), upstream.Request{URL: "http://127.0.0.1:1/rss", Robots: true})
	if fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "robots.txt") {
		t.Errorf("nobody answers: %v", err)
	}
}

func TestRobotsAreKeptForADay(t *testing.T) {
	t.Parallel()
	var files, pages atomic.Int32
	var down atomic.Bool
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/robots.txt":
			pages.Add(1)
		case down.Load():
			files.Add(1)
			w.WriteHeader(http.StatusBadGateway)
		default:
			files.Add(1)
			fmt.Fprint(w, "User-agent: *\nDisallow: /no")
		}
	})
	var now atomic.Int64
	client := robotic(&now)
	fetch := func(path string, robots bool, want fault.Kind) {
		t.Helper()
		if _, err := client.Do(t.Context(), upstream.Request{URL: base + path, Robots: robots}); fault.KindOf(err) != want {
			t.Errorf("%s at %d: %v, want %s", path, now.Load(), err, want)
		}
	}
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() { fetch("/rss", true, 0) })
	}
	group.Wait()
	fetch("/no", true, fault.Forbidden)
	fetch("/no", false, 0) // an interface that gave us a key
	now.Store(int64((24*time.Hour - time.Second).Seconds()))
	fetch("/no", true, fault.Forbidden)
	if files.Load() != 1 || pages.Load() != 6 {
		t.Errorf("within a day: %d files and %d pages, want 1 and 6", files.Load(), pages.Load())
	}
	now.Add(1)
	down.Store(true)
	fetch("/no", true, fault.Forbidden) // the older copy, while no newer one can be had
	down.Store(false)
	fetch("/rss", true, 0)
	fetch("/rss", true, 0)
	if files.Load() != 3 {
		t.Errorf("after a day: %d files, want 3", files.Load())
	}
}

func TestRobotsAreFetchedPolitely(t *testing.T) {
	t.Parallel()
	var keys []string
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.UserAgent(), "Tickerwire/") {
			t.Errorf("%s: User-Agent %q", r.URL.Path, r.UserAgent())
		}
	})
	client := robotic(new(atomic.Int64))
	client.Limiter = limiterFunc(func(_ context.Context, key string) error {
		keys = append(keys, key)
		return nil
	})
	if _, err := client.Do(t.Context(), upstream.Request{URL: base + "/rss", Key: "127.0.0.1", Robots: true}); err != nil {
		t.Fatal(err)
	}
	if len(keys) != 2 || keys[0] != "127.0.0.1" || keys[1] != "127.0.0.1" {
		t.Errorf("tokens taken of %v, want one for robots.txt and one for the feed", keys)
	}
}

func TestRobotsOfEveryHop(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/robots.txt" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		fmt.Fprint(w, "User-agent: *\nDisallow: /rss")
	})
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		http.Redirect(w, r, elsewhere+"/rss", http.StatusFound)
	})
	_, err := robotic(new(atomic.Int64)).Do(t.Context(), upstream.Request{URL: base + "/rss", Robots: true})
	if fault.KindOf(err) != fault.Forbidden || !strings.Contains(err.Error(), "robots.txt") {
		t.Errorf("a hop to where we may not go: %v", err)
	}
}

func FuzzRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /a*b$", "/ab")
	f.Add("User-agent: tickerwire\r\nAllow: /%zz\nDisallow: *", "/%2")
	f.Fuzz(func(t *testing.T, file, path string) {
		if !upstream.RobotsAllow(file, "Tickerwire", path) && !strings.Contains(strings.ToLower(file), "disallow") {
			t.Errorf("%q disallows %q without saying so", file, path)
		}
	})
}
