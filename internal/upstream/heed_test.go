package upstream_test

import (
	"errors"
	"fmt"
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
