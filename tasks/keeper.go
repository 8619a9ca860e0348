package tasks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
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
	orphanAfter  = 3 * time.Second         // in Redis somebody works on it, in Postgres nobody does: for so long
	silentAfter  = 2500 * time.Millisecond // a process without a beat for so long may be dead: one beat can be lost
	orphanMemory = 10 * time.Minute
	activePage   = 1000            // active tasks that are read at once
	slowDuty     = 2 * time.Second // a look that takes longer is said aloud
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
	mu        sync.Mutex
	suspects  map[string]time.Time // active in Redis, in nobody's hand: since when
	handled   map[string]time.Time // rung again already, until Redis forgets the stale copy; under mu
	victims   map[string]string    // in hand of a worker when it died: of which
	crashes   map[string]int       // how often workers died with the task's work in hand, until it is rung again
}

// Run leads when nobody else does, until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	k.inspector = asynq.NewInspectorFromRedisClient(k.Redis)
	return k.DB.Lead(ctx, leadRetry, k.lead)
}

// lead keeps the queue, each duty in a loop of its own: a slow look for one thing must not delay another.
func (k *Keeper) lead(ctx context.Context) error {
	k.Log.InfoContext(ctx, "leading", "worker_id", k.Process.ID())
	k.suspects, k.handled = make(map[string]time.Time), make(map[string]time.Time)
	k.victims, k.crashes = make(map[string]string), make(map[string]int)
	var group sync.WaitGroup
	defer group.Wait()
	for _, d := range []duty{
		{"make ticks", keepEvery, k.makeTicks}, {"recover", keepEvery, k.recover}, {"sweep", sweepEvery, k.sweep}, {"seal", keepEvery, k.seal},
		{"hold queues", keepEvery, k.holdQueues}, {"index words", wordsEvery, k.indexWords},
		{"ring lost retries", lostEvery, k.ringLostRetries}, {"forget", forgetEvery, k.DB.ForgetOld},
	} {
		group.Go(func() { k.keep(ctx, d) })
	}
	return nil
}

// duty is one thing that a leader looks after.
type duty struct {
	name  string
	every time.Duration
	look  func(context.Context) error
}

// keep does its duty until ctx ends. An outage must not end the lead: the next look may succeed. Whoever leads without
// Postgres loses the lock.
func (k *Keeper) keep(ctx context.Context, d duty) {
	tick := time.NewTicker(d.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		started := time.Now()
		err := d.look(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			k.Log.ErrorContext(ctx, "keeping the queue", "duty", d.name, "error", err)
		}
		if took := time.Since(started); took > slowDuty {
			k.Log.WarnContext(ctx, "keeping the queue is slow", "duty", d.name, "took", took)
		}
	}
}

// recover rings again for what nobody works on any more, though Redis thinks so.
func (k *Keeper) recover(ctx context.Context) error {
	dead, err := k.DB.BuryDead(ctx, deadAfter)
	if err != nil {
		return err
	}
	for _, w := range dead {
		k.Log.WarnContext(ctx, "worker died", "worker_id", w.ID, "role", w.Role, "in_hand", len(w.InFlight))
		for _, f := range w.InFlight {
			k.victims[f.TaskID] = w.ID
		}
	}
	return k.ringOrphans(ctx)
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
	orphans, alone := k.orphans(active, inHand, time.Now())
	if len(orphans) == 0 {
		return nil
	}
	if err := k.blame(ctx, orphans, alone); err != nil {
		k.unhandle(orphans...)
		return err
	}
	var errs []error
	var apart time.Duration
	for _, t := range orphans {
		if err := k.ringAgain(ctx, t, &apart); err != nil {
			errs = append(errs, err)
			k.unhandle(t)
		}
	}
	return errors.Join(errs...)
}

// orphans returns the tasks that are in nobody's hand and were named by no beat for orphanAfter, each once. inHand tells
// of each that is in somebody's hand how long ago he has last said so. alone says that there is one, and nothing that seems
// to become one.
func (k *Keeper) orphans(active map[string]*asynq.TaskInfo, inHand map[string]time.Duration, now time.Time) (found []*asynq.TaskInfo, alone bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	named := func(id string) bool {
		silent, held := inHand[id]
		return held && silent < silentAfter
	}
	maps.DeleteFunc(k.suspects, func(id string, _ time.Time) bool { return active[id] == nil || named(id) })
	maps.DeleteFunc(k.victims, func(id, _ string) bool { return active[id] == nil || named(id) })
	for id, at := range k.handled {
		if now.Sub(at) > orphanMemory {
			delete(k.handled, id)
		}
	}
	others := 0
	for id, t := range active {
		if _, done := k.handled[id]; done || named(id) {
			continue
		}
		_, held := inHand[id]
		since, suspected := k.suspects[id]
		if !suspected {
			since, k.suspects[id] = now, now
		}
		switch silent := now.Sub(since); {
		case !held && silent >= orphanAfter:
			delete(k.suspects, id)
			k.handled[id] = now
			found = append(found, t)
		case held || silent >= beatEvery+beatSlack: // who lives and has just taken a task says so by his next beat
			others++
		}
	}
	return found, len(found) == 1 && others == 0
}

// unhandle lets orphans be found again at the next look.
func (k *Keeper) unhandle(orphans ...*asynq.TaskInfo) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, t := range orphans {
		delete(k.handled, t.ID)
		k.suspects[t.ID] = time.Time{}
	}
}

// ringAgain rings for an orphan. What was in hand of several dead workers is rung for apart from its like, so that it does
// not die beside the one that kills.
func (k *Keeper) ringAgain(ctx context.Context, t *asynq.TaskInfo, apart *time.Duration) error {
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
	delete(k.victims, t.ID)
	if rung {
		k.Log.WarnContext(ctx, "rung again", "task_id", t.ID, "queue", t.Queue)
	}
	return nil
}
