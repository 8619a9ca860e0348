package chaos

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"syscall"

	"github.com/redis/go-redis/v9"
)

// errCut is what a client sees of a connection that was cut.
var errCut = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}

// faultyRedis returns a hook that lets a share of the commands fail: half of them before they leave, half after they
// were carried out, which is a lost answer.
func faultyRedis(rate float64) func(redis.UniversalClient) {
	return func(c redis.UniversalClient) { c.AddHook(redisFaults{rate}) }
}

type redisFaults struct{ rate float64 }

// DialHook lets every dial pass.
func (redisFaults) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook hits single commands.
func (f redisFaults) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		before, after := draw(f.rate)
		if before {
			cmd.SetErr(errCut)
			return errCut
		}
		err := next(ctx, cmd)
		if after && err == nil {
			cmd.SetErr(errCut)
			return errCut
		}
		return err
	}
}

// ProcessPipelineHook hits pipelines as a whole.
func (f redisFaults) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		before, after := draw(f.rate)
		if before {
			return failAll(cmds)
		}
		err := next(ctx, cmds)
		if after && err == nil {
			return failAll(cmds)
		}
		return err
	}
}

func failAll(cmds []redis.Cmder) error {
	for _, cmd := range cmds {
		cmd.SetErr(errCut)
	}
	return errCut
}

// draw says whether a call is hit, and whether before or after it is carried out.
func draw(rate float64) (before, after bool) {
	if rand.Float64() >= rate {
		return false, false
	}
	before = rand.IntN(2) == 0
	return before, !before
}

// faultyDatabase wraps a connector so that a share of the statements fail with a cut connection: half before they leave,
// half after they were carried out. Commits are statements, too: a lost answer to one leaves its fate open.
func faultyDatabase(rate float64) func(driver.Connector) driver.Connector {
	return func(c driver.Connector) driver.Connector { return faultyConnector{c, rate} }
}

type faultyConnector struct {
	driver.Connector
	rate float64
}

// Connect opens a connection whose statements may fail.
func (c faultyConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	whole, ok := conn.(wholeConn)
	if !ok {
		return nil, errors.Join(errors.New("chaos: the driver's connection lacks a method"), conn.Close())
	}
	return &faultyConn{wholeConn: whole, rate: c.rate}, nil
}

// wholeConn is what database/sql makes use of in a connection of pgdriver.
type wholeConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.Validator
	driver.SessionResetter
}

type faultyConn struct {
	wholeConn
	rate float64
	cut  bool
}

// hit draws, runs do, and cuts the connection when it was hit.
func (c *faultyConn) hit(do func() error) error {
	if c.cut {
		return driver.ErrBadConn
	}
	before, after := draw(c.rate)
	if before {
		c.cut = true
		return io.ErrUnexpectedEOF
	}
	err := do()
	if after && err == nil {
		c.cut = true
		return io.ErrUnexpectedEOF
	}
	return err
}

// ExecContext runs a statement without rows.
func (c *faultyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (res driver.Result, err error) {
	err = c.hit(func() (err error) { res, err = c.wholeConn.ExecContext(ctx, query, args); return err })
	return res, err
}

// QueryContext runs a statement with rows.
func (c *faultyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (rows driver.Rows, err error) {
	err = c.hit(func() (err error) { rows, err = c.wholeConn.QueryContext(ctx, query, args); return err })
	if err != nil && rows != nil {
		return nil, errors.Join(err, rows.Close())
	}
	return rows, err
}

// BeginTx begins a transaction whose commit may fail.
func (c *faultyConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	var tx driver.Tx
	err := c.hit(func() (err error) { tx, err = c.wholeConn.BeginTx(ctx, opts); return err })
	if err != nil {
		return nil, err
	}
	return faultyTx{tx, c}, nil
}

// IsValid keeps a cut connection out of the pool.
func (c *faultyConn) IsValid() bool { return !c.cut && c.wholeConn.IsValid() }

type faultyTx struct {
	driver.Tx
	conn *faultyConn
}

// Commit may fail before or after the server has committed.
func (t faultyTx) Commit() error { return t.conn.hit(t.Tx.Commit) }

// Rollback of a cut connection is the server's matter.
func (t faultyTx) Rollback() error {
	if t.conn.cut {
		return driver.ErrBadConn
	}
	return t.Tx.Rollback()
}
