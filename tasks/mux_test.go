package tasks_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/trace"

	"tickerwire/internal/fault"
	"tickerwire/store"
	"tickerwire/tasks"
)

// bench is the queue of these tests.
const bench = "bench"

// counted runs fn with the number of the run, from 1, and counts runs.
func counted(fn func(ctx context.Context, run int) error) (tasks.Processor, *atomic.Int32) {
	var runs atomic.Int32
	return func(ctx context.Context, _ []byte) error { return fn(ctx, int(runs.Add(1))) }, &runs
}

func TestWhatBecomesOfATask(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	once := func(err error) func(context.Context, int) error {
		return func(_ context.Context, run int) error {
			if run == 1 {
				return err
			}
			return nil
		}
	}
	cases := map[string]struct {
		do        func(context.Context, int) error
		runs      int
		state     string // of the failure's row at the end; "" for no row
		attempts  int
		errorPart string
	}{
		"t:ok":        {once(nil), 1, "", 0, ""},
		"t:panic":     {func(_ context.Context, run int) error { return panicOnce(run) }, 2, store.FailureResolved, 1, "panic: no such luck"},
		"t:outage":    {once(fault.New(fault.Unavailable, "the house is down")), 2, store.FailureResolved, 1, "the house is down"},
		"t:invalid":   {once(fault.InvalidField("code", "no code")), 1, store.FailureGaveUp, 1, "code: no code"},
		"t:notfound":  {once(fault.New(fault.NotFound, "story 7 does not exist")), 1, store.FailureGaveUp, 1, "story 7"},
		"t:forbidden": {once(fault.New(fault.Forbidden, "key refused")), 1, store.FailureGaveUp, 1, "key refused"},
		"t:conflict":  {once(fault.New(fault.Conflict, "moved on")), 1, "", 0, ""},
		"t:limited":   {once(fault.After(fault.Limited, time.Second, "slow down")), 2, "", 0, ""},
	}
	w := r.worker(func(w *tasks.Worker) { w.Extra = map[string]tasks.Processor{} })
	w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(bench, 4, 2))
	runs := map[string]*atomic.Int32{}
	for kind, c := range cases {
		w.Extra[kind], runs[kind] = counted(c.do)
		r.must(r.queue.Ring(t.Context(), job{kind: kind, key: "k", queue: bench}))
	}
	r.serve(w)
	r.awaitEmpty(bench)
	for kind, c := range cases {
		if got := int(runs[kind].Load()); got != c.runs {
			t.Errorf("%s ran %d times, want %d", kind, got, c.runs)
		}
		f := r.failure(kind, "k")
		switch {
		case f == nil && c.state == "":
		case f == nil || f.State != c.state || f.Attempts != c.attempts || !strings.Contains(f.Error, c.errorPart) || f.Queue != bench || string(f.Payload) != `{}`:
			t.Errorf("%s left the failure %+v, want it %q after %d attempts with %q", kind, f, c.state, c.attempts, c.errorPart)
		}
	}
}

func panicOnce(run int) error {
	if run == 1 {
		panic("no such luck")
	}
	return nil
}

func TestNonsenseFailsClearlyAndTheQueueGoesOn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	client := asynq.NewClientFromRedisClient(r.redis)
	for _, c := range []struct{ kind, key, queue, payload string }{
		{"news:crawl", "bad", tasks.QueueCrawl, "not json"}, {"never:heard", "of", tasks.QueueCrawl, "{}"}, {"article:embed", "list", tasks.QueueCrawl, `{"ids": "all"}`},
	} {
		if _, err := client.Enqueue(asynq.NewTask(c.kind, []byte(c.payload)), asynq.Queue(c.queue), asynq.TaskID(c.kind+":"+c.key+":1")); err != nil {
			t.Fatal(err)
		}
	}
	// A task without an id of ours, and behind all of them one that is right.
	if _, err := client.Enqueue(asynq.NewTask("stranger", nil), asynq.Queue(tasks.QueueCrawl), asynq.TaskID("some-id")); err != nil {
		t.Fatal(err)
	}
	r.must(r.queue.Ring(t.Context(), tasks.CrawlNews{Source: "hanbit"}))
	s := &source{name: "hanbit"}
	r.serve(r.worker(func(w *tasks.Worker) { w.Sources = []tasks.Source{{NewsSource: s}} }))
	r.awaitEmpty(tasks.QueueCrawl)
	for _, c := range []struct{ kind, key, text string }{
		{"news:crawl", "bad", "payload of news:crawl is no valid JSON"}, {"never:heard", "of", `unknown task kind "never:heard"`},
		{"article:embed", "list", "payload of article:embed is no valid JSON"}, {"stranger", "some-id", `unknown task kind "stranger"`},
	} {
		f := r.failure(c.kind, c.key)
		if f == nil || f.State != store.FailureGaveUp || f.Attempts != 1 || !strings.Contains(f.Error, c.text) {
			t.Errorf("%s: failure %+v, want one that was given up with %q", c.kind, f, c.text)
		}
	}
	if n := r.number(`select count(*) from failures`); n != 4 {
		t.Errorf("%d failures, want 4", n)
	}
	if s.calls.Load() != 1 {
		t.Errorf("the right one ran %d times, want once", s.calls.Load())
	}
}

func TestATaskIsGivenUpInTheEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.worker(nil)
	process, runs := counted(func(context.Context, int) error {
		return fault.After(fault.Unavailable, time.Millisecond, "down")
	})
	w.Extra = map[string]tasks.Processor{"t:down": process}
	w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(bench, 1, 1))
	r.must(r.queue.Ring(t.Context(), job{kind: "t:down", key: "k", queue: bench}))
	r.serve(w)
	r.awaitEmpty(bench)
	if f := r.failure("t:down", "k"); f == nil || f.State != store.FailureGaveUp || f.Attempts != tasks.MaxAttempts || int(runs.Load()) != tasks.MaxAttempts {
		t.Errorf("after %d runs the failure is %+v, want it given up after %d", runs.Load(), f, tasks.MaxAttempts)
	}
}

func TestWhatMustNotRun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var mu sync.Mutex
	var ran []string
	w := r.worker(nil)
	w.Extra = map[string]tasks.Processor{"t:a": func(_ context.Context, payload []byte) error {
		mu.Lock()
		defer mu.Unlock()
		ran = append(ran, string(payload))
		return nil
	}}
	w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(bench, 1, 1))
	ctx := t.Context()
	r.must(r.db.SaveFinished(ctx, "done"))
	r.quarantine("t:a", "poison")
	r.must(r.db.RecordFailure(ctx, store.Failure{Kind: "t:a", Key: "gaveup", Queue: bench, Fingerprint: "f", Error: "bad", State: store.FailureGaveUp}))
	_, err := r.db.RecordCrash(ctx, store.Failure{Kind: "t:a", Key: "crashed-once", Queue: bench, Fingerprint: "f", Error: "died"}, tasks.CrashLimit)
	r.must(err)
	for _, j := range []struct {
		key   string
		epoch int
		order string
	}{{"finished", 2, "done"}, {"poison", 2, "a"}, {"gaveup", 2, "b"}, {"crashed-once", 2, "c"}, {"finished", 3, "done"}, {"fresh", 1, "d"}, {"finished", 4, "e"}} {
		_, err := r.queue.RingOrder(ctx, job{kind: "t:a", key: j.key, queue: bench, payload: `"` + j.key + `"`}, j.epoch, j.order)
		r.must(err)
	}
	r.serve(w)
	r.awaitEmpty(bench)
	mu.Lock()
	defer mu.Unlock()
	// What was carried out is so for every ring of its order; another order is new work under an old name.
	if diff := cmp.Diff([]string{`"crashed-once"`, `"fresh"`, `"finished"`}, ran); diff != "" {
		t.Error(diff)
	}
	for key, want := range map[string]string{"poison": store.FailureQuarantined, "gaveup": store.FailureGaveUp, "crashed-once": store.FailureResolved} {
		if f := r.failure("t:a", key); f == nil || f.State != want {
			t.Errorf("%s is %+v, want %s", key, f, want)
		}
	}
}

// TestFinishedWorkIsNotedWhileRedisIsAway takes Redis away behind the process's back: what it finishes and what it
// finished just before is noted in Postgres.
func TestFinishedWorkIsNotedWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.worker(nil)
	gone := redis.NewClient(redisURL(t))
	r.must(gone.Close())
	away := tasks.NewProcess(r.db, gone, "worker", "test", r.log)
	w.Process = away
	w.Extra = map[string]tasks.Processor{"t:a": func(context.Context, []byte) error { return nil }}
	w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(bench, 1, 1))
	r.serve(w)
	ring := func(key, order string) {
		t.Helper()
		_, err := r.queue.RingOrder(t.Context(), job{kind: "t:a", key: key, queue: bench}, 1, order)
		r.must(err)
	}
	ring("before", "first")
	noted := func(order string) func() bool {
		return func() bool {
			yes, err := r.db.WasFinished(t.Context(), order)
			r.must(err)
			return yes
		}
	}
	r.awaitEmpty(bench)
	away.PingRedis(t.Context())
	poll(t, "what was finished just before", noted("first"))
	ring("during", "second")
	poll(t, "what is finished meanwhile", noted("second"))
}

func TestTheTraceGoesWithTheRing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	traces := make(chan string, 2)
	w := r.worker(nil)
	w.Extra = map[string]tasks.Processor{"t:a": func(ctx context.Context, _ []byte) error {
		traces <- trace.SpanContextFromContext(ctx).TraceID().String()
		return nil
	}}
	w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(bench, 1, 1))
	r.serve(w)
	id, err := trace.TraceIDFromHex("4bf92f3577b34da6a3ce929d0e0e4736")
	r.must(err)
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: trace.SpanID{1, 2, 3}, TraceFlags: trace.FlagsSampled, Remote: true})
	r.must(r.queue.Ring(trace.ContextWithSpanContext(t.Context(), span), job{kind: "t:a", key: "1", queue: bench}))
	if got := receive(t, "the traced task", traces); got != id.String() {
		t.Errorf("trace %s, want %s", got, id)
	}
	r.must(r.queue.Ring(t.Context(), job{kind: "t:a", key: "2", queue: bench}))
	if got := receive(t, "the other task", traces); got != (trace.TraceID{}).String() {
		t.Errorf("trace %s without one in the ring", got)
	}
}

// TestATaskThatFailsToBeRecordedIsTriedAgain: a failure that cannot be written down must not go unseen.
func TestATaskThatFailsToBeRecordedIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.worker(nil)
	process, runs := counted(func(_ context.Context, run int) error {
		if run == 1 {
			r.exec(`alter table failures rename to failures_away`)
		} else {
			r.exec(`alter table if exists failures_away rename to failures`)
		}
		return fault.New(fault.Invalid, "bad")
	})
	w.Extra = map[string]tasks.Processor{"t:a": process}
	w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(bench, 1, 1))
	r.serve(w)
	r.must(r.queue.Ring(t.Context(), job{kind: "t:a", key: "k", queue: bench}))
	poll(t, "the second run", func() bool { return runs.Load() >= 1 && r.count(bench, "retry") == 1 })
	r.exec(`alter table failures_away rename to failures`)
	r.awaitEmpty(bench)
	if f := r.failure("t:a", "k"); f == nil || f.State != store.FailureGaveUp {
		t.Errorf("the failure is %+v, want it given up at last", f)
	}
}
