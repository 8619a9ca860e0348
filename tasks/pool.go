package tasks

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"tickerwire/store"
)

const (
	scaleEvery = 250 * time.Millisecond
	// oneServer is how many tasks a second one fetch loop is trusted with. A loop fetches serially, one round trip to
	// Redis per task: with a millisecond on the way it ends at about 800.
	oneServer  = 150
	shrinkIdle = 40 // checks in a row that must want fewer loops

	attentivePoll = 25 * time.Millisecond // of the loop that runs while something is going on
	attentiveFor  = 10 * time.Second      // after the last ring
)

// pool is the fetch loops of one class. An idle class has one; a busy one grows, since a loop fetches serially. While
// this process rings for work of a class that people wait for, one more loop is attentive: it looks at once, and then
// four times as often, so that the steps from an article to its alert do not each wait for half a poll.
type pool struct {
	class   class
	worker  *Worker
	redis   redis.UniversalClient
	base    context.Context   //nolint:containedctx // asynq asks for the tasks' base context
	slots   *slots            // the class's concurrency, over all its loops
	queues  map[string]*slots // that of each of its queues
	most    atomic.Int64      // tasks at once, as the slots have it
	poll    atomic.Int64      // time.Duration; how long its loops sleep when there is nothing, asleep: there are none
	begun   atomic.Int64
	mu      sync.Mutex
	servers []*loop
	rung    chan struct{} // has room for one ring that was not looked at yet

	attentive *loop          // nil: nothing was rung for lately; only scale touches it, and halt and stop after it
	dozeAt    time.Time      // when the attentive loop ends
	ending    sync.WaitGroup // loops that were shrunk away and still have tasks
	stopping  chan struct{}  // closed when the pool stops
}

func newPool(c class, w *Worker, rdb redis.UniversalClient, base context.Context) *pool {
	p := &pool{class: c, worker: w, redis: rdb, base: base, slots: newSlots(c.concurrency), queues: make(map[string]*slots), rung: make(chan struct{}, 1), stopping: make(chan struct{})}
	for queue := range c.queues {
		p.queues[queue] = newSlots(c.concurrency)
	}
	p.poll.Store(int64(c.poll))
	p.most.Store(int64(c.concurrency))
	return p
}

// obey takes over how many tasks of its queues an admin wants at once; the next look of scale has its loops fetch so many.
func (p *pool) obey(controls map[string]store.QueueControl) {
	most := 0
	for queue, own := range p.queues {
		n := cmp.Or(controls[queue].Concurrency, p.class.concurrency)
		own.resize(n)
		most = max(most, n)
	}
	p.slots.resize(most)
	p.most.Store(int64(most))
}

// take waits for a slot of a task's queue and for one of the class; give gives both back.
func (p *pool) take(ctx context.Context, queue string) (give func(), err error) {
	own := p.queues[queue]
	if err := own.take(ctx); err != nil {
		return nil, err
	}
	if err := p.slots.take(ctx); err != nil {
		own.give()
		return nil, err
	}
	return func() { p.slots.give(); own.give() }, nil
}

// setPoll changes how often the queue is looked at; the next look of scale obeys.
func (p *pool) setPoll(poll time.Duration) { p.poll.Store(int64(poll)) }

// ProcessTask runs a task when the class has a slot for it.
func (p *pool) ProcessTask(ctx context.Context, t *asynq.Task) error {
	p.begun.Add(1)
	return p.worker.process(ctx, t, p)
}

// hear wakes the pool when its own process has rung for the queue.
func (p *pool) hear(queue string) {
	poll := time.Duration(p.poll.Load())
	if _, ours := p.class.queues[queue]; !ours || poll > often || poll == asleep || p.class.slow {
		return
	}
	select {
	case p.rung <- struct{}{}:
	default:
	}
}

// attend starts the attentive loop, or lets it run on.
func (p *pool) attend() error {
	p.dozeAt = time.Now().Add(attentiveFor)
	if p.attentive != nil {
		return nil
	}
	s, err := p.loop(attentivePoll)
	if err == nil {
		p.attentive = s
	}
	return err
}

// doze ends the attentive loop when nothing was rung for lately, or at once.
func (p *pool) doze(now bool) {
	if p.attentive != nil && (now || time.Now().After(p.dozeAt)) {
		p.end(p.attentive)
		p.attentive = nil
	}
}

// grow adds a fetch loop.
func (p *pool) grow() error {
	s, err := p.loop(time.Duration(p.poll.Load()))
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.servers = append(p.servers, s)
	return nil
}

// loop starts a fetch loop that sleeps for about poll when there is nothing.
func (p *pool) loop(poll time.Duration) (*loop, error) {
	s := asynq.NewServerFromRedisClient(p.redis, asynq.Config{
		Queues: p.class.queues, Concurrency: int(p.most.Load()), BaseContext: func() context.Context { return p.base },
		TaskCheckInterval: poll, DelayedTaskCheckInterval: time.Second,
		RetryDelayFunc: retryDelay, IsFailure: isFailure, ShutdownTimeout: DrainGrace,
		Logger: queueLog{p.worker.Log}, LogLevel: asynq.ErrorLevel,
	})
	l := &loop{Server: s, pool: p, idle: make(chan struct{}, 1)}
	return l, s.Start(l)
}

// scale keeps as many loops as the class's pace asks for, until ctx ends.
func (p *pool) scale(ctx context.Context) {
	tick := time.NewTicker(scaleEvery)
	defer tick.Stop()
	fewer, before, polled, most := 0, p.begun.Load(), p.poll.Load(), p.most.Load()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.rung:
			if err := p.attend(); err != nil {
				p.worker.Log.ErrorContext(ctx, "fetch loop not started", "class", p.class.name, "error", err)
			}
			continue
		case <-tick.C:
		}
		poll, wanted := p.poll.Load(), p.most.Load()
		p.doze(wanted != most)
		if poll != polled || wanted != most {
			polled, most = poll, wanted
			for p.size() > 0 {
				p.shrink()
			}
		}
		if polled == int64(asleep) {
			continue
		}
		now := p.begun.Load()
		pace := float64(now-before) / scaleEvery.Seconds()
		before = now
		want := min(1+int(pace/oneServer), p.class.servers)
		if p.class.slow {
			want = 1
		}
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
	p.end(last)
}

// end lets a loop finish what it has. It may have a task that takes its time: the others must not wait for it.
func (p *pool) end(l *loop) {
	l.Stop()
	p.ending.Go(l.finish)
}

// all returns every loop that runs; scale must have ended.
func (p *pool) all() []*loop {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.attentive == nil {
		return p.servers
	}
	return append(slices.Clone(p.servers), p.attentive)
}

// halt lets no loop take another task.
func (p *pool) halt() {
	var group sync.WaitGroup
	for _, s := range p.all() {
		group.Go(s.Stop)
	}
	group.Wait()
}

// stop ends every loop.
func (p *pool) stop() {
	close(p.stopping)
	var group sync.WaitGroup
	for _, s := range p.all() {
		group.Go(s.Shutdown)
	}
	group.Wait()
	p.ending.Wait()
}
