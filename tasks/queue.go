package tasks

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"tickerwire/internal/tracing"
)

// neverArchive is the retry limit given to the queue. Ours is in verdict.go: a task that is given up is revoked and
// kept in Postgres, so that the queue's archive, which drops its oldest, holds nothing.
const neverArchive = 10_000

// taskTimeout bounds one run of a processor. Processors are small; whatever is longer is made of several tasks.
const taskTimeout = 2 * time.Minute

// Queue rings for work. It is safe for concurrent use.
type Queue struct {
	client *asynq.Client

	mu      sync.RWMutex
	hearers map[*hearer]struct{}
}

// hearer is told the name of a queue for which this process has just rung.
type hearer struct{ hear func(queue string) }

// onRing lets hear know of every ring of q until forget is called; hear must not block.
func (q *Queue) onRing(hear func(queue string)) (forget func()) {
	h := &hearer{hear}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.hearers == nil {
		q.hearers = make(map[*hearer]struct{})
	}
	q.hearers[h] = struct{}{}
	return func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		delete(q.hearers, h)
	}
}

func (q *Queue) rung(queue string) {
	q.mu.RLock()
	defer q.mu.RUnlock()
	for h := range q.hearers {
		h.hear(queue)
	}
}

// NewQueue returns a queue on rdb; it does not close rdb.
func NewQueue(rdb redis.UniversalClient) *Queue {
	return &Queue{client: asynq.NewClientFromRedisClient(rdb)}
}

// Ring enqueues the first epoch of job. Work that has been rung for already is no error.
func (q *Queue) Ring(ctx context.Context, job Job) error {
	_, err := q.RingEpoch(ctx, job, 1)
	return err
}

// RingEpoch enqueues job under an epoch and reports whether it was new: false means that the queue holds this very
// ring already, waiting, running or put back.
func (q *Queue) RingEpoch(ctx context.Context, job Job, epoch int) (bool, error) {
	return q.ring(ctx, job, epoch, nil)
}

func (q *Queue) ring(ctx context.Context, job Job, epoch int, headers map[string]string) (bool, error) {
	payload, err := encode(job)
	if err != nil {
		return false, err
	}
	return q.enqueueFor(ctx, job.Kind(), job.Queue(), payload, headers, taskID(job, epoch))
}

// ringStale enqueues a copy of a task under its next epoch, to be given out after a while. It carries the same order: once
// the copy is done, the stale one is not run.
func (q *Queue) ringStale(ctx context.Context, t *asynq.TaskInfo, after time.Duration) (bool, error) {
	name := t.ID[:strings.LastIndexByte(t.ID, ':')+1]
	if name == "" {
		return false, nil // not of our making
	}
	id := fmt.Sprintf("%s%d", name, epochOf(t.ID)+1)
	options := taskOptions(t.Queue, id)
	if after > 0 {
		options = append(options, asynq.ProcessIn(after))
	}
	return q.enqueue(ctx, t.Type, t.Payload, t.Headers, options)
}

// RingRaw rings for work that failed, as its failure names it, under the next free epoch. That is never the first: of a
// later one the worker knows that the work was tried before, and resolves its failure once it is done. Work that the
// queue holds fifty times needs no further ring. Unavailable when Redis does not answer.
func (q *Queue) RingRaw(ctx context.Context, kind, key, queue string, payload []byte) error {
	const first, last = 2, 51
	for epoch := first; epoch <= last; epoch++ {
		id := fmt.Sprintf("%s:%s:%d", kind, key, epoch)
		added, err := q.enqueueFor(ctx, kind, queue, payload, nil, id)
		if err != nil {
			return away(err)
		}
		if added {
			return nil
		}
	}
	return nil
}

// enqueueFor enqueues a new order of whatever ctx comes from.
func (q *Queue) enqueueFor(ctx context.Context, kind, queue string, payload []byte, headers map[string]string, id string) (bool, error) {
	ctx, span := tracing.Ring(ctx, kind, queue)
	added, err := q.enqueue(ctx, kind, payload, ordered(ctx, headers), taskOptions(queue, id))
	span.End(err)
	return added, err
}

func (q *Queue) enqueue(ctx context.Context, kind string, payload []byte, headers map[string]string, options []asynq.Option) (bool, error) {
	info, err := q.client.EnqueueContext(ctx, asynq.NewTaskWithHeaders(kind, payload, headers), options...)
	switch {
	case errors.Is(err, asynq.ErrTaskIDConflict):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("ring %s: %w", kind, err)
	}
	q.rung(info.Queue)
	return true, nil
}

func taskOptions(queue, id string) []asynq.Option {
	return []asynq.Option{asynq.Queue(queue), asynq.TaskID(id), asynq.MaxRetry(neverArchive), asynq.Timeout(taskTimeout)}
}

// headerOrder is the header that names an order to work. Task ids are used again once their task is gone; an order is
// one of its kind, and every copy that is rung for it, on whatever account, carries it.
const headerOrder = "order"

// ordered adds a new order, unless there is one, and what its caller's trace and request are, to a task's headers.
func ordered(ctx context.Context, headers map[string]string) map[string]string {
	headers = maps.Clone(headers)
	if headers == nil {
		headers = make(map[string]string, 2)
	}
	if headers[headerOrder] == "" {
		headers[headerOrder] = rand.Text()
	}
	tracing.Tell(ctx, headers)
	return headers
}
