package chaos

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"syscall"

	"github.com/redis/go-redis/v9"
)

// errCut is what a client sees of a connection that was cut.
var errCut = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}

// faultyRedis returns a hook that cuts a client's connections at a share of the commands: half of them before the command
// leaves, half after it was carried out, which is a lost answer. It does so below the client's own retries, as a network
// does.
func faultyRedis(rate float64) func(redis.UniversalClient) {
	return func(c redis.UniversalClient) { c.AddHook(redisFaults{rate}) }
}

type redisFaults struct{ rate float64 }

// DialHook hands out connections that will be cut.
func (f redisFaults) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := next(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &faultyWire{Conn: conn, rate: f.rate}, nil
	}
}

// ProcessHook lets every command pass.
func (redisFaults) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

// ProcessPipelineHook lets every pipeline pass.
func (redisFaults) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// handshake is how many writes of a new connection are spared: a greeting is no command of ours.
const handshake = 3

// faultyWire is a connection that is cut for good at some write: one write carries one command, or one pipeline.
type faultyWire struct {
	net.Conn
	rate   float64
	writes atomic.Int64
	deaf   atomic.Bool // what was written arrives, and no answer comes back
}

// Write sends a command, unless the connection is cut before it.
func (w *faultyWire) Write(b []byte) (int, error) {
	if w.writes.Add(1) <= handshake {
		return w.Conn.Write(b)
	}
	before, after := draw(w.rate)
	if before {
		return 0, w.cut()
	}
	n, err := w.Conn.Write(b)
	if after && err == nil {
		w.deaf.Store(true)
	}
	return n, err
}

// Read returns an answer, unless it was lost.
func (w *faultyWire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b) // the server has carried the command out by then
	if w.deaf.Load() {
		return 0, w.cut()
	}
	return n, err
}

// cut ends the connection. Clients look at an error's own type, hence nothing is joined to it.
func (w *faultyWire) cut() error {
	_ = w.Conn.Close() // the aim is that it fails
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
