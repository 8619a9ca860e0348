package tasks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// class is a set of queues with its own fetch loops and its own concurrency.
type class struct {
	name        string
	queues      map[string]int
	concurrency int           // tasks at once in this process
	poll        time.Duration // how long a fetch loop sleeps when there is nothing; of a kind of model's queue it changes
	servers     int           // fetch loops at most
	slow        bool          // its tasks take long: no loop is added that would end before them
}

// How long fetch loops sleep when there is nothing: where somebody waits, and where nobody does.
const often, seldom = 100 * time.Millisecond, 400 * time.Millisecond

// classes returns one class per queue that must not wait behind another. What people wait for is polled often; the
// rest seldom, since an idle worker's polls are what it costs Redis.
func (w *Worker) classes() []class {
	list := []class{
		{"notify", map[string]int{QueueNotify: 1}, 8, often, 4, false},
		{"embed", map[string]int{QueueEmbed: 1}, 4, often, 4, false},
		{"control", map[string]int{QueueControl: 1}, 4, seldom, 1, false},
		{"crawl", map[string]int{QueueCrawl: 1}, 4, seldom, 1, false},
		{"market", map[string]int{QueueSearch: 1, QueueMarket: 1}, 8, seldom, 2, false},
		{"again", map[string]int{QueueAgain: 1}, 4, seldom, predictLoops, false},
	}
	for kind, a := range w.approaches() {
		queues := map[string]int{PredictQueue(kind): firstBefore}
		if again := AgainQueue(kind); again != QueueAgain {
			queues[again] = 1
		}
		list = append(list, class{PredictQueue(kind), queues, a.concurrency, asleep, predictLoops, a.slow})
	}
	return append(list, w.ExtraClasses...)
}

// firstBefore is how many times as often first predictions are looked for before those that were ordered.
const firstBefore = 10

// predictLoops is how many fetch loops a queue of a kind of model has at most.
const predictLoops = 8

// asleep is the poll of a class that has no fetch loop: no model of its kind is in use.
const asleep = time.Duration(0)

// followEvery is how often a worker looks which kinds of model are in use, and what admins have set of its queues.
const followEvery = 2 * time.Second

// follow keeps the pools as they are wanted, until ctx ends.
func (w *Worker) follow(ctx context.Context, pools []*pool) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		if err := errors.Join(w.obeyControls(ctx, pools), w.wakeKinds(ctx, pools)); err != nil && ctx.Err() == nil {
			w.Log.ErrorContext(ctx, "what is wanted of the queues cannot be read", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// obeyControls gives every queue as many slots as an admin has set, or the program's own number.
func (w *Worker) obeyControls(ctx context.Context, pools []*pool) error {
	controls, err := w.DB.QueueControls(ctx)
	if err != nil {
		return err
	}
	for _, p := range pools {
		p.obey(controls)
	}
	return nil
}

// wakeKinds has the queues of kinds of model polled as they are used: often for a champion's, since people wait for its
// alerts, seldom for those in shadow, and not at all for a kind that nobody uses.
func (w *Worker) wakeKinds(ctx context.Context, pools []*pool) error {
	kinds, err := w.DB.KindsInUse(ctx)
	if err != nil {
		return err
	}
	polls := make(map[string]time.Duration, len(kinds))
	for _, k := range kinds {
		polls[PredictQueue(k.Kind)] = seldom
		if k.Champion {
			polls[PredictQueue(k.Kind)] = often
		}
	}
	for _, p := range pools {
		if strings.HasPrefix(p.class.name, predictPrefix) {
			p.setPoll(polls[p.class.name])
		}
	}
	return nil
}

// ExtraClass describes a queue beside the program's own, for tests and measurements of the queue.
func ExtraClass(queue string, concurrency, servers int) class {
	return class{queue, map[string]int{queue: 1}, concurrency, often, servers, false}
}

const (
	// DrainGrace is how long running tasks may go on after a stop was asked for.
	DrainGrace = 8 * time.Second
	// drainWarning is how long before the end they are told, so that they checkpoint.
	drainWarning = 3 * time.Second
)

// Drained says what was left when a worker stopped.
type Drained struct {
	InHand     int // tasks in hand when the stop was asked for
	HandedBack int // of them, those that went back to the queue
}

// Serve runs the worker until ctx ends or an admin asks the process to drain, then drains: no new task is taken, running ones
// get DrainGrace and are told drainWarning before its end, what is left goes back to the queue at once. rdb must be a client
// that retries for long (a lost answer to a finished task runs it twice); Serve does not close it.
func (w *Worker) Serve(ctx context.Context, rdb redis.UniversalClient) (Drained, error) {
	// Tasks outlive ctx: they are told to stop after the grace.
	base, stopTasks := context.WithCancel(context.WithoutCancel(ctx))
	defer stopTasks()
	var pools []*pool
	var errs []error
	for _, c := range w.classes() {
		p := newPool(c, w, rdb, base)
		pools = append(pools, p)
		if c.poll != asleep {
			errs = append(errs, p.grow())
		}
	}
	scaling, stopScaling := context.WithCancel(ctx)
	defer stopScaling()
	var group sync.WaitGroup
	for _, p := range pools {
		group.Go(func() { p.scale(scaling) })
		defer w.Queue.onRing(p.hear)()
	}
	group.Go(func() { w.follow(scaling, pools) })
	if err := errors.Join(errs...); err != nil {
		stopScaling()
		group.Wait()
		w.drain(ctx, pools, stopTasks)
		return Drained{}, fmt.Errorf("start queue servers: %w", err)
	}
	select {
	case <-ctx.Done():
	case <-w.Process.drainAsked:
		stopScaling()
	}
	group.Wait()
	return w.drain(ctx, pools, stopTasks), nil
}

// drain stops every pool at the same time.
func (w *Worker) drain(ctx context.Context, pools []*pool, stopTasks func()) Drained {
	w.Process.drain()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), DrainGrace)
	defer cancel()
	warn := time.AfterFunc(DrainGrace-drainWarning, stopTasks)
	defer warn.Stop()
	var group sync.WaitGroup
	for _, p := range pools {
		group.Go(p.halt)
	}
	group.Wait()
	d := Drained{InHand: w.Process.inHandNow()}
	before := w.Process.handedBackSoFar()
	for _, p := range pools {
		group.Go(p.stop)
	}
	group.Wait()
	// The queue has let go of a task that was told to stop while its processor still writes its checkpoint.
	w.Process.idle(grace)
	d.HandedBack = w.Process.handedBackSoFar() - before + w.Process.inHandNow()
	return d
}

// queueLog gives asynq's own lines to slog. Errors of single tasks are not among them: mux.go logs those.
type queueLog struct{ log *slog.Logger }

func (l queueLog) Debug(args ...any) { l.log.Debug("queue", "detail", fmt.Sprint(args...)) }
func (l queueLog) Info(args ...any)  { l.log.Info("queue", "detail", fmt.Sprint(args...)) }
func (l queueLog) Warn(args ...any)  { l.log.Warn("queue", "detail", fmt.Sprint(args...)) }
func (l queueLog) Error(args ...any) {
	text := fmt.Sprint(args...)
	if strings.Contains(text, "connection is shared") {
		return // our client outlives the queue's servers on purpose
	}
	l.log.Error("queue", "detail", text)
}
func (l queueLog) Fatal(args ...any) { l.log.Error("queue", "detail", fmt.Sprint(args...)) }
