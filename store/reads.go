package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/uptrace/bun/driver/pgdriver"

	"tickerwire/internal/tracing"
)

// usualReads is how many connections are for reads where nobody says.
const usualReads = 2

// reads is how the answers that people wait for are read: over connections of their own, by statements that each
// connection prepares once. bun writes its arguments into the text, so that the server plans every single one anew, which
// for a list of eight tables takes longer than the list itself.
type reads struct {
	pool    *pgxpool.Pool
	observe atomic.Pointer[func(statement string, args []any)]
}

// connectReads makes the pool; a connection is opened when it is needed first.
func connectReads(conf *pgdriver.Config, o Options) (*reads, error) {
	c, err := pgxpool.ParseConfig("host=localhost user=postgres sslmode=disable")
	if err != nil {
		return nil, fmt.Errorf("store: reads: %w", err)
	}
	cc := c.ConnConfig
	cc.User, cc.Password, cc.Database, cc.TLSConfig, cc.Fallbacks = conf.User, conf.Password, conf.Database, conf.TLSConfig, nil
	cc.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dial(ctx, conf.Network, conf.Addr)
	}
	cc.ConnectTimeout = connectLimit
	cc.RuntimeParams = map[string]string{"application_name": conf.AppName,
		// The plan of a statement is made once. These answers are small: helpers take longer to start than to help.
		"plan_cache_mode": "force_generic_plan", "max_parallel_workers_per_gather": "0", "jit": "off"}
	for _, setting := range sessionSettings {
		name, value, _ := strings.Cut(setting, " = ")
		cc.RuntimeParams[name] = strings.Trim(value, "'")
	}
	for name, value := range conf.ConnParams {
		cc.RuntimeParams[name] = fmt.Sprint(value)
	}
	if o.SearchPath != "" {
		cc.RuntimeParams["search_path"] = o.SearchPath
	}
	c.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		conn.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
		return nil
	}
	c.MaxConns, c.MinConns = int32(o.Reads), 0 // #nosec G115 -- a setting: no server takes so many connections
	c.MaxConnIdleTime, c.MaxConnLifetime, c.PingTimeout = idleTime, lifeTime, answerLimit
	pool, err := pgxpool.NewWithConfig(context.Background(), c)
	if err != nil {
		return nil, fmt.Errorf("store: reads: %w", err)
	}
	return &reads{pool: pool}, nil
}

// ObserveReads has f called with each statement that is read in this way; bun's hooks do not see them.
func (db *DB) ObserveReads(f func(statement string, args []any)) { db.reads.observe.Store(&f) }

// query is a statement in the making. Its text depends on which filters are set, never on their values: a ? is an argument.
type query struct {
	text strings.Builder
	args []any
	once bool // its best plan depends on the values: it is planned for them
}

func newQuery(text string, args ...any) *query { return new(query).add(text, args...) }

// add appends text, whose question marks stand for args.
func (q *query) add(text string, args ...any) *query {
	for _, a := range args {
		before, after, _ := strings.Cut(text, "?")
		q.args = append(q.args, a)
		fmt.Fprintf(&q.text, "%s$%d", before, len(q.args))
		text = after
	}
	q.text.WriteString(text)
	return q
}

// read is a query and who takes its rows; take begins anew when it is called again.
type read struct {
	*query
	take func(pgx.Rows) error
}

// into reads rows of a type; scan gets one row at a time.
func into[Row any](q *query, list *[]Row, scan func(pgx.Rows, *Row) error) read {
	return read{q, func(rows pgx.Rows) error {
		*list = (*list)[:0]
		for rows.Next() {
			var row Row
			if err := scan(rows, &row); err != nil {
				return err
			}
			*list = append(*list, row)
		}
		return rows.Err()
	}}
}

// read carries queries out, several in one round trip. They change nothing, so that one that a connection was lost over, or
// whose plan the server does not have any more, is asked once more.
func (db *DB) read(ctx context.Context, what string, list ...read) error {
	err := db.readOnce(ctx, list)
	if err != nil && ctx.Err() == nil && (unreachable(err) || forgotten(err)) {
		err = db.readOnce(ctx, list)
	}
	return fail(err, "%s", what)
}

func (db *DB) readOnce(ctx context.Context, list []read) (err error) {
	if db.options.Traced && tracing.Recorded(ctx) {
		span := tracing.SQL(ctx, "SELECT", withoutValues(textOf(list)))
		defer func() { endStatement(span, err) }()
	}
	if f := db.reads.observe.Load(); f != nil {
		for _, r := range list {
			(*f)(r.text.String(), r.args)
		}
	}
	if len(list) == 1 {
		args := list[0].args
		if list[0].once {
			args = append([]any{pgx.QueryExecModeSimpleProtocol}, args...)
		}
		rows, err := db.reads.pool.Query(ctx, list[0].text.String(), args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		return list[0].take(rows)
	}
	var batch pgx.Batch
	for _, r := range list {
		batch.Queue(r.text.String(), r.args...)
	}
	results := db.reads.pool.SendBatch(ctx, &batch)
	for _, r := range list {
		rows, err := results.Query()
		if err == nil {
			err = r.take(rows)
			rows.Close()
		}
		if err != nil {
			return errors.Join(err, results.Close())
		}
	}
	return results.Close()
}

// textOf returns the statements of one round trip.
func textOf(list []read) string {
	texts := make([]string, len(list))
	for i, r := range list {
		texts[i] = r.text.String()
	}
	return strings.Join(texts, ";")
}

// forgotten reports that a prepared statement does not fit any more: the schema has changed, or the connection's server.
func forgotten(err error) bool {
	switch sqlState(err) {
	case "0A000", "26000":
		return true
	}
	return false
}

// pgxState returns the server's five-letter error code in err's chain, "" when there is none.
func pgxState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}
