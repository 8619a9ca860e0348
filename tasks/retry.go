package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/store"
)

// RunRetry is a bulk retry of failed work.
const RunRetry = "retry"

// RetryParams are the parameters of a bulk retry. PerSecond is how many failures a second are let go at most, once the
// run has come up to that pace; 0 lets retryBatch go at every step.
type RetryParams struct {
	Snapshot  int64   `json:"snapshot"`
	PerSecond float64 `json:"per_second"`
}

const (
	retryBatch  = 500             // failures that one step lets go at most
	rampStep    = 5 * time.Second // after so long the pace doubles, from one a second
	retryJudged = 20              // with so many ended tries it is known whether retrying helps
)

// ramp returns how many failures may have been let go by a time after the run's start.
func ramp(perSecond float64, after time.Duration) int {
	if perSecond == 0 {
		return math.MaxInt
	}
	n := 1.0
	for s := time.Duration(0); s < after.Truncate(time.Second); s += time.Second {
		n += min(perSecond, math.Exp2(float64(s/rampStep)))
	}
	return int(n)
}

// retryFailed takes a bulk retry one step further: it lets the next failures go, as many as the ramp allows, and looks
// what became of those before. When most of them fail again it stops: what is left stays as it was.
func (w *Worker) retryFailed(ctx context.Context, run store.Run) error {
	var params RetryParams
	if err := json.Unmarshal(run.Params, &params); err != nil {
		return fault.InvalidField("params", "no valid parameters: %v", err)
	}
	r, err := w.DB.Retry(ctx, params.Snapshot)
	if err != nil {
		return err
	}
	so, err := w.DB.Retried(ctx, r.IDs[:r.Next])
	if err != nil {
		return err
	}
	if err := w.DB.RunProgress(ctx, run.ID, len(r.IDs), so.Resolved, so.Stopped); err != nil {
		return err
	}
	result := map[string]int{"failures": len(r.IDs), "let_go": r.Next, "resolved": so.Resolved, "failed_again": so.Stopped + so.Failing}
	bad := so.Stopped + so.Failing
	switch known := bad + so.Resolved; {
	case known >= retryJudged && 2*bad > known && r.Next < len(r.IDs):
		return w.DB.FinishRun(ctx, run.ID, store.RunFailed, fmt.Sprintf("stopped: %d of %d failed again", bad, known), result)
	case r.Next < len(r.IDs):
		return w.letGo(ctx, r, min(ramp(params.PerSecond, time.Since(run.StartedAt)), r.Next+retryBatch, len(r.IDs)))
	case so.Waiting+so.Failing > 0:
		return nil // the sweep rings again
	case so.Stopped > 0:
		return w.DB.FinishRun(ctx, run.ID, store.RunFailed, fmt.Sprintf("%d of %d failed again: see failures", so.Stopped, len(r.IDs)), result)
	}
	return w.DB.FinishRun(ctx, run.ID, store.RunDone, "", result)
}

// letGo has a bulk retry's failures up to a place run again, as if they had not been tried.
func (w *Worker) letGo(ctx context.Context, r store.Retry, to int) error {
	if to <= r.Next {
		return nil
	}
	rows, err := w.DB.RetryFailures(ctx, store.RetryFilter{IDs: r.IDs[r.Next:to]})
	if err != nil {
		return err
	}
	for i, row := range rows {
		if err := w.Queue.RingRaw(ctx, row.Kind, row.Key, row.Queue, row.Payload); err != nil {
			return errors.Join(err, w.stopAgain(ctx, rows[i:]))
		}
	}
	return w.DB.AdvanceRetry(ctx, r.ID, r.Next, to)
}

// stopAgain puts failures that could not be rung for back into the state that they had: nothing else would ring.
func (w *Worker) stopAgain(ctx context.Context, rows []store.Failure) error {
	var errs []error
	for _, row := range rows {
		errs = append(errs, w.DB.RecordFailure(ctx, row))
	}
	return errors.Join(errs...)
}
