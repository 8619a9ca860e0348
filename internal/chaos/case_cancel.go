package chaos

import (
	"context"
	"errors"
	"net/http"
	"time"

	"tickerwire/tasks"
)

// caseCancel cancels runs through the API while they are queued, while they run, and just after they have finished.
func caseCancel(ctx context.Context, b *bench, r *Report) (func(context.Context) error, error) {
	w, err := b.newWorld(ctx, r, setup{})
	if err != nil {
		return nil, err
	}
	steps := []func(context.Context, *api) error{w.cancelQueued, w.cancelRunning, w.cancelFinished}
	if err := w.startFleet(ctx); err != nil {
		return w.close, err
	}
	a, err := w.startAPI(ctx)
	if err != nil {
		return w.close, err
	}
	if err := w.sim.setClock(ctx, time.Time{}, archiveSpeed); err != nil {
		return w.close, err
	}
	if err := w.finishArchive(ctx); err != nil {
		return w.close, err
	}
	if err := w.verify(ctx, quietLimit); err != nil {
		return w.close, err
	}
	for _, step := range steps {
		if err := step(ctx, a); err != nil {
			return w.close, err
		}
	}
	r.did("runs that predict every story again, ordered and cancelled with an operator's token through the API")
	return w.settle(nil), nil
}

func (w *world) cancelQueued(ctx context.Context, a *api) error {
	workers := func(name string) bool { return name == "worker-1" || name == "worker-2" }
	if err := w.stopThose(workers); err != nil {
		return err
	}
	run, err := a.orderAll(ctx)
	if err != nil {
		return err
	}
	queued := run.State
	cancelled, err := a.cancel(ctx, run.ID)
	if err != nil {
		return err
	}
	if err := errors.Join(w.startOwn(ctx, "worker-1", "worker"), w.startOwn(ctx, "worker-2", "worker"), wait(ctx, 4*time.Second)); err != nil {
		return err
	}
	after, err := a.run(ctx, run.ID)
	if err != nil {
		return err
	}
	calls, err := w.db.RunCalls(ctx, tasks.PredictStory{}.Kind(), run.ID)
	w.report.check("a queued run is cancelled for good", queued == "queued" && cancelled.State == "cancelled" && after.State == "cancelled" && calls.Total == 0,
		"%s -> %s, 4 s after the workers came back %s; %d calls, %d made; reason %q", queued, cancelled.State, after.State, calls.Total, calls.Done, after.Reason)
	w.report.check("it says who and why", after.By != nil && after.Reason != "", "%q", after.Reason)
	return err
}

func (w *world) cancelRunning(ctx context.Context, a *api) error {
	run, err := a.orderAll(ctx)
	if err != nil {
		return err
	}
	err = until(ctx, 30*time.Second, "the run to be under way", func() (bool, error) {
		calls, err := w.db.RunCalls(ctx, tasks.PredictStory{}.Kind(), run.ID)
		return calls.Done >= 10, err
	})
	if err != nil {
		return err
	}
	cancelled, err := a.cancel(ctx, run.ID)
	if err != nil {
		return err
	}
	atOnce, err := w.db.RunCalls(ctx, tasks.PredictStory{}.Kind(), run.ID)
	if err != nil {
		return err
	}
	if err := wait(ctx, 4*time.Second); err != nil {
		return err
	}
	calls, err := w.db.RunCalls(ctx, tasks.PredictStory{}.Kind(), run.ID)
	w.report.check("a running run is cancelled for good",
		cancelled.State == "cancelled" && calls.Done == atOnce.Done && calls.Skipped > 0 && calls.Done+calls.Skipped == calls.Total,
		"%d of %d calls were made when it was cancelled, 4 s later %d; %d skipped", atOnce.Done, calls.Total, calls.Done, calls.Skipped)
	return err
}

func (w *world) cancelFinished(ctx context.Context, a *api) error {
	run, err := a.orderAll(ctx)
	if err != nil {
		return err
	}
	err = until(ctx, 90*time.Second, "the run to finish", func() (bool, error) {
		run, err = a.run(ctx, run.ID)
		return run.State == "done", err
	})
	if err != nil {
		return err
	}
	_, err = a.cancel(ctx, run.ID)
	var refused *statusError
	conflict := errors.As(err, &refused) && refused.status == http.StatusConflict
	after, err := a.run(ctx, run.ID)
	w.report.check("a run that has just finished stays done, and cancelling it says so", conflict && after.State == "done", "%s, %d of %d; %.120s",
		after.State, after.Done, after.Total, refused)
	return err
}
