package tasks

import (
	"context"
	"sync"

	"github.com/hibiken/asynq"
)

// loop is a fetch loop of a pool, and how many tasks it has under way.
type loop struct {
	*asynq.Server
	pool *pool

	mu   sync.Mutex
	busy int
	idle chan struct{} // has room for one word that nothing is under way any more
}

// ProcessTask runs a task when the pool has a slot for it.
func (l *loop) ProcessTask(ctx context.Context, t *asynq.Task) error {
	l.count(1)
	defer l.count(-1)
	return l.pool.ProcessTask(ctx, t)
}

func (l *loop) count(by int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy += by; l.busy == 0 {
		select {
		case l.idle <- struct{}{}:
		default:
		}
	}
}

func (l *loop) isBusy() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.busy > 0
}

// finish ends a loop that takes nothing new: when its tasks are done, however long they take, or when the pool stops.
// The queue would hand a task that outlives the loop out to somebody else while it still runs here.
func (l *loop) finish() {
	for l.isBusy() {
		select {
		case <-l.idle:
		case <-l.pool.stopping:
			l.Shutdown()
			return
		}
	}
	l.Shutdown()
}
