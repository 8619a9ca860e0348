package tasks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"tickerwire/internal/fault"
)

// QueueState is what a queue holds now, over the fleet. Of the program's own queues there is a state before their first
// task.
type QueueState struct {
	Name        string
	Concurrency int  // tasks at once in each worker, as the program has it; 0 for a queue that is none of its own
	Paused      bool // nothing is taken from it
	Pending     int
	Active      int
	Scheduled   int // to be given out at a time
	Retry       int
	Archived    int
	Latency     time.Duration // how long the oldest pending task has waited
	Processed   int           // tasks that ended today (UTC), failed ones included
	Failed      int
	PerSecond   float64 // tasks that ended, since somebody last looked through this process; below 0: nobody has
}

// Inspector looks at the queues for people, pauses and purges them. It is safe for concurrent use; its errors are
// Unavailable.
type Inspector struct {
	look *asynq.Inspector

	mu   sync.Mutex
	seen map[string]sample
}

// sample is how much a queue had processed at a time, and its pace up to then.
type sample struct {
	at        time.Time
	processed int
	perSecond float64
}

// NewInspector returns an inspector on rdb, a client that fails fast; it does not close rdb.
func NewInspector(rdb redis.UniversalClient) *Inspector {
	return &Inspector{look: asynq.NewInspectorFromRedisClient(rdb), seen: make(map[string]sample)}
}

// Queues returns the state of every queue, by name.
func (i *Inspector) Queues(ctx context.Context) ([]QueueState, error) {
	own := ownQueues()
	known, err := i.look.Queues()
	if err != nil {
		return nil, away(err)
	}
	var list []QueueState
	for name, concurrency := range own {
		if !slices.Contains(known, name) {
			list = append(list, QueueState{Name: name, Concurrency: concurrency, PerSecond: -1})
		}
	}
	for _, name := range known {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		info, err := i.look.GetQueueInfo(name)
		if err != nil {
			return nil, away(err)
		}
		list = append(list, QueueState{Name: name, Concurrency: own[name], Paused: info.Paused, Pending: info.Pending, Active: info.Active,
			Scheduled: info.Scheduled, Retry: info.Retry, Archived: info.Archived, Latency: info.Latency, Processed: info.Processed,
			Failed: info.Failed, PerSecond: i.pace(name, info)})
	}
	slices.SortFunc(list, func(a, b QueueState) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// paceOver is the least time over which a pace is measured.
const paceOver = time.Second

// pace measures how many tasks of a queue end in a second.
func (i *Inspector) pace(name string, info *asynq.QueueInfo) float64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	last, seen := i.seen[name]
	since := info.Timestamp.Sub(last.at)
	switch {
	case !seen || info.ProcessedTotal < last.processed: // or Redis has lost its count
		i.seen[name] = sample{info.Timestamp, info.ProcessedTotal, -1}
	case since >= paceOver:
		i.seen[name] = sample{info.Timestamp, info.ProcessedTotal, float64(info.ProcessedTotal-last.processed) / since.Seconds()}
	}
	return i.seen[name].perSecond
}

// SetPaused pauses a queue, or lets it go on, for the whole fleet at once. A queue that does not exist yet is left to the
// keeper.
func (i *Inspector) SetPaused(name string, paused bool) error {
	if err := setPaused(i.look, name, paused); err != nil {
		return away(err)
	}
	return nil
}

// Purge deletes what waits in a queue, now or later, and returns how much that was. What Postgres says is due is rung for
// again by the sweep.
func (i *Inspector) Purge(name string) (int, error) {
	known, err := i.look.Queues()
	if err != nil {
		return 0, away(err)
	}
	if !slices.Contains(known, name) {
		return 0, nil
	}
	total := 0
	var errs []error
	for _, purge := range []func(string) (int, error){i.look.DeleteAllPendingTasks, i.look.DeleteAllScheduledTasks,
		i.look.DeleteAllRetryTasks, i.look.DeleteAllArchivedTasks} {
		n, err := purge(name)
		total, errs = total+n, append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return total, away(err)
	}
	return total, nil
}

// away is the fault of a Redis that does not answer; why it does not is for the log alone.
func away(err error) error {
	return fmt.Errorf("tasks: %v: %w", err, fault.Because(fault.Unavailable, err, "the queue cannot be reached"))
}

// ownQueues returns the program's own queues with how many of their tasks each worker runs at once.
func ownQueues() map[string]int {
	own := make(map[string]int)
	for _, c := range (&Worker{}).classes() {
		for queue := range c.queues {
			own[queue] = c.concurrency
		}
	}
	return own
}

// setPaused brings a queue that exists into the wanted state.
func setPaused(look *asynq.Inspector, name string, paused bool) error {
	known, err := look.Queues()
	if err != nil {
		return fmt.Errorf("queues: %w", err)
	}
	if !slices.Contains(known, name) {
		return nil
	}
	info, err := look.GetQueueInfo(name)
	switch {
	case err != nil:
		return fmt.Errorf("queue %s: %w", name, err)
	case info.Paused == paused:
		return nil
	case paused:
		err = look.PauseQueue(name)
	default:
		err = look.UnpauseQueue(name)
	}
	if err != nil {
		return fmt.Errorf("queue %s: %w", name, err)
	}
	return nil
}

// holdQueues pauses again what an admin has paused and Redis has forgotten, or never knew.
func (k *Keeper) holdQueues(ctx context.Context) error {
	controls, err := k.DB.QueueControls(ctx)
	if err != nil {
		return err
	}
	var held []string
	for name, c := range controls {
		if c.Paused {
			held = append(held, name)
		}
	}
	if len(held) == 0 {
		return nil
	}
	for _, name := range held {
		if err := setPaused(k.inspector, name, true); err != nil {
			return err
		}
	}
	// Whoever has let a queue go on meanwhile wrote that first: his word counts.
	if controls, err = k.DB.QueueControls(ctx); err != nil {
		return err
	}
	for _, name := range held {
		if !controls[name].Paused {
			err = errors.Join(err, setPaused(k.inspector, name, false))
		}
	}
	return err
}
