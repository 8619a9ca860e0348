package tasks_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/store/storetest"
	"tickerwire/store/vectors"
	"tickerwire/tasks"
)

// patience is how long a test waits for what must happen. It is far longer than anything should take: it only ends a
// test that has failed.
const patience = 60 * time.Second

// rig is a schema on a real Postgres, a database on a real Redis, a clock that is set by hand, and what was logged.
type rig struct {
	t     *testing.T
	db    *store.DB
	redis *redis.Client
	queue *tasks.Queue
	look  *asynq.Inspector
	clock *clock
	lines *lines
	log   *slog.Logger
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, db: storetest.New(t), clock: &clock{now: noon}, lines: &lines{}}
	r.redis = r.client(redisDatabase(t))
	r.queue, r.look = tasks.NewQueue(r.redis), asynq.NewInspectorFromRedisClient(r.redis)
	r.log = slog.New(r.lines)
	return r
}

// noon is a fixed instant in session: Wednesday, 12:00 KST.
var noon = time.Date(2026, 3, 4, 3, 0, 0, 0, time.UTC)

// client opens a client with the retries of the program's own.
func (r *rig) client(o *redis.Options) *redis.Client {
	c := *o
	c.MaxRetries, c.MinRetryBackoff, c.MaxRetryBackoff = 60, 100*time.Millisecond, 500*time.Millisecond
	rdb := redis.NewClient(&c)
	r.t.Cleanup(func() {
		if err := rdb.Close(); err != nil {
			r.t.Error(err)
		}
	})
	return rdb
}

// redisURL returns TEST_REDIS_URL and fails the test when it is unset.
func redisURL(t testing.TB) *redis.Options {
	t.Helper()
	options, err := redis.ParseURL(os.Getenv("TEST_REDIS_URL"))
	if err != nil {
		t.Fatalf("TEST_REDIS_URL must name a Redis server: %v", err)
	}
	return options
}

// redisDatabase leases an empty database of the test Redis until the test ends. The queue's keys have no prefix of their
// own, so that no two tests, of this process or another, may share one; the leases are advisory locks in the
// database that all tests share, which no crash leaves behind. Database 0 is left to tests that name their keys.
func redisDatabase(t testing.TB) *redis.Options {
	t.Helper()
	options := redisURL(t)
	shared, err := store.Open(t.Context(), store.Options{URL: storetest.URL(t), MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := shared.Bun().DB.Conn(t.Context()) // a lock is its connection's
	if err != nil {
		t.Fatal(err)
	}
	var number int
	poll(t, "a free Redis database", func() bool {
		for number = 15; number > 0; number-- {
			var got bool
			key := fmt.Sprintf("test redis %s/%d", options.Addr, number)
			if err := conn.QueryRowContext(t.Context(), `select pg_try_advisory_lock(hashtextextended($1, 0))`, key).Scan(&got); err != nil {
				t.Fatal(err)
			}
			if got {
				return true
			}
		}
		return false
	})
	options.DB = number
	flush(t, options)
	t.Cleanup(func() {
		flush(t, options)
		if err := errors.Join(conn.Close(), shared.Close()); err != nil {
			t.Error(err)
		}
	})
	return options
}

func flush(t testing.TB, options *redis.Options) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
	defer cancel()
	rdb := redis.NewClient(options)
	if err := errors.Join(rdb.FlushDB(ctx).Err(), rdb.Close()); err != nil {
		t.Error(err)
	}
}

// poll waits until a condition holds and fails the test when it does not come to.
func poll(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// receive takes the next value and fails the test when none comes.
func receive[T any](t testing.TB, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// worker makes a worker with predictors, an index and a process of its own, all on the rig.
func (r *rig) worker(edit func(*tasks.Worker)) *tasks.Worker {
	w := &tasks.Worker{DB: r.db, Queue: r.queue, Index: vectors.NewExact(r.db), Calendar: market.NewCalendar(), BarsFrom: 30,
		Predictors: predictors(), Now: r.clock.Now, Log: r.log, Process: tasks.NewProcess(r.db, r.redis, "worker", "test", r.log)}
	if edit != nil {
		edit(w)
	}
	return w
}

// serve runs a worker with its heartbeat until stop is called or the test ends; stop may be called again.
func (r *rig) serve(w *tasks.Worker) (stop func() tasks.Drained) {
	r.t.Helper()
	if err := w.Process.Register(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.t.Context()))
	beat, stopBeat := context.WithCancel(context.WithoutCancel(r.t.Context()))
	var drained tasks.Drained
	var group sync.WaitGroup
	group.Go(func() {
		defer stopBeat()
		var err error
		if drained, err = w.Serve(ctx, r.redis); err != nil {
			r.t.Error(err)
		}
	})
	group.Go(func() {
		if err := w.Process.Run(beat); err != nil {
			r.t.Error(err)
		}
	})
	stop = func() tasks.Drained {
		cancel()
		group.Wait()
		return drained
	}
	r.t.Cleanup(func() { stop() })
	return stop
}

// keep runs a keeper with a heartbeat and a log of its own until stop is called or the test ends.
func (r *rig) keep(now func() time.Time) (k *tasks.Keeper, said *lines, stop func()) {
	r.t.Helper()
	said = &lines{}
	log := slog.New(said)
	k = &tasks.Keeper{DB: r.db, Queue: r.queue, Redis: r.redis, Now: now, Log: log,
		Process: tasks.NewProcess(r.db, r.redis, "scheduler", "test", log)}
	if err := k.Process.Register(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.t.Context()))
	var group sync.WaitGroup
	for _, run := range []func(context.Context) error{k.Run, k.Process.Run} {
		group.Go(func() {
			if err := run(ctx); err != nil {
				r.t.Error(err)
			}
		})
	}
	stop = func() {
		cancel()
		group.Wait()
	}
	r.t.Cleanup(stop)
	return k, said, stop
}

// counts returns how many tasks a queue holds in each state; a queue that does not exist yet holds none.
func (r *rig) counts(queue string) map[string]int {
	r.t.Helper()
	known, err := r.look.Queues()
	r.must(err)
	if !slices.Contains(known, queue) {
		return map[string]int{}
	}
	info, err := r.look.GetQueueInfo(queue)
	r.must(err)
	all := map[string]int{"pending": info.Pending, "active": info.Active, "scheduled": info.Scheduled, "retry": info.Retry,
		"archived": info.Archived, "completed": info.Completed}
	maps.DeleteFunc(all, func(_ string, n int) bool { return n == 0 })
	return all
}

func (r *rig) count(queue, state string) int { r.t.Helper(); return r.counts(queue)[state] }

// awaitEmpty waits until a queue holds nothing, in no state.
func (r *rig) awaitEmpty(queue string) {
	r.t.Helper()
	poll(r.t, "queue "+queue+" to be empty", func() bool { return len(r.counts(queue)) == 0 })
}

// holds reports whether a queue holds a task under an id, in any state.
func (r *rig) holds(queue, id string) bool {
	r.t.Helper()
	_, err := r.look.GetTaskInfo(queue, id)
	if errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound) {
		return false
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return true
}

// failure returns the newest failure of a piece of work, nil when there is none.
func (r *rig) failure(kind, key string) *store.Failure {
	r.t.Helper()
	list, err := r.db.Failures(r.t.Context(), store.FailureFilter{FailureMatch: store.FailureMatch{Kind: kind}, Limit: 1000})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range list {
		if f.Key == key {
			return &f
		}
	}
	return nil
}

// must fails the test on an error.
func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// exec runs a statement that no method offers, to arrange a state; number asks for one number.
func (r *rig) exec(query string, args ...any) {
	r.t.Helper()
	if _, err := r.db.Bun().ExecContext(r.t.Context(), query, args...); err != nil {
		r.t.Fatalf("%s: %v", strings.TrimSpace(query), err)
	}
}

func (r *rig) number(query string, args ...any) (n int) {
	r.t.Helper()
	if err := r.db.Bun().NewRaw(query, args...).Scan(r.t.Context(), &n); err != nil {
		r.t.Fatalf("%s: %v", strings.TrimSpace(query), err)
	}
	return n
}

// job is a task of any kind.
type job struct {
	kind, key, queue string
	payload          string // JSON; "" is {}
}

func (j job) Kind() string  { return j.kind }
func (j job) Key() string   { return j.key }
func (j job) Queue() string { return j.queue }
func (j job) MarshalJSON() ([]byte, error) {
	if j.payload == "" {
		return []byte(`{}`), nil
	}
	return json.RawMessage(j.payload), nil
}

// clock is an application clock that is set by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

func (c *clock) advance(d time.Duration) { c.set(c.Now().Add(d)) }

// lines is a slog handler that keeps what was said.
type lines struct {
	mu   sync.Mutex
	said []string
}

func (l *lines) Enabled(context.Context, slog.Level) bool { return true }
func (l *lines) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *lines) WithGroup(string) slog.Handler            { return l }
func (l *lines) Handle(_ context.Context, rec slog.Record) error {
	text := rec.Message
	rec.Attrs(func(a slog.Attr) bool {
		text += " " + a.String()
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said = append(l.said, text)
	return nil
}

// count returns how many lines begin with a text.
func (l *lines) count(prefix string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, s := range l.said {
		if strings.HasPrefix(s, prefix) {
			n++
		}
	}
	return n
}
