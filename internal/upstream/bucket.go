package upstream

import (
	"context"
	_ "embed" // the script
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

// MaxWait is the longest wait for a token that happens inside a worker; a longer one puts the task back.
const MaxWait = time.Second

// maxPause bounds for how long an upstream's Retry-After stops the whole fleet.
const maxPause = time.Hour

const bucketPrefix = "tickerwire:limit:"

//go:embed bucket.lua
var bucketScript string

// Limiter says when the next request under a key may leave.
type Limiter interface {
	// Take waits for a token that is at most MaxWait away. For a later one it returns at once, with a Limited fault
	// that says when to ask again: MaxWait before the token, as soon as it can be booked, so that who comes back late is
	// still in time for it. It fails closed: Unavailable when nobody can say.
	Take(ctx context.Context, key string) error
}

// Bucket is a Limiter whose tokens live in Redis and are shared by the whole fleet, on the clock of Redis. It is safe
// for concurrent use.
type Bucket struct {
	rdb    redis.UniversalClient
	script *redis.Script
	later  *redis.Script
	clock  func() time.Time // nil: the clock of Redis
	sleep  func(ctx context.Context, d time.Duration) (late time.Duration, err error)

	mu      sync.RWMutex
	rates   map[string]Rate
	learned map[string]learned
}

// learned is what this process has told the fleet of an upstream's own limit.
type learned struct {
	rate Rate
	at   time.Time
}

// relearn is how often the same limit is told again, so that the fleet does not forget it.
const relearn = time.Hour

// NewBucket returns a Bucket with the rates given by key. A key without a rate of its own gets that of the longest
// pattern which fits it ("telegram:*", "*"); without any it is one per second.
func NewBucket(rdb redis.UniversalClient, rates map[string]Rate) *Bucket {
	return &Bucket{rdb: rdb, rates: rates, script: redis.NewScript(bucketScript), later: redis.NewScript(laterScript), sleep: sleep, learned: map[string]learned{}}
}

// SetRates replaces all rates from the next token on; the map is the Bucket's from then on.
func (b *Bucket) SetRates(rates map[string]Rate) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rates = rates
}

// SetClock puts a clock in the place of that of Redis, before the first token: whoever checks days and minutes moves time
// with it. The program itself has no use for it: its processes' clocks differ.
func (b *Bucket) SetClock(now func() time.Time) { b.clock = now }

// drowsiness is how late a request may leave. The rest of slack is for its way.
const drowsiness = slack / 2

// maxTries is how often a token is taken anew because it was overslept.
const maxTries = 3

// Take is Limiter's. A token that it waited for is spent even when ctx ends first. One that a busy machine let it
// oversleep by more than drowsiness is given up for another: two requests could meet in a window that has room for one.
func (b *Bucket) Take(ctx context.Context, key string) error { return b.TakeAll(ctx, key) }

// TakeAll is Take of a token of each key, for one instant that suits all: where one of them is too far away, none is taken.
// Taken one after the other, the wait for the second would bring a request closer to the next one of the first than that
// key allows. The last key is the one that the most requests share: it is not kept idle for the others' sake. What stands
// before the first ":" of the keys is the same.
func (b *Bucket) TakeAll(ctx context.Context, keys ...string) error {
	for try := 1; ; try++ {
		wait, booked, err := b.book(ctx, keys...)
		if err != nil {
			return err
		}
		late, err := b.sleep(ctx, wait)
		if err != nil {
			return fmt.Errorf("rate limit %q: %w", joined(keys), err)
		}
		switch {
		case booked && (late <= drowsiness || try >= maxTries):
			return nil
		case !booked && try >= maxTries:
			return fault.After(fault.Limited, MaxWait/2, "rate limit %q: others were quicker", joined(keys))
		}
	}
}

// book takes a token of each key that is at most MaxWait away and returns how long to wait for it; booked is false when
// it is to be asked for again after that wait.
func (b *Bucket) book(ctx context.Context, keys ...string) (wait time.Duration, booked bool, err error) {
	now := ""
	if b.clock != nil {
		now = strconv.FormatInt(b.clock().UnixMicro(), 10)
	}
	names, args := make([]string, len(keys)), []any{MaxWait.Microseconds(), now}
	for i, key := range keys {
		b.mu.RLock()
		rate, _ := rateFor(b.rates, key)
		_, fixed := b.rates[key]
		b.mu.RUnlock()
		if err := rate.check(); err != nil {
			return 0, false, fmt.Errorf("rate limit %q: %w", key, err)
		}
		mayLearn := "1"
		if fixed {
			mayLearn = "0"
		}
		names[i], args = bucketKey(key), append(args, rate.script(), mayLearn)
	}
	answer, err := b.script.Run(ctx, b.rdb, names, args...).Int64Slice()
	if err == nil && len(answer) != 2 {
		err = fmt.Errorf("the script answered %v", answer)
	}
	if err != nil {
		return 0, false, limiterFault(ctx, joined(keys), err)
	}
	wait = time.Duration(answer[1]) * time.Microsecond
	switch answer[0] {
	case 0, 3:
		return wait, answer[0] == 0, nil
	case 1:
		return 0, false, Because(NoToken, fault.After(fault.Limited, wait, "rate limit %q: no token yet, ask again in %s", joined(keys), wait))
	}
	return 0, false, Because(QuotaUsed, fault.After(fault.Limited, wait, "rate limit %q: the day's calls are used up", joined(keys)))
}

// Learn takes in what an upstream has told of its own limit for a key, for the whole fleet and about two days. A rate
// that stands for this very key, and not for a pattern, goes first. It may be called after every answer: the same limit
// is told to the fleet once an hour.
func (b *Bucket) Learn(ctx context.Context, key string, rate Rate) error {
	if err := rate.check(); err != nil {
		return fmt.Errorf("rate limit %q: %w", key, err)
	}
	b.mu.RLock()
	last, ok := b.learned[key]
	b.mu.RUnlock()
	if ok && last.rate == rate && time.Since(last.at) < relearn {
		return nil
	}
	if err := b.remember(ctx, key, "learned", rate.script()); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.learned[key] = learned{rate, time.Now()}
	return nil
}

// laterScript moves the end of a key's pause, never to an earlier instant: of two refusals the longer one counts, whichever
// worker tells first.
const laterScript = `
if tonumber(redis.call('HGET', KEYS[1], 'paused') or '0') < tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[1], 'paused', ARGV[1])
  redis.call('EXPIRE', KEYS[1], 2 * 86400)
end
return 0`

// Pause lets no token of a key go for d, at most an hour, in the whole fleet: an upstream has asked for it. A longer pause
// that was asked for before stays.
func (b *Bucket) Pause(ctx context.Context, key string, d time.Duration) error {
	now, err := b.now(ctx)
	if err == nil {
		err = b.later.Run(ctx, b.rdb, []string{bucketKey(key)}, now.Add(min(d, maxPause)).UnixMicro()).Err()
	}
	if err != nil {
		return limiterFault(ctx, key, err)
	}
	return nil
}

// remember writes one field of a key's state.
func (b *Bucket) remember(ctx context.Context, key, field, value string) error {
	_, err := b.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.HSet(ctx, bucketKey(key), field, value)
		p.Expire(ctx, bucketKey(key), 48*time.Hour)
		return nil
	})
	if err != nil {
		return limiterFault(ctx, key, err)
	}
	return nil
}

// UsedToday returns how many tokens of a key the fleet has taken within the KST day.
func (b *Bucket) UsedToday(ctx context.Context, key string) (int64, error) {
	now, err := b.now(ctx)
	if err != nil {
		return 0, limiterFault(ctx, key, err)
	}
	var state struct {
		Day  int64 `redis:"day"`
		Used int64 `redis:"used"`
	}
	if err := b.rdb.HMGet(ctx, bucketKey(key), "day", "used").Scan(&state); err != nil {
		return 0, limiterFault(ctx, key, err)
	}
	if state.Day != int64(market.DayOf(now)) {
		return 0, nil
	}
	return state.Used, nil
}

func (b *Bucket) now(ctx context.Context) (time.Time, error) {
	if b.clock != nil {
		return b.clock(), nil
	}
	return b.rdb.Time(ctx).Result()
}

// joined names keys in an error.
func joined(keys []string) string { return strings.Join(keys, " and ") }

// bucketKey is where a key's state is. In a cluster the keys of one upstream live together.
func bucketKey(key string) string {
	upstream, rest, more := strings.Cut(key, ":")
	if more {
		rest = ":" + rest
	}
	return bucketPrefix + "{" + upstream + "}" + rest
}

func limiterFault(ctx context.Context, key string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("rate limit %q: %w", key, ctx.Err())
	}
	return fault.New(fault.Unavailable, "rate limit %q: %w", key, err)
}

// sleep waits for d and returns by how much it woke too late.
func sleep(ctx context.Context, d time.Duration) (late time.Duration, err error) {
	if d <= 0 {
		return 0, nil
	}
	due := time.Now().Add(d)
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return time.Since(due), nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
