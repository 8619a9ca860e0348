package upstream_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

// early is how long before its token somebody is told to ask again: when it can just be booked.
const early = upstream.MaxWait - 10*time.Millisecond

func miniRedis(t *testing.T) (*miniredis.Miniredis, *redis.Client) {
	t.Helper()
	server := miniredis.RunT(t)
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	t.Cleanup(func() {
		if err := rdb.Close(); err != nil {
			t.Error(err)
		}
	})
	return server, rdb
}

func TestBucketBurstThenRate(t *testing.T) {
	t.Parallel()
	server, rdb := miniRedis(t)
	now := time.Date(2026, 11, 23, 1, 0, 0, 123456000, time.UTC)
	server.SetTime(now)
	bucket := upstream.NewBucket(rdb, map[string]upstream.Rate{"feed": {PerMinute: 30}})
	const interval = 2127659 * time.Microsecond // 60 s / (.94 * 30)
	const askAgain = interval - early
	for i := range 2 {
		if err := bucket.Take(t.Context(), "feed"); err != nil {
			t.Fatalf("token %d of the burst: %v", i, err)
		}
	}
	for range 2 { // asking in vain books nothing
		err := bucket.Take(t.Context(), "feed")
		if fault.KindOf(err) != fault.Limited || fault.RetryAfterOf(err) != askAgain {
			t.Fatalf("after the burst: %v, retry after %s", err, fault.RetryAfterOf(err))
		}
	}
	server.SetTime(now.Add(interval))
	if err := bucket.Take(t.Context(), "feed"); err != nil {
		t.Fatalf("when its wait is over: %v", err)
	}
	if err := bucket.Take(t.Context(), "feed"); fault.RetryAfterOf(err) != askAgain {
		t.Errorf("the next one: %v", err)
	}
	server.SetTime(now.Add(interval + askAgain))
	if wait, err := bucket.Book(t.Context(), "feed"); err != nil || wait != early {
		t.Errorf("who asks again when told to waits %s: %v", wait, err)
	}
	server.SetTime(now.Add(time.Hour))
	for i := range 2 {
		if err := bucket.Take(t.Context(), "feed"); err != nil {
			t.Fatalf("token %d after a pause: %v", i, err)
		}
	}
	if err := bucket.Take(t.Context(), "feed"); fault.KindOf(err) != fault.Limited {
		t.Errorf("a pause must not save up more than the burst: %v", err)
	}
	bucket.SetRates(map[string]upstream.Rate{"feed": {PerMinute: 30, Burst: 1}})
	server.SetTime(now.Add(2 * time.Hour))
	if err := bucket.Take(t.Context(), "feed"); err != nil {
		t.Fatal(err)
	}
	if err := bucket.Take(t.Context(), "feed"); fault.KindOf(err) != fault.Limited {
		t.Errorf("a burst of one: %v", err)
	}
}

func TestBucketLearns(t *testing.T) {
	t.Parallel()
	server, rdb := miniRedis(t)
	now := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	server.SetTime(now)
	rates := map[string]upstream.Rate{"openai*": {PerMinute: 1}, "openai:set": {PerMinute: 1}}
	one, other := upstream.NewBucket(rdb, rates), upstream.NewBucket(rdb, rates)
	for _, key := range []string{"openai:free", "openai:set"} {
		if err := errors.Join(one.Learn(t.Context(), key, upstream.Rate{PerMinute: 600}), one.Learn(t.Context(), key, upstream.Rate{PerMinute: 600})); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 40 {
		if _, err := other.Book(t.Context(), "openai:free"); err != nil {
			t.Fatalf("token %d of a learned 600 a minute: %v", i, err)
		}
	}
	if _, err := other.Book(t.Context(), "openai:set"); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Book(t.Context(), "openai:set"); fault.KindOf(err) != fault.Limited {
		t.Errorf("a rate that was set gives way to a learned one: %v", err)
	}
	if err := one.Learn(t.Context(), "openai:free", upstream.Rate{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("learned nothing: %v", err)
	}
	if err := one.Learn(t.Context(), "openai:free", upstream.Rate{PerMinute: 6}); err != nil { // it was lowered
		t.Fatal(err)
	}
	server.SetTime(now.Add(time.Minute))
	if _, err := other.Book(t.Context(), "openai:free"); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Book(t.Context(), "openai:free"); fault.KindOf(err) != fault.Limited || fault.RetryAfterOf(err) < 9*time.Second {
		t.Errorf("after 6 a minute were learned: %v, %s", err, fault.RetryAfterOf(err))
	}
}

func TestBucketForgetsASlowerLimit(t *testing.T) {
	t.Parallel()
	server, rdb := miniRedis(t)
	server.SetTime(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
	bucket := upstream.NewBucket(rdb, map[string]upstream.Rate{"feed": {PerMinute: 0.01}})
	if err := bucket.Take(t.Context(), "feed"); err != nil {
		t.Fatal(err)
	}
	if err := bucket.Take(t.Context(), "feed"); fault.RetryAfterOf(err) < time.Hour {
		t.Fatalf("one in a hundred minutes: %v", err)
	}
	bucket.SetRates(map[string]upstream.Rate{"feed": {PerSecond: 20, PerMinute: 600}})
	for range 5 {
		if _, err := bucket.Book(t.Context(), "feed"); err != nil {
			t.Errorf("raised to many: %v", err)
		}
	}
}

func TestBucketGivesUpWhatItOverslept(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		late []time.Duration
		used int64
	}{
		"in time":           {[]time.Duration{time.Millisecond}, 1},
		"late once":         {[]time.Duration{200 * time.Millisecond, 0}, 2},
		"late all the time": {[]time.Duration{time.Second, time.Second, time.Second}, 3},
	} {
		_, rdb := miniRedis(t)
		bucket := upstream.NewBucket(rdb, map[string]upstream.Rate{"kis": {PerSecond: 18}})
		slept := 0
		bucket.SetSleep(func() time.Duration { slept++; return c.late[slept-1] })
		if err := bucket.Take(t.Context(), "kis"); err != nil {
			t.Fatal(err)
		}
		if used, err := bucket.UsedToday(t.Context(), "kis"); used != c.used || err != nil {
			t.Errorf("%s: %d tokens, want %d: %v", name, used, c.used, err)
		}
	}
}

func TestBucketPauses(t *testing.T) {
	t.Parallel()
	server, rdb := miniRedis(t)
	now := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	server.SetTime(now)
	rates := map[string]upstream.Rate{"*": {PerSecond: 10}}
	one, other := upstream.NewBucket(rdb, rates), upstream.NewBucket(rdb, rates)
	if err := one.Pause(t.Context(), "feed", 30*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := other.Take(t.Context(), "feed"); fault.KindOf(err) != fault.Limited || fault.RetryAfterOf(err) != 30*time.Second-early {
		t.Errorf("while it is paused: %v, retry after %s", err, fault.RetryAfterOf(err))
	}
	if err := other.Take(t.Context(), "another"); err != nil {
		t.Errorf("another key: %v", err)
	}
	server.SetTime(now.Add(30 * time.Second))
	if err := other.Take(t.Context(), "feed"); err != nil {
		t.Errorf("when the pause is over: %v", err)
	}
	if err := one.Pause(t.Context(), "feed", 240*time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := other.Take(t.Context(), "feed"); fault.RetryAfterOf(err) != time.Hour-early {
		t.Errorf("a pause of ten days: %s, want about an hour", fault.RetryAfterOf(err))
	}
}

func TestBucketWaitsShortly(t *testing.T) {
	t.Parallel()
	_, rdb := miniRedis(t)
	bucket := upstream.NewBucket(rdb, map[string]upstream.Rate{"kis": {PerSecond: 20, Burst: 1}})
	start := time.Now()
	for range 4 {
		if err := bucket.Take(t.Context(), "kis"); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took < 140*time.Millisecond {
		t.Errorf("four tokens at 20/s took only %s", took)
	}
}

func TestBucketIsSharedByTheFleet(t *testing.T) {
	t.Parallel()
	server, rdb := miniRedis(t)
	server.SetTime(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
	rates := map[string]upstream.Rate{"dart": {PerMinute: 200, Burst: 10}}
	var granted, limited atomic.Int64
	var fleet sync.WaitGroup
	for range 8 {
		bucket := upstream.NewBucket(rdb, rates)
		fleet.Go(func() {
			for range 5 {
				switch _, err := bucket.Book(t.Context(), "dart"); {
				case err == nil:
					granted.Add(1)
				case fault.KindOf(err) == fault.Limited:
					limited.Add(1)
				default:
					t.Error(err)
				}
			}
		})
	}
	fleet.Wait()
	const within = 10 + 3 // the burst, and what is booked ahead of the next second at 188 a minute
	if granted.Load() != within || limited.Load() != 40-within {
		t.Errorf("%d granted and %d limited, want %d and %d", granted.Load(), limited.Load(), within, 40-within)
	}
}

func TestBucketCountsTheKSTDay(t *testing.T) {
	t.Parallel()
	server, rdb := miniRedis(t)
	evening := time.Date(2026, 11, 23, 23, 30, 0, 250_000_000, time.FixedZone("KST", 9*3600))
	server.SetTime(evening)
	bucket := upstream.NewBucket(rdb, map[string]upstream.Rate{"krx": {PerSecond: 100, PerDay: 2}})
	for range 2 {
		if err := bucket.Take(t.Context(), "krx"); err != nil {
			t.Fatal(err)
		}
	}
	if used, err := bucket.UsedToday(t.Context(), "krx"); used != 2 || err != nil {
		t.Errorf("two tokens were taken: %d, %v", used, err)
	}
	err := bucket.Take(t.Context(), "krx")
	if fault.KindOf(err) != fault.Limited || fault.RetryAfterOf(err) != 30*time.Minute-250*time.Millisecond {
		t.Errorf("the third of two: %v, retry after %s", err, fault.RetryAfterOf(err))
	}
	server.SetTime(evening.Add(30 * time.Minute))
	if used, err := bucket.UsedToday(t.Context(), "krx"); used != 0 || err != nil {
		t.Errorf("after midnight none was taken: %d, %v", used, err)
	}
	if err := bucket.Take(t.Context(), "krx"); err != nil {
		t.Errorf("after midnight: %v", err)
	}
	if used, err := bucket.UsedToday(t.Context(), "krx"); used != 1 || err != nil {
		t.Errorf("then one: %d, %v", used, err)
	}
	if used, err := bucket.UsedToday(t.Context(), "never asked"); used != 0 || err != nil {
		t.Errorf("of a key that nobody asked for: %d, %v", used, err)
	}
}

func TestBucketFindsTheRate(t *testing.T) {
	t.Parallel()
	server, rdb := miniRedis(t)
	server.SetTime(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
	rates := map[string]upstream.Rate{
		"telegram":    {PerMinute: 56, Burst: 4},
		"telegram:*":  {PerMinute: 56, Burst: 1},
		"telegram:-*": {PerMinute: 56, Burst: 2},
		"*":           {PerMinute: 56, Burst: 3},
	}
	bursts := func(rates map[string]upstream.Rate, key string) int {
		bucket := upstream.NewBucket(rdb, rates)
		for n := 0; ; n++ {
			if err := bucket.Take(t.Context(), key); err != nil {
				if fault.KindOf(err) != fault.Limited {
					t.Fatal(err)
				}
				return n
			}
		}
	}
	for key, want := range map[string]int{"telegram": 4, "telegram:77": 1, "telegram:-100": 2, "news.example.co.kr": 3} {
		if got := bursts(rates, key); got != want {
			t.Errorf("%s: a burst of %d, want %d", key, got, want)
		}
	}
	for name, rate := range map[string]upstream.Rate{"nothing": {}, "a day alone": {PerDay: 5}, "less than nothing": {PerSecond: 1, PerMinute: -1}} {
		if err := upstream.NewBucket(rdb, map[string]upstream.Rate{"krx": rate}).Take(t.Context(), "krx"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a rate of %s: %v", name, err)
		}
	}
}

func TestBucketUnknownKey(t *testing.T) {
	t.Parallel()
	server, rdb := miniRedis(t)
	server.SetTime(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
	bucket := upstream.NewBucket(rdb, nil)
	if err := bucket.Take(t.Context(), "somewhere"); err != nil {
		t.Fatal(err)
	}
	if wait := early + fault.RetryAfterOf(bucket.Take(t.Context(), "somewhere")); wait < time.Second || wait > 1100*time.Millisecond {
		t.Errorf("the second token of an unknown key is for %s from now, want a second or so", wait)
	}
}

func TestBucketFailsClosed(t *testing.T) {
	t.Parallel()
	server, rdb := miniRedis(t)
	server.Close()
	bucket := upstream.NewBucket(rdb, upstream.DefaultRates())
	if err := bucket.Take(t.Context(), "naver"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("without Redis: %v", err)
	}
}

func TestBucketHonoursTheContext(t *testing.T) {
	t.Parallel()
	_, rdb := miniRedis(t)
	bucket := upstream.NewBucket(rdb, map[string]upstream.Rate{"kis": {PerSecond: 1.2, Burst: 1}})
	if err := bucket.Take(t.Context(), "kis"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := bucket.Take(ctx, "kis"); !errors.Is(err, context.DeadlineExceeded) || fault.KindOf(err) != fault.Internal {
		t.Errorf("while waiting: %v", err)
	}
	if err := bucket.Take(ctx, "kis"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("when over already: %v", err)
	}
}

func TestDefaultRatesLetThingsPass(t *testing.T) {
	t.Parallel()
	server, rdb := miniRedis(t)
	server.SetTime(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
	bucket := upstream.NewBucket(rdb, upstream.DefaultRates())
	for key := range upstream.DefaultRates() {
		if err := bucket.Take(t.Context(), key); err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkBucket(b *testing.B) {
	server := miniredis.RunT(b)
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	bucket := upstream.NewBucket(rdb, map[string]upstream.Rate{"*": {PerSecond: 1e6}})
	for i := 0; b.Loop(); i++ {
		if err := bucket.Take(b.Context(), strconv.Itoa(i%8)); err != nil {
			b.Fatal(err)
		}
	}
}

// TestBucketTakesTokensTogether: neither key's windows are ever too full, though most requests wait for the other one, and
// a key that is too far away costs the other nothing.
func TestBucketTakesTokensTogether(t *testing.T) {
	t.Parallel()
	_, rdb := miniRedis(t)
	now := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	bucket := upstream.NewBucket(rdb, map[string]upstream.Rate{"telegram": {PerSecond: 30}, "telegram:*": {PerSecond: 1}})
	bucket.SetClock(func() time.Time { return now })
	var slept time.Duration
	bucket.SetNap(func(d time.Duration) { now, slept = now.Add(d), slept+d })

	left, last := map[string]time.Time{}, time.Time{}
	start := now
	for n := range 40 {
		chat := []string{"telegram:1", "telegram:2", "telegram:3"}[n%3]
		err := bucket.TakeAll(t.Context(), chat, "telegram")
		if fault.KindOf(err) == fault.Limited {
			now = now.Add(fault.RetryAfterOf(err))
			err = bucket.TakeAll(t.Context(), chat, "telegram")
		}
		if err != nil {
			t.Fatal(err)
		}
		if before, ok := left[chat]; ok && now.Sub(before) < time.Second {
			t.Errorf("%s: %s after the one before", chat, now.Sub(before))
		}
		if !last.IsZero() && now.Sub(last) < time.Second/30 {
			t.Errorf("two messages within %s", now.Sub(last))
		}
		left[chat], last = now, now
	}
	if took := now.Sub(start); took > 16*time.Second {
		t.Errorf("40 messages to three chats took %s", took)
	}
	if used, err := bucket.UsedToday(t.Context(), "telegram"); used != 40 || err != nil {
		t.Errorf("%d of the bot's tokens, want 40: %v", used, err)
	}

	// A chat that is waited for keeps the bot free for the others.
	slept = 0
	if err := bucket.TakeAll(t.Context(), "telegram:4", "telegram"); err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.BookAll(t.Context(), "telegram:4", "telegram"); err == nil {
		t.Error("a chat was booked a second ahead")
	}
	if err := bucket.TakeAll(t.Context(), "telegram:5", "telegram"); err != nil || slept > 100*time.Millisecond {
		t.Errorf("another chat waited %s: %v", slept, err)
	}
}
