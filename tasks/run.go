package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"tickerwire/internal/fault"
	"tickerwire/store"
)

// Kinds of run that can be ordered.
const (
	RunRepredict = "repredict"
	RunCrawl     = "crawl"
)

// CrawlParams are the parameters of an ordered crawl.
type CrawlParams struct {
	Source string `json:"source"`
}

// WorkRun takes an ordered run one step further; the sweep rings again until the run is finished.
type WorkRun struct {
	RunID int64 `json:"run_id"`
}

// Kind returns "run:work".
func (WorkRun) Kind() string { return "run:work" }

// Key returns the run.
func (j WorkRun) Key() string { return fmt.Sprint(j.RunID) }

// Queue returns the control queue.
func (WorkRun) Queue() string { return QueueControl }

// RunOrdered rings for a run that was just ordered.
func (q *Queue) RunOrdered(ctx context.Context, runID int64) error {
	return q.Ring(ctx, WorkRun{RunID: runID})
}

func (w *Worker) workRun(ctx context.Context, job WorkRun) error {
	run, open, err := w.DB.StartRun(ctx, job.RunID)
	if err != nil || !open {
		return err
	}
	switch run.Kind {
	case RunRepredict:
		err = w.repredict(ctx, run)
	case RunRetry:
		err = w.retryFailed(ctx, run)
	case RunCrawl:
		err = w.orderedCrawl(ctx, run)
	default:
		err = fault.InvalidField("kind", "no run of kind %q is known", run.Kind)
	}
	if fault.KindOf(err) == fault.Invalid {
		return errors.Join(err, w.DB.FinishRun(ctx, run.ID, store.RunFailed, err.Error(), nil))
	}
	return err
}

// repredict adds the run's calls once, rings for those that are due and finishes the run when none is left that will be
// made.
func (w *Worker) repredict(ctx context.Context, run store.Run) error {
	var filter store.RepredictFilter
	if err := json.Unmarshal(run.Params, &filter); err != nil {
		return fault.InvalidField("params", "no valid filter: %v", err)
	}
	if run.Total == 0 {
		if _, err := w.DB.AddRepredictCalls(ctx, run.ID, filter); err != nil {
			return err
		}
	}
	// What is due is read before what is done: of a call that ends in between there is nothing to ring for.
	due, err := w.DB.DueCallsOfRun(ctx, PredictStory{}.Kind(), run.ID, sweepBatch)
	if err != nil {
		return err
	}
	calls, err := w.DB.RunCalls(ctx, PredictStory{}.Kind(), run.ID)
	if err != nil {
		return err
	}
	if err := w.DB.RunProgress(ctx, run.ID, calls.Total, calls.Done, calls.Skipped+calls.GaveUp); err != nil {
		return err
	}
	if calls.Done+calls.Skipped+calls.GaveUp == calls.Total {
		return w.finishRepredict(ctx, run.ID, calls)
	}
	for _, call := range due {
		if err := w.Queue.Ring(ctx, predictJob(call)); err != nil {
			return err
		}
	}
	return nil
}

// finishRepredict ends a run of which nothing is due any more: its calls are done, skipped or given up.
func (w *Worker) finishRepredict(ctx context.Context, runID int64, calls store.RunCalls) error {
	compared, err := w.DB.CompareRun(ctx, runID)
	if err != nil {
		return err
	}
	result := map[string]any{"calls": calls.Done, "skipped": calls.Skipped, "gave_up": calls.GaveUp, "compared": compared}
	if calls.GaveUp > 0 {
		return w.DB.FinishRun(ctx, runID, store.RunFailed, fmt.Sprintf("%d of %d calls were given up: see failures", calls.GaveUp, calls.Total), result)
	}
	w.Log.InfoContext(ctx, "run done", "run_id", runID, "calls", calls.Done)
	return w.DB.FinishRun(ctx, runID, store.RunDone, "", result)
}

func (w *Worker) orderedCrawl(ctx context.Context, run store.Run) error {
	var params CrawlParams
	if err := json.Unmarshal(run.Params, &params); err != nil {
		return fault.InvalidField("params", "no valid parameters: %v", err)
	}
	if _, ok := w.source(params.Source); !ok {
		return fault.InvalidField("source", "no source %q is configured", params.Source)
	}
	if err := w.Queue.Ring(ctx, CrawlNews{Source: params.Source}); err != nil {
		return err
	}
	return w.DB.FinishRun(ctx, run.ID, store.RunDone, "", map[string]string{"rung": params.Source})
}
