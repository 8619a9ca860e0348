package upstream_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

func TestHeed(t *testing.T) {
	t.Parallel()
	limited := fault.After(fault.Limited, time.Hour, "the day is used up")
	for name, c := range map[string]struct {
		err  error
		want pauser
	}{
		"nothing":            {nil, pauser{}},
		"a wait":             {fmt.Errorf("naver: %w", limited), pauser{key: "naver", wait: time.Hour}},
		"a limit, no wait":   {fault.New(fault.Limited, "slow down"), pauser{}},
		"an outage's wait":   {fault.After(fault.Unavailable, time.Minute, "later"), pauser{}},
		"something of a bug": {errors.New("?"), pauser{}},
	} {
		p := &pauser{}
		client := &upstream.Client{Limiter: p}
		if got := client.Heed(t.Context(), "naver", c.err); got != c.err {
			t.Errorf("%s: %v, want %v", name, got, c.err)
		}
		if *p != c.want {
			t.Errorf("%s: %+v, want %+v", name, *p, c.want)
		}
	}
	away := errors.New("redis is away")
	err := (&upstream.Client{Limiter: &pauser{err: away}}).Heed(t.Context(), "dart", limited)
	if !errors.Is(err, away) || fault.KindOf(err) != fault.Limited || fault.RetryAfterOf(err) != time.Hour {
		t.Errorf("a pause that fails: %v", err)
	}
	if err := (&upstream.Client{}).Heed(t.Context(), "dart", limited); err != limited {
		t.Errorf("without a limiter: %v", err)
	}
}

// TestTwoWorkersHeedOneRefusal: what one worker is told holds for the other, which does not ask before the time, whether it
// was told by a 429's header or in a body; the pause ends by itself, and a shorter one does not cut a longer one.
func TestTwoWorkersHeedOneRefusal(t *testing.T) {
	t.Parallel()
	redis, rdb := miniRedis(t)
	now := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	redis.SetTime(now)
	var came atomic.Int64
	busy := atomic.Bool{}
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		came.Add(1)
		if busy.Load() {
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})
	worker := func() *upstream.Client {
		return &upstream.Client{Limiter: upstream.NewBucket(rdb, map[string]upstream.Rate{"*": {PerSecond: 100}})}
	}
	one, other := worker(), worker()
	ask := func(c *upstream.Client, key string) error {
		_, err := c.Do(t.Context(), upstream.Request{URL: base, Key: key})
		return err
	}
	limited := func(what string, err error, asked int64) {
		t.Helper()
		if fault.KindOf(err) != fault.Limited || came.Load() != asked {
			t.Errorf("%s: %v, %d requests came, want %d", what, err, came.Load(), asked)
		}
	}
	busy.Store(true)
	limited("the refused one", ask(one, "kis"), 1)
	busy.Store(false)
	limited("itself", ask(one, "kis"), 1)
	limited("the other", ask(other, "kis"), 1)
	if err := ask(other, "krx"); err != nil || came.Load() != 2 {
		t.Errorf("another key: %v", err)
	}
	redis.SetTime(now.Add(28 * time.Second))
	limited("two seconds before its end", ask(other, "kis"), 2)
	redis.SetTime(now.Add(30 * time.Second))
	if err := errors.Join(ask(one, "kis"), ask(other, "kis")); err != nil || came.Load() != 4 {
		t.Errorf("when it is over: %v", err)
	}

	told := fault.After(fault.Limited, 20*time.Second, "in a body")
	if err := upstream.Heed(t.Context(), one.Limiter, told, "telegram:7", "telegram"); err != told {
		t.Error(err)
	}
	short := fault.After(fault.Limited, time.Second, "in a body")
	if err := upstream.Heed(t.Context(), other.Limiter, short, "telegram"); err != short {
		t.Error(err)
	}
	redis.SetTime(now.Add(45 * time.Second))
	for _, key := range []string{"telegram:7", "telegram"} {
		limited(key, ask(other, key), 4)
	}
	redis.SetTime(now.Add(50 * time.Second))
	for _, key := range []string{"telegram:7", "telegram"} {
		if err := ask(other, key); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}
