package tasks

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

const (
	scaleEvery = 500 * time.Millisecond
	// oneServer is how many tasks a second one fetch loop is trusted with. A loop fetches serially, one round trip to
	// Redis per task: with a millisecond on the way it ends at about 800.
	oneServer  = 250
	shrinkIdle = 20 // checks in a row that must want fewer loops
)

// pool is the fetch loops of one class. An idle class has one; a busy one grows, since a loop fetches serially.
type pool struct {
	class   class
	worker  *Worker
	redis   redis.UniversalClient
	base    context.Context //nolint:containedctx // asynq asks for the tasks' base context
	slots   chan struct{}   // the class's concurrency, over all its loops
	begun   atomic.Int64
	mu      sync.Mutex
	servers []*asynq.Server
}

func newPool(c class, w *Worker, rdb redis.UniversalClient, base context.Context) *pool {
	return &pool{class: c, worker: w, redis: rdb, base: base, slots: make(chan struct{}, c.concurrency)}
}

// ProcessTask runs a task when the class has a slot for it.
func (p *pool) ProcessTask(ctx context.Context, t *asynq.Task) error {
	p.begun.Add(1)
	return p.worker.process(ctx, t, p.slots)
}

// grow adds a fetch loop.
func (p *pool) grow() error {
	s := asynq.NewServerFromRedisClient(p.redis, asynq.Config{
		Queues: p.class.queues, Concurrency: p.class.concurrency, BaseContext: func() context.Context { return p.base },
		TaskCheckInterval: p.class.poll, DelayedTaskCheckInterval: time.Second,
		RetryDelayFunc: retryDelay, IsFailure: isFailure, ShutdownTimeout: drainGrace,
		Logger: queueLog{p.worker.Log}, LogLevel: asynq.ErrorLevel,
	})
	if err := s.Start(p); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.servers = append(p.servers, s)
	return nil
}

// scale keeps as many loops as the class's pace asks for, until ctx ends.
func (p *pool) scale(ctx context.Context) {
	tick := time.NewTicker(scaleEvery)
	defer tick.Stop()
	fewer, before := 0, p.begun.Load()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := p.begun.Load()
		pace := float64(now-before) / scaleEvery.Seconds()
		before = now
		want := min(1+int(pace/oneServer), p.class.servers)
		switch have := p.size(); {
		case want > have:
			fewer = 0
			for range want - have {
				if err := p.grow(); err != nil {
					p.worker.Log.ErrorContext(ctx, "fetch loop not started", "class", p.class.name, "error", err)
				}
			}
		case want < have:
			if fewer++; fewer >= shrinkIdle {
				fewer = 0
				p.shrink()
			}
		default:
			fewer = 0
		}
	}
}

func (p *pool) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.servers)
}

// shrink ends the youngest loop, when its tasks are done.
func (p *pool) shrink() {
	p.mu.Lock()
	last := p.servers[len(p.servers)-1]
	p.servers = p.servers[:len(p.servers)-1]
	p.mu.Unlock()
	last.Stop()
	last.Shutdown()
}

// stop ends every loop.
func (p *pool) stop() {
	p.mu.Lock()
	servers := p.servers
	p.mu.Unlock()
	for _, s := range servers {
		s.Stop()
	}
	var group sync.WaitGroup
	for _, s := range servers {
		group.Go(s.Shutdown)
	}
	group.Wait()
}
