package chaos

import (
	"context"
	"fmt"
	"time"

	"tickerwire/store"
)

const (
	poisonCrashes = 3 // after so many the program must have stopped it
	poisonWatch   = 45 * time.Second
)

// casePoison orders a task that kills whoever runs it, among good ones.
func casePoison(ctx context.Context, b *bench, r *Report) (func(context.Context) error, error) {
	w, err := b.newWorld(ctx, r, setup{})
	if err != nil {
		return nil, err
	}
	if err := w.startFleet(ctx); err != nil {
		return w.close, err
	}
	if err := w.queue.Ring(ctx, order{kind: kindPoison, queue: queuePoison, Name: "poison"}); err != nil {
		return w.close, err
	}
	var keys []string
	for i := range 40 {
		keys = append(keys, fmt.Sprintf("beside-%d", i))
		if err := w.queue.Ring(ctx, order{kind: kindCount, queue: queuePoison, Name: keys[i], MS: 200}); err != nil {
			return w.close, err
		}
	}
	deaths, err := w.reviveUntil(ctx, poisonWatch, func() (bool, error) {
		f, err := w.failure(ctx, kindPoison)
		list, readErr := w.ledger.read()
		return err == nil && readErr == nil && f.State == store.FailureQuarantined && reached(list, finished, keys), nil
	})
	if err != nil {
		return w.close, err
	}
	r.did("a task that kills its own process with SIGKILL, among %d good ones of the same queue; workers started again at once", len(keys))
	settle := w.settle(func(ctx context.Context) error { return w.checkPoison(ctx, deaths, keys) }, kindPoison)
	return settle, nil
}

// reviveUntil starts workers that died again, until done, and returns how many died.
func (w *world) reviveUntil(ctx context.Context, limit time.Duration, done func() (bool, error)) (deaths int, err error) {
	err = until(ctx, limit, "the poison to be stopped and its queue to go on", func() (bool, error) {
		for _, name := range []string{"worker-1", "worker-2"} {
			if w.procs[name].alive() {
				continue
			}
			deaths++
			if err := w.startOwn(ctx, name, "worker"); err != nil {
				return false, err
			}
		}
		return done()
	})
	return deaths, err
}

// failure returns the newest failure of a kind.
func (w *world) failure(ctx context.Context, kind string) (store.Failure, error) {
	list, err := w.db.Failures(ctx, store.FailureFilter{FailureMatch: store.FailureMatch{Kind: kind}, Limit: 1})
	if err != nil || len(list) == 0 {
		return store.Failure{}, err
	}
	return list[0], nil
}

func (w *world) checkPoison(ctx context.Context, deaths int, keys []string) error {
	f, err := w.failure(ctx, kindPoison)
	if err != nil {
		return err
	}
	list, err := w.ledger.read()
	if err != nil {
		return err
	}
	runs := count(list, began)["poison"]
	w.report.check("the poison task stopped after 3 crashes", runs == poisonCrashes && deaths == poisonCrashes, "%d runs, %d workers died", runs, deaths)
	w.report.check("it is kept as quarantined, with its reason", f.State == store.FailureQuarantined && f.Error != "", "%s, %d crashes: %s", f.State, f.Crashes, f.Error)
	w.report.check("its queue went on", reached(list, finished, keys), "%d tasks beside it finished", len(keys))
	return nil
}
