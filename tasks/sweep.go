package tasks

import (
	"context"
	"errors"
	"time"

	"tickerwire/store"
)

// Sweep looks in Postgres for what is due and nobody works on, and rings for it again: a ring that was lost between
// commit and enqueue, or with Redis itself.
type Sweep struct{}

// Kind returns "sweep:due".
func (Sweep) Kind() string { return "sweep:due" }

// Key returns "all".
func (Sweep) Key() string { return "all" }

// Queue returns the control queue.
func (Sweep) Queue() string { return QueueControl }

const (
	sweepBatch = 500
	// sweepAge is how long a piece of work may be due before it is taken for never rung. Ringing it once more while it
	// still waits in the queue is harmless: the id is taken.
	sweepAge = 5 * time.Second
)

func (w *Worker) sweep(ctx context.Context, _ Sweep) error {
	if n, err := w.DB.ExpireClaims(ctx, claimStands); err != nil {
		return err
	} else if n > 0 {
		w.Log.ErrorContext(ctx, "alerts may have been sent", "claims_expired", n)
	}
	jobs, err := w.due(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, job := range jobs {
		errs = append(errs, w.Queue.Ring(ctx, job))
	}
	return errors.Join(errs...)
}

// due lists the work that is due, without what was given up: that waits for an operator.
func (w *Worker) due(ctx context.Context) ([]Job, error) {
	var jobs []Job
	articles, err := w.DB.ArticlesToEmbed(ctx, sweepAge, sweepBatch)
	if err != nil {
		return nil, err
	}
	for _, id := range articles {
		jobs = append(jobs, EmbedArticles{IDs: []int64{id}})
	}
	calls, err := w.DB.DueCalls(ctx, sweepAge, sweepBatch)
	if err != nil {
		return nil, err
	}
	for _, c := range calls {
		jobs = append(jobs, predictJob(c))
	}
	alerts, err := w.dueAlerts(ctx)
	if err != nil {
		return nil, err
	}
	jobs = append(jobs, alerts...)
	runs, err := w.DB.OpenRuns(ctx, time.Second, sweepBatch)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		jobs = append(jobs, WorkRun{RunID: r.ID})
	}
	return w.withoutGivenUp(ctx, jobs)
}

func (w *Worker) dueAlerts(ctx context.Context) ([]Job, error) {
	var jobs []Job
	calls, err := w.DB.UndecidedCalls(ctx, sweepAge, sweepBatch)
	if err != nil {
		return nil, err
	}
	for _, c := range calls {
		jobs = append(jobs, NotifyPrediction{StoryID: c.StoryID, ModelID: c.ModelID, Generation: c.Generation})
	}
	filings, err := w.DB.UndecidedFilings(ctx, sweepAge, sweepBatch)
	if err != nil {
		return nil, err
	}
	for _, id := range filings {
		jobs = append(jobs, NotifyDisclosure{StoryID: id})
	}
	alerts, err := w.DB.AlertsToSend(ctx, sweepAge, sweepBatch)
	if err != nil {
		return nil, err
	}
	for _, id := range alerts {
		jobs = append(jobs, SendAlert{AlertID: id})
	}
	return jobs, nil
}

func (w *Worker) withoutGivenUp(ctx context.Context, jobs []Job) ([]Job, error) {
	if len(jobs) == 0 {
		return nil, nil
	}
	names := make([]store.WorkName, len(jobs))
	for i, job := range jobs {
		names[i] = store.WorkName{Kind: job.Kind(), Key: job.Key()}
	}
	gaveUp, err := w.DB.GaveUp(ctx, names)
	if err != nil {
		return nil, err
	}
	kept := jobs[:0]
	for i, job := range jobs {
		if !gaveUp[names[i]] {
			kept = append(kept, job)
		}
	}
	return kept, nil
}
