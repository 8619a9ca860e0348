// Package wire opens TCP connections to the program's own servers, Postgres and Redis, that notice when the other side is
// gone without a word: a machine that lost its power, a firewall that forgot the connection. It knows no protocol; whoever
// waits for an answer sets his own deadline.
package wire

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

// What the system sends over a connection on which nothing is said, and how long what was sent may go unacknowledged: a
// machine that is gone is noticed within 13 seconds, also while its answer is waited for.
const (
	probeAfter   = 5 * time.Second
	probeEvery   = 2 * time.Second
	probes       = 4
	unackedLimit = 13 * time.Second
)

// Dialer returns a dialer of such connections; limit is of the connecting alone.
func Dialer(limit time.Duration) *net.Dialer {
	return &net.Dialer{Timeout: limit, Control: limitUnacked,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: probeAfter, Interval: probeEvery, Count: probes}}
}

// Conn is a connection that remembers when something last came over it.
type Conn struct {
	net.Conn
	heard atomic.Int64 // nanoseconds since 1970
}

// Dial connects within limit.
func Dial(ctx context.Context, network, addr string, limit time.Duration) (*Conn, error) {
	conn, err := Dialer(limit).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := &Conn{Conn: conn}
	c.heard.Store(time.Now().UnixNano())
	return c, nil
}

// Read reads, and notes that something came.
func (c *Conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.heard.Store(time.Now().UnixNano())
	}
	return n, err
}

// Heard returns when something last came, or when the connection was made.
func (c *Conn) Heard() time.Time { return time.Unix(0, c.heard.Load()) }
