package tasks_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/tasks"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	wants := map[fault.Kind]string{
		fault.Internal: "retry", fault.Unavailable: "retry", fault.Limited: "put back", fault.Invalid: "give up",
		fault.Unauthorized: "give up", fault.Forbidden: "give up", fault.NotFound: "give up", fault.Conflict: "drop",
	}
	for kind, want := range wants {
		if !tasks.Judged(kind) {
			t.Errorf("%s has no row", kind)
		}
		for attempt := 1; attempt <= tasks.MaxAttempts+2; attempt++ {
			want := want
			if want == "retry" && attempt >= tasks.MaxAttempts {
				want = "give up"
			}
			err := fmt.Errorf("outer: %w", fault.New(kind, "because"))
			if got := tasks.Verdict(err, attempt); got != want {
				t.Errorf("%s at attempt %d: %s, want %s", kind, attempt, got, want)
			}
		}
	}
	for name, c := range map[string]struct {
		err     error
		attempt int
		want    string
	}{
		"a stranger is an outage":     {errors.New("x"), 1, "retry"},
		"but not for ever":            {errors.New("x"), tasks.MaxAttempts, "give up"},
		"our own end":                 {fmt.Errorf("read: %w", context.Canceled), tasks.MaxAttempts + 5, "put back"},
		"our own end, with a kind":    {errors.Join(fault.New(fault.Invalid, "x"), context.Canceled), 1, "put back"},
		"a timeout counts":            {context.DeadlineExceeded, 1, "retry"},
		"of joined ones, the first":   {errors.Join(fault.New(fault.Limited, "x"), fault.New(fault.Invalid, "y")), 1, "put back"},
		"limits never wear a task up": {fault.New(fault.Limited, "x"), 1000, "put back"},
	} {
		if got := tasks.Verdict(c.err, c.attempt); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	for kind := fault.Internal; kind.String() != "internal" || kind == fault.Internal; kind++ {
		if !tasks.Judged(kind) {
			t.Errorf("the kind %s is in no table", kind)
		}
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	outage := errors.New("x")
	for attempt, least := range map[int]time.Duration{-1: time.Second, 0: time.Second, 1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second,
		8: 128 * time.Second, 9: 256 * time.Second, 10: tasks.MaxDelay, 64: tasks.MaxDelay, 1 << 40: tasks.MaxDelay} {
		seen := map[time.Duration]bool{}
		for range 200 {
			d := tasks.Delay(outage, attempt)
			seen[d] = true
			if d < least || d > least+least/4 {
				t.Fatalf("attempt %d waits %s, want %s and up to a quarter more", attempt, d, least)
			}
		}
		if len(seen) < 100 {
			t.Errorf("attempt %d: %d different delays in 200, want jitter", attempt, len(seen))
		}
	}
	for _, asked := range []time.Duration{time.Millisecond, 7 * time.Second, time.Hour} {
		for range 100 {
			d := tasks.Delay(fmt.Errorf("outer: %w", fault.After(fault.Limited, asked, "slow down")), 5)
			if d < asked || d > asked+min(asked, tasks.MaxDelay)/4 {
				t.Fatalf("asked for %s, waits %s", asked, d)
			}
		}
	}
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	base := tasks.Fingerprint("news:crawl", errors.New(`get "https://a.example/1": status 503 after 120 ms, id deadbeefdeadbeef`))
	if len(base) != 12 || strings.Trim(base, "0123456789abcdef") != "" {
		t.Fatalf("got %q, want 12 hex digits", base)
	}
	long := strings.Repeat("stack ", 100)
	for name, c := range map[string]struct {
		kind, text string
		same       bool
	}{
		"other numbers and quotes": {"news:crawl", `get "https://b.example/2": status 429 after 7 ms, id 0123456789abcdef0`, true},
		"another kind":             {"bars:crawl", `get "https://a.example/1": status 503 after 120 ms, id deadbeefdeadbeef`, false},
		"another cause":            {"news:crawl", `read "https://a.example/1": status 503 after 120 ms, id deadbeefdeadbeef`, false},
	} {
		if got := tasks.Fingerprint(c.kind, errors.New(c.text)) == base; got != c.same {
			t.Errorf("%s: same group %v, want %v", name, got, c.same)
		}
	}
	if tasks.Fingerprint("k", errors.New(long+"a")) != tasks.Fingerprint("k", errors.New(long+"b")) {
		t.Error("what lies behind the first 400 characters must not tell groups apart")
	}
}

func TestTaskIDs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key   string
		epoch int
	}{{"krx/2026-03-04/", 1}, {"검색/누리테크", 2}, {"12/3/1", 99}, {"a:b:c", 7}, {"", 1}, {"bars@1772593200", 4}, {"x:9", 1}} {
		job := job{kind: "noun:verb", key: c.key, queue: "q"}
		id := tasks.TaskID(job, c.epoch)
		if got := tasks.EpochOf(id); got != c.epoch {
			t.Errorf("%s: epoch %d, want %d", id, got, c.epoch)
		}
		if got := tasks.KeyOf("noun:verb", id); got != c.key {
			t.Errorf("%s: key %q, want %q", id, got, c.key)
		}
	}
	for id, want := range map[string]int{"": 1, "abc": 1, "a:b:0": 1, "a:b:-3": 1, "a:b:x": 1, "7": 7, "a:b:12": 12} {
		if got := tasks.EpochOf(id); got != want {
			t.Errorf("%q: epoch %d, want %d", id, got, want)
		}
	}
	for _, id := range []string{"", "a1b2", "other:kind:1", "noun:verb:", "noun:verb"} {
		if got := tasks.KeyOf("noun:verb", id); got != id && id != "noun:verb:" {
			t.Errorf("an id of another form, %q, has the key %q, want itself", id, got)
		}
	}
}

func TestPayloadCap(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	fits := job{kind: "t:big", key: "fits", queue: "q", payload: `"` + strings.Repeat("x", tasks.MaxPayload-2) + `"`}
	if err := r.queue.Ring(t.Context(), fits); err != nil {
		t.Errorf("a payload of exactly the limit: %v", err)
	}
	over := fits
	over.key, over.payload = "over", `"`+strings.Repeat("x", tasks.MaxPayload-1)+`"`
	err := r.queue.Ring(t.Context(), over)
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "65537 bytes") {
		t.Errorf("a byte more: %v, want Invalid and the size", err)
	}
	if n := r.count("q", "pending"); n != 1 {
		t.Errorf("%d tasks wait, want 1", n)
	}
}

func TestRingingTwiceIsOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	j := job{kind: "t:a", key: "k", queue: "q"}
	for i, want := range []bool{true, false} {
		if fresh, err := r.queue.RingEpoch(t.Context(), j, 1); err != nil || fresh != want {
			t.Errorf("ring %d: new %v, %v; want %v", i, fresh, err, want)
		}
	}
	if fresh, err := r.queue.RingEpoch(t.Context(), j, 2); err != nil || !fresh {
		t.Errorf("the next epoch: new %v, %v", fresh, err)
	}
	if n := r.count("q", "pending"); n != 2 {
		t.Errorf("%d tasks wait, want 2", n)
	}
}
