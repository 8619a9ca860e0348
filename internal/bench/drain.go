package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"tickerwire/internal/market"
	"tickerwire/tasks"
)

const (
	noopKind    = "bench:noop"
	concurrency = 16 // of the raw server and of our class alike
	loops       = 8  // our fetch loops at most
	ringers     = 8  // goroutines that enqueue
)

// noop is a task that does nothing.
type noop struct {
	In string `json:"-"` // the queue
	N  int    `json:"n"`
}

// Kind returns "bench:noop".
func (noop) Kind() string { return noopKind }

// Key returns the number.
func (j noop) Key() string { return strconv.Itoa(j.N) }

// Queue returns the queue it was made for.
func (j noop) Queue() string { return j.In }

// fill enqueues n no-ops on a queue, the way the program enqueues.
func fill(ctx context.Context, rdb redis.UniversalClient, queue string, n int) error {
	q := tasks.NewQueue(rdb)
	errs := make([]error, ringers)
	var group sync.WaitGroup
	for r := range ringers {
		group.Go(func() {
			for i := r; i < n && errs[r] == nil; i += ringers {
				errs[r] = q.Ring(ctx, noop{queue, i})
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// countdown is told of each task and closes done at the n-th.
type countdown struct {
	left atomic.Int64
	done chan struct{}
	at   time.Time // of the n-th; read it after done
}

func newCountdown(n int) *countdown {
	c := &countdown{done: make(chan struct{})}
	c.left.Store(int64(n))
	return c
}

func (c *countdown) hit() {
	if c.left.Add(-1) == 0 {
		c.at = time.Now()
		close(c.done)
	}
}

// drained is how a queue was emptied.
type drained struct {
	rate float64 // tasks per second
	cpu  float64 // of this process, in microseconds per task: it tells more than the rate when others use the machine
}

// wait waits for the n-th of the tasks that are worked on since started, when the process had used cpu.
func (c *countdown) wait(ctx context.Context, n int, started time.Time, cpu time.Duration) (drained, error) {
	select {
	case <-c.done:
		return drained{float64(n) / c.at.Sub(started).Seconds(), float64((cpuTime() - cpu).Microseconds()) / float64(n)}, nil
	case <-ctx.Done():
		return drained{}, fmt.Errorf("%d of %d tasks never ran: %w", c.left.Load(), n, ctx.Err())
	}
}

// cpuTime returns how much of the processors this process has used.
func cpuTime() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0 // cannot be: the arguments are right
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// drainLimit bounds the draining of one queue.
const drainLimit = 2 * time.Minute

// drainRaw empties a queue with one asynq Server and a plain handler.
func drainRaw(ctx context.Context, rdb redis.UniversalClient, queue string, n int) (drained, error) {
	ctx, cancel := context.WithTimeout(ctx, drainLimit)
	defer cancel()
	left := newCountdown(n)
	s := asynq.NewServerFromRedisClient(rdb, asynq.Config{Queues: map[string]int{queue: 1}, Concurrency: concurrency,
		LogLevel: asynq.FatalLevel})
	started, cpu := time.Now(), cpuTime()
	err := s.Start(asynq.HandlerFunc(func(context.Context, *asynq.Task) error {
		left.hit()
		return nil
	}))
	if err != nil {
		return drained{}, fmt.Errorf("raw server: %w", err)
	}
	defer s.Shutdown()
	return left.wait(ctx, n, started, cpu)
}

// drainOurs empties a queue with a whole worker of ours: its mux, its middleware, its heartbeat and its other queues.
func drainOurs(ctx context.Context, b *backends, rdb redis.UniversalClient, queue string, n int) (d drained, err error) {
	ctx, cancel := context.WithTimeout(ctx, drainLimit)
	defer cancel()
	left := newCountdown(n)
	started, cpu := time.Now(), cpuTime()
	stop, err := serve(ctx, b, rdb, queue, func(context.Context, []byte) error {
		left.hit()
		return nil
	})
	if err != nil {
		return drained{}, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	return left.wait(ctx, n, started, cpu)
}

// serve runs a worker with one more queue, whose no-ops run handler, until stop is called.
func serve(ctx context.Context, b *backends, rdb redis.UniversalClient, queue string, handler tasks.Processor) (stop func() error, err error) {
	log := slog.New(slog.DiscardHandler)
	process := tasks.NewProcess(b.db, rdb, "bench", "bench", log)
	if err := process.Register(ctx); err != nil {
		return nil, err
	}
	w := &tasks.Worker{DB: b.db, Queue: tasks.NewQueue(rdb), Calendar: market.NewCalendar(), Now: time.Now, Process: process,
		Log: log, Extra: map[string]tasks.Processor{noopKind: handler}}
	w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(queue, concurrency, loops))
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var group sync.WaitGroup
	errs := make([]error, 2)
	group.Go(func() { _, errs[0] = w.Serve(running, rdb) })
	group.Go(func() { errs[1] = process.Run(running) })
	return func() error {
		cancel()
		group.Wait()
		return errors.Join(errs...)
	}, nil
}
