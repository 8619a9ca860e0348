package servers_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/servers"
)

func startRedis(t *testing.T, o servers.RedisOptions) *servers.Redis {
	t.Helper()
	server, err := servers.StartRedis(bounded(t), o)
	fatal(t, err)
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	return server
}

func redisClient(t *testing.T, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	fatal(t, err)
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestRedisKeepsItsData(t *testing.T) {
	t.Parallel()
	ctx, dir := bounded(t), t.TempDir()
	first := startRedis(t, servers.RedisOptions{Dir: dir})
	client := redisClient(t, first.URL())
	policy, err := client.ConfigGet(ctx, "maxmemory-policy").Result()
	fatal(t, err)
	if got := policy["maxmemory-policy"]; got != "noeviction" {
		t.Errorf("policy %s", got)
	}
	fatal(t, client.Set(ctx, "stock", "005930", 0).Err())
	if _, err := servers.StartRedis(ctx, servers.RedisOptions{Dir: dir}); !errors.Is(err, servers.ErrInUse) {
		t.Errorf("second start: %v", err)
	}
	fatal(t, first.Stop(ctx))

	second := startRedis(t, servers.RedisOptions{Dir: dir})
	if got := redisClient(t, second.URL()).Get(ctx, "stock").Val(); got != "005930" {
		t.Errorf("after the second start: %q", got)
	}
}

func TestNoRedis(t *testing.T) {
	t.Parallel()
	_, err := servers.StartRedis(context.Background(), servers.RedisOptions{Dir: t.TempDir(), Bin: "no-such-redis-server"})
	if !errors.Is(err, servers.ErrNoRedis) {
		t.Errorf("got %v", err)
	}
}

func TestMiniredisKeysExpire(t *testing.T) {
	t.Parallel()
	ctx := bounded(t)
	server, err := servers.StartMiniredis(ctx)
	fatal(t, err)
	t.Cleanup(server.Stop)
	client := redisClient(t, server.URL())
	fatal(t, client.Set(ctx, "lease", "mine", 300*time.Millisecond).Err())
	if got := client.Get(ctx, "lease").Val(); got != "mine" {
		t.Errorf("at once: %q", got)
	}
	await(t, "the key to expire", func() bool { return errors.Is(client.Get(ctx, "lease").Err(), redis.Nil) })
}
