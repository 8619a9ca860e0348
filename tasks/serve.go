package tasks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// class is a set of queues with its own fetch loop and its own concurrency.
type class struct {
	queues      map[string]int
	concurrency int
}

// classes returns one class per queue: no queue waits behind another.
func (w *Worker) classes() []class {
	list := []class{
		{queues: map[string]int{QueueControl: 1}, concurrency: 4},
		{queues: map[string]int{QueueNotify: 1}, concurrency: 8},
		{queues: map[string]int{QueueEmbed: 1}, concurrency: 4},
		{queues: map[string]int{QueueCrawl: 1}, concurrency: 4},
		{queues: map[string]int{QueueSearch: 1, QueueMarket: 1}, concurrency: 8},
	}
	for kind := range w.Predictors {
		list = append(list, class{queues: map[string]int{PredictQueue(kind): 1}, concurrency: 4})
	}
	return list
}

// drainGrace is how long running tasks may go on after a stop was asked for.
const drainGrace = 8 * time.Second

// Serve runs the worker until ctx ends, then drains: no new task is taken, running ones get drainGrace, what is left
// goes back to the queue. rdb must be a client that retries for long (queue.md 1.1); Serve does not close it.
func (w *Worker) Serve(ctx context.Context, rdb redis.UniversalClient) error {
	// Tasks outlive ctx: they are told to stop by the queue's own deadline, after the grace.
	base, stopTasks := context.WithCancel(context.WithoutCancel(ctx))
	defer stopTasks()
	var servers []*asynq.Server
	stop := func() {
		for _, s := range servers {
			s.Stop()
		}
		timer := time.AfterFunc(drainGrace-3*time.Second, stopTasks)
		defer timer.Stop()
		for _, s := range servers {
			s.Shutdown()
		}
	}
	for _, c := range w.classes() {
		s := asynq.NewServerFromRedisClient(rdb, asynq.Config{
			Queues: c.queues, Concurrency: c.concurrency, BaseContext: func() context.Context { return base },
			TaskCheckInterval: 100 * time.Millisecond, DelayedTaskCheckInterval: time.Second,
			RetryDelayFunc: retryDelay, IsFailure: isFailure, ShutdownTimeout: drainGrace,
			Logger: queueLog{w.Log}, LogLevel: asynq.ErrorLevel,
		})
		if err := s.Start(w); err != nil {
			stop()
			return fmt.Errorf("start queue server: %w", err)
		}
		servers = append(servers, s)
	}
	<-ctx.Done()
	stop()
	return nil
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

// Schedule emits the periodic doorbells until ctx ends. Several processes may run it: a doorbell that is still waiting
// is not rung twice, and every processor finds out by itself what is due.
func Schedule(ctx context.Context, rdb redis.UniversalClient, jobs []Periodic, log *slog.Logger) error {
	m, err := asynq.NewPeriodicTaskManager(asynq.PeriodicTaskManagerOpts{
		RedisUniversalClient:       rdb,
		PeriodicTaskConfigProvider: periodic(jobs),
		SyncInterval:               5 * time.Second,
		SchedulerOpts: &asynq.SchedulerOpts{
			Location: kst, Logger: queueLog{log}, LogLevel: asynq.WarnLevel, HeartbeatInterval: 5 * time.Second,
			PostEnqueueFunc: func(_ *asynq.TaskInfo, err error) {
				if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
					log.Error("tick not rung", "error", err)
				}
			},
		},
	})
	if err != nil {
		return fmt.Errorf("schedule: %w", err)
	}
	if err := m.Start(); err != nil {
		return fmt.Errorf("schedule: %w", err)
	}
	<-ctx.Done()
	m.Shutdown()
	return nil
}
