package tasks

import (
	"context"
	"errors"
	"time"

	"github.com/hibiken/asynq"

	"tickerwire/store"
)

const (
	crashLimit  = 3                // workers that a piece of work may take down, the last one with nothing else in hand
	mostCrashes = 10               // and with whatever else in hand
	diedLately  = 15 * time.Second // the death behind an orphan that no beat named is not older
)

// blame counts a crash against every orphan that was in a worker's hand when it died, once for each piece of work, however
// many ticks of a schedule there were: what its last beat named and it had ended by then is none. Those that no beat named
// were taken between two beats of somebody who died; if nobody did, the answer that gave them out was lost, and nobody is
// to blame. Of several that were in hand at once, most are innocent: they are given many more chances than one that was
// alone.
func (k *Keeper) blame(ctx context.Context, orphans []*asynq.TaskInfo, alone bool) error {
	died, err := k.DB.DiedLately(ctx, silentAfter, diedLately)
	if err != nil {
		return err
	}
	limit := mostCrashes
	if alone {
		limit = crashLimit
	}
	counted := make(map[store.WorkName]int)
	for _, t := range orphans {
		worker, work := k.victims[t.ID], workOf(t)
		if _, blamed := k.crashes[t.ID]; blamed || worker == "" && !died {
			continue // a ring that failed is tried again, and is no further crash
		}
		crashes, again := counted[work]
		if !again {
			if crashes, err = k.DB.RecordCrash(ctx, crashOf(t, worker), limit); err != nil {
				return err
			}
			if counted[work] = crashes; crashes >= limit {
				k.Log.ErrorContext(ctx, "quarantined", "kind", work.Kind, "key", work.Key, "crashes", crashes)
			}
		}
		k.crashes[t.ID] = crashes
	}
	return nil
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
