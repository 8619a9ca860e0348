package upstream_test

import (
	"context"
	crypto "crypto/rand"
	"math"
	"math/rand/v2"
	"os"
	"slices"
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
	mine := "test-" + crypto.Text() + "-"
	t.Cleanup(func() { remove(t, rdb, "*"+mine+"*") })

	for name, rate := range map[string]upstream.Rate{
		"a real account":     {PerSecond: 18},
		"a paper account":    {PerSecond: 1},
		"a bot":              {PerSecond: 30},
		"a group":            {PerSecond: 1, PerMinute: 20},
		"filings":            {PerMinute: 1000},
		"second binds first": {PerSecond: 2, PerMinute: 600},
		"once in four":       {PerSecond: 0.25},
	} {
		t.Run("no window of "+name+" is ever too full", func(t *testing.T) {
			checkWindows(t, rdb, mine+name, rate, 100*time.Second)
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

// checkWindows asks for more than there is over a span of time that is moved by hand, from four places at once: what is
// granted never fills a window of the service beyond its limit, while nearly all of it is used.
func checkWindows(t *testing.T, rdb redis.UniversalClient, key string, rate upstream.Rate, span time.Duration) {
	t.Helper()
	start := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	var now atomic.Int64
	now.Store(start.UnixNano())
	bucket := upstream.NewBucket(rdb, map[string]upstream.Rate{key: rate})
	bucket.SetClock(func() time.Time { return time.Unix(0, now.Load()) })
	random := rand.New(rand.NewPCG(7, 7))
	var mu sync.Mutex
	var left []time.Time
	for at := start; at.Before(start.Add(span)); at = at.Add(time.Duration(random.IntN(900)) * time.Millisecond) {
		now.Store(at.UnixNano())
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for {
					wait, err := bucket.Book(t.Context(), key)
					if fault.KindOf(err) == fault.Limited {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					left = append(left, at.Add(wait))
					mu.Unlock()
				}
			})
		}
		group.Wait()
	}
	slices.SortFunc(left, time.Time.Compare)
	allowed := math.Inf(1) // over the whole span, by the tightest of its windows
	for _, w := range []struct {
		limit float64
		span  time.Duration
	}{{rate.PerSecond, time.Second}, {rate.PerMinute, time.Minute}} {
		if w.limit == 0 {
			continue
		}
		within := time.Duration(max(1, 1/w.limit) * float64(w.span))
		holds := int(max(1, w.limit))
		for i := holds; i < len(left); i++ {
			if gap := left[i].Sub(left[i-holds]); gap < within+50*time.Millisecond {
				t.Fatalf("%d requests within %s at %s, the limit is %d within %s and some way apart", holds+1, gap, left[i], holds, within)
			}
		}
		allowed = min(allowed, w.limit*span.Seconds()/w.span.Seconds())
	}
	if used := float64(len(left)) / allowed; used < .9 {
		t.Errorf("%d of %.0f allowed requests left: %.1f%%", len(left), allowed, 100*used)
	}
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
