package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Shares of calls that fail in case 12.
const (
	redisShare    = "0.03"
	databaseShare = "0.01"
)

// caseFaults runs the whole archive while a share of the commands to Redis and of the statements to Postgres fail, half
// of them after they were carried out.
func caseFaults(ctx context.Context, b *bench, r *Report) (func(context.Context) error, error) {
	w, err := b.newWorld(ctx, r, setup{chats: 4, everyTick: archiveSpeed})
	if err != nil {
		return nil, err
	}
	faults := []string{envRedis + "=" + redisShare, envDatabase + "=" + databaseShare}
	for _, name := range []string{"scheduler-1", "scheduler-2", "scheduler-3", "worker-1", "worker-2"} {
		if err := w.insist(ctx, name, faults); err != nil {
			return w.close, err
		}
	}
	if err := w.sim.setClock(ctx, time.Time{}, archiveSpeed/2); err != nil {
		return w.close, err
	}
	var keys []string
	for i := range 200 {
		keys = append(keys, fmt.Sprintf("under-%d", i))
		if err := w.queue.Ring(ctx, order{kind: kindCount, queue: queueChaos, Name: keys[i], MS: 500}); err != nil {
			return w.close, err
		}
	}
	if err := wait(ctx, 35*time.Second); err != nil {
		return w.close, err
	}
	if err := w.finishArchive(ctx); err != nil {
		return w.close, err
	}
	r.did("a dial hook in go-redis that cuts the connection at %s of the commands and a driver around pgdriver that fails %s of the statements, half of them after they were carried out; every process has them, the whole archive runs through",
		redisShare, databaseShare)
	settle := w.settle(func(context.Context) error {
		list, err := w.ledger.read()
		w.report.check("every task beside it was carried out", reached(list, effect, keys), "%d tasks, %d runs", len(keys), runsOf(list, keys))
		return err
	})
	if err := w.verify(ctx, quietLimit); err != nil {
		return settle, err
	}
	// The faults end with the processes that have them. While they last, a copy that comes back can be lost once more.
	return settle, errors.Join(w.stopRoles(), w.startFleet(ctx))
}

func runsOf(list []entry, keys []string) int {
	n, total := count(list, began), 0
	for _, key := range keys {
		total += n[key]
	}
	return total
}

// insist starts a role until a start meets no fault: a process that cannot reach its servers at the start gives up, and
// whoever runs it starts it again.
func (w *world) insist(ctx context.Context, name string, settings []string) error {
	var err error
	for range 8 {
		if err = w.startOwn(ctx, name, name[:len(name)-2], settings...); err == nil {
			return nil
		}
	}
	return err
}
