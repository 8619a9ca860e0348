package app_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// lively starts the program with a crawl of each source every two seconds or so.
func lively(t *testing.T) (db database, p *program, api, sim caller) {
	t.Helper()
	db = newDatabase(t)
	p = command{name: "standalone", env: append(settings(openDir(t)), "DATABASE_URL="+db.url, "REDIS_URL="+newRedis(t), "BARS_DAYS=30",
		"SIMULATOR_SPEED=10", "CRAWL_EVERY=20s")}.run(t)
	is := welcomed(t, p)
	api = signIn(t, is.url, "admin@example.com", p.says(t, `password (\S+) `)[0])
	await(t, "the sources to be crawled", func(context.Context) bool {
		now := sources(t, api)
		return !now["wire"].LastSuccessAt.IsZero() && !now["dart"].LastSuccessAt.IsZero() && !now["naver"].LastSuccessAt.IsZero()
	})
	return db, p, api, caller{base: is.simulator}
}

// sources reads the sources by name.
func sources(t *testing.T, api caller) map[string]source {
	t.Helper()
	var list struct{ Items []source }
	api.get(t, "/api/sources", &list)
	byName := map[string]source{}
	for _, s := range list.Items {
		byName[s.Name] = s
	}
	return byName
}

// awaitCrawls waits until each of the sources has answered so many times more, and calls during between two looks.
func awaitCrawls(t *testing.T, api caller, n int, names []string, during func(map[string]source)) {
	t.Helper()
	last, left := sources(t, api), map[string]int{}
	for _, name := range names {
		left[name] = n
	}
	until(t, patience, func() error {
		now := sources(t, api)
		during(now)
		for name := range left {
			if now[name].LastSuccessAt.After(last[name].LastSuccessAt) {
				if left[name]--; left[name] == 0 {
					delete(left, name)
				}
			}
		}
		if last = now; len(left) > 0 {
			return fmt.Errorf("crawls that are missing: %v", left)
		}
		return nil
	})
}

// TestOneSourceBreaks breaks one source in every way. The others do not notice: every one of their crawls succeeds, and
// none is put back by a breaker. The broken one's breaker goes its whole way, and nothing is lost.
func TestOneSourceBreaks(t *testing.T) {
	t.Parallel()
	db, p, api, sim := lively(t)
	others := []string{"dart", "naver"}
	undisturbed := func(now map[string]source) {
		t.Helper()
		for _, name := range others {
			if s := now[name]; s.ErrorsInRow != 0 || s.ErrorRate != 0 || s.Breaker.State != "closed" || s.Breaker.Opened != 0 {
				t.Fatalf("%s is disturbed: %+v", name, s)
			}
		}
	}
	breakIt := func(fault map[string]any) {
		t.Helper()
		sim.send(t, http.MethodPut, "/_sim/faults/feed", fault, nil)
	}
	awaitCrawls(t, api, 2, append(others, "wire"), undisturbed)
	for _, fault := range []map[string]any{
		{"status": 503, "rate": 0.3}, {"reset": true, "rate": 0.3}, {"malformed": true, "rate": 0.3}, {"latency_ms": 2000},
	} {
		breakIt(fault)
		awaitCrawls(t, api, 2, others, undisturbed)
	}
	breakIt(map[string]any{"status": 503, "latency_ms": 2000})
	for _, state := range []string{"open", "half_open"} {
		until(t, patience, func() error {
			now := sources(t, api)
			if undisturbed(now); now["wire"].Breaker.State != state {
				return fmt.Errorf("waiting for the breaker to be %s: %+v", state, now["wire"])
			}
			return nil
		})
	}
	sim.send(t, http.MethodDelete, "/_sim/faults/feed", nil, nil)
	until(t, patience, func() error {
		now := sources(t, api)
		if undisturbed(now); now["wire"].Breaker.State != "closed" || now["wire"].State != "ok" {
			return fmt.Errorf("waiting for the breaker to be closed: %+v", now["wire"])
		}
		return nil
	})
	awaitCrawls(t, api, 2, append(others, "wire"), undisturbed)
	until(t, patience, func() error { return servedIsStored(t, db, sim) })
	until(t, patience, func() error { return noFailures(t, api) })
	if failed := db.list(t, `select kind || ' ' || key || ': ' || error from failures where key ~ '^(crawl-)?(dart|naver)'`); len(failed) > 0 {
		t.Errorf("work of the others failed:\n%s", strings.Join(failed, "\n"))
	}
	if n := db.number(t, `select count(*) from ticks where schedule in ('crawl-dart', 'crawl-naver') and outcome like 'failed%'`); n != 0 {
		t.Errorf("%d ticks of the others failed", n)
	}
	p.stops(t)
}

// TestLimitsAndSourcesAtRunTime changes a limit, then switches a source off: the running fleet obeys, and what has to
// wait is no failure.
func TestLimitsAndSourcesAtRunTime(t *testing.T) {
	t.Parallel()
	db, p, api, sim := lively(t)
	host := strings.TrimPrefix(sim.base, "http://")
	host, _, _ = strings.Cut(host, ":")
	awaitCrawls(t, api, 1, []string{"wire", "dart"}, func(map[string]source) {})

	stands := func(why string) {
		t.Helper()
		asked := time.Now()
		var last source
		until(t, patience, func() error { // until wire is asked no more while another source is, three times
			now := sources(t, api)["wire"]
			last = now
			moved := false
			awaitCrawls(t, api, 3, []string{"dart"}, func(now map[string]source) { moved = moved || now["wire"].LastAttemptAt.After(last.LastAttemptAt) })
			if moved {
				return fmt.Errorf("wire is still asked: %s", why)
			}
			return nil
		})
		t.Logf("%s: obeyed after at most %s", why, time.Since(asked).Round(time.Second))
		if last.ErrorsInRow != 0 || last.Breaker.State != "closed" {
			t.Errorf("%s: %+v", why, last)
		}
		until(t, patience, func() error { return noFailures(t, api) })
	}
	limit := func(perMinute, perSecond float64) {
		t.Helper()
		api.send(t, http.MethodPatch, "/api/limits/"+host, map[string]float64{"per_minute": perMinute, "per_second": perSecond}, nil)
	}
	limit(0.1, 0)
	stands("a limit of one in ten minutes")
	if n := db.number(t, `select count(*) from limits where key = ? and changed_by is not null`, host); n != 1 {
		t.Errorf("%d limits of %s know who changed them", n, host)
	}
	limit(600, 20)
	awaitCrawls(t, api, 2, []string{"wire"}, func(map[string]source) {})

	api.send(t, http.MethodPatch, "/api/sources/wire", map[string]bool{"on": false}, nil)
	stands("switched off")
	if s := sources(t, api)["wire"]; s.State != "off" {
		t.Errorf("switched off: %+v", s)
	}
	api.send(t, http.MethodPatch, "/api/sources/wire", map[string]any{"on": true, "period_seconds": 15}, nil)
	awaitCrawls(t, api, 2, []string{"wire"}, func(map[string]source) {})
	if cron := db.list(t, `select cron from schedules where name = 'crawl-wire'`); !slices.Equal(cron, []string{"@every 15s"}) {
		t.Errorf("the schedule of wire is %v", cron)
	}
	until(t, patience, func() error { return servedIsStored(t, db, sim) })
	p.stops(t)
}
