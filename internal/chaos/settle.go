package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hibiken/asynq"

	"tickerwire/internal/simulator"
)

// seen gathers what the outside saw.
func (w *world) seen(ctx context.Context, expected ...string) (Seen, error) {
	s := Seen{Expected: expected}
	var err error
	if s.Messages, err = w.sim.messages(ctx); err != nil {
		return s, err
	}
	if s.Served, err = w.sim.served(ctx); err != nil {
		return s, err
	}
	s.Queues, err = w.queues(ctx)
	return s, err
}

// suchTasks is how many of a queue's tasks are named.
const suchTasks = 5

// queues reads the state of every queue.
func (w *world) queues(ctx context.Context) ([]QueueState, error) {
	inspector := asynq.NewInspectorFromRedisClient(w.rdb)
	names, err := inspector.Queues()
	if err != nil {
		return nil, fmt.Errorf("queues: %w", err)
	}
	var list []QueueState
	for _, name := range names {
		info, err := inspector.GetQueueInfo(name)
		if err != nil {
			return nil, fmt.Errorf("queue %s: %w", name, err)
		}
		q := QueueState{Name: name, Pending: info.Pending, Active: info.Active, Scheduled: info.Scheduled, Retry: info.Retry, Archived: info.Archived}
		active, err := inspector.ListActiveTasks(name, asynq.PageSize(1000))
		if err != nil {
			return nil, fmt.Errorf("queue %s: %w", name, err)
		}
		inHand, err := w.db.InHand(ctx)
		if err != nil {
			return nil, err
		}
		for _, t := range active {
			if _, held := inHand[t.ID]; t.IsOrphaned || !held {
				q.Stale++
			} else {
				q.Such = append(q.Such, t.ID)
			}
		}
		pending, err := inspector.ListPendingTasks(name, asynq.PageSize(suchTasks))
		if err != nil {
			return nil, fmt.Errorf("queue %s: %w", name, err)
		}
		for _, t := range pending {
			q.Such = append(q.Such, t.ID)
		}
		q.Such = q.Such[:min(len(q.Such), suchTasks)]
		list = append(list, q)
	}
	return list, nil
}

// moreNews lets the archive run on for a while, so that enough is told of it.
func (w *world) moreNews(ctx context.Context) error {
	return errors.Join(w.sim.setClock(ctx, time.Time{}, archiveSpeed/2), wait(ctx, 20*time.Second))
}

// finishArchive lets the rest of the archive come, and then stops the clock: no tick is due any more.
func (w *world) finishArchive(ctx context.Context) error {
	replay, err := simulator.OpenArchive(w.archive)
	if err != nil {
		return err
	}
	all, err := replay.Items(time.Unix(1<<40, 0))
	if err != nil {
		return err
	}
	end := all[len(all)-1].SeenAt.Add(time.Hour)
	now, err := w.sim.clock(ctx)
	if err != nil {
		return err
	}
	if now.After(end) {
		end = time.Time{}
	}
	// The clock goes on a little, so that the crawlers look once more.
	if err := w.sim.setClock(ctx, end, 60); err != nil {
		return err
	}
	err = until(ctx, 60*time.Second, "the whole archive to be shown", func() (bool, error) {
		served, err := w.sim.served(ctx)
		shown := make(map[string]bool) // filings of ours are among them
		for _, id := range served["wire"] {
			shown[id] = true
		}
		return !slices.ContainsFunc(all, func(i simulator.Item) bool { return !shown[i.ID] }), err
	})
	return errors.Join(err, w.lookForBars(ctx), w.sim.setClock(ctx, time.Time{}, 0))
}

// looksForBars is how many looks for missing bars follow a jump of the clock: one may straddle it, since each process
// learns of it by itself, and predictions would wait for bars for as long as the clock stands.
const looksForBars = 3

// lookForBars waits until that many were made from now on.
func (w *world) lookForBars(ctx context.Context) error {
	var from time.Time
	return until(ctx, 60*time.Second, "looks for missing bars", func() (done bool, err error) {
		// A connection that a crash of Postgres has left in the pool fails once.
		if from.IsZero() {
			if from, err = w.db.Now(ctx); err != nil {
				return false, err
			}
		}
		var looks int
		err = w.db.Bun().NewRaw(`select count(*) from ticks where schedule = 'bars' and made_at > ? and outcome = 'done'`, from).Scan(ctx, &looks)
		return looks >= looksForBars, err
	})
}

// until calls done until it is true. What it waits for is named in the error.
func until(ctx context.Context, limit time.Duration, what string, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var last error
	for {
		ok, err := done()
		if ok && err == nil {
			return nil
		}
		last = err
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("waited %s for %s: %w", limit, what, ctx.Err()), last)
		case <-time.After(pollEvery):
		}
	}
}

// slow names properties that the program itself makes true only after minutes.
func slow(r Result) bool { return r.Name == noticesFinal }

// quietLimit is how long the work that is left at the end of the outside's news may take: most of it waits for the
// broker's rate, at which half a minute's worth has gathered by then.
const quietLimit = 2 * time.Minute

// verify runs the checker until it holds but for what is slow, at most for limit. Its answer goes into the report after
// the settling, unless it does not hold now.
func (w *world) verify(ctx context.Context, limit time.Duration, expected ...string) error {
	started := time.Now()
	quick := func(results []Result, seen Seen) bool {
		return holds(slices.DeleteFunc(slices.Clone(results), slow), seen)
	}
	results, err := w.checkUntil(ctx, limit, quick, expected...)
	w.report.figure("from the end of the outside's news to all quiet", time.Since(started).Seconds(), "s")
	if err == nil && !quick(results, Seen{}) {
		err = fmt.Errorf("not quiet after %s: %v", limit, slices.DeleteFunc(results, func(r Result) bool { return r.Holds }))
	}
	return err
}

func holds(results []Result, _ Seen) bool {
	return !slices.ContainsFunc(results, func(r Result) bool { return !r.Holds })
}

// checkUntil runs the checker until enough says so, at most for limit, and returns its last answer.
func (w *world) checkUntil(ctx context.Context, limit time.Duration, enough func([]Result, Seen) bool, expected ...string) ([]Result, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var results []Result
	for {
		seen, err := w.seen(ctx, expected...)
		if err == nil {
			var now []Result
			if now, err = Check(ctx, w.db, seen); err == nil {
				results = now
			}
		}
		if err == nil && enough(results, seen) {
			return results, nil
		}
		select {
		case <-ctx.Done():
			if results == nil {
				return nil, fmt.Errorf("the checker could not be run: %w", errors.Join(ctx.Err(), err))
			}
			return results, nil
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// staleLimit is how long the queue itself may take to give a dead worker's task out again: its lease, its slack, the
// period of its recoverer and the retry's delay.
const staleLimit = 200 * time.Second

// settle waits until the copies that dead workers held have left the queue too, has the checker look, asks also for what
// the case itself wants to hold, and ends the world in order.
func (w *world) settle(also func(context.Context) error, expected ...string) func(context.Context) error {
	return func(ctx context.Context) (err error) {
		defer func() { err = errors.Join(err, w.close(ctx)) }()
		started := time.Now()
		noStale := func(results []Result, seen Seen) bool {
			return holds(results, seen) && !slices.ContainsFunc(seen.Queues, func(q QueueState) bool { return q.Active > 0 })
		}
		results, err := w.checkUntil(ctx, staleLimit, noStale, expected...)
		if err != nil {
			return err
		}
		w.report.Checks = append(w.report.Checks, results...)
		seen, err := w.seen(ctx, expected...)
		if err != nil {
			return err
		}
		left := 0
		for _, q := range seen.Queues {
			left += q.Active
		}
		w.report.check("dead workers' copies left the queue by themselves", left == 0, "%d left", left)
		w.report.figure("until the last stale copy and open claim was gone", time.Since(started).Seconds(), "s")
		if w.chats > 0 {
			err = w.tellMessages(ctx)
		}
		if also != nil {
			err = errors.Join(err, also(ctx))
		}
		ended := w.stopRoles()
		w.report.check("every process ended in order", ended == nil, "%v", ended)
		return err
	}
}
