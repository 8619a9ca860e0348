package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	idleSettle = 15 * time.Second // from the worker's start until it is taken for idle
	idleWatch  = 10 * time.Second
)

// idleWorker measures what a worker costs that has nothing to do: its memory at the highest, and how many commands
// Redis runs for it, those inside of scripts included.
func idleWorker(ctx context.Context, env *Env) (_ []Figure, err error) {
	s, _, err := env.scripted(ctx, alertChats)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	rdb, err := s.redisClient("")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rdb.Close()) }()
	alone, err := watchRedis(ctx, rdb)
	if err != nil {
		return nil, err
	}
	if err := s.start(ctx, "worker"); err != nil {
		return nil, err
	}
	if err := pause(ctx, idleSettle, idleSettle); err != nil {
		return nil, err
	}
	beside, err := watchRedis(ctx, rdb)
	if err != nil {
		return nil, err
	}
	peak, err := peakRSS(s.running[0].cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	return []Figure{
		{Name: "worker.idle.rss", Value: peak, Unit: "MB", Goal: atMost(120)},
		{Name: "worker.idle.redis", Value: beside.commands - alone.commands, Unit: "commands/s", Goal: atMost(200)},
		{Name: "worker.idle.scripts", Value: beside.scripts - alone.scripts, Unit: "calls/s"},
	}, nil
}

// pace is what Redis does in a second.
type pace struct {
	commands float64 // those that scripts run included
	scripts  float64 // calls of scripts: each is one round trip
}

// watchRedis counts for idleWatch.
func watchRedis(ctx context.Context, rdb *redis.Client) (pace, error) {
	before, err := redisCounts(ctx, rdb)
	if err != nil {
		return pace{}, err
	}
	started := time.Now()
	if err := pause(ctx, idleWatch, idleWatch); err != nil {
		return pace{}, err
	}
	after, err := redisCounts(ctx, rdb)
	if err != nil {
		return pace{}, err
	}
	seconds := time.Since(started).Seconds()
	return pace{(after.commands - before.commands) / seconds, (after.scripts - before.scripts) / seconds}, nil
}

// redisCounts returns how much Redis has run since its start.
func redisCounts(ctx context.Context, rdb *redis.Client) (pace, error) {
	info, err := rdb.Info(ctx, "stats", "commandstats").Result()
	if err != nil {
		return pace{}, fmt.Errorf("redis: %w", err)
	}
	var p pace
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch name {
		case "total_commands_processed":
			p.commands, err = strconv.ParseFloat(value, 64)
		case "cmdstat_evalsha":
			calls, _, _ := strings.Cut(strings.TrimPrefix(value, "calls="), ",")
			p.scripts, err = strconv.ParseFloat(calls, 64)
		}
		if err != nil {
			return pace{}, fmt.Errorf("redis: %s: %w", line, err)
		}
	}
	return p, nil
}

// peakRSS returns the most memory that a process has held, in MB of 1,000,000 bytes.
func peakRSS(pid int) (float64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("memory: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 3 && fields[0] == "VmHWM:" {
			kb, err := strconv.ParseFloat(fields[1], 64)
			return kb * 1024 / 1e6, err
		}
	}
	return 0, errors.Join(errors.New("memory: no VmHWM"), lines.Err())
}
