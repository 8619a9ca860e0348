// Package app builds each role from the settings, runs it until its context ends, and tears it down in order. It is the
// only place that joins the doors (handlers, tasks) to the edges (store, upstreams), and it hands down the application
// clock. It decides nothing about news, markets or alerts.
package app

import (
	"context"
	"errors"
	"fmt"
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
	// patient retries for half a minute: for the queue's servers, which would otherwise run finished work twice when
	// Redis blinks.
	patient redis.UniversalClient
}

// openBackends connects to Postgres and Redis and refuses a schema that is not this program's.
func openBackends(ctx context.Context, cfg config.Config) (*backends, error) {
	db, err := store.Open(ctx, store.Options{URL: string(cfg.DatabaseURL), MaxConns: cfg.DatabaseConns})
	if err != nil {
		return nil, err
	}
	b := &backends{db: db}
	if err := b.open(ctx, cfg); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *backends) open(ctx context.Context, cfg config.Config) error {
	if err := b.db.CheckSchema(ctx); err != nil {
		return err
	}
	options, err := redis.ParseURL(string(cfg.RedisURL))
	if err != nil {
		return fmt.Errorf("REDIS_URL: %w", hideURL(err, string(cfg.RedisURL)))
	}
	quick := *options
	quick.MaxRetries, quick.DialTimeout, quick.ReadTimeout = 2, time.Second, 2*time.Second
	b.quick = redis.NewClient(&quick)
	patient := *options
	patient.MaxRetries, patient.MinRetryBackoff, patient.MaxRetryBackoff = 60, 100*time.Millisecond, 500*time.Millisecond
	patient.PoolSize = 64
	b.patient = redis.NewClient(&patient)
	if err := b.quick.Ping(ctx).Err(); err != nil {
		return fault.New(fault.Unavailable, "redis at %s: %w", options.Addr, err)
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

// hideURL cuts a URL, and with it a password, out of an error's text.
func hideURL(err error, url string) error {
	return errors.New(strings.ReplaceAll(err.Error(), url, "***"))
}
