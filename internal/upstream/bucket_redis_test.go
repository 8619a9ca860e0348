package upstream_test

import (
	"context"
	"crypto/rand"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

// TestBucketOnRealRedis runs the script where it will live: TEST_REDIS_URL must name a Redis server.
func TestBucketOnRealRedis(t *testing.T) {
	t.Parallel()
	options, err := redis.ParseURL(os.Getenv("TEST_REDIS_URL"))
	if err != nil {
		t.Fatalf("TEST_REDIS_URL must name a Redis server: %v", err)
	}
	rdb := redis.NewClient(options)
	t.Cleanup(func() {
		if err := rdb.Close(); err != nil {
			t.Error(err)
		}
	})
	mine := "test:" + rand.Text() + ":"
	t.Cleanup(func() { remove(t, rdb, "*"+mine+"*") })

	t.Run("a burst, shared", func(t *testing.T) {
		rates := map[string]upstream.Rate{mine + "burst": {PerSecond: 0.001, Burst: 25}}
		var granted atomic.Int64
		var fleet sync.WaitGroup
		for range 10 {
			bucket := upstream.NewBucket(rdb, rates)
			fleet.Go(func() {
				for range 10 {
					err := bucket.Take(t.Context(), mine+"burst")
					if err == nil {
						granted.Add(1)
					} else if wait := fault.RetryAfterOf(err); fault.KindOf(err) != fault.Limited || wait > 1000*time.Second || wait < 900*time.Second {
						t.Errorf("%v, retry after %s", err, wait)
					}
				}
			})
		}
		fleet.Wait()
		if granted.Load() != 25 {
			t.Errorf("%d of 100 granted, want 25", granted.Load())
		}
	})
	t.Run("a short wait, in order", func(t *testing.T) {
		bucket := upstream.NewBucket(rdb, map[string]upstream.Rate{mine + "pace": {PerSecond: 50, Burst: 1}})
		start := time.Now()
		for range 11 {
			if err := bucket.Take(t.Context(), mine+"pace"); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took < 190*time.Millisecond || took > 10*time.Second {
			t.Errorf("eleven tokens at 50/s took %s, want about 200ms", took)
		}
	})
	t.Run("the day", func(t *testing.T) {
		bucket := upstream.NewBucket(rdb, map[string]upstream.Rate{mine + "day": {PerSecond: 1000, Burst: 10, PerDay: 1}})
		if err := bucket.Take(t.Context(), mine+"day"); err != nil {
			t.Fatal(err)
		}
		want := (&upstream.Client{}).UntilMidnight()
		err := bucket.Take(t.Context(), mine+"day")
		if got := fault.RetryAfterOf(err); fault.KindOf(err) != fault.Limited || (got-want).Abs() > 5*time.Second {
			t.Errorf("%v, retry after %s, want about %s", err, got, want)
		}
	})
}

func remove(t *testing.T, rdb *redis.Client, pattern string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // which has ended by the time of a cleanup
	keys, err := rdb.Keys(ctx, pattern).Result()
	if err != nil {
		t.Error(err)
		return
	}
	if len(keys) == 0 {
		t.Errorf("no key like %s: the buckets kept their state elsewhere", pattern)
		return
	}
	if err := rdb.Del(ctx, keys...).Err(); err != nil {
		t.Error(err)
	}
}
