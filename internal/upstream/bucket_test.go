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
	bucket := upstream.NewBucket(rdb, map[string]upstream.Rate{"dart": {PerSecond: 0.25, Burst: 3}})
	for i := range 3 {
		if err := bucket.Take(t.Context(), "dart"); err != nil {
			t.Fatalf("token %d of the burst: %v", i, err)
		}
	}
	for range 2 { // asking in vain books nothing
		err := bucket.Take(t.Context(), "dart")
		if fault.KindOf(err) != fault.Limited || fault.RetryAfterOf(err) != 4*time.Second {
			t.Fatalf("after the burst: %v, retry after %s", err, fault.RetryAfterOf(err))
		}
	}
	server.SetTime(now.Add(4 * time.Second))
	if err := bucket.Take(t.Context(), "dart"); err != nil {
		t.Fatalf("when its wait is over: %v", err)
	}
	if err := bucket.Take(t.Context(), "dart"); fault.RetryAfterOf(err) != 4*time.Second {
		t.Errorf("the next one: %v", err)
	}
	server.SetTime(now.Add(time.Hour))
	for i := range 3 {
		if err := bucket.Take(t.Context(), "dart"); err != nil {
			t.Fatalf("token %d after a pause: %v", i, err)
		}
	}
	if err := bucket.Take(t.Context(), "dart"); fault.KindOf(err) != fault.Limited {
		t.Errorf("a pause must not save up more than the burst: %v", err)
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
	rates := map[string]upstream.Rate{"naver": {PerSecond: 0.1, Burst: 10}}
	var granted, limited atomic.Int64
	var fleet sync.WaitGroup
	for range 8 {
		bucket := upstream.NewBucket(rdb, rates)
		fleet.Go(func() {
			for range 5 {
				switch err := bucket.Take(t.Context(), "naver"); {
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
	if granted.Load() != 10 || limited.Load() != 30 {
		t.Errorf("%d granted and %d limited, want 10 and 30", granted.Load(), limited.Load())
	}
}

func TestBucketCountsTheKSTDay(t *testing.T) {
	t.Parallel()
	server, rdb := miniRedis(t)
	evening := time.Date(2026, 11, 23, 23, 30, 0, 0, time.FixedZone("KST", 9*3600))
	server.SetTime(evening)
	bucket := upstream.NewBucket(rdb, map[string]upstream.Rate{"krx": {PerSecond: 100, Burst: 100, PerDay: 2}})
	for range 2 {
		if err := bucket.Take(t.Context(), "krx"); err != nil {
			t.Fatal(err)
		}
	}
	err := bucket.Take(t.Context(), "krx")
	if fault.KindOf(err) != fault.Limited || fault.RetryAfterOf(err) != 30*time.Minute {
		t.Errorf("the third of two: %v, retry after %s", err, fault.RetryAfterOf(err))
	}
	server.SetTime(evening.Add(30 * time.Minute))
	if err := bucket.Take(t.Context(), "krx"); err != nil {
		t.Errorf("after midnight: %v", err)
	}
}

func TestBucketFindsTheRate(t *testing.T) {
	t.Parallel()
	server, rdb := miniRedis(t)
	server.SetTime(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
	rates := map[string]upstream.Rate{
		"telegram":    {PerSecond: 0.01, Burst: 6},
		"telegram:*":  {PerSecond: 0.01, Burst: 2},
		"telegram:-*": {PerSecond: 0.01, Burst: 3},
		"*":           {PerSecond: 0.01, Burst: 4},
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
	for key, want := range map[string]int{"telegram": 6, "telegram:77": 2, "telegram:-100": 3, "news.example.co.kr": 4} {
		if got := bursts(rates, key); got != want {
			t.Errorf("%s: a burst of %d, want %d", key, got, want)
		}
	}
	if got := bursts(map[string]upstream.Rate{"krx": {PerSecond: 0.01}}, "krx"); got != 1 {
		t.Errorf("without a burst of its own: %d, want 1", got)
	}
	if err := upstream.NewBucket(rdb, map[string]upstream.Rate{"krx": {}}).Take(t.Context(), "krx"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a rate of nothing: %v", err)
	}
}

func TestBucketUnknownKey(t *testing.T) {
	t.Parallel()
	_, rdb := miniRedis(t)
	bucket := upstream.NewBucket(rdb, nil)
	start := time.Now()
	for range 2 {
		if err := bucket.Take(t.Context(), "somewhere"); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took < 900*time.Millisecond {
		t.Errorf("two tokens of an unknown key took %s, want one a second", took)
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
	bucket := upstream.NewBucket(rdb, map[string]upstream.Rate{"kis": {PerSecond: 1.1, Burst: 1}})
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
	for key, rate := range upstream.DefaultRates() {
		if rate.PerSecond <= 0 || rate.Burst < 1 {
			t.Errorf("%s: %+v", key, rate)
		}
	}
}

func BenchmarkBucket(b *testing.B) {
	server := miniredis.RunT(b)
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	bucket := upstream.NewBucket(rdb, map[string]upstream.Rate{"*": {PerSecond: 1e6, Burst: 1000}})
	for i := 0; b.Loop(); i++ {
		if err := bucket.Take(b.Context(), strconv.Itoa(i%8)); err != nil {
			b.Fatal(err)
		}
	}
}
