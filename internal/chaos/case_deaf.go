package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hibiken/asynq"
)

const (
	deafTimeout = 2 * time.Second
	deafTakes   = 14 * time.Second
)

// caseDeaf fills every slot of a queue with handlers that ignore their context, and orders good work behind them.
func caseDeaf(ctx context.Context, b *bench, r *Report) (func(context.Context) error, error) {
	w, err := b.newWorld(ctx, r, setup{})
	if err != nil {
		return nil, err
	}
	if err := w.startOwn(ctx, "scheduler-1", "scheduler"); err != nil {
		return w.close, err
	}
	if err := w.startOwn(ctx, "worker-1", "worker"); err != nil {
		return w.close, err
	}
	var deaf, good []string
	for i := range deafSlots {
		deaf = append(deaf, fmt.Sprintf("deaf-%d", i))
		if err := w.orderDeaf(deaf[i]); err != nil {
			return w.close, err
		}
	}
	err = until(ctx, 10*time.Second, "the deaf handlers to hold every slot", func() (bool, error) {
		list, err := w.ledger.read()
		return reached(list, began, deaf), err
	})
	if err != nil {
		return w.close, err
	}
	started := time.Now()
	for i := range 10 {
		good = append(good, fmt.Sprintf("behind-%d", i))
		if err := w.queue.Ring(ctx, order{kind: kindCount, queue: queueDeaf, Name: good[i], MS: 100}); err != nil {
			return w.close, err
		}
	}
	err = until(ctx, 60*time.Second, "the work behind them", func() (bool, error) {
		list, err := w.ledger.read()
		return reached(list, finished, good), err
	})
	if err != nil {
		return w.close, err
	}
	waited := time.Since(started)
	r.did("%d handlers that ignore their context for %s hold every slot of a queue; their timeout is %s; %d good tasks wait behind them",
		deafSlots, deafTakes, deafTimeout, len(good))
	r.figure("from the order to the end of the work behind", waited.Seconds(), "s")
	r.check("the slots were freed at the timeout", waited < deafTakes-2*time.Second, "the work behind ended after %.1f s", waited.Seconds())
	settle := w.settle(func(context.Context) error { return w.checkDeaf(deaf) })
	return settle, nil
}

// orderDeaf orders a deaf task with a short timeout.
func (w *world) orderDeaf(name string) error {
	o := order{Name: name, MS: int(deafTakes.Milliseconds())}
	payload, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("order: %w", err)
	}
	_, err = asynq.NewClientFromRedisClient(w.rdb).Enqueue(asynq.NewTask(kindDeaf, payload), asynq.Queue(queueDeaf),
		asynq.TaskID(kindDeaf+":"+name+":1"), asynq.MaxRetry(100), asynq.Timeout(deafTimeout))
	if err != nil {
		return fmt.Errorf("order: %w", err)
	}
	return nil
}

func (w *world) checkDeaf(keys []string) error {
	list, err := w.ledger.read()
	if err != nil {
		return err
	}
	runs, effects := count(list, began), count(list, effect)
	var bad []string
	total := 0
	for _, key := range keys {
		total += runs[key]
		if effects[key] != 1 {
			bad = append(bad, fmt.Sprintf("%s had %d effects", key, effects[key]))
		}
	}
	w.report.check("each had its effect once, however often it ran", len(bad) == 0, "%d tasks, %d runs; %v", len(keys), total, bad)
	w.report.check("they were tried again after their timeout", total > len(keys), "%d runs of %d tasks", total, len(keys))
	return nil
}
