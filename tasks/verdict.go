package tasks

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"tickerwire/internal/fault"
)

// verdict is what becomes of a task that returned an error.
type verdict int

const (
	retry   verdict = iota // try again later; counted, and recorded as a failure
	putBack                // try again when its token is there; neither counted nor a failure
	giveUp                 // never again by itself; kept as a failure for an operator
	drop                   // nothing is left to do
)

// maxAttempts is how often a task is tried before it is given up.
const maxAttempts = 8

// verdicts is the one table from a fault's kind to what becomes of the task.
var verdicts = map[fault.Kind]verdict{
	fault.Internal:     retry,
	fault.Unavailable:  retry,
	fault.Limited:      putBack,
	fault.Invalid:      giveUp,
	fault.Unauthorized: giveUp,
	fault.Forbidden:    giveUp,
	fault.NotFound:     giveUp, // something that should be there is not: an operator must see it
	fault.Conflict:     drop,
}

// judge returns the verdict on a task that failed with err at its attempt-th try (from 1). A task that was interrupted
// by the process's own end is put back.
func judge(err error, attempt int) verdict {
	if errors.Is(err, context.Canceled) {
		return putBack
	}
	v := verdicts[fault.KindOf(err)]
	if v == retry && attempt >= maxAttempts {
		return giveUp
	}
	return v
}

const (
	firstDelay = time.Second
	maxDelay   = 5 * time.Minute
)

// delay returns how long to wait after the attempt-th failure: what the error asks for, however long, else doubling from
// a second to maxDelay, with some jitter so that a fleet does not come back at once.
func delay(err error, attempt int) time.Duration {
	if d := fault.RetryAfterOf(err); d > 0 {
		return d + rand.N(min(d, maxDelay)/4+1) // #nosec G404 -- spreads retries; nobody gains by guessing
	}
	d := min(firstDelay<<min(max(attempt-1, 0), 9), maxDelay)
	return d + rand.N(d/4+1) // #nosec G404 -- spreads retries; nobody gains by guessing
}
