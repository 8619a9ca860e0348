package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/proxy"
	"tickerwire/tasks"
)

const (
	noopTasks  = 12_000 // per drain
	noopRounds = 7

	slowDelay     = time.Millisecond
	slowTasksRaw  = 3_000 // about four seconds of one server
	slowTasksOurs = 12_000
	slowRounds    = 3

	largeTasks  = 100_000
	largeRounds = 3

	startSamples = 100
	startLeast   = 150 * time.Millisecond // between two samples, so that each meets an idle worker
	startMost    = 250 * time.Millisecond
)

// rounds is how often a raw server and our worker take turns, and with how many tasks each.
type rounds struct{ n, raw, ours int }

// noopRatio compares our worker with a raw server, on this machine's own Redis.
func noopRatio(ctx context.Context, env *Env) ([]Figure, error) {
	return compare(ctx, env, "queue.noop", 0, rounds{noopRounds, noopTasks, noopTasks}, atLeast(0.9))
}

// slowRatio does the same with a millisecond on the way to Redis.
func slowRatio(ctx context.Context, env *Env) ([]Figure, error) {
	return compare(ctx, env, "queue.slow", slowDelay, rounds{slowRounds, slowTasksRaw, slowTasksOurs}, atLeast(4))
}

// largeNoop compares over queues so long that start and end count for nothing.
func largeNoop(ctx context.Context, env *Env) ([]Figure, error) {
	return compare(ctx, env, "large.noop", 0, rounds{largeRounds, largeTasks, largeTasks}, atLeast(0.9))
}

// compare drains queues by a raw server and by ours in turns. The ratio is the median of the rounds' own ratios: what
// slows the machine down for a while slows both halves of a round.
func compare(ctx context.Context, env *Env, name string, delay time.Duration, r rounds, goal *Goal) (_ []Figure, err error) {
	b, err := env.backends(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.close(ctx)) }()
	near, err := b.redisClient("")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, near.Close()) }()
	far := near
	if delay > 0 {
		between, err := proxy.Listen(near.Options().Addr)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, between.Close()) }()
		between.Delay(delay)
		if far, err = b.redisClient(between.Addr()); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, far.Close()) }()
	}
	var raws, ours, ratios, rawCPUs, ourCPUs []float64
	for i := range r.n {
		raw, our, err := oneRound(ctx, b, near, far, i, r)
		if err != nil {
			return nil, err
		}
		env.say("%s round %d: raw %.0f/s, ours %.0f/s, ratio %.2f", name, i+1, raw.rate, our.rate, our.rate/raw.rate)
		raws, ours, ratios = append(raws, raw.rate), append(ours, our.rate), append(ratios, our.rate/raw.rate)
		rawCPUs, ourCPUs = append(rawCPUs, raw.cpu), append(ourCPUs, our.cpu)
	}
	return []Figure{
		{Name: name + ".ratio", Value: median(ratios), Unit: "x", Goal: goal},
		{Name: name + ".ours", Value: median(ours), Unit: "tasks/s"},
		{Name: name + ".raw", Value: median(raws), Unit: "tasks/s"},
		{Name: name + ".ours_cpu", Value: median(ourCPUs), Unit: "µs/task"},
		{Name: name + ".raw_cpu", Value: median(rawCPUs), Unit: "µs/task"},
	}, nil
}

// oneRound fills a queue for each and lets both drain theirs; every other round ours goes first.
func oneRound(ctx context.Context, b *backends, near, far redis.UniversalClient, i int, r rounds) (raw, ours drained, err error) {
	theirs, mine := fmt.Sprintf("raw-%d", i), fmt.Sprintf("ours-%d", i)
	if err := errors.Join(fill(ctx, near, theirs, r.raw), fill(ctx, near, mine, r.ours)); err != nil {
		return raw, ours, err
	}
	first := func() (err error) { raw, err = drainRaw(ctx, far, theirs, r.raw); return err }
	second := func() (err error) { ours, err = drainOurs(ctx, b, far, mine, r.ours); return err }
	if i%2 == 1 {
		first, second = second, first
	}
	if err := first(); err != nil {
		return raw, ours, err
	}
	err = second()
	return raw, ours, err
}

// enqueueToStart measures, on an idle worker, from before a task is enqueued to the first line of its handler.
func enqueueToStart(ctx context.Context, env *Env) (_ []Figure, err error) {
	b, err := env.backends(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.close(ctx)) }()
	rdb, err := b.redisClient("")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rdb.Close()) }()
	begun := make(chan time.Time, 1)
	stop, err := serve(ctx, b, rdb, "start", func(context.Context, []byte) error {
		begun <- time.Now()
		return nil
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	samples, err := sampleStarts(ctx, tasks.NewQueue(rdb), begun)
	if err != nil {
		return nil, err
	}
	return []Figure{
		{Name: "queue.start.p50", Value: percentile(samples, 50), Unit: "ms", Goal: atMost(60)},
		{Name: "queue.start.p99", Value: percentile(samples, 99), Unit: "ms"},
	}, nil
}

func sampleStarts(ctx context.Context, q *tasks.Queue, begun <-chan time.Time) ([]float64, error) {
	var samples []float64
	for i := range startSamples {
		if err := pause(ctx, startLeast, startMost); err != nil {
			return nil, err
		}
		before := time.Now()
		if err := q.Ring(ctx, noop{"start", i}); err != nil {
			return nil, err
		}
		select {
		case at := <-begun:
			samples = append(samples, milliseconds(at.Sub(before)))
		case <-time.After(drainLimit):
			return nil, fmt.Errorf("task %d never started", i)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return samples, nil
}

// pause waits for a random time, so that samples do not fall in step with a poll.
func pause(ctx context.Context, least, most time.Duration) error {
	select {
	case <-time.After(least + rand.N(most-least+1)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
