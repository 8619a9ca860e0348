package app_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tickerwire/internal/app"
	"tickerwire/internal/config"
)

// promise is how long a person waits for the first alert.
const promise = 30 * time.Second

// TestStandalone starts `make run`'s program as people do: with redis-server and without, as root and as somebody else.
func TestStandalone(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(t *testing.T, home string) *program{
		"in this process, with redis-server": func(t *testing.T, home string) *program { return runHere(t, settings(home)) },
		"without redis-server": func(t *testing.T, home string) *program {
			return command{name: "standalone", env: append(settings(home), "PATH="+pathWithoutRedis(t))}.run(t)
		},
		"as an ordinary user": func(t *testing.T, home string) *program {
			return command{name: "standalone", env: settings(home), dir: home, attr: ordinary(t, home)}.run(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := openDir(t)
			live(t, home, func() *program { return start(t, home) })
		})
	}
}

// settings are those of a first start: only the ports are free ones, as several programs run at once.
func settings(home string) []string {
	return []string{"HTTP_ADDR=127.0.0.1:0", "DATA_DIR=" + filepath.Join(home, "data")}
}

// live starts the program on an empty home, looks around, ends it with ctrl-C and starts it again.
func live(t *testing.T, home string, start func() *program) {
	data := filepath.Join(home, "data")
	first := start()
	is := welcomed(t, first)
	password := first.says(t, `admin +admin@example\.com +password (\S+) `)[0]
	api := signIn(t, is.url, "admin@example.com", password)
	before := firstAlert(t, first, api, caller{base: is.simulator})
	readMetrics(t, is.metrics)
	refuseSeconds(t, data, is.url, api)
	running := serversIn(t, data)
	if want := []string{"postgres"}; !slices.Equal(running[:1], want) {
		t.Errorf("servers in %s: %v", data, running)
	}
	if said := strings.Contains(first.out.String(), "No redis-server"); said == slices.Contains(running, "redis") {
		t.Errorf("says that there is no redis-server: %t; its servers: %v", said, running)
	}
	first.stops(t)
	gone(t, data, is)

	second := start()
	again := welcomed(t, second)
	api = signIn(t, again.url, "admin@example.com", password)
	if strings.Contains(second.out.String(), "password") {
		t.Errorf("the second start prints a password:\n%s", second.out)
	}
	var after dashboard
	api.get(t, "/api/dashboard", &after)
	if after.Today.Articles < before.Today.Articles || after.Today.Predictions < before.Today.Predictions ||
		after.Today.Alerts < before.Today.Alerts {
		t.Errorf("before the restart %+v, after it %+v", before.Today, after.Today)
	}
	if past := after.Session.Now.Sub(before.Session.Now); past < 0 || past > 10*time.Minute {
		t.Errorf("the clock showed %s before the restart and %s after it", before.Session.Now, after.Session.Now)
	}
	until(t, patience, func() error {
		var now dashboard
		api.get(t, "/api/dashboard", &now)
		if now.Today.Articles > after.Today.Articles {
			return nil
		}
		return fmt.Errorf("still %d articles: the second start brings no news", now.Today.Articles)
	})
	second.stops(t)
	gone(t, data, again)
}

// places are the addresses that the program prints.
type places struct{ url, simulator, metrics string }

func welcomed(t *testing.T, p *program) places {
	t.Helper()
	p.says(t, `\d  +ready `)
	return places{p.says(t, `Tickerwire +(http://\S+)`)[0], p.says(t, `simulator +(http://\S+)`)[0], p.says(t, `metrics +(http://\S+)`)[0]}
}

// firstAlert waits for articles, predictions and an alert on the dashboard, and for the alert's message.
func firstAlert(t *testing.T, p *program, api, sim caller) dashboard {
	t.Helper()
	var d dashboard
	until(t, patience, func() error {
		api.get(t, "/api/dashboard", &d)
		if d.Today.Articles == 0 || d.Today.Predictions == 0 || d.Today.Alerts == 0 || len(d.Alerts) == 0 {
			return fmt.Errorf("the dashboard shows %+v", d.Today)
		}
		for _, m := range messages(t, sim) {
			for _, a := range d.Alerts {
				if strings.Contains(m.Text, a.Stock.Name) {
					return nil
				}
			}
		}
		return errors.New("the simulator holds no message about an alert")
	})
	t.Logf("the first alert after %s, on a quiet machine promised within %s: %+v", time.Since(p.started).Round(10*time.Millisecond), promise, d.Today)
	return d
}

func readMetrics(t *testing.T, address string) {
	t.Helper()
	var page string
	caller{base: address}.get(t, "", &page)
	for _, name := range []string{"go_goroutines ", `http_request_duration_seconds_count{method="GET",route="/api/dashboard",status="200"}`} {
		if !strings.Contains(page, name) {
			t.Errorf("%s has no %s", address, name)
		}
	}
}

// refuseSeconds starts the program a second time beside a running one.
func refuseSeconds(t *testing.T, data, address string, api caller) {
	t.Helper()
	command{name: "standalone", env: []string{"HTTP_ADDR=127.0.0.1:0", "DATA_DIR=" + data}}.run(t).
		refuses(t, "another Tickerwire runs in "+data)
	taken := strings.Replace(address, "http://localhost", "127.0.0.1", 1)
	command{name: "standalone", env: []string{"HTTP_ADDR=" + taken, "DATA_DIR=" + openDir(t)}}.run(t).
		refuses(t, "HTTP_ADDR", taken, "is taken by another program", "running already?")
	api.get(t, "/api/dashboard", new(dashboard)) // the first goes on
}

// serversIn returns the private servers that run on a home, as their locks tell: a server inherits its lock, so that it
// stands until the last of its processes has ended.
func serversIn(t *testing.T, data string) []string {
	t.Helper()
	var running []string
	for _, name := range []string{"postgres", "redis"} {
		lock, err := os.Open(filepath.Join(data, name, name+".lock"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		fatal(t, err)
		if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			running = append(running, name)
		}
		fatal(t, lock.Close())
	}
	return running
}

// gone requires that nothing runs on a home any more and nobody listens.
func gone(t *testing.T, data string, is places) {
	t.Helper()
	if running := serversIn(t, data); len(running) > 0 {
		t.Errorf("after the end there still runs %v", running)
	}
	for _, address := range []string{is.url, is.simulator, is.metrics} {
		if err := (caller{base: address}).do(t.Context(), http.MethodGet, "", nil, nil); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s after the end: %v", address, err)
		}
	}
}

// runHere runs the standalone program in this process, where the race detector sees it.
func runHere(t *testing.T, env []string) *program {
	t.Helper()
	cfg, err := config.Load()
	fatal(t, err)
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		*map[string]*string{"HTTP_ADDR": &cfg.HTTPAddr, "DATA_DIR": &cfg.DataDir}[name] = value
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	p := &program{name: "standalone", out: new(output), started: time.Now(), done: make(chan struct{})}
	p.interrupt = func() error { cancel(); return nil }
	go func() {
		defer close(p.done)
		p.err = app.RunStandalone(ctx, cfg, p.out)
	}()
	t.Cleanup(func() { p.finish(t, p.interrupt) })
	return p
}

// pathWithoutRedis has Postgres, where PATH has it, and nothing else.
func pathWithoutRedis(t *testing.T) string {
	t.Helper()
	dir := openDir(t)
	for _, name := range []string{"initdb", "postgres"} {
		path, err := exec.LookPath(name)
		if errors.Is(err, exec.ErrNotFound) {
			continue // it is in one of the places that are searched anyhow
		}
		fatal(t, err)
		fatal(t, os.Symlink(path, filepath.Join(dir, name)))
	}
	return dir
}

// ordinary returns how a process becomes nobody, to whom home is given; without root's rights the test's own user is
// ordinary already.
func ordinary(t *testing.T, home string) *syscall.SysProcAttr {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	nobody, err := user.Lookup("nobody")
	fatal(t, err)
	uid, err := strconv.Atoi(nobody.Uid)
	fatal(t, err)
	gid, err := strconv.Atoi(nobody.Gid)
	fatal(t, err)
	fatal(t, os.Chown(home, uid, gid))
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}
