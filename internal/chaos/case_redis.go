package chaos

import (
	"context"
	"fmt"
	"time"
)

const slowSpeed = 3600 // an hour a second

// caseRedis takes Redis away for 6 s and for 60 s while tasks run.
func caseRedis(ctx context.Context, b *bench, r *Report) (func(context.Context) error, error) {
	w, err := b.newWorld(ctx, r, setup{proxied: true, chats: 4, everyTick: slowSpeed})
	if err != nil {
		return nil, err
	}
	if err := w.startFleet(ctx); err != nil {
		return w.close, err
	}
	if err := w.sim.setClock(ctx, time.Time{}, slowSpeed); err != nil {
		return w.close, err
	}
	short, err := w.redisAway(ctx, "short", 24, 6*time.Second, func(i int) int { return 2_000 + 400*i })
	if err != nil {
		return w.close, err
	}
	long, err := w.redisAway(ctx, "long", 40, 60*time.Second, func(i int) int { return 2_000 + 1_700*i })
	if err != nil {
		return w.close, err
	}
	if err := w.finishArchive(ctx); err != nil {
		return w.close, err
	}
	settle := w.settle(func(context.Context) error { return w.checkOnce(append(short, long...)) })
	return settle, w.verify(ctx, quietLimit)
}

// redisAway orders tasks, takes Redis away once all that fit have begun, gives it back with its data, and waits until
// every task has finished at least once.
func (w *world) redisAway(ctx context.Context, name string, n int, away time.Duration, ms func(int) int) ([]string, error) {
	keys := make([]string, n)
	for i := range n {
		keys[i] = fmt.Sprintf("%s-%d", name, i)
		if err := w.queue.Ring(ctx, order{kind: kindCount, queue: queueChaos, Name: keys[i], MS: ms(i)}); err != nil {
			return nil, err
		}
	}
	err := until(ctx, 15*time.Second, "the tasks to begin", func() (bool, error) {
		list, err := w.ledger.read()
		return reached(list, began, keys), err
	})
	if err != nil {
		return nil, err
	}
	before, err := w.ledger.read()
	if err != nil {
		return nil, err
	}
	w.toRedis.Cut()
	if err := w.redis.Stop(ctx); err != nil {
		return nil, err
	}
	if err := wait(ctx, away); err != nil {
		return nil, err
	}
	during, err := w.ledger.read()
	if err != nil {
		return nil, err
	}
	if err := w.startRedis(ctx); err != nil {
		return nil, err
	}
	w.toRedis.Restore(addressOf(w.redis.URL()))
	back := time.Now()
	err = until(ctx, 100*time.Second, "every task to finish", func() (bool, error) {
		list, err := w.ledger.read()
		return reached(list, finished, keys), err
	})
	w.report.did("redis-server stopped for %s and started again on its data while %d tasks ran; %d of them finished meanwhile",
		away, n, len(count(during, finished))-len(count(before, finished)))
	w.report.figure(name+" outage: from Redis back to the last task's end", time.Since(back).Seconds(), "s")
	return keys, err
}

// reached reports whether every key has an entry of a kind.
func reached(list []entry, what string, keys []string) bool {
	n := count(list, what)
	for _, key := range keys {
		if n[key] == 0 {
			return false
		}
	}
	return true
}

// checkOnce holds the ledger against the tasks: each finished once, and had its effect once.
func (w *world) checkOnce(keys []string) error {
	list, err := w.ledger.read()
	if err != nil {
		return err
	}
	runs, ends, effects := count(list, began), count(list, finished), count(list, effect)
	var twice, again []string
	for _, key := range keys {
		if ends[key] != 1 || effects[key] != 1 {
			twice = append(twice, fmt.Sprintf("%s ended %d times, %d effects", key, ends[key], effects[key]))
		}
		if runs[key] > 1 {
			again = append(again, key)
		}
	}
	w.report.check("no finished work ran twice", len(twice) == 0, "%d tasks; %v", len(keys), twice)
	w.report.figure("tasks that were interrupted and begun again", float64(len(again)), "")
	return nil
}
