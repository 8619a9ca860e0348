package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	masterName = "tickerwire"
	sentinels  = 3
	quorum     = 2
	nodes      = 3 // of a cluster
	slots      = 16384
	groupLimit = 60 * time.Second // for a group to stand
)

// RedisGroupOptions says where several Redis servers that belong together live. Dir is required.
type RedisGroupOptions struct {
	// Dir keeps a folder per server; created when missing.
	Dir string
	// DownAfter is how long a master may be silent before Sentinels take it for dead; 0 means a second.
	DownAfter time.Duration
}

// RedisGroup is a master, its replica and the Sentinels that watch them, or the nodes of a cluster.
type RedisGroup struct {
	url     string
	members []*Redis
	watch   []*child
	watched []string // the Sentinels' addresses
}

// StartSentinels starts a master with one replica and three Sentinels, and returns when these agree on them.
func StartSentinels(ctx context.Context, o RedisGroupOptions) (_ *RedisGroup, err error) {
	ctx, cancel := context.WithTimeout(ctx, groupLimit)
	defer cancel()
	g := &RedisGroup{}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.Stop(context.WithoutCancel(ctx)))
		}
	}()
	master, err := g.member(ctx, filepath.Join(o.Dir, "master"))
	if err != nil {
		return nil, err
	}
	replica, err := g.member(ctx, filepath.Join(o.Dir, "replica"), "--replicaof", "127.0.0.1", strconv.Itoa(master.port))
	if err != nil {
		return nil, err
	}
	if err := g.ask(ctx, replica, "the replica to follow its master", func(ctx context.Context, c *redis.Client) error {
		return says(c.Info(ctx, "replication"), "master_link_status:up")
	}); err != nil {
		return nil, err
	}
	downAfter := o.DownAfter
	if downAfter == 0 {
		downAfter = time.Second
	}
	for i := range sentinels {
		if err := g.sentinel(ctx, filepath.Join(o.Dir, fmt.Sprintf("sentinel-%d", i+1)), master.port, downAfter); err != nil {
			return nil, err
		}
	}
	for _, address := range g.watched {
		if err := g.agree(ctx, address); err != nil {
			return nil, err
		}
	}
	g.url = "redis-sentinel://" + strings.Join(g.watched, ",") + "/" + masterName
	return g, nil
}

// StartRedisCluster starts three nodes that share the slots, and returns when all of them know that.
func StartRedisCluster(ctx context.Context, o RedisGroupOptions) (_ *RedisGroup, err error) {
	ctx, cancel := context.WithTimeout(ctx, groupLimit)
	defer cancel()
	g := &RedisGroup{}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.Stop(context.WithoutCancel(ctx)))
		}
	}()
	var addresses []string
	var buses []int
	for i := range nodes {
		bus, err := freePort()
		if err != nil {
			return nil, err
		}
		node, err := g.member(ctx, filepath.Join(o.Dir, fmt.Sprintf("node-%d", i+1)), "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(bus))
		if err != nil {
			return nil, err
		}
		addresses, buses = append(addresses, node.address()), append(buses, bus)
	}
	for i, node := range g.members {
		err := g.ask(ctx, node, "a node to take its slots", func(ctx context.Context, c *redis.Client) error {
			if i > 0 {
				if err := c.Do(ctx, "cluster", "meet", "127.0.0.1", g.members[0].port, buses[0]).Err(); err != nil {
					return err
				}
			}
			return c.ClusterAddSlotsRange(ctx, i*slots/nodes, (i+1)*slots/nodes-1).Err()
		})
		if err != nil {
			return nil, err
		}
	}
	for _, node := range g.members {
		if err := g.ask(ctx, node, "the cluster to stand", func(ctx context.Context, c *redis.Client) error {
			return says(c.ClusterInfo(ctx), "cluster_state:ok", fmt.Sprintf("cluster_known_nodes:%d", nodes))
		}); err != nil {
			return nil, err
		}
	}
	g.url = "redis-cluster://" + strings.Join(addresses, ",")
	return g, nil
}

// member starts a server and keeps it.
func (g *RedisGroup) member(ctx context.Context, dir string, extra ...string) (*Redis, error) {
	r, err := StartRedis(ctx, RedisOptions{Dir: dir, extra: extra})
	if err == nil {
		g.members = append(g.members, r)
	}
	return r, err
}

// sentinel starts a Sentinel, which writes what it learns into its configuration.
func (g *RedisGroup) sentinel(ctx context.Context, dir string, master int, downAfter time.Duration) error {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return fmt.Errorf("sentinel: %w: %w", err, ErrNoRedis)
	}
	if dir, err = homeDir(dir); err != nil {
		return fmt.Errorf("sentinel: directory: %w", err)
	}
	return onFreePort(func(port int) error {
		conf := filepath.Join(dir, "sentinel.conf")
		text := fmt.Sprintf("bind 127.0.0.1\nport %d\ndir %q\nsentinel monitor %s 127.0.0.1 %d %d\nsentinel down-after-milliseconds %s %d\n"+
			"sentinel failover-timeout %s 10000\n", port, dir, masterName, master, quorum, masterName, downAfter.Milliseconds(), masterName)
		if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
			return fmt.Errorf("sentinel: %w", err)
		}
		cmd := exec.Command(program, conf, "--sentinel") // #nosec G204 -- a program that this machine has installed, with arguments of our own
		cmd.Dir = dir
		c, err := startChild("sentinel", cmd, filepath.Join(dir, "sentinel.log"), syscall.SIGTERM, syscall.SIGTERM)
		if err != nil {
			return err
		}
		probe := &Redis{child: c, port: port}
		if err := c.await(ctx, probe.ping); err != nil {
			return err
		}
		g.watch, g.watched = append(g.watch, c), append(g.watched, probe.address())
		return nil
	})
}

// agree waits until a Sentinel knows the replica and enough others.
func (g *RedisGroup) agree(ctx context.Context, address string) error {
	c := redis.NewSentinelClient(&redis.Options{Addr: address})
	defer c.Close()
	return wait(ctx, "the Sentinels to agree", func(ctx context.Context) error {
		replicas, err := c.Replicas(ctx, masterName).Result()
		if err != nil {
			return err
		}
		others, err := c.Sentinels(ctx, masterName).Result()
		if err != nil {
			return err
		}
		if len(replicas) != 1 || len(others) != sentinels-1 {
			return fmt.Errorf("it knows %d replicas and %d Sentinels", len(replicas), len(others))
		}
		return c.CkQuorum(ctx, masterName).Err()
	})
}

// Master returns the address of the master that the Sentinels name.
func (g *RedisGroup) Master(ctx context.Context) (address string, err error) {
	err = wait(ctx, "a Sentinel to name the master", func(ctx context.Context) error {
		var errs []error
		for _, a := range g.watched {
			c := redis.NewSentinelClient(&redis.Options{Addr: a})
			found, err := c.GetMasterAddrByName(ctx, masterName).Result()
			_ = c.Close() // it was only asked
			if err == nil && len(found) == 2 {
				address = found[0] + ":" + found[1]
				return nil
			}
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	})
	return address, err
}

// Kill ends the member at an address at once, as its machine's end would.
func (g *RedisGroup) Kill(address string) error {
	for _, r := range g.members {
		if r.address() == address {
			return r.Kill()
		}
	}
	return fmt.Errorf("redis: no member has the address %s", address)
}

// URL addresses the group as REDIS_URL does.
func (g *RedisGroup) URL() string { return g.url }

// Stop ends every server; when ctx ends first they are killed.
func (g *RedisGroup) Stop(ctx context.Context) error {
	var errs []error
	for _, c := range g.watch {
		errs = append(errs, c.stop(ctx))
	}
	for _, r := range g.members {
		errs = append(errs, r.Stop(ctx))
	}
	return errors.Join(errs...)
}

// ask asks a member until it answers as it should.
func (g *RedisGroup) ask(ctx context.Context, r *Redis, what string, question func(context.Context, *redis.Client) error) error {
	c := redis.NewClient(&redis.Options{Addr: r.address()})
	defer c.Close()
	return wait(ctx, what, func(ctx context.Context) error { return question(ctx, c) })
}

// says reports, as an error, which of the texts an answer lacks.
func says(answer *redis.StringCmd, texts ...string) error {
	got, err := answer.Result()
	if err != nil {
		return err
	}
	for _, text := range texts {
		if !strings.Contains(got, text) {
			return fmt.Errorf("it does not say %s", text)
		}
	}
	return nil
}

// wait calls ready until it returns nil, or ctx ends.
func wait(ctx context.Context, what string, ready func(context.Context) error) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("redis: waiting for %s: %w (last: %v)", what, ctx.Err(), err)
		case <-tick.C:
		}
	}
}
