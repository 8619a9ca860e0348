package store

import (
	"context"
	"time"
)

// Backlog is how much ordered work stands before an order, and how fast it drains (wall clock).
type Backlog struct {
	Ordered        bool    // the very same is ordered and open: ordering it again adds nothing
	Runs           int     // open ones
	Calls          int     // of models, due for some run; counted up to BacklogCalls and one
	RunsPerSecond  float64 // that ended, over ten minutes
	CallsPerSecond float64 // that were made for runs, over a minute
}

// BacklogRuns and BacklogCalls are how much may stand before a new order.
const (
	BacklogRuns  = 100
	BacklogCalls = 50_000
)

// longestWait bounds what is told of a drain that hardly moves; unknownWait is told of one that does not move at all.
const (
	longestWait = 10 * time.Minute
	unknownWait = time.Minute
)

// Wait returns how long it will take until there is room for an order, at the pace of now; 0 when there is.
func (b Backlog) Wait() time.Duration {
	wait := time.Duration(0)
	for _, w := range []struct {
		over      int
		perSecond float64
	}{{b.Runs - BacklogRuns + 1, b.RunsPerSecond}, {b.Calls - BacklogCalls, b.CallsPerSecond}} {
		switch {
		case b.Ordered || w.over <= 0:
		case w.perSecond == 0:
			wait = max(wait, unknownWait)
		default:
			seconds := min(float64(w.over)/w.perSecond, longestWait.Seconds())
			wait = max(wait, time.Duration(seconds*float64(time.Second)), time.Second)
		}
	}
	return wait
}

// Backlog returns what stands before an order of a kind and key.
func (db *DB) Backlog(ctx context.Context, kind, key string) (b Backlog, err error) {
	const runsOver, callsOver = 10 * time.Minute, time.Minute
	var runs, calls int
	err = db.bun.NewRaw(`
		select exists (select from runs where kind = ?0 and key = ?1 and state in ('queued', 'running')),
			(select count(*) from runs where state in ('queued', 'running')),
			(select count(*) from (select from model_calls where state = 'due' and run_id is not null limit ?2) d),
			(select count(*) from runs where finished_at > now() - make_interval(secs => ?3)),
			(select count(*) from model_calls where run_id is not null and done_at > now() - make_interval(secs => ?4))`,
		kind, key, BacklogCalls+1, runsOver.Seconds(), callsOver.Seconds()).Scan(ctx, &b.Ordered, &b.Runs, &b.Calls, &runs, &calls)
	b.RunsPerSecond, b.CallsPerSecond = float64(runs)/runsOver.Seconds(), float64(calls)/callsOver.Seconds()
	return b, fail(err, "backlog of orders")
}
