package upstream_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

// script is a limiter that answers what it is told, one after the other, and then lets everything pass.
type script struct {
	answers []error
	asked   int
}

func (s *script) Take(context.Context, string) error {
	if s.asked++; s.asked > len(s.answers) {
		return nil
	}
	return s.answers[s.asked-1]
}

func TestOnlyTheFirstRequestOfSeveralIsPutBack(t *testing.T) {
	t.Parallel()
	base := serve(t, func(http.ResponseWriter, *http.Request) {})
	in := func(cause upstream.Cause, wait time.Duration) error {
		return upstream.Because(cause, fault.After(fault.Limited, wait, "not now"))
	}
	soon, late := in(upstream.NoToken, time.Microsecond), in(upstream.NoToken, time.Minute)
	for name, c := range map[string]struct {
		answers []error
		several bool
		passed  int // of two requests, the second made only when the first passed
		asked   int
	}{
		"a request of its own":          {[]error{nil, soon}, false, 1, 2},
		"the first of several":          {[]error{soon}, true, 0, 1},
		"a further one waits":           {[]error{nil, soon, soon, nil}, true, 2, 4},
		"it does not wait a minute":     {[]error{nil, soon, late}, true, 1, 3},
		"nor for the next day's tokens": {[]error{nil, in(upstream.QuotaUsed, time.Microsecond)}, true, 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limiter := &script{answers: c.answers}
			client, ctx := upstream.Client{Limiter: limiter}, t.Context()
			if c.several {
				ctx = upstream.Several(upstream.Several(ctx))
			}
			passed := 0
			for range 2 {
				if _, err := client.Do(ctx, upstream.Request{URL: base, Key: "k"}); err != nil {
					if fault.KindOf(err) != fault.Limited {
						t.Error(err)
					}
					break
				}
				passed++
			}
			if passed != c.passed || limiter.asked != c.asked {
				t.Errorf("%d passed, %d tokens asked for; want %d and %d", passed, limiter.asked, c.passed, c.asked)
			}
		})
	}
}
