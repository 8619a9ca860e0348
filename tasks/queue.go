package tasks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// neverArchive is the retry limit given to the queue. Ours is in verdict.go: a task that is given up is revoked and
// kept in Postgres, so that the queue's archive, which drops its oldest, holds nothing.
const neverArchive = 10_000

// taskTimeout bounds one run of a processor. Processors are small; whatever is longer is made of several tasks.
const taskTimeout = 2 * time.Minute

// Queue rings for work. It is safe for concurrent use.
type Queue struct {
	client *asynq.Client
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
	payload, err := encode(job)
	if err != nil {
		return false, err
	}
	_, err = q.client.EnqueueContext(ctx, asynq.NewTask(job.Kind(), payload), taskOptions(job, epoch)...)
	switch {
	case errors.Is(err, asynq.ErrTaskIDConflict):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("ring %s: %w", taskID(job, epoch), err)
	}
	return true, nil
}

func taskOptions(job Job, epoch int) []asynq.Option {
	return []asynq.Option{asynq.Queue(job.Queue()), asynq.TaskID(taskID(job, epoch)),
		asynq.MaxRetry(neverArchive), asynq.Timeout(taskTimeout)}
}
