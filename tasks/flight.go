package tasks

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/fault"
	"tickerwire/store"
)

const (
	beatEvery  = time.Second
	deadAfter  = 5 * time.Second // without a beat
	beatLimit  = 2 * time.Second // for one beat: a connection that is gone leaves time for another
	beatSlack  = time.Second     // what a beat may be late by without anybody minding
	lateBeat   = time.Second     // a beat that took longer is said aloud
	justNow    = 4 * time.Second // how far back finished work is noted when Redis turns out to be away
	pingLimit  = time.Second     // for Redis to answer the beat's ping
	keptRecent = 4096
)

// Process is this process's place in the fleet: its heartbeat, what it has in hand, and what it has just finished.
// A leader that misses its beat rings again for what it had in hand.
type Process struct {
	db      *store.DB
	redis   redis.UniversalClient // one that fails fast
	log     *slog.Logger
	role    string
	version string

	mu       sync.Mutex
	id       string
	state    string
	inHand   map[string]store.Flight
	runs     map[string]int // of a task in hand: a handler that goes on after its time may run beside its retry
	recent   []finish       // what was finished within justNow, oldest first
	away     bool           // Redis did not answer last time
	lastAway time.Time      // when it last did not
	back     int            // handed back because the process was to end, over its life

	drainAsked chan struct{} // closed when an admin asks the process to take nothing new
	asked      sync.Once
}

type finish struct {
	order string
	at    time.Time
}

// NewProcess returns a process in a role; it beats once Run is called.
func NewProcess(db *store.DB, rdb redis.UniversalClient, role, version string, log *slog.Logger) *Process {
	return &Process{db: db, redis: rdb, log: log, role: role, version: version, id: newProcessID(), state: store.WorkerRunning,
		inHand: make(map[string]store.Flight), runs: make(map[string]int), drainAsked: make(chan struct{})}
}

func newProcessID() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:8])
}

// ID names the process: host, pid and a random part. It changes when the process was declared dead and lives on.
func (p *Process) ID() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.id
}

// Register beats for the first time.
func (p *Process) Register(ctx context.Context) error {
	_, _, err := p.db.Beat(ctx, p.snapshot())
	return err
}

// Run beats every second until ctx ends, then says that the process is gone.
func (p *Process) Run(ctx context.Context) error {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return p.leave(ctx)
		case <-tick.C:
			p.beat(ctx)
			p.pingRedis(ctx)
		}
	}
}

// beat tells the store what is in hand. A process that was taken for dead goes on under a new id: what it had in hand
// has been rung for again, and the copies here are fenced by their natural keys.
func (p *Process) beat(ctx context.Context) {
	started := time.Now()
	ctx, cancel := context.WithTimeout(ctx, beatLimit)
	defer cancel()
	alive, drain, err := p.db.Beat(ctx, p.snapshot())
	switch {
	case err != nil:
		p.log.WarnContext(ctx, "heartbeat failed", "error", err)
	case !alive:
		p.mu.Lock()
		p.id = newProcessID()
		p.mu.Unlock()
		p.log.ErrorContext(ctx, "declared dead while alive: going on under a new id", "worker_id", p.ID())
	case time.Since(started) > lateBeat:
		p.log.WarnContext(ctx, "heartbeat was slow", "took", time.Since(started))
	}
	if drain {
		p.asked.Do(func() { close(p.drainAsked) })
	}
}

func (p *Process) leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deadAfter)
	defer cancel()
	last := p.snapshot()
	last.State, last.InFlight = store.WorkerGone, nil
	_, _, err := p.db.Beat(ctx, last)
	if fault.KindOf(err) == fault.Unavailable {
		return nil // it will be taken for dead, with nothing in hand
	}
	return err
}

func (p *Process) snapshot() store.Worker {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	w := store.Worker{ID: p.id, Role: p.role, Host: host, PID: os.Getpid(), Version: p.version, State: p.state}
	for _, f := range p.inHand {
		w.InFlight = append(w.InFlight, f)
	}
	return w
}

// begin puts a task in hand; end takes it out again and says whether it was finished.
func (p *Process) begin(f store.Flight) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inHand[f.TaskID] = f
	p.runs[f.TaskID]++
}

func (p *Process) end(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.runs[id]--; p.runs[id] <= 0 {
		delete(p.runs, id)
		delete(p.inHand, id)
	}
}

// inHandNow returns how many tasks the process has in hand.
func (p *Process) inHandNow() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.inHand)
}

// noteHandedBack counts a task that the process's own end interrupted.
func (p *Process) noteHandedBack() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.back++
}

// handedBackSoFar returns how many tasks the process has handed back over its life.
func (p *Process) handedBackSoFar() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.back
}

// idle waits until nothing is in hand, or ctx ends.
func (p *Process) idle(ctx context.Context) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for p.inHandNow() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// drain says that the process takes nothing new.
func (p *Process) drain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = store.WorkerDraining
}

// noteFinished remembers that an order was carried out until Redis has surely been told. While Redis is away the store is
// told, so that a copy of the task that comes back is dropped.
func (p *Process) noteFinished(ctx context.Context, order string, since time.Time) error {
	if order == "" {
		return nil
	}
	p.mu.Lock()
	now := time.Now()
	for len(p.recent) > 0 && (now.Sub(p.recent[0].at) > justNow || len(p.recent) == keptRecent) {
		p.recent = p.recent[1:]
	}
	p.recent = append(p.recent, finish{order, now})
	// The queue keeps silent about a task whose lease ran out while Redis was away, also once it is back.
	away := p.away || since.Before(p.lastAway)
	p.mu.Unlock()
	if !away {
		return nil
	}
	return p.db.SaveFinished(ctx, order)
}

// pingRedis asks whether Redis answers. When it has gone away, what was finished just before may not have been told to
// it: the store is told.
func (p *Process) pingRedis(ctx context.Context) {
	ping, cancel := context.WithTimeout(ctx, pingLimit)
	answered := p.redis.Ping(ping).Err() == nil
	cancel()
	p.mu.Lock()
	wentAway := !answered && !p.away
	if p.away = !answered; p.away {
		p.lastAway = time.Now()
	}
	var orders []string
	if wentAway {
		for _, f := range p.recent {
			if time.Since(f.at) <= justNow {
				orders = append(orders, f.order)
			}
		}
	}
	p.mu.Unlock()
	if len(orders) == 0 {
		return
	}
	p.log.WarnContext(ctx, "redis does not answer", "finished_just_now", len(orders))
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), deadAfter)
	defer cancel()
	if err := p.db.SaveFinished(ctx, orders...); err != nil {
		p.log.ErrorContext(ctx, "finished work not noted", "tasks", len(orders), "error", err)
	}
}
