package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"tickerwire/internal/config"
	"tickerwire/internal/upstream"
	"tickerwire/store"
)

// limitsEvery is how often a process looks whether an admin has changed a limit.
const limitsEvery = 2 * time.Second

// limits is the fleet's rate limiter, whose rates follow what is kept in Postgres.
type limits struct {
	db     *store.DB
	log    *slog.Logger
	own    map[string]upstream.Rate // what the program declares
	bucket *upstream.Bucket
}

// openLimits returns the limiter with the rates of now.
func (r *role) openLimits(ctx context.Context) (*limits, error) {
	own, err := ownRates(r.cfg)
	if err != nil {
		return nil, err
	}
	l := &limits{db: r.db, log: r.log, own: own, bucket: upstream.NewBucket(r.quick, own)}
	return l, l.read(ctx)
}

// ownRates are the program's own rates. A simulator stands for every publisher at one host and is asked more often.
func ownRates(cfg config.Config) (map[string]upstream.Rate, error) {
	rates := upstream.DefaultRates()
	if cfg.SimulatorURL != "" {
		u, err := url.Parse(cfg.SimulatorURL)
		if err != nil {
			return nil, fmt.Errorf("SIMULATOR_URL: %w", err)
		}
		rates[u.Hostname()] = upstream.Rate{PerSecond: 20}
	}
	return rates, nil
}

// read takes over what an admin has changed.
func (l *limits) read(ctx context.Context) error {
	changed, err := l.db.Limits(ctx)
	if err != nil {
		return err
	}
	rates := make(map[string]upstream.Rate, len(l.own)+len(changed))
	for key, rate := range l.own {
		rates[key] = rate
	}
	for _, c := range changed {
		if !c.ChangedAt.IsZero() {
			rates[c.Key] = upstream.Rate{PerSecond: c.PerSecond, PerMinute: c.PerMinute, Burst: c.Burst, PerDay: c.PerDay}
		}
	}
	l.bucket.SetRates(rates)
	return nil
}

// follow goes on reading until ctx ends. While Postgres is away the rates stay as they are.
func (l *limits) follow(ctx context.Context) error {
	tick := time.NewTicker(limitsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := l.read(ctx); err != nil && ctx.Err() == nil {
			l.log.WarnContext(ctx, "limits not read", "error", err)
		}
	}
}

// declareLimits writes the program's own rates down, for the API.
func (r *role) declareLimits(ctx context.Context) error {
	own, err := ownRates(r.cfg)
	if err != nil {
		return err
	}
	list := make([]store.Limit, 0, len(own))
	for key, rate := range own {
		list = append(list, store.Limit{Key: key, PerSecond: rate.PerSecond, PerMinute: rate.PerMinute, Burst: rate.Burst, PerDay: rate.PerDay})
	}
	return r.db.DeclareLimits(ctx, list)
}
