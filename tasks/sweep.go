package tasks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"

	"tickerwire/store"
)

const (
	sweepBatch = 500
	// sweepAge is how long a piece of work may be due before it is taken for never rung. Ringing it once more while it
	// still waits in the queue is harmless: the id is taken.
	sweepAge = 5 * time.Second
)

// sweep looks in Postgres for what is due and nobody works on, and rings for it again: a ring that was lost between
// commit and enqueue, or with Redis itself.
func (k *Keeper) sweep(ctx context.Context) error {
	n, err := k.DB.ExpireClaims(ctx, claimStands)
	if err != nil {
		return err
	}
	if n > 0 {
		k.Log.ErrorContext(ctx, "alerts may have been sent", "claims_expired", n)
	}
	jobs, err := k.due(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, job := range jobs {
		errs = append(errs, k.ring(ctx, job))
	}
	return errors.Join(append(errs, k.sweepTicks(ctx))...)
}

// ring rings for due work past the copies that dead workers left: their ids stay taken until the queue gives them out.
func (k *Keeper) ring(ctx context.Context, job Job) error {
	_, err := k.Queue.RingEpoch(ctx, job, k.freeEpoch(job))
	return err
}

// freeEpoch returns the first epoch under which no dead worker's copy stands.
func (k *Keeper) freeEpoch(job Job) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	epoch := 1
	for !k.handled[taskID(job, epoch)].IsZero() {
		epoch++
	}
	return epoch
}

const (
	lostEvery  = time.Minute       // between two looks for retries that the queue has lost
	retryLasts = 30 * time.Second  // after its failure: by then the queue has surely been told of the retry
	epochsLook = 1 + 2*mostCrashes // under so many epochs a retry may wait
)

// ringLostRetries rings again for failures that are to be retried and of which the queue holds no task: it has lost them,
// or another ring did the work and nobody closed the failure. A schedule's failures are closed by its next tick.
func (k *Keeper) ringLostRetries(ctx context.Context) error {
	failures, err := k.DB.StaleRetries(ctx, retryLasts, sweepBatch)
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range failures {
		held, err := k.holds(f)
		if err == nil && !held {
			err = k.Queue.RingRaw(ctx, f.Kind, f.Key, f.Queue, f.Payload)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// holds reports whether the queue has a task for a failure.
func (k *Keeper) holds(f store.Failure) (bool, error) {
	for epoch := range epochsLook {
		_, err := k.inspector.GetTaskInfo(f.Queue, fmt.Sprintf("%s:%s:%d", f.Kind, f.Key, epoch+1))
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, asynq.ErrQueueNotFound):
			return false, nil
		case !errors.Is(err, asynq.ErrTaskNotFound):
			return false, fmt.Errorf("task of %s %s: %w", f.Kind, f.Key, err)
		}
	}
	return false, nil
}

// sweepTicks rings again for ticks that were made and are not done.
func (k *Keeper) sweepTicks(ctx context.Context) error {
	ticks, err := k.DB.OpenTicks(ctx, sweepAge, sweepBatch)
	if err != nil {
		return err
	}
	for _, t := range ticks {
		s, err := k.DB.Schedule(ctx, t.Schedule)
		if err != nil {
			return err
		}
		if err := ringTick(ctx, k.DB, k.Queue, s, t); err != nil {
			return err
		}
	}
	return nil
}

// due lists the work that is due, without what was given up or quarantined: that waits for an operator.
func (k *Keeper) due(ctx context.Context) ([]Job, error) {
	var jobs []Job
	articles, err := k.articlesToEmbed(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range articles {
		jobs = append(jobs, EmbedArticles{IDs: []int64{id}})
	}
	calls, err := k.DB.DueCalls(ctx, PredictStory{}.Kind(), sweepAge, sweepBatch)
	if err != nil {
		return nil, err
	}
	for _, c := range calls {
		jobs = append(jobs, predictJob(c))
	}
	alerts, err := k.dueAlerts(ctx)
	if err != nil {
		return nil, err
	}
	jobs = append(jobs, alerts...)
	runs, err := k.DB.OpenRuns(ctx, time.Second, sweepBatch)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		jobs = append(jobs, WorkRun{RunID: r.ID})
	}
	takedowns, err := k.DB.DueTakedowns(ctx, sweepAge, sweepBatch)
	if err != nil {
		return nil, err
	}
	for _, id := range takedowns {
		jobs = append(jobs, PurgeTakedown{ID: id})
	}
	return k.withoutStopped(ctx, jobs)
}

// articlesToEmbed lists articles that nobody rang for. While embedding tasks wait, articles are merely waiting with
// them, in batches: to ring for each alone would make one task of 64 into 64.
func (k *Keeper) articlesToEmbed(ctx context.Context) ([]int64, error) {
	// GetQueueInfo would not tell a queue that does not exist, as after a loss of Redis, from a failure.
	waiting, err := k.inspector.ListPendingTasks(QueueEmbed, asynq.PageSize(1))
	if err != nil && !errors.Is(err, asynq.ErrQueueNotFound) {
		return nil, fmt.Errorf("queue %s: %w", QueueEmbed, err)
	}
	if len(waiting) > 0 {
		return nil, nil
	}
	return k.DB.ArticlesToEmbed(ctx, EmbedArticles{}.Kind(), sweepAge, embedBatch)
}

func (k *Keeper) dueAlerts(ctx context.Context) ([]Job, error) {
	var jobs []Job
	calls, err := k.DB.UndecidedCalls(ctx, sweepAge, sweepBatch)
	if err != nil {
		return nil, err
	}
	for _, c := range calls {
		jobs = append(jobs, NotifyPrediction{StoryID: c.StoryID, ModelID: c.ModelID, Generation: c.Generation})
	}
	filings, err := k.DB.UndecidedFilings(ctx, sweepAge, sweepBatch)
	if err != nil {
		return nil, err
	}
	for _, id := range filings {
		jobs = append(jobs, NotifyDisclosure{StoryID: id})
	}
	alerts, err := k.DB.AlertsToSend(ctx, sweepAge, sweepBatch)
	if err != nil {
		return nil, err
	}
	digests, err := k.DB.DigestsToSend(ctx, sweepAge, 1)
	if err != nil {
		return nil, err
	}
	if digests > 0 {
		jobs = append(jobs, SendDigests{})
	}
	// Two copies of a task may share an alert's recipients: one finds all settled or claimed, the other's send then fails.
	failed, err := k.DB.FailedNotices(ctx, sweepBatch)
	if err != nil {
		return nil, err
	}
	for _, id := range append(alerts, failed...) {
		jobs = append(jobs, SendAlert{AlertID: id})
	}
	return jobs, nil
}

func (k *Keeper) withoutStopped(ctx context.Context, jobs []Job) ([]Job, error) {
	if len(jobs) == 0 {
		return nil, nil
	}
	names := make([]store.WorkName, len(jobs))
	for i, job := range jobs {
		names[i] = store.WorkName{Kind: job.Kind(), Key: job.Key()}
	}
	stopped, err := k.DB.Stopped(ctx, names)
	if err != nil {
		return nil, err
	}
	kept := jobs[:0]
	for i, job := range jobs {
		if stopped[names[i]] == "" {
			kept = append(kept, job)
		}
	}
	return kept, nil
}
