package upstream

import (
	"context"
	_ "embed" // the script
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/fault"
)

// MaxWait is the longest wait for a token that happens inside a worker; a longer one puts the task back.
const MaxWait = time.Second

const bucketPrefix = "tickerwire:limit:"

//go:embed bucket.lua
var bucketScript string

// Limiter says when the next request under a key may leave.
type Limiter interface {
	// Take waits for a token that is at most MaxWait away. For a later one it returns at once, with a Limited fault
	// that carries the wait. It fails closed: Unavailable when nobody can say.
	Take(ctx context.Context, key string) error
}

// Rate is how often something may be asked.
type Rate struct {
	PerSecond float64 // on average; must be positive
	Burst     int     // how many at once after a pause; less than 1 means 1
	PerDay    int64   // within one KST day; 0 means no such limit
}

// DefaultRates returns what each upstream allows, with some room left. A pattern ends in "*".
// Sources: KIS 18/s per account and one token a minute; KRX 10,000, Naver 25,000 and DART 20,000 calls a day, DART
// 1,000 a minute; Telegram about 30/s in all, 1/s in one chat, 20 a minute in a group (group ids are negative).
// Publishers name no rate: one request in two seconds per host is what a patient reader would do.
func DefaultRates() map[string]Rate {
	return map[string]Rate{
		"kis":         {PerSecond: 15, Burst: 3},
		"kis:token":   {PerSecond: 1.0 / 60, Burst: 1},
		"krx":         {PerSecond: 2, Burst: 4, PerDay: 9_500},
		"naver":       {PerSecond: 8, Burst: 8, PerDay: 24_000},
		"dart":        {PerSecond: 8, Burst: 16, PerDay: 19_000},
		"telegram":    {PerSecond: 25, Burst: 25},
		"telegram:*":  {PerSecond: 1, Burst: 1},
		"telegram:-*": {PerSecond: 20.0 / 60, Burst: 1},
		"*":           {PerSecond: 0.5, Burst: 4},
	}
}

// Bucket is a Limiter whose tokens live in Redis and are shared by the whole fleet, on the clock of Redis.
type Bucket struct {
	rdb    redis.UniversalClient
	rates  map[string]Rate
	script *redis.Script
}

// NewBucket returns a Bucket with the rates given by key. A key without a rate of its own gets that of the longest
// pattern which fits it ("telegram:*", "*"); without any it is one per second.
func NewBucket(rdb redis.UniversalClient, rates map[string]Rate) *Bucket {
	return &Bucket{rdb: rdb, rates: rates, script: redis.NewScript(bucketScript)}
}

// Take is Limiter's. A token that it waited for is spent even when ctx ends first.
func (b *Bucket) Take(ctx context.Context, key string) error {
	rate := b.rateOf(key)
	if rate.PerSecond <= 0 {
		return fault.New(fault.Invalid, "rate limit %q: %g per second lets nothing pass", key, rate.PerSecond)
	}
	interval := time.Duration(float64(time.Second) / rate.PerSecond)
	answer, err := b.script.Run(ctx, b.rdb, []string{bucketPrefix + "{" + key + "}"},
		interval.Microseconds(), max(rate.Burst, 1), MaxWait.Microseconds(), rate.PerDay).Int64Slice()
	if err == nil && len(answer) != 2 {
		err = fmt.Errorf("the script answered %v", answer)
	}
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("rate limit %q: %w", key, ctx.Err())
		}
		return fault.New(fault.Unavailable, "rate limit %q: %w", key, err)
	}
	wait := time.Duration(answer[1]) * time.Microsecond
	switch answer[0] {
	case 0:
		return sleep(ctx, key, wait)
	case 1:
		return fault.After(fault.Limited, wait, "rate limit %q: next token in %s", key, wait)
	}
	return fault.After(fault.Limited, wait, "rate limit %q: the day's %d are used up", key, rate.PerDay)
}

func (b *Bucket) rateOf(key string) Rate {
	if rate, ok := b.rates[key]; ok {
		return rate
	}
	found, length := Rate{PerSecond: 1, Burst: 1}, -1
	for pattern, rate := range b.rates {
		prefix, isPattern := strings.CutSuffix(pattern, "*")
		if isPattern && strings.HasPrefix(key, prefix) && len(prefix) > length {
			found, length = rate, len(prefix)
		}
	}
	return found
}

func sleep(ctx context.Context, key string, wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("rate limit %q: %w", key, ctx.Err())
	}
}
