// Package app builds each role from the settings, runs it until its context ends, and tears it down in order. It is the
// only place that joins the doors (handlers, tasks) to the edges (store, upstreams), and it hands down the application
// clock. It decides nothing about news, markets or alerts.
package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/config"
	"tickerwire/internal/fault"
	"tickerwire/store"
)

// backends is what every role stands on.
type backends struct {
	db *store.DB
	// quick fails fast: for requests that a person waits for.
	quick redis.UniversalClient
	// patient retries for over a minute: for the queue's servers, which would otherwise run finished work twice when
	// Redis blinks.
	patient redis.UniversalClient
	// letGo ends the patience.
	letGo func()
	// redis says how Redis is reached, for whoever wants clients of his own.
	redis redisOptions
}

// replyLimit is how long a role waits for an answer of Postgres. No statement of one takes so long, but some wait for
// others' locks, on a machine that has too much to do for twenty seconds.
const replyLimit = 40 * time.Second

// openBackends connects to Postgres and Redis and refuses a schema that is not this program's.
func openBackends(ctx context.Context, cfg config.Config, name string, s Seams) (*backends, error) {
	options := store.Options{URL: string(cfg.DatabaseURL), MaxConns: cfg.DatabaseConns, ReplyLimit: replyLimit, Wrap: s.Database, Traced: cfg.OTLPEndpoint != ""}
	if name == "api" {
		options.Reads = cfg.DatabaseConns / 2 // nearly all that it does
	}
	db, err := store.Open(ctx, options)
	if err != nil {
		return nil, err
	}
	b := &backends{db: db}
	if err := b.open(ctx, cfg, s); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *backends) open(ctx context.Context, cfg config.Config, s Seams) error {
	if err := b.db.CheckSchema(ctx); err != nil {
		return err
	}
	options, err := parseRedis(cfg.RedisURL, cfg.RedisCAFile)
	if err != nil {
		return err
	}
	b.redis, b.quick = options, options.quick()
	b.patient, b.letGo = options.patient()
	if s.Redis != nil {
		s.Redis(b.quick)
		s.Redis(b.patient)
	}
	if err := b.quick.Ping(ctx).Err(); err != nil {
		return fault.New(fault.Unavailable, "redis at %s: %w", strings.Join(options.Addrs, ", "), err)
	}
	return nil
}

func (b *backends) close() error {
	var errs []error
	for _, rdb := range []redis.UniversalClient{b.quick, b.patient} {
		if rdb != nil {
			errs = append(errs, rdb.Close())
		}
	}
	return errors.Join(append(errs, b.db.Close())...)
}
