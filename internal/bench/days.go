package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
)

// keepDays takes tokens with a daily quota on a clock that is moved by hand: exactly the quota passes, the next one is
// put off until midnight KST, and at midnight they flow again. It waits for nothing.
func keepDays(ctx context.Context, env *Env) (_ []Figure, err error) {
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
	var figures []Figure
	for _, key := range []string{"naver", "dart", "krx"} {
		rate := upstream.DefaultRates()[key]
		d := day{bucket: upstream.NewBucket(rdb, upstream.DefaultRates()), key: key, now: market.NewDay(2026, time.November, 23).At(9, 0)}
		d.bucket.SetClock(func() time.Time { return d.now })
		found, err := d.spend(ctx, rate)
		if err != nil {
			return figures, err
		}
		figures = append(figures, found...)
	}
	return figures, nil
}

// day is a moved day of one key.
type day struct {
	bucket *upstream.Bucket
	key    string
	now    time.Time
}

// spend uses a day's quota up.
func (d *day) spend(ctx context.Context, rate upstream.Rate) ([]Figure, error) {
	// Twice as long as the pace asks for: no token is ever waited for.
	step := time.Duration(2 * float64(time.Second) / max(rate.PerSecond, rate.PerMinute/60))
	passed, until, err := d.drain(ctx, int(rate.PerDay)+1, step)
	if err != nil {
		return nil, err
	}
	midnight := (market.DayOf(d.now) + 1).At(0, 0)
	off := (until - midnight.Sub(d.now)).Abs()
	d.now = midnight.Add(-time.Millisecond)
	early, _, err := d.drain(ctx, 1, step)
	if err != nil {
		return nil, err
	}
	d.now = midnight
	next, _, err := d.drain(ctx, 1, step)
	if err != nil {
		return nil, err
	}
	name := "soak.day." + d.key
	return []Figure{
		{Name: name + ".passed", Value: float64(passed), Unit: "tokens"},
		{Name: name + ".over", Value: float64(passed - int(rate.PerDay)), Unit: "tokens", Goal: atMost(0)},
		{Name: name + ".share", Value: 100 * float64(passed) / float64(rate.PerDay), Unit: "%", Goal: atLeast(100)},
		{Name: name + ".until.off", Value: off.Seconds(), Unit: "s from midnight", Goal: atMost(0.001)},
		{Name: name + ".before.midnight", Value: float64(early), Unit: "tokens", Goal: atMost(0)},
		{Name: name + ".at.midnight", Value: float64(next), Unit: "tokens", Goal: atLeast(1)},
	}, nil
}

// drain takes at most n tokens, step apart, until one is put off; until says for how long.
func (d *day) drain(ctx context.Context, n int, step time.Duration) (passed int, until time.Duration, err error) {
	for ; passed < n; passed++ {
		err := d.bucket.Take(ctx, d.key)
		if fault.KindOf(err) == fault.Limited {
			return passed, fault.RetryAfterOf(err), nil
		}
		if err != nil {
			return passed, 0, fmt.Errorf("token %d of %s: %w", passed+1, d.key, err)
		}
		d.now = d.now.Add(step)
	}
	return passed, 0, nil
}
