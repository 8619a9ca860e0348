package app_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"
)

// TestBrokenUpstreams breaks the simulated sources one after the other, each in its own way: the break shows, the others
// go on, and nothing is lost once it is mended.
func TestBrokenUpstreams(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	p := command{name: "standalone", env: append(settings(openDir(t)), "DATABASE_URL="+db.url, "REDIS_URL="+newRedis(t), "BARS_DAYS=30", "SIMULATOR_SPEED=10")}.run(t)
	is := welcomed(t, p)
	api := signIn(t, is.url, "admin@example.com", p.says(t, `password (\S+) `)[0])
	sim := caller{base: is.simulator}
	for _, c := range []struct {
		upstream, source string
		fault            map[string]any
	}{
		{"feed", "wire", map[string]any{"malformed": true}},
		{"dart", "dart", map[string]any{"reset": true}},
		{"naver", "naver", map[string]any{"status": 503}},
		{"feed", "wire", map[string]any{"status": 500}},
		{"naver", "naver", map[string]any{"malformed": true}},
	} {
		sim.send(t, http.MethodPut, "/_sim/faults/"+c.upstream, c.fault, nil)
		broken := awaitSource(t, api, c.source, fmt.Sprintf("fails after %v", c.fault), func(s source) bool {
			return s.State == "failing" && s.ErrorsInRow > 0 && strings.Contains(s.LastError, c.source)
		})
		t.Logf("%s with %v: %s", c.source, c.fault, broken.LastError)
		for _, other := range []string{"wire", "dart", "naver"} {
			if other != c.source {
				before := time.Time{}
				awaitSource(t, api, other, "goes on while "+c.source+" is broken", func(s source) bool {
					if before.IsZero() {
						before = s.LastSuccessAt
					}
					return s.State == "ok" && s.LastSuccessAt.After(before)
				})
			}
		}
		sim.send(t, http.MethodDelete, "/_sim/faults/"+c.upstream, nil, nil)
		awaitSource(t, api, c.source, "answers again", func(s source) bool { return s.State == "ok" && s.ErrorsInRow == 0 })
	}
	until(t, patience, func() error { return servedIsStored(t, db, sim) })
	until(t, patience, func() error { return noFailures(t, api) })
	p.stops(t)
}

func awaitSource(t *testing.T, api caller, name, what string, is func(source) bool) source {
	t.Helper()
	var found source
	until(t, patience, func() error {
		var list struct{ Items []source }
		api.get(t, "/api/sources", &list)
		i := slices.IndexFunc(list.Items, func(s source) bool { return s.Name == name })
		if i < 0 {
			return fmt.Errorf("there is no source %s", name)
		}
		if found = list.Items[i]; !is(found) {
			return fmt.Errorf("waiting until %s %s: %+v", name, what, found)
		}
		return nil
	})
	return found
}

// servedIsStored compares the wire, which lists what every other source shows.
func servedIsStored(t *testing.T, db database, sim caller) error {
	t.Helper()
	for _, id := range readServed(t, sim)["wire"] {
		if n := db.number(t, `select count(*) from sightings where source = 'wire' and external_id = ?`, id); n != 1 {
			return fmt.Errorf("%s was served and has %d sightings", id, n)
		}
	}
	return nil
}

func noFailures(t *testing.T, api caller) error {
	t.Helper()
	var d dashboard
	api.get(t, "/api/dashboard", &d)
	if d.Pipeline.Retrying+d.Pipeline.GaveUp > 0 {
		return fmt.Errorf("work is still failing: %+v", d.Pipeline)
	}
	return nil
}

// TestBadTasks puts tasks that nobody could have rung into the queue of a running program.
func TestBadTasks(t *testing.T) {
	t.Parallel()
	db, redisURL := newDatabase(t), newRedis(t)
	p := command{name: "standalone", env: append(settings(openDir(t)), "DATABASE_URL="+db.url, "REDIS_URL="+redisURL, "BARS_DAYS=30", "SIMULATOR_SPEED=10")}.run(t)
	is := welcomed(t, p)
	api := signIn(t, is.url, "admin@example.com", p.says(t, `password (\S+) `)[0])
	options, err := asynq.ParseRedisURI(redisURL)
	fatal(t, err)
	queue := asynq.NewClient(options)
	defer queue.Close()
	bad := []struct {
		id, kind, queue, payload string
		want                     string
	}{
		{"bad:1", "news:crawl", "crawl", `{"source": "wire`, "payload of news:crawl is no valid JSON"},
		{"bad:2", "story:predict", "predict-analogue", "\x00\xff\xfe", "payload of story:predict is no valid JSON"},
		{"bad:3", "article:embed", "embed", `{"ids": "all"}`, "payload of article:embed is no valid JSON"},
		{"bad:4", "news:frobnicate", "embed", `{}`, `unknown task kind "news:frobnicate"`},
		{"bad:5", "news:crawl", "crawl", `{"source": "nowhere"}`, `no source "nowhere" is configured`},
	}
	for _, b := range bad {
		_, err := queue.EnqueueContext(t.Context(), asynq.NewTask(b.kind, []byte(b.payload)), asynq.Queue(b.queue), asynq.TaskID(b.id))
		fatal(t, err)
	}
	type cause struct {
		Kind, Error string
		Queues      []string
		GaveUp      int `json:"gave_up"`
	}
	until(t, patience, func() error {
		var list struct{ Items []cause }
		api.get(t, "/api/failures?state=gave_up", &list)
		var missing []error
		for _, b := range bad {
			if !slices.ContainsFunc(list.Items, func(c cause) bool {
				return c.Kind == b.kind && slices.Equal(c.Queues, []string{b.queue}) && c.GaveUp == 1 && strings.Contains(c.Error, b.want)
			}) {
				missing = append(missing, fmt.Errorf("no failure of %s says %q", b.kind, b.want))
			}
		}
		if len(missing) == 0 && len(list.Items) != len(bad) {
			return fmt.Errorf("%d causes of %d bad tasks: %+v", len(list.Items), len(bad), list.Items)
		}
		return errors.Join(missing...)
	})
	var before dashboard
	api.get(t, "/api/dashboard", &before)
	if before.Pipeline.GaveUp != len(bad) {
		t.Errorf("the dashboard shows %d tasks that were given up, want %d", before.Pipeline.GaveUp, len(bad))
	}
	until(t, patience, func() error { // good work goes on
		var now dashboard
		api.get(t, "/api/dashboard", &now)
		if now.Today.Articles > before.Today.Articles && now.Today.Predictions > before.Today.Predictions {
			return nil
		}
		return fmt.Errorf("before %+v, now %+v", before.Today, now.Today)
	})
	if strings.Contains(p.out.String(), "panic") {
		t.Errorf("the program panics:\n%s", p.out)
	}
	p.stops(t)
}
