package servers_test

import (
	"context"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/servers"
)

func TestSentinelsNameAnotherMasterAfterAKill(t *testing.T) {
	t.Parallel()
	ctx := bounded(t)
	group, err := servers.StartSentinels(ctx, servers.RedisGroupOptions{Dir: t.TempDir()})
	fatal(t, err)
	t.Cleanup(func() { _ = group.Stop(context.Background()) })
	first, err := group.Master(ctx)
	fatal(t, err)
	fatal(t, group.Kill(first))
	await(t, "another master", func() bool {
		next, err := group.Master(ctx)
		if err != nil || next == first {
			return false
		}
		client := redisClient(t, "redis://"+next)
		return client.Set(ctx, "stock", "005930", 0).Err() == nil
	})
	if err := group.Kill("127.0.0.1:1"); err == nil {
		t.Error("a stranger was killed")
	}
}

func TestACluster(t *testing.T) {
	t.Parallel()
	ctx := bounded(t)
	group, err := servers.StartRedisCluster(ctx, servers.RedisGroupOptions{Dir: t.TempDir()})
	fatal(t, err)
	t.Cleanup(func() { _ = group.Stop(context.Background()) })
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: strings.Split(strings.TrimPrefix(group.URL(), "redis-cluster://"), ",")[:1]})
	t.Cleanup(func() { _ = client.Close() })
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		fatal(t, client.Set(ctx, key, key, 0).Err())
	}
}
