package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

// pauser notes what it is told.
type pauser struct {
	told []string
	err  error
}

func (p *pauser) Take(context.Context, string) error { return nil }
func (p *pauser) Pause(_ context.Context, key string, d time.Duration) error {
	p.told = append(p.told, fmt.Sprint(key, " ", d))
	return p.err
}

func TestHeed(t *testing.T) {
	t.Parallel()
	limited := fault.After(fault.Limited, time.Hour, "the day is used up")
	for name, c := range map[string]struct {
		err  error
		want []string
	}{
		"nothing":            {nil, nil},
		"a wait":             {fmt.Errorf("naver: %w", limited), []string{"naver 1h0m0s"}},
		"a limit, no wait":   {fault.New(fault.Limited, "slow down"), nil},
		"an outage's wait":   {fault.After(fault.Unavailable, time.Minute, "later"), nil},
		"something of a bug": {errors.New("?"), nil},
	} {
		p := &pauser{}
		client := &upstream.Client{Limiter: p}
		if got := client.Heed(t.Context(), "naver", c.err); got != c.err {
			t.Errorf("%s: %v, want %v", name, got, c.err)
		}
		if diff := cmp.Diff(c.want, p.told); diff != "" {
			t.Errorf("%s: %s", name, diff)
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
