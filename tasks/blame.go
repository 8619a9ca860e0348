package tasks

import (
	"context"
	"errors"
	"time"

	"github.com/hibiken/asynq"

	"tickerwire/store"
)

const (
	crashLimit  = 3                // workers that a piece of work may take down while nobody else dies
	mostCrashes = 10               // and whoever else dies
	diedLately  = 15 * time.Second // the death behind an orphan that no beat named is not older
)

// blame counts a crash against every orphan that was in a worker's hand when it died: what its last beat named and it had
// ended by then is none. Those that no beat named were taken between two beats of somebody who died; if nobody did, the
// answer that gave them out was lost, and nobody is to blame.
func (k *Keeper) blame(ctx context.Context, orphans []*asynq.TaskInfo) error {
	together := make(map[string][]*asynq.TaskInfo)
	for _, t := range orphans {
		together[k.victims[t.ID]] = append(together[k.victims[t.ID]], t)
	}
	if unnamed := together[""]; len(unnamed) > 0 {
		if died, err := k.DB.DiedLately(ctx, silentAfter, diedLately); err != nil {
			return err
		} else if !died {
			delete(together, "")
		}
	}
	for worker, group := range together {
		if err := k.blameFor(ctx, worker, group); err != nil {
			return err
		}
	}
	return nil
}

// blameFor counts the death of a worker against each piece of work that it had in hand, once, however many ticks of it
// there were. One at most has brought it down: the one with the most crashes may be stopped for it, and where several have
// as many they are tried apart first.
func (k *Keeper) blameFor(ctx context.Context, worker string, group []*asynq.TaskInfo) error {
	crashes := make(map[store.WorkName]int)
	for _, t := range group { // a ring that failed is tried again, and is no further crash
		if n, counted := k.crashes[t.ID]; counted {
			crashes[workOf(t)] = n
		}
	}
	for _, t := range group {
		work := workOf(t)
		n, counted := crashes[work]
		if !counted {
			var err error
			if n, err = k.DB.RecordCrash(ctx, crashOf(t, worker)); err != nil {
				return err
			}
			crashes[work] = n
		}
		k.crashes[t.ID] = n
	}
	most, suspects := 0, 0
	var suspect store.WorkName
	for work, n := range crashes {
		switch {
		case n > most:
			most, suspects, suspect = n, 1, work
		case n == most:
			suspects++
		}
	}
	if suspects > 1 {
		return nil
	}
	stopped, err := k.DB.Quarantine(ctx, suspect, store.CrashLimits{Least: crashLimit, Most: mostCrashes})
	if err == nil && stopped {
		k.Log.ErrorContext(ctx, "quarantined", "kind", suspect.Kind, "key", suspect.Key, "crashes", most)
	}
	return err
}

// workOf names a task's work; that of a tick is its schedule's.
func workOf(t *asynq.TaskInfo) store.WorkName {
	if tick, ok := tickOf(t.Headers); ok {
		return store.WorkName{Kind: t.Type, Key: tick.Schedule}
	}
	return store.WorkName{Kind: t.Type, Key: keyOf(t.Type, t.ID)}
}

// crashOf describes a crash; worker is "" where no beat named the task. The payload is kept for the operator who has it
// run again.
func crashOf(t *asynq.TaskInfo, worker string) store.Failure {
	cause := "it was given out, and nobody has it in hand"
	if worker != "" {
		cause = "worker " + worker + " died with it in hand"
	}
	work := workOf(t)
	return store.Failure{Kind: work.Kind, Key: work.Key, Queue: t.Queue, Payload: t.Payload,
		Fingerprint: fingerprint(t.Type, errors.New("worker died")), Error: cause}
}
