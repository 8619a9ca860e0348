package tasks

import (
	"context"
	"time"

	"github.com/hibiken/asynq"

	"tickerwire/internal/fault"
	"tickerwire/store"
)

// Verdict is a row of the verdict table by its name.
func Verdict(err error, attempt int) string {
	return map[verdict]string{retry: "retry", putBack: "put back", giveUp: "give up", drop: "drop"}[judge(err, attempt)]
}

// Judged reports whether the verdict table has a row for a kind.
func Judged(kind fault.Kind) bool {
	_, ok := verdicts[kind]
	return ok
}

// Delay, Fingerprint, TaskID, EpochOf, KeyOf, OnTime and MakeTicks are the pure functions under their own names.
func Delay(err error, attempt int) time.Duration    { return delay(err, attempt) }
func Fingerprint(kind string, err error) string     { return fingerprint(kind, err) }
func TaskID(job Job, epoch int) string              { return taskID(job, epoch) }
func EpochOf(id string) int                         { return epochOf(id) }
func KeyOf(kind, id string) string                  { return keyOf(kind, id) }
func TickOf(h map[string]string) (store.Tick, bool) { return tickOf(h) }
func TickHeaders(t store.Tick) map[string]string    { return tickHeaders(t) }

// DueTicks returns which ticks are to be rung for and where the schedule stands then.
func DueTicks(s store.Schedule, now time.Time) ([]time.Time, time.Time, error) {
	return dueTicks(s, now)
}

// OnTime returns how late a tick of a cron may be.
func OnTime(cron string, tick time.Time) (time.Duration, error) {
	spec, err := ParseCron(cron)
	if err != nil {
		return 0, err
	}
	return onTime(spec, tick), nil
}

// MakeTicks makes and rings one schedule's due ticks, as a keeper or a doorbell does.
func MakeTicks(ctx context.Context, db *store.DB, queue *Queue, s store.Schedule, now time.Time, by string) error {
	return makeTicks(ctx, db, queue, s, now, by)
}

// Blame blames the death of a worker on tasks that were in its hand, alone or not; "" is one of whose beats none named them.
func (k *Keeper) Blame(ctx context.Context, worker string, orphans []*asynq.TaskInfo, alone bool) error {
	k.victims, k.crashes = make(map[string]string), make(map[string]int)
	for _, t := range orphans {
		k.victims[t.ID] = worker
	}
	return k.blame(ctx, orphans, alone)
}

// Do runs a job as a task of the queue would be, without the queue.
func (w *Worker) Do(ctx context.Context, job Job) error {
	payload, err := encode(job)
	if err != nil {
		return err
	}
	return w.routes()[job.Kind()](ctx, payload)
}

// RingOrder rings under an order and an epoch of the test's choice.
func (q *Queue) RingOrder(ctx context.Context, job Job, epoch int, order string) (bool, error) {
	return q.ring(ctx, job, epoch, map[string]string{headerOrder: order})
}

// RingLostRetries is the leader's look for retries that the queue has lost.
func (k *Keeper) RingLostRetries(ctx context.Context) error {
	k.inspector = asynq.NewInspectorFromRedisClient(k.Redis)
	return k.ringLostRetries(ctx)
}

// PingRedis is the beat's look for Redis.
func (p *Process) PingRedis(ctx context.Context) { p.pingRedis(ctx) }

// Limits of the package that tests hold it to.
const (
	MaxTicks    = maxTicks
	MaxAttempts = maxAttempts
	MaxDelay    = maxDelay
	CrashLimit  = crashLimit
	MostCrashes = mostCrashes
	DeadAfter   = deadAfter
)

// Listening has the bot learn its name, as it does before its first poll.
func (b *Bot) Listening(ctx context.Context) (err error) {
	b.name, err = b.Messenger.Name(ctx)
	return err
}

// Ramp returns how many failures a bulk retry may have let go.
func Ramp(perSecond float64, after time.Duration) int { return ramp(perSecond, after) }

// Work takes a run one step further.
func (w *Worker) Work(ctx context.Context, runID int64) error {
	return w.workRun(ctx, WorkRun{RunID: runID})
}
