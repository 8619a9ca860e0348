package upstream_test

import (
	"context"
	"crypto/rand"
	"os"
	"sync"
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

	for name, rate := range map[string]upstream.Rate{"second": {PerSecond: 18}, "minute": {PerMinute: 1000}, "both": {PerSecond: 1, PerMinute: 20}} {
		t.Run("no window of a "+name+" is ever too full", func(t *testing.T) {
			checkWindows(t, rdb, mine+name, rate, 90*time.Second)
		})
	}
	t.Run("a fleet on the clock of Redis", func(t *testing.T) {
		const perSecond, tokens = 20, 40
		var mu sync.Mutex
		var left []time.Time
		var fleet sync.WaitGroup
		start := time.Now()
		for range 8 {
			bucket := upstream.NewBucket(rdb, map[string]upstream.Rate{mine + "pace": {PerSecond: perSecond}})
			fleet.Go(func() {
				for range tokens / 8 {
					if err := bucket.Take(t.Context(), mine+"pace"); err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					left = append(left, time.Now())
					mu.Unlock()
				}
			})
		}
		fleet.Wait()
		if least := (tokens - 1) * time.Second / perSecond; len(left) != tokens || time.Since(start) < least {
			t.Errorf("%d of %d tokens at %d/s took %s, want at least %s", len(left), tokens, perSecond, time.Since(start), least)
		}
	})
	t.Run("the day", func(t *testing.T) {
		bucket := upstream.NewBucket(rdb, map[string]upstream.Rate{mine + "day": {PerSecond: 1000, PerDay: 1}})
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
