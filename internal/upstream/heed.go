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

// Heed returns err, and has the fleet wait as it says when it is Limited: for limits that an upstream tells in a body, of
// which Do knows nothing. Without a Limiter that can pause, err alone goes back, and only this task waits.
func (c *Client) Heed(ctx context.Context, key string, err error) error {
	limiter, can := c.Limiter.(Pauser)
	wait := fault.RetryAfterOf(err)
	if !can || fault.KindOf(err) != fault.Limited || wait <= 0 {
		return err
	}
	if failed := limiter.Pause(ctx, key, wait); failed != nil {
		return errors.Join(err, failed)
	}
	return err
}
