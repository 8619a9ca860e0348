package tasks

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/hibiken/asynq"

	"tickerwire/internal/fault"
	"tickerwire/store"
)

// process runs one raw task of a kind.
type process func(ctx context.Context, payload []byte) (Job, error)

// routes is the one table from a task's kind to its processor.
func (w *Worker) routes() map[string]process {
	return map[string]process{
		CrawlNews{}.Kind():        typed(w.crawlNews),
		CrawlBars{}.Kind():        typed(w.crawlBars),
		DueBars{}.Kind():          typed(w.dueBars),
		EmbedArticles{}.Kind():    typed(w.embedArticles),
		PredictStory{}.Kind():     typed(w.predictStory),
		NotifyPrediction{}.Kind(): typed(w.notifyPrediction),
		NotifyDisclosure{}.Kind(): typed(w.notifyDisclosure),
		SendAlert{}.Kind():        typed(w.sendAlert),
		EvaluateOutcomes{}.Kind(): typed(w.evaluateOutcomes),
		WorkRun{}.Kind():          typed(w.workRun),
		Sweep{}.Kind():            typed(w.sweep),
	}
}

func typed[J Job](run func(context.Context, J) error) process {
	return func(ctx context.Context, payload []byte) (Job, error) {
		job, err := decode[J](payload)
		if err != nil {
			return job, err
		}
		return job, run(ctx, job)
	}
}

// ProcessTask runs one task of the queue and turns its error into a verdict. It satisfies asynq.Handler.
func (w *Worker) ProcessTask(ctx context.Context, t *asynq.Task) error {
	id, _ := asynq.GetTaskID(ctx)
	retried, _ := asynq.GetRetryCount(ctx)
	queue, _ := asynq.GetQueueName(ctx)
	started := time.Now()
	job, err := w.dispatch(ctx, t)
	w.logRun(ctx, id, retried, time.Since(started), err)

	// The record is written even when the task was interrupted: its own context may be over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	run := store.Failure{Kind: t.Type(), Key: keyOf(job, id), Queue: queue, Payload: t.Payload(), Attempts: retried + 1}
	if err == nil {
		return w.succeeded(ctx, run, retried > 0 || epochOf(id) > 1)
	}
	return w.failed(ctx, run, err)
}

// dispatch finds the processor and turns its panic into an error.
func (w *Worker) dispatch(ctx context.Context, t *asynq.Task) (job Job, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.New(fault.Internal, "panic: %v\n%s", r, debug.Stack())
		}
	}()
	run, ok := w.routes()[t.Type()]
	if !ok {
		return nil, fault.New(fault.Invalid, "unknown task kind %q", t.Type())
	}
	return run(ctx, t.Payload())
}

func (w *Worker) succeeded(ctx context.Context, run store.Failure, hadFailed bool) error {
	if !hadFailed {
		return nil
	}
	return w.DB.ResolveFailure(ctx, run.Kind, run.Key)
}

// failed records what has to be recorded and answers the queue in its own terms. When the record cannot be written the
// task is tried again, so that no failure goes unseen.
func (w *Worker) failed(ctx context.Context, run store.Failure, err error) error {
	v := judge(err, run.Attempts)
	if v == putBack {
		return &putBackError{err}
	}
	if v == drop {
		return errors.Join(err, asynq.RevokeTask)
	}
	run.Error, run.Fingerprint = err.Error(), fingerprint(run.Kind, err)
	run.State = store.FailureRetrying
	if v == giveUp {
		run.State = store.FailureGaveUp
	}
	if saveErr := w.DB.RecordFailure(ctx, run); saveErr != nil {
		return errors.Join(err, saveErr)
	}
	if v == giveUp {
		return errors.Join(err, asynq.RevokeTask)
	}
	return err
}

// putBackError marks a task that waits for a token: the queue neither counts nor keeps it as failed.
type putBackError struct{ error }

// Unwrap returns the cause.
func (e *putBackError) Unwrap() error { return e.error }

func isFailure(err error) bool {
	var back *putBackError
	return !errors.As(err, &back)
}

func retryDelay(retried int, err error, _ *asynq.Task) time.Duration { return delay(err, retried+1) }

// keyOf names the work; a payload that could not be read is known by its task id only.
func keyOf(job Job, id string) string {
	if job == nil || job.Key() == "" {
		return id
	}
	return job.Key()
}

func (w *Worker) logRun(ctx context.Context, id string, retried int, took time.Duration, err error) {
	level, attrs := slog.LevelDebug, []slog.Attr{slog.String("task_id", id), slog.Int("attempt", retried+1),
		slog.Duration("took", took)}
	if err != nil {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("error", err.Error()))
		if v := judge(err, retried+1); v == putBack || v == drop {
			level = slog.LevelDebug
		}
	}
	w.Log.LogAttrs(ctx, level, "task", attrs...)
}
