package tasks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"tickerwire/store"
)

const (
	leadRetry    = time.Second
	keepEvery    = time.Second     // between two looks for ticks, dead workers and orphans
	sweepEvery   = 2 * time.Second // between two looks for work that was never rung for
	forgetEvery  = 10 * time.Minute
	orphanAfter  = 3 * time.Second // in Redis somebody works on it, in Postgres nobody does: for so long
	crashLimit   = 3               // workers that a piece of work may take down before it is quarantined
	orphanMemory = 10 * time.Minute
	activePage   = 1000 // active tasks that are read at once
	// Between two pieces of work that were in hand of several dead workers, when they are rung for again.
	suspectsApart = 3 * time.Second
	mostApart     = 30 * time.Second
)

// Keeper keeps the queue whole: in one process of the fleet, the leader, it makes the ticks of the schedules, rings for
// what is due and nobody rang for, and rings again for what a dead worker had in hand.
type Keeper struct {
	DB      *store.DB
	Queue   *Queue
	Redis   redis.UniversalClient // retries for long; not closed by the keeper
	Process *Process
	Now     func() time.Time // the application clock
	Log     *slog.Logger

	inspector *asynq.Inspector
	suspects  map[string]time.Time // active in Redis, in nobody's hand: since when
	handled   map[string]time.Time // rung again already, until Redis forgets the stale copy
	crashes   map[string]int       // how often workers died with the task's work in hand, until it is rung again
}

// Run leads when nobody else does, until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	k.inspector = asynq.NewInspectorFromRedisClient(k.Redis)
	return k.DB.Lead(ctx, leadRetry, k.lead)
}

func (k *Keeper) lead(ctx context.Context) error {
	k.Log.InfoContext(ctx, "leading", "worker_id", k.Process.ID())
	k.suspects, k.handled, k.crashes = make(map[string]time.Time), make(map[string]time.Time), make(map[string]int)
	keep, sweep, lost, forget := time.NewTicker(keepEvery), time.NewTicker(sweepEvery), time.NewTicker(lostEvery), time.NewTicker(forgetEvery)
	for _, t := range []*time.Ticker{keep, sweep, lost, forget} {
		defer t.Stop()
	}
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-keep.C:
			err = errors.Join(k.makeTicks(ctx), k.recover(ctx))
		case <-sweep.C:
			err = k.sweep(ctx)
		case <-lost.C:
			err = k.ringLostRetries(ctx)
		case <-forget.C:
			err = k.DB.ForgetOld(ctx)
		}
		// An outage must not end the lead: the next look may succeed. Whoever leads without Postgres loses the lock.
		if err != nil && ctx.Err() == nil {
			k.Log.ErrorContext(ctx, "keeping the queue", "error", err)
		}
	}
}

// recover rings again for what nobody works on any more, though Redis thinks so.
func (k *Keeper) recover(ctx context.Context) error {
	dead, err := k.DB.BuryDead(ctx, deadAfter)
	if err != nil {
		return err
	}
	var errs []error
	for _, w := range dead {
		k.Log.WarnContext(ctx, "worker died", "worker_id", w.ID, "role", w.Role, "in_hand", len(w.InFlight))
		for _, f := range w.InFlight {
			errs = append(errs, k.blameFlight(ctx, w, f))
			k.suspects[f.TaskID] = time.Now().Add(-orphanAfter) // no need to wait: nobody lives who has it
		}
	}
	return errors.Join(append(errs, k.ringOrphans(ctx))...)
}

// blameFlight counts a crash against what a dead worker had in hand. Its last beat may name work that it ended before it
// died: only what the queue still takes for running died with it.
func (k *Keeper) blameFlight(ctx context.Context, w store.Worker, f store.Flight) error {
	info, err := k.inspector.GetTaskInfo(f.Queue, f.TaskID)
	switch {
	case errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound):
		return nil
	case err == nil && info.State != asynq.TaskStateActive:
		return nil
	}
	var payload []byte
	if err == nil {
		payload = info.Payload
	}
	// A queue that cannot be asked is no excuse: a poison task must stop.
	return k.blame(ctx, f, payload, fmt.Errorf("worker %s died with it in hand", w.ID))
}

// blame counts a crash against a task. The payload is kept for the operator who has it run again.
func (k *Keeper) blame(ctx context.Context, f store.Flight, payload []byte, cause error) error {
	crashes, err := k.DB.RecordCrash(ctx, store.Failure{Kind: f.Kind, Key: f.Key, Queue: f.Queue, Payload: payload,
		Fingerprint: fingerprint(f.Kind, errors.New("worker died")), Error: cause.Error()}, crashLimit)
	if err != nil {
		return err
	}
	k.crashes[f.TaskID] = crashes
	if crashes >= crashLimit {
		k.Log.ErrorContext(ctx, "quarantined", "kind", f.Kind, "key", f.Key, "crashes", crashes)
	}
	return nil
}

// ringOrphans rings under the next epoch for every task that is active in Redis and that no living process has had in
// hand for a while: its worker died, or the answer that gave it out was lost. The stale copy is left to the queue, which
// gives it out again after a minute or two: it then finds the work done.
func (k *Keeper) ringOrphans(ctx context.Context) error {
	queues, err := k.inspector.Queues()
	if err != nil {
		return fmt.Errorf("queues: %w", err)
	}
	// First what Redis gives out, then who has it in hand: a task begun in between is in hand.
	active := make(map[string]*asynq.TaskInfo)
	for _, q := range queues {
		for page := 1; ; page++ {
			list, err := k.inspector.ListActiveTasks(q, asynq.PageSize(activePage), asynq.Page(page))
			if err != nil {
				return fmt.Errorf("active tasks of %s: %w", q, err)
			}
			for _, t := range list {
				active[t.ID] = t
			}
			if len(list) < activePage {
				break
			}
		}
	}
	inHand, err := k.DB.InHand(ctx)
	if err != nil {
		return err
	}
	var errs []error
	var apart time.Duration
	for _, t := range k.orphans(active, inHand, time.Now()) {
		if err := k.ringAgain(ctx, t, &apart); err != nil {
			errs = append(errs, err)
			delete(k.handled, t.ID)
		}
	}
	return errors.Join(errs...)
}

// orphans returns the tasks that have been in nobody's hand for orphanAfter, each once.
func (k *Keeper) orphans(active map[string]*asynq.TaskInfo, inHand map[string]bool, now time.Time) []*asynq.TaskInfo {
	for id := range k.suspects {
		if active[id] == nil || inHand[id] {
			delete(k.suspects, id)
		}
	}
	for id, at := range k.handled {
		if now.Sub(at) > orphanMemory {
			delete(k.handled, id)
		}
	}
	var found []*asynq.TaskInfo
	for id, t := range active {
		if _, done := k.handled[id]; done || inHand[id] {
			continue
		}
		since, suspected := k.suspects[id]
		switch {
		case !suspected:
			k.suspects[id] = now
		case now.Sub(since) >= orphanAfter:
			delete(k.suspects, id)
			k.handled[id] = now
			found = append(found, t)
		}
	}
	return found
}

// ringAgain rings for an orphan. One that no dead worker's last beat named, because it took its worker down between two
// beats, is blamed here; so is one whose giving out was lost, which its next run clears by ending in order. What was in
// hand of several dead workers is rung for apart from its like, so that it does not die beside the one that kills.
func (k *Keeper) ringAgain(ctx context.Context, t *asynq.TaskInfo, apart *time.Duration) error {
	if k.crashes[t.ID] == 0 {
		f := store.Flight{TaskID: t.ID, Kind: t.Type, Key: keyOf(t.Type, t.ID), Queue: t.Queue}
		if tick, ok := tickOf(t.Headers); ok {
			f.Key = tick.Schedule
		}
		if err := k.blame(ctx, f, t.Payload, errors.New("it was given out, and nobody has it in hand")); err != nil {
			return err
		}
	}
	var after time.Duration
	if k.crashes[t.ID] > 1 {
		after = min(*apart, mostApart)
		*apart += suspectsApart
	}
	rung, err := k.Queue.ringStale(ctx, t, after)
	if err != nil {
		return err
	}
	delete(k.crashes, t.ID)
	if rung {
		k.Log.WarnContext(ctx, "rung again", "task_id", t.ID, "queue", t.Queue)
	}
	return nil
}
