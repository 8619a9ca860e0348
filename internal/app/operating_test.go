package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/app"
	"tickerwire/internal/config"
	"tickerwire/internal/fault"
	"tickerwire/internal/simulator"
	"tickerwire/tasks"
)

// obeyed is within what time the whole fleet must do what an admin has set.
const obeyed = 5 * time.Second

// rehearsal is a task of this test's own.
type rehearsal struct {
	kind, Name string
}

// Kind implements tasks.Job.
func (r rehearsal) Kind() string { return r.kind }

// Key implements tasks.Job.
func (r rehearsal) Key() string { return r.Name }

// Queue implements tasks.Job. What waits does so in one of the program's own queues: admins say how much of it runs at once.
func (r rehearsal) Queue() string {
	if r.kind == "test:hold" {
		return tasks.QueueEmbed
	}
	return "test-fail"
}

// stage is two workers, two schedulers and an API in this process, whose workers run tasks that wait and tasks that fail.
type stage struct {
	*fleet
	queue *tasks.Queue
	admin caller
	ends  chan error

	mu     sync.Mutex
	held   [2]int         // tasks that wait now, by worker
	done   map[string]int // how often each task has succeeded
	by     [2]int         // successes by worker
	let    chan struct{}  // closed: tasks wait no more
	mended bool           // tasks fail no more
}

func (s *stage) hold(worker int) tasks.Processor {
	return func(ctx context.Context, payload []byte) error {
		s.mu.Lock()
		s.held[worker]++
		let := s.let
		s.mu.Unlock()
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.held[worker]--
		}()
		select {
		case <-let:
			s.succeed(worker, payload)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *stage) fail(worker int) tasks.Processor {
	return func(_ context.Context, payload []byte) error {
		s.mu.Lock()
		mended := s.mended
		s.mu.Unlock()
		if !mended {
			return fault.New(fault.Invalid, "it is broken")
		}
		s.succeed(worker, payload)
		return nil
	}
}

func (s *stage) succeed(worker int, payload []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done[string(payload)]++
	s.by[worker]++
}

// waiting returns how many tasks each worker holds.
func (s *stage) waiting() [2]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held
}

// release lets what waits end, and has what comes wait anew.
func (s *stage) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.let)
	s.let = make(chan struct{})
}

func (s *stage) set(mended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mended = mended
}

func (s *stage) ring(kind string, from, to int) {
	s.Helper()
	for i := from; i < to; i++ {
		fatal(s, s.queue.Ring(s.Context(), rehearsal{kind, fmt.Sprintf("%s-%d", kind, i)}))
	}
}

// within requires something of the fleet within the time that it has, and says what it is instead.
func (s *stage) within(limit time.Duration, what string, is func() (bool, string)) {
	s.Helper()
	began := time.Now()
	for {
		ok, instead := is()
		if ok {
			s.Logf("%s: after %s", what, time.Since(began).Round(10*time.Millisecond))
			return
		}
		if time.Since(began) > limit {
			s.Fatalf("%s: not after %s: %s", what, limit, instead)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// stays requires that something does not change for a while that would otherwise have changed.
func (s *stage) stays(what string, value func() int) {
	s.Helper()
	for first, began := value(), time.Now(); time.Since(began) < 2500*time.Millisecond; time.Sleep(50 * time.Millisecond) {
		if now := value(); now != first {
			s.Fatalf("%s: %d became %d", what, first, now)
		}
	}
}

func openStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{fleet: newFleet(t, simulator.Limits{}), done: map[string]int{}, let: make(chan struct{}), ends: make(chan error, 5)}
	settings := map[string]string{}
	for _, pair := range s.env {
		name, value, _ := strings.Cut(pair, "=")
		settings[name] = value
	}
	cfg := config.Config{HTTPAddr: freeAddress(t), PrivateAddr: "127.0.0.1:0", DatabaseURL: config.Secret(settings["DATABASE_URL"]), DatabaseConns: 8,
		RedisURL: config.Secret(settings["REDIS_URL"]), SimulatorURL: settings["SIMULATOR_URL"], TokenSecret: config.Secret(settings["TOKEN_SECRET"]), LogLevel: "error",
		BarsDays: 1, CrawlEvery: time.Hour, MarketEvery: time.Hour, ComplianceMode: "free", MilvusPrefix: "x"}
	fatal(t, app.CreateUser(t.Context(), cfg, "admin@example.com", longPassword, "admin"))
	ctx, stop := context.WithCancel(t.Context())
	run := func(role func(context.Context) error) { go func() { s.ends <- role(ctx) }() }
	for i := range 2 {
		seams := app.Seams{Kinds: map[string]tasks.Processor{"test:hold": s.hold(i), "test:fail": s.fail(i)}, Queues: map[string]int{"test-fail": 4}}
		run(func(ctx context.Context) error { return app.RunWorkerWith(ctx, cfg, seams) })
		run(func(ctx context.Context) error { return app.RunSchedulerWith(ctx, cfg, app.Seams{}) })
	}
	run(func(ctx context.Context) error { return app.RunAPI(ctx, cfg) })
	t.Cleanup(func() {
		stop()
		for range 5 {
			if err := <-s.ends; err != nil {
				t.Error(err)
			}
		}
	})
	await(t, "the API", func(ctx context.Context) bool {
		return caller{base: "http://" + cfg.HTTPAddr}.do(ctx, http.MethodGet, "/health/ready", nil, nil) == nil
	})
	s.admin = signIn(t, "http://"+cfg.HTTPAddr, "admin@example.com", longPassword)
	options, err := redis.ParseURL(settings["REDIS_URL"])
	fatal(t, err)
	client := redis.NewClient(options)
	t.Cleanup(func() { client.Close() })
	s.queue = tasks.NewQueue(client)
	await(t, "the fleet", func(context.Context) bool {
		return s.db.number(t, `select count(*) from workers where state = 'running'`) == 5 && s.db.number(t, `select count(*) from schedules`) > 5
	})
	return s
}

func (s *stage) patch(path string, body map[string]any) {
	s.Helper()
	s.admin.send(s, http.MethodPatch, path, body, nil)
}

// run is what the API says of a run.
type run struct {
	ID     int64
	State  string
	Reason string
}

func (s *stage) run(id int64) (r run) {
	s.Helper()
	s.admin.get(s, fmt.Sprintf("/api/tasks/%d", id), &r)
	return r
}

// TestAFleetObeys operates two workers and two schedulers through the API: every change is done by all of them, in time.
func TestAFleetObeys(t *testing.T) {
	t.Parallel()
	s := openStage(t)
	s.concurrency()
	s.pause()
	s.bulkRetry()
	s.cancelQueued()
	s.scheduleAndLimit()
	s.drain()
	for name, n := range s.done {
		if n != 1 {
			t.Errorf("task %s was done %d times", name, n)
		}
	}
	for _, action := range []string{"PATCH /api/queues/{name}", "PATCH /api/schedules/{name}", "PATCH /api/limits/{key}", "POST /api/failures/retry", "DELETE /api/tasks/{id}", "POST /api/workers/{id}/drain"} {
		if n := s.db.number(t, `select count(*) from audit where action = ?`, action); n == 0 {
			t.Errorf("no row of the audit log says %s", action)
		}
	}
}

// backlog is how many tasks wait while admins change how many of them run.
const backlog = 240

func (s *stage) concurrency() {
	s.ring("test:hold", 0, backlog)
	both := func(n int) func() (bool, string) {
		return func() (bool, string) { now := s.waiting(); return now == [2]int{n, n}, fmt.Sprint(now) }
	}
	s.within(obeyed, "four at once in each worker", both(4))
	s.patch("/api/queues/embed", map[string]any{"concurrency": 7})
	s.within(obeyed, "seven at once in each worker", both(7))
	s.patch("/api/queues/embed", map[string]any{"concurrency": 1})
	look := time.NewTicker(250 * time.Millisecond)
	defer look.Stop()
	s.within(obeyed, "one at once in each worker", func() (bool, string) {
		s.release() // what is in hand may end: of what comes after, a worker that obeys takes one
		<-look.C
		return both(1)()
	})
	s.stays("tasks in hand", func() int { now := s.waiting(); return now[0] + now[1] })
}

func (s *stage) pause() {
	s.patch("/api/queues/embed", map[string]any{"paused": true, "concurrency": 0})
	s.within(obeyed, "what was in hand at the pause ended", func() (bool, string) {
		s.release()
		now := s.waiting()
		return now == [2]int{}, fmt.Sprint(now)
	})
	s.stays("tasks in hand of a paused queue", func() int { now := s.waiting(); return now[0] + now[1] })
	s.mu.Lock()
	done := len(s.done)
	s.mu.Unlock()
	if done == backlog {
		s.Fatal("nothing is left for the pause to hold")
	}
	s.patch("/api/queues/embed", map[string]any{"paused": false})
	s.within(2*obeyed, "the queue went on to its end", func() (bool, string) {
		s.release()
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.done) == backlog, fmt.Sprintf("%d of %d", len(s.done), backlog)
	})
}

// bulkRetry orders what a dry run has counted, and cancels one that runs.
func (s *stage) bulkRetry() {
	const first, late = 40, 8
	s.ring("test:fail", 0, first)
	failed := func(n int) func() (bool, string) {
		return func() (bool, string) {
			now := s.db.number(s, `select count(*) from failures where kind = 'test:fail' and state = 'gave_up'`)
			return now == n, fmt.Sprintf("%d failures", now)
		}
	}
	s.within(2*obeyed, "every failure is kept", failed(first))
	var dry, ordered struct {
		Snapshot int64
		Count    int
		Run      *run
	}
	s.admin.send(s, http.MethodPost, "/api/failures/retry", map[string]any{"filter": map[string]any{"kind": "test:fail"}, "dry_run": true}, &dry)
	if dry.Count != first || dry.Run != nil {
		s.Fatalf("the dry run counts %+v", dry)
	}
	s.ring("test:fail", first, first+late)
	s.within(2*obeyed, "later failures are kept", failed(first+late))
	s.set(true)
	s.admin.send(s, http.MethodPost, "/api/failures/retry", map[string]any{"snapshot": dry.Snapshot}, &ordered)
	if ordered.Count != first || ordered.Run == nil {
		s.Fatalf("the order is of %+v", ordered)
	}
	s.within(3*obeyed, "what was counted was done again", func() (bool, string) {
		r := s.run(ordered.Run.ID)
		return r.State == "done", r.State
	})
	if ok, now := failed(late)(); !ok {
		s.Errorf("the order took more than was counted: %s", now)
	}
	if s.by[0] == 0 || s.by[1] == 0 {
		s.Errorf("one worker did all: %v", s.by)
	}
	// One that runs: let go at one in 20 seconds, it is not done with eight when it is cancelled.
	s.admin.send(s, http.MethodPost, "/api/failures/retry", map[string]any{"filter": map[string]any{"kind": "test:fail"}, "per_second": 0.05}, &ordered)
	s.within(obeyed, "the slow one runs", func() (bool, string) { r := s.run(ordered.Run.ID); return r.State == "running", r.State })
	s.admin.send(s, http.MethodDelete, fmt.Sprintf("/api/tasks/%d", ordered.Run.ID), map[string]string{"reason": "too slow"}, nil)
	s.within(obeyed, "it is cancelled", func() (bool, string) {
		r := s.run(ordered.Run.ID)
		return r.State == "cancelled" && r.Reason == "too slow", fmt.Sprintf("%+v", r)
	})
	s.stays("failures after the cancel", func() int {
		return s.db.number(s, `select count(*) from failures where kind = 'test:fail' and state = 'gave_up'`)
	})
}

// cancelQueued cancels a run that nobody has begun: it never begins.
func (s *stage) cancelQueued() {
	s.patch("/api/queues/"+tasks.QueueControl, map[string]any{"paused": true})
	crawls := func() int { return int(s.sim.Traffic("feed").Taken) }
	before := crawls()
	var ordered run
	s.admin.send(s, http.MethodPost, "/api/tasks", map[string]any{"kind": "crawl", "params": map[string]string{"source": "wire"}}, &ordered)
	if ordered.State != "queued" {
		s.Errorf("the run is %s", ordered.State)
	}
	s.admin.send(s, http.MethodDelete, fmt.Sprintf("/api/tasks/%d", ordered.ID), map[string]string{"reason": "not today"}, nil)
	s.patch("/api/queues/"+tasks.QueueControl, map[string]any{"paused": false})
	s.stays("crawls after the cancel", func() int { return crawls() - before })
	if r := s.run(ordered.ID); r.State != "cancelled" || r.Reason != "not today" {
		s.Errorf("the run became %+v", r)
	}
}

// scheduleAndLimit has a source crawled every second, then no more than its limit allows, then not at all.
func (s *stage) scheduleAndLimit() {
	const schedule = "/api/schedules/crawl-wire"
	ticks := func() int { return s.db.number(s, `select count(*) from ticks where schedule = 'crawl-wire'`) }
	crawls := func() int { return int(s.sim.Traffic("feed").Taken) }
	before, asked := ticks(), crawls()
	s.patch(schedule, map[string]any{"cron": "@every 1s"})
	s.within(obeyed+3*time.Second, "three crawls, a second apart", func() (bool, string) {
		return ticks() >= before+3 && crawls() >= asked+3, fmt.Sprintf("%d ticks, %d crawls", ticks()-before, crawls()-asked)
	})
	base, err := url.Parse(s.at.base)
	fatal(s, err)
	limit := "/api/limits/" + url.PathEscape(base.Hostname())
	s.patch(limit, map[string]any{"per_day": 1})
	last, since, ticked := crawls(), time.Now(), ticks()
	s.within(obeyed+3*time.Second, "no crawl in 2.5 s by either worker, while ticks go on", func() (bool, string) {
		if now := crawls(); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) > 2500*time.Millisecond, "crawls go on"
	})
	if ticks() == ticked {
		s.Error("the schedule has stopped, not the crawls")
	}
	s.patch(schedule, map[string]any{"paused": true})
	number, still := ticks(), time.Now()
	s.within(obeyed+3*time.Second, "no tick in 2.5 s", func() (bool, string) {
		if now := ticks(); now != number {
			number, still = now, time.Now()
		}
		return time.Since(still) > 2500*time.Millisecond, "it ticks"
	})
}

// drain has one worker finish what it has and take nothing new.
func (s *stage) drain() {
	const from, to = backlog, backlog + 8 // 4 in each worker
	s.ring("test:hold", from, to)
	s.within(obeyed, "both work", func() (bool, string) { now := s.waiting(); return now == [2]int{4, 4}, fmt.Sprint(now) })
	var workers struct {
		Items []struct {
			ID, Role, State string
			InHand          []struct{ Kind string } `json:"in_hand"`
		}
	}
	s.admin.get(s, "/api/workers?state=running", &workers)
	one := ""
	for _, w := range workers.Items {
		if w.Role == "worker" {
			one = w.ID
		}
	}
	s.admin.send(s, http.MethodPost, "/api/workers/"+url.PathEscape(one)+"/drain", nil, nil)
	s.within(obeyed, "one drains, the other does not", func() (bool, string) {
		n := s.db.number(s, `select count(*) from workers where role = 'worker' and state = 'draining'`)
		return n == 1, fmt.Sprintf("%d drain", n)
	})
	s.ring("test:hold", to, to+4)
	s.release()
	s.within(obeyed, "what comes goes to the other", func() (bool, string) {
		now := s.waiting()
		return now == [2]int{4, 0} || now == [2]int{0, 4}, fmt.Sprint(now)
	})
	s.release()
	s.within(obeyed, "everything is done", func() (bool, string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i := range to + 4 {
			if s.done[fmt.Sprintf(`{"Name":"test:hold-%d"}`, i)] == 0 {
				return false, fmt.Sprintf("task %d is not", i)
			}
		}
		return true, ""
	})
}
