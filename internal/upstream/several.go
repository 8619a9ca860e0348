package upstream

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"tickerwire/internal/fault"
)

// severalWait is how long each further request of an answer in several waits for its token.
const severalWait = 10 * time.Second

type severalKey struct{}

// Several returns a context for the requests of one answer, such as its pages. The first waits for its token like any
// other. The further ones wait for theirs in the worker, up to ten seconds each: putting the task back would throw away
// what it has got, and tokens with it. Where many such tasks are put back and come again together, each would otherwise
// get its first token and none its second. What is several already stays so.
func Several(ctx context.Context) context.Context {
	if ctx.Value(severalKey{}) != nil {
		return ctx
	}
	return context.WithValue(ctx, severalKey{}, new(atomic.Bool))
}

// take takes a token of the client's limiter.
func (c *Client) take(ctx context.Context, key string) error {
	begun, ok := ctx.Value(severalKey{}).(*atomic.Bool)
	for waited := time.Duration(0); ; {
		err := c.Limiter.Take(ctx, key)
		if err == nil && ok {
			begun.Store(true)
		}
		wait := fault.RetryAfterOf(err)
		if !ok || !begun.Load() || !errors.Is(err, NoToken) || waited+wait > severalWait {
			return err
		}
		if _, late := sleep(ctx, wait); late != nil {
			return errors.Join(err, late)
		}
		waited += wait
	}
}
