package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/fault"
)

// maxSkew is how far this machine's clock may be from those of Redis and Postgres: the queue compares its workers'
// clocks, never Redis's.
const maxSkew = 2 * time.Second

// checkSkew refuses a clock that is off. remote reads the other clock, now reads ours.
func checkSkew(ctx context.Context, name string, now func() time.Time, remote func(context.Context) (time.Time, error)) error {
	before := now()
	theirs, err := remote(ctx)
	if err != nil {
		return fmt.Errorf("clock of %s: %w", name, err)
	}
	after := now()
	ours := before.Add(after.Sub(before) / 2)
	if skew := ours.Sub(theirs); skew.Abs() > maxSkew+after.Sub(before)/2 {
		return fault.New(fault.Unavailable, "this machine's clock is %s off from that of %s, more than %s: set it right first",
			skew.Round(time.Millisecond), name, maxSkew)
	}
	return nil
}

// checkEviction refuses a Redis that may throw the queue away. One that does not tell (managed services forbid CONFIG)
// is only warned about.
func checkEviction(ctx context.Context, rdb redis.UniversalClient, log *slog.Logger) error {
	policy, err := evictionPolicy(ctx, rdb)
	if err == nil && policy == "" {
		log.WarnContext(ctx, "redis does not tell its maxmemory-policy; it must be noeviction")
	}
	return err
}

// evictionPolicy returns a policy that loses nothing, "" where Redis does not tell, and an error for any other.
func evictionPolicy(ctx context.Context, rdb redis.UniversalClient) (string, error) {
	config, err := rdb.ConfigGet(ctx, "maxmemory-policy").Result()
	policy := config["maxmemory-policy"]
	switch {
	case err != nil || policy == "":
		return "", nil
	case policy != "noeviction":
		return "", fault.New(fault.Unavailable, "redis has maxmemory-policy %s: it may throw the queue away; set noeviction", policy)
	}
	return policy, nil
}

// check refuses to run on backends that would lose or double work.
func (b *backends) check(ctx context.Context, log *slog.Logger) error {
	if err := checkSkew(ctx, "redis", time.Now, func(ctx context.Context) (time.Time, error) { return b.quick.Time(ctx).Result() }); err != nil {
		return err
	}
	if err := checkSkew(ctx, "postgres", time.Now, b.db.Now); err != nil {
		return err
	}
	return checkEviction(ctx, b.quick, log)
}
