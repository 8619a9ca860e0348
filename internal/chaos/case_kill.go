package chaos

import (
	"context"
	"fmt"
	"strings"
	"time"
)

const (
	kills        = 12
	archiveSpeed = 14_400 // eight days in a good minute's half
	recoveryGoal = 10 * time.Second
)

// caseKill kills workers while they hold tasks and the archive runs through.
func caseKill(ctx context.Context, b *bench, r *Report) (func(context.Context) error, error) {
	w, err := b.newWorld(ctx, r, setup{chats: 8, everyTick: archiveSpeed})
	if err != nil {
		return nil, err
	}
	if err := w.startFleet(ctx); err != nil {
		return w.close, err
	}
	if err := w.sim.setClock(ctx, time.Time{}, archiveSpeed); err != nil {
		return w.close, err
	}
	killed := make(map[int]time.Time) // pid -> when
	for i := range kills {
		at, pid, err := w.killHolder(ctx, i)
		if err != nil {
			return w.close, err
		}
		killed[pid] = at
		if err := w.awaitRecovery(ctx, pid); err != nil {
			return w.close, err
		}
	}
	r.did("kill -9 of %d workers that held tasks of ours, in turn, while the archive ran %d times as fast as it happened", kills, archiveSpeed)
	if err := w.finishArchive(ctx); err != nil {
		return w.close, err
	}
	settle := w.settle(func(context.Context) error { return w.recoveries(killed) })
	return settle, w.verify(ctx, quietLimit)
}

// holdsPerKill is how many tasks are ordered before each kill.
const holdsPerKill = 4

// killHolder orders tasks that hold on, kills a worker that has begun one of them, and starts another in its place.
func (w *world) killHolder(ctx context.Context, round int) (at time.Time, pid int, err error) {
	for i := range holdsPerKill {
		o := order{kind: kindHold, queue: queueChaos, Name: fmt.Sprintf("hold-%d-%d", round, i), MS: 40_000}
		if err := w.queue.Ring(ctx, o); err != nil {
			return at, pid, err
		}
	}
	var victim string
	err = until(ctx, 15*time.Second, "a worker to hold a task", func() (bool, error) {
		list, err := w.ledger.read()
		victim = w.holderOf(list, fmt.Sprintf("hold-%d-", round))
		return victim != "", err
	})
	if err != nil {
		return at, pid, err
	}
	pid = w.procs[victim].pid()
	if at, err = w.procs[victim].kill(); err != nil {
		return at, pid, err
	}
	return at, pid, w.startOwn(ctx, victim, "worker")
}

// awaitRecovery returns when everything that a killed process held has begun elsewhere: a worker is then whole again, and
// the next kill is another accident.
func (w *world) awaitRecovery(ctx context.Context, pid int) error {
	return until(ctx, 30*time.Second, "what was in hand to run again", func() (bool, error) {
		list, err := w.ledger.read()
		for _, key := range heldBy(list, pid) {
			if len(of(list, key, began)) < 2 {
				return false, err
			}
		}
		return true, err
	})
}

// holderOf returns the worker that holds a task whose key begins so, "" when none does.
func (w *world) holderOf(list []entry, prefix string) string {
	for name, p := range w.procs {
		for _, key := range heldBy(list, p.pid()) {
			if strings.HasPrefix(key, prefix) {
				return name
			}
		}
	}
	return ""
}

// heldBy returns the keys that a process has begun and not finished.
func heldBy(list []entry, pid int) []string {
	open := make(map[string]bool)
	for _, e := range list {
		if e.PID == pid {
			open[e.Key] = e.What == began
		}
	}
	var keys []string
	for key, holds := range open {
		if holds {
			keys = append(keys, key)
		}
	}
	return keys
}

// recoveries measures, for every task that was in hand of a killed worker, when it ran again elsewhere.
func (w *world) recoveries(killed map[int]time.Time) error {
	list, err := w.ledger.read()
	if err != nil {
		return err
	}
	var took []time.Duration
	lost := 0
	for pid, at := range killed {
		for _, key := range heldBy(list, pid) {
			again := time.Duration(0)
			for _, e := range of(list, key, began) {
				if e.PID != pid && e.At.After(at) && again == 0 {
					again = e.At.Sub(at)
				}
			}
			if again == 0 {
				lost++
				continue
			}
			took = append(took, again)
		}
	}
	p95 := w.report.times("from kill -9 to running elsewhere", took)
	w.report.check("everything in hand of a killed worker ran again elsewhere", lost == 0 && len(took) > 0, "%d tasks, %d lost", len(took), lost)
	w.report.check("p95 within 10 s of the kill", p95 <= recoveryGoal && len(took) > 0, "p95 %.1f s", p95.Seconds())
	return nil
}

// tellMessages notes how many messages flowed: without many of them "none twice" proves nothing.
func (w *world) tellMessages(ctx context.Context) error {
	messages, err := w.sim.messages(ctx)
	if err != nil {
		return err
	}
	var ambiguous int
	err = w.db.Bun().NewRaw(`select count(*) from notices where state = 'ambiguous'`).Scan(ctx, &ambiguous)
	if err != nil {
		return fmt.Errorf("notices: %w", err)
	}
	w.report.check("many messages flowed", len(messages) > 50, "%d", len(messages))
	w.report.figure("messages", float64(len(messages)), "")
	w.report.figure("notices left ambiguous", float64(ambiguous), "")
	return nil
}
