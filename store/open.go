// Package store keeps what the program owns in Postgres, through bun: one file per noun that is kept. Its methods take
// and give the nouns of market, news, forecast and notice; rows are unexported structs. Every write may run twice and
// then changes nothing more; whoever starts an outside effect claims it here first. The package calls nobody else,
// decides nothing about the market, reads no clock but the database's (for leases and dues), and never logs.
package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/driver/pgdriver"

	"tickerwire/internal/fault"
)

// DB is the program's database. Its methods are safe for concurrent use. Open makes one.
type DB struct {
	bun     *bun.DB
	reads   *reads
	askers  askers
	name    string // host and database, for messages
	options Options
}

// Options says which database to open and how.
type Options struct {
	URL        string // postgres://user:password@host:port/database?sslmode=disable; without sslmode TLS is required
	MaxConns   int    // at most so many connections, those for reads included, and at least one of each; 0 means 10
	Reads      int    // so many of them are for what people wait for; 0 means 2
	SearchPath string // one schema to work in, for tests; "" means the server's default

	// Traced writes a span for every statement that is made under one that is recorded.
	Traced bool

	// ReplyLimit is how long a single answer of the server may take to begin or to go on; 0 means a minute.
	ReplyLimit time.Duration

	// Wrap, when set, stands between the pool and what opens its connections: a test's way to let statements fail.
	Wrap func(driver.Connector) driver.Connector
}

// replyLimit bounds a single read from the server for callers whose context has no nearer deadline.
const replyLimit = time.Minute

// How long a connection is kept that nobody uses, and at all.
const (
	idleTime = 5 * time.Minute
	lifeTime = 30 * time.Minute
)

// Open connects to the database and pings it. A URL that cannot be read is Invalid, a server that does not answer is
// Unavailable; neither error shows the password.
func Open(ctx context.Context, o Options) (*DB, error) {
	name, err := describe(o.URL)
	if err != nil {
		return nil, err
	}
	if o.MaxConns == 0 {
		o.MaxConns = 10
	}
	if o.Reads == 0 {
		o.Reads = usualReads
	}
	o.Reads = min(o.Reads, max(1, o.MaxConns-1))
	limit := cmp.Or(o.ReplyLimit, replyLimit)
	db := &DB{bun: connect(o, limit), name: name, options: o}
	if db.reads, err = connectReads(connector(o, limit).Config(), o); err != nil {
		return nil, errors.Join(err, db.bun.Close())
	}
	db.askers.find = db.sessionUsers
	if err := db.Ping(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// connector says how connections are opened.
func connector(o Options, timeout time.Duration) *pgdriver.Connector {
	c := pgdriver.NewConnector(pgdriver.WithReadTimeout(timeout), pgdriver.WithWriteTimeout(timeout),
		pgdriver.WithApplicationName("tickerwire"), pgdriver.WithDSN(o.URL))
	c.Config().Dialer = dial
	return c
}

// connect makes a pool; a timeout of 0 lets a single statement take as long as it needs.
func connect(o Options, timeout time.Duration) *bun.DB {
	var gone atomic.Int64
	c := connector(o, timeout)
	c.Config().ResetSessionFunc = func(ctx context.Context, conn *pgdriver.Conn) error { return answers(ctx, conn, &gone) }
	var opener driver.Connector = sessions{c, o.SearchPath}
	if o.Wrap != nil {
		opener = o.Wrap(opener)
	}
	pool := sql.OpenDB(opener)
	most := max(1, o.MaxConns-o.Reads)
	pool.SetMaxOpenConns(most)
	pool.SetMaxIdleConns(most)
	pool.SetConnMaxIdleTime(idleTime)
	pool.SetConnMaxLifetime(lifeTime)
	db := bun.NewDB(pool, pgdialect.New(), bun.WithDiscardUnknownColumns())
	if o.Traced {
		db = db.WithQueryHook(tracedHook{})
	}
	return db
}

// describe returns host and database of a URL. Its errors name no part of the URL, as any part may hold the password.
func describe(dsn string) (string, error) {
	u, err := url.Parse(dsn)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return "", fault.New(fault.Invalid, "the database URL is not of the form postgres://user:password@host:port/database")
	}
	if _, err := pgdriver.NewDriver().OpenConnector(dsn); err != nil {
		return "", fault.New(fault.Invalid, "the URL of database %s%s has an option that is not understood", u.Host, u.Path)
	}
	return u.Host + u.Path, nil
}

// Close closes every connection.
func (db *DB) Close() error {
	db.askers.group.Wait()
	db.reads.pool.Close()
	return db.bun.Close()
}

// Ping asks the server for an answer; Unavailable when there is none.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.bun.PingContext(ctx); err != nil {
		return fmt.Errorf("store: database %s: %v: %w", db.name, err, fault.Because(fault.Unavailable, err, "the database cannot be reached"))
	}
	return nil
}

// Bun gives the query builder underneath, for tests and one-off tools; the program's SQL lives in this package.
func (db *DB) Bun() *bun.DB { return db.bun }

// Now returns the server's wall clock.
func (db *DB) Now(ctx context.Context) (now time.Time, err error) {
	err = db.bun.NewRaw(`select clock_timestamp()`).Scan(ctx, &now)
	return now, fail(err, "the server's clock")
}
