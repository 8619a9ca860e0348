package tasks

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/hibiken/asynq"

	"tickerwire/internal/fault"
	"tickerwire/internal/tracing"
	"tickerwire/store"
)

// Processor runs one raw task of a kind.
type Processor func(ctx context.Context, payload []byte) error

// routes is the one table from a task's kind to its processor.
func (w *Worker) routes() map[string]Processor {
	return map[string]Processor{
		CrawlNews{}.Kind():         typed(w.crawlNews),
		RefreshFilers{}.Kind():     typed(w.refreshFilers),
		ExpireSummaries{}.Kind():   typed(w.expireSummaries),
		PurgeTakedown{}.Kind():     typed(w.purgeTakedown),
		CrawlBars{}.Kind():         typed(w.crawlBars),
		DueBars{}.Kind():           typed(w.dueBars),
		DueMarket{}.Kind():         typed(w.dueMarket),
		RefreshCalendar{}.Kind():   typed(w.refreshCalendar),
		CrawlSymbols{}.Kind():      typed(w.crawlSymbols),
		CrawlIndices{}.Kind():      typed(w.crawlIndices),
		CrawlFlows{}.Kind():        typed(w.crawlFlows),
		CrawlMinutes{}.Kind():      typed(w.crawlMinutes),
		AdjustBars{}.Kind():        typed(w.adjustBars),
		EmbedArticles{}.Kind():     typed(w.embedArticles),
		PredictStory{}.Kind():      typed(w.predictStory),
		NotifyPrediction{}.Kind():  typed(w.notifyPrediction),
		NotifyDisclosure{}.Kind():  typed(w.notifyDisclosure),
		SendAlert{}.Kind():         typed(w.sendAlert),
		SendDigests{}.Kind():       typed(w.sendDigests),
		AmendAlerts{}.Kind():       typed(w.amendAlerts),
		SendTest{}.Kind():          typed(w.sendTest),
		EvaluateOutcomes{}.Kind():  typed(w.evaluateOutcomes),
		WorkRun{}.Kind():           typed(w.workRun),
		DueSchedule{}.Kind():       typed(w.dueSchedule),
		UpdatePerformance{}.Kind(): typed(w.updatePerformance),
		FitCalibrations{}.Kind():   typed(w.fitCalibrations),
		WatchDrift{}.Kind():        typed(w.watchDrift),
	}
}

func typed[J Job](run func(context.Context, J) error) Processor {
	return func(ctx context.Context, payload []byte) error {
		job, err := decode[J](payload)
		if err != nil {
			return err
		}
		return run(ctx, job)
	}
}

// process runs one task of the queue, once its pool has a slot for it, and turns its error into a verdict.
func (w *Worker) process(ctx context.Context, t *asynq.Task, p *pool) error {
	run := runOf(ctx, t)
	ctx, rung := tracing.Hear(ctx, t.Headers())
	// A task that waits for its slot is in hand, too: the queue has given it out.
	w.Process.begin(run.flight)
	defer w.Process.end(run.flight.TaskID)
	give, err := p.take(ctx, run.flight.Queue)
	if err != nil {
		return w.interrupted(err)
	}
	// A handler that goes on after its time must not keep its slot: the queue has given the task out again.
	release := sync.OnceFunc(give)
	defer release()
	defer context.AfterFunc(ctx, release)()
	if stop, err := w.mustNotRun(ctx, run); stop || err != nil {
		return err
	}
	ctx, span := tracing.Task(ctx, w.Tracer, tracing.TaskRun{Kind: t.Type(), Queue: run.flight.Queue, ID: run.flight.TaskID, Attempt: run.retried + 1, Rung: rung})
	started := time.Now()
	err = w.dispatch(ctx, t)
	defer func() { span.End(w.failure(err, run)) }()
	w.logRun(ctx, run, time.Since(started), err)
	w.Metrics.observe(t.Type(), w.processor(t.Type()) != nil, time.Since(started), err, run.retried+1)

	// The record is written even when the task was interrupted: its own context may be over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordLimit)
	defer cancel()
	if err == nil {
		return w.succeeded(ctx, run)
	}
	return w.failed(ctx, run, err)
}

// recordLimit bounds the writing of what became of a task.
const recordLimit = 10 * time.Second

// run is one run of one task.
type run struct {
	flight  store.Flight
	payload []byte
	retried int    // how often the queue has given it out before
	again   bool   // it has been given out or rung for before: somebody may have finished it, or died of it
	order   string // what it was rung for; "" for a doorbell
	tick    store.Tick
	isTick  bool
}

func runOf(ctx context.Context, t *asynq.Task) run {
	id, _ := asynq.GetTaskID(ctx)
	retried, _ := asynq.GetRetryCount(ctx)
	queue, _ := asynq.GetQueueName(ctx)
	r := run{payload: t.Payload(), retried: retried, again: retried > 0 || epochOf(id) > 1,
		flight: store.Flight{TaskID: id, Kind: t.Type(), Key: keyOf(t.Type(), id), Queue: queue, Since: time.Now()}}
	r.order = t.Headers()[headerOrder]
	if r.tick, r.isTick = tickOf(t.Headers()); r.isTick {
		r.flight.Key = r.tick.Schedule // failures of a schedule are one piece of work, whatever the tick
	}
	return r
}

// mustNotRun looks whether a task that was given out before is finished, superseded, quarantined or cancelled. It
// returns what the queue is to be told.
func (w *Worker) mustNotRun(ctx context.Context, r run) (bool, error) {
	if r.isTick {
		if stop, err := w.tickSettled(ctx, r); stop || err != nil {
			return true, err
		}
		return w.stopped(ctx, r)
	}
	if !r.again {
		return false, nil
	}
	finished, err := w.DB.WasFinished(ctx, r.order)
	switch {
	case err != nil:
		return true, err
	case finished:
		return true, w.DB.ResolveFailure(ctx, r.flight.Kind, r.flight.Key)
	}
	// A stale copy gives way to the ring that took its place, while that is worked on.
	inHand, err := w.DB.InHand(ctx)
	if err != nil || rangLater(r.flight.TaskID, inHand) {
		return true, err
	}
	return w.stopped(ctx, r)
}

// stopped looks whether the work waits for an operator. A tick is not held up by an earlier one that was given up.
func (w *Worker) stopped(ctx context.Context, r run) (bool, error) {
	name := store.WorkName{Kind: r.flight.Kind, Key: r.flight.Key}
	states, err := w.DB.Stopped(ctx, []store.WorkName{name})
	if err != nil {
		return true, err
	}
	state := states[name]
	if state == "" || r.isTick && state != store.FailureQuarantined {
		return false, nil
	}
	w.Log.WarnContext(ctx, "not run", "task_id", r.flight.TaskID, "state", state)
	if r.isTick {
		err = w.DB.FinishTick(ctx, r.tick, state)
	}
	return true, errors.Join(err, asynq.RevokeTask)
}

// tickSettled looks whether a tick is done, or so late that a later one does its work.
func (w *Worker) tickSettled(ctx context.Context, r run) (bool, error) {
	done, superseded, err := w.DB.TickState(ctx, r.tick)
	switch {
	case err != nil:
		return true, err
	case done: // if its worker died, or heard too late that it could not be done, then after its end
		return true, w.DB.CloseRetry(ctx, r.flight.Kind, r.flight.Key)
	case !superseded:
		return false, nil
	}
	s, err := w.DB.Schedule(ctx, r.tick.Schedule)
	if err != nil || s.Misfire == store.MisfireAll {
		return false, err
	}
	// It may have failed after the later one was done, which closes a schedule's failures otherwise.
	return true, errors.Join(w.DB.FinishTick(ctx, r.tick, "superseded"), w.DB.CloseRetry(ctx, r.flight.Kind, r.flight.Key))
}

// dispatch finds the processor and turns its panic into an error.
func (w *Worker) dispatch(ctx context.Context, t *asynq.Task) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.New(fault.Internal, "panic: %v\n%s", r, debug.Stack())
		}
	}()
	process := w.processor(t.Type())
	if process == nil {
		return fault.New(fault.Invalid, "unknown task kind %q", t.Type())
	}
	return process(ctx, t.Payload())
}

// processor returns who runs a kind of task; nil when nobody does.
func (w *Worker) processor(kind string) Processor {
	w.once.Do(func() { w.table = w.routes() })
	if process, ok := w.table[kind]; ok {
		return process
	}
	return w.Extra[kind]
}

// succeeded notes what must not be done again, closes what had failed, and tells the queue.
func (w *Worker) succeeded(ctx context.Context, r run) error {
	if r.isTick {
		if err := w.DB.FinishTick(ctx, r.tick, "done"); err != nil {
			return err
		}
	}
	if r.again || r.isTick {
		if err := w.DB.ResolveFailure(ctx, r.flight.Kind, r.flight.Key); err != nil {
			return err
		}
	}
	if epochOf(r.flight.TaskID) > 1 && r.order != "" {
		// The stale copy of an earlier ring may yet be given out.
		return w.DB.SaveFinished(ctx, r.order)
	}
	return w.Process.noteFinished(ctx, r.order, r.flight.Since)
}

// failed records what has to be recorded and answers the queue in its own terms. When the record cannot be written the
// task is tried again, so that no failure goes unseen.
func (w *Worker) failed(ctx context.Context, r run, err error) error {
	v := judge(err, r.retried+1)
	if r.again && (v == putBack || v == drop) {
		// It ended in order: whatever workers it was in hand of before did not die of it.
		if err := w.DB.ForgetCrashes(ctx, r.flight.Kind, r.flight.Key); err != nil {
			w.Log.WarnContext(ctx, "crashes not forgotten", "task_id", r.flight.TaskID, "error", err)
		}
	}
	if v == putBack {
		return w.interrupted(err)
	}
	if v != retry && r.isTick {
		if tickErr := w.DB.FinishTick(ctx, r.tick, "failed: "+err.Error()); tickErr != nil {
			return errors.Join(err, tickErr)
		}
	}
	if v == drop {
		return errors.Join(err, asynq.RevokeTask)
	}
	f := store.Failure{Kind: r.flight.Kind, Key: r.flight.Key, Queue: r.flight.Queue, Payload: r.payload,
		Error: err.Error(), Fingerprint: fingerprint(r.flight.Kind, err), State: store.FailureRetrying}
	if v == giveUp {
		f.State = store.FailureGaveUp
	}
	if saveErr := w.DB.RecordFailure(ctx, f); saveErr != nil {
		return errors.Join(err, saveErr)
	}
	if v == giveUp {
		return errors.Join(err, asynq.RevokeTask)
	}
	return err
}

// putBackError marks a task that waits for a token: the queue neither counts nor keeps it as failed.
type putBackError struct{ error }

// interrupted puts a task back, and counts it where it was the process's own end that stopped it.
func (w *Worker) interrupted(err error) error {
	if errors.Is(err, context.Canceled) {
		w.Process.noteHandedBack()
	}
	return &putBackError{err}
}

// Unwrap returns the cause.
func (e *putBackError) Unwrap() error { return e.error }

// isFailure tells the queue what counts. A task that the process's own end interrupted has not failed.
func isFailure(err error) bool {
	var back *putBackError
	return !errors.As(err, &back) && !errors.Is(err, context.Canceled)
}

// retryDelay tells the queue when to give a task out again: at once where only our own end interrupted it.
func retryDelay(retried int, err error, _ *asynq.Task) time.Duration {
	if errors.Is(err, context.Canceled) {
		return 0
	}
	return delay(err, retried+1)
}

// keyOf returns the key within a task id of the form kind:key:epoch; an id of another form is its own key.
func keyOf(kind, id string) string {
	rest, ok := strings.CutPrefix(id, kind+":")
	end := strings.LastIndexByte(rest, ':')
	if !ok || end < 0 {
		return id
	}
	return rest[:end]
}

// failure is what a span shows of how a task ended: what is put back or dropped has not failed.
func (w *Worker) failure(err error, r run) error {
	if err == nil {
		return nil
	}
	if v := judge(err, r.retried+1); v == putBack || v == drop {
		return nil
	}
	return err
}

func (w *Worker) logRun(ctx context.Context, r run, took time.Duration, err error) {
	level, attrs := slog.LevelDebug, []slog.Attr{slog.String("task_id", r.flight.TaskID), slog.Int("attempt", r.retried+1),
		slog.Duration("took", took)}
	if err != nil {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("error", err.Error()))
		if v := judge(err, r.retried+1); v == putBack || v == drop {
			level = slog.LevelDebug
		}
	}
	w.Log.LogAttrs(ctx, level, "task", attrs...)
}
