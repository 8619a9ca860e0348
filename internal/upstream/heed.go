package upstream

import (
	"context"
	"errors"
	"time"

	"tickerwire/internal/fault"
)

// Pauser is a Limiter that can be told to let nothing pass under a key for a while, by the whole fleet.
type Pauser interface {
	Pause(ctx context.Context, key string, d time.Duration) error
}

// Heed returns err, and has the fleet wait as it says under each of the keys when it is an upstream's Limited: for limits
// that are told in a body, or to a client that Do does not send for. Without a limiter that can pause, err alone goes back,
// and only this task waits. Our own limiter's errors are not to be given to it.
func Heed(ctx context.Context, limiter any, err error, keys ...string) error {
	pauser, can := limiter.(Pauser)
	wait := fault.RetryAfterOf(err)
	if !can || fault.KindOf(err) != fault.Limited || wait <= 0 {
		return err
	}
	for _, key := range keys {
		if failed := pauser.Pause(ctx, key, wait); failed != nil {
			err = errors.Join(err, failed)
		}
	}
	return err
}

// Heed is the function of its name with the client's own limiter.
func (c *Client) Heed(ctx context.Context, key string, err error) error {
	return Heed(ctx, c.Limiter, err, key)
}
