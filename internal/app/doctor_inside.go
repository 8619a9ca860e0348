package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/store/vectors"
)

// inside returns the checks of our own servers and of the calendar.
func (d *doctor) inside() []probe {
	probes := []probe{
		{name: "postgres", asked: "schema and clock", ask: d.checkPostgres},
		{name: "redis", asked: "eviction and clock", ask: d.checkRedis},
		{name: "milvus", asked: "its version", ask: d.checkMilvus},
		{name: "calendar", asked: "the next days", ask: d.checkCalendar},
	}
	if d.cfg.DatabaseURL == "" {
		probes[0].set = "set DATABASE_URL; `make run` starts one of its own"
	}
	if d.cfg.RedisURL == "" {
		probes[1].set = "set REDIS_URL; `make run` starts one of its own"
	}
	if d.cfg.MilvusAddress == "" {
		probes[2].set = "set MILVUS_ADDRESS, or leave it: the exact index needs none"
	}
	return probes
}

// calendarDays is how many trading days ahead must be known: more than the longest horizon.
const calendarDays = 10

const setClock = "set this machine's clock right"

func (d *doctor) checkPostgres(ctx context.Context) (string, error) {
	db, err := store.Open(ctx, store.Options{URL: string(d.cfg.DatabaseURL), MaxConns: 2})
	if err != nil {
		return "", advise(err, "start it, or mend DATABASE_URL")
	}
	if err := db.CheckSchema(ctx); err != nil {
		return "", advise(errors.Join(err, db.Close()), "run `tickerctl migrate`, or update the program where the schema is the newer one")
	}
	d.db = db
	if err := checkSkew(ctx, "postgres", time.Now, db.Now); err != nil {
		return "", advise(err, setClock)
	}
	return "the schema is this program's, the clocks agree", nil
}

func (d *doctor) checkRedis(ctx context.Context) (string, error) {
	options, err := parseRedis(d.cfg.RedisURL, d.cfg.RedisCAFile)
	if err != nil {
		return "", advise(err, "mend REDIS_URL")
	}
	rdb := options.quick()
	if err := rdb.Ping(ctx).Err(); err != nil {
		err = fault.New(fault.Unavailable, "redis at %s: %w", strings.Join(options.Addrs, ", "), err)
		return "", advise(errors.Join(err, rdb.Close()), "start it, or mend REDIS_URL")
	}
	d.redis, d.quick = options, rdb
	if err := checkSkew(ctx, "redis", time.Now, func(ctx context.Context) (time.Time, error) { return rdb.Time(ctx).Result() }); err != nil {
		return "", advise(err, setClock)
	}
	policy, err := evictionPolicy(ctx, rdb)
	if err != nil {
		return "", advise(err, "set maxmemory-policy noeviction in Redis")
	}
	if policy == "" {
		return "it does not tell its maxmemory-policy, which must be noeviction; the clocks agree", nil
	}
	return "it evicts nothing, the clocks agree", nil
}

func (d *doctor) checkMilvus(ctx context.Context) (_ string, err error) {
	const start = "start it, or mend MILVUS_ADDRESS"
	index, err := vectors.OpenMilvus(ctx, vectors.MilvusOptions{Address: d.cfg.MilvusAddress, Prefix: d.cfg.MilvusPrefix})
	if err != nil {
		return "", advise(err, start)
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	if err := index.Ping(ctx); err != nil {
		return "", advise(err, start)
	}
	return "it answers", nil
}

func (d *doctor) checkCalendar(context.Context) (string, error) {
	today := market.DayOf(d.clock.now())
	if _, err := d.calendar.Add(today, calendarDays); err != nil {
		return "", advise(err, "update the program: its table of closed days ends")
	}
	first, last := d.calendar.Covers()
	return fmt.Sprintf("closed days are known from %s to %s, %d days on", first, last, last-today), nil
}
