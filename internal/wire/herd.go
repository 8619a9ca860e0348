package wire

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Herd is the connections of one client's pool to servers that answer at once. When one of them does not answer in time,
// all that have been silent since that question was asked are closed: what took one of them without a word took them all,
// and a client that found each out by its own timeout would be busy with that for minutes. Closing a good one costs a new
// connection. The zero Herd is empty.
type Herd struct {
	mu    sync.Mutex
	conns map[*herded]struct{}
}

// Add makes a connection one of the herd.
func (h *Herd) Add(conn net.Conn) net.Conn {
	c := &herded{Conn: conn, herd: h}
	c.heard.Store(time.Now().UnixNano())
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conns == nil {
		h.conns = make(map[*herded]struct{})
	}
	h.conns[c] = struct{}{}
	return c
}

// condemn closes the connections to a server that have been silent since a moment.
func (h *Herd) condemn(server string, since int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.conns {
		if c.heard.Load() < since && c.RemoteAddr().String() == server {
			delete(h.conns, c)
			c.condemned.Store(true)
			_ = c.Conn.Close() // nobody answers on it
		}
	}
}

func (h *Herd) remove(c *herded) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, c)
}

// herded is a connection of a herd.
type herded struct {
	net.Conn
	herd         *Herd
	asked, heard atomic.Int64 // nanoseconds since 1970
	condemned    atomic.Bool
}

// Write asks something, and notes when.
func (c *herded) Write(b []byte) (int, error) {
	if c.asked.Load() <= c.heard.Load() {
		c.asked.Store(time.Now().UnixNano())
	}
	return c.Conn.Write(b)
}

// Read reads an answer. Where none comes in time the herd is looked through.
func (c *herded) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.heard.Store(time.Now().UnixNano())
		return n, err
	}
	if asked := c.asked.Load(); errors.Is(err, os.ErrDeadlineExceeded) && asked > c.heard.Load() {
		c.herd.condemn(c.RemoteAddr().String(), asked)
	}
	return n, err
}

// Close ends the connection.
func (c *herded) Close() error {
	c.herd.remove(c)
	return c.Conn.Close()
}

// SyscallConn lets a pool look whether the other side has closed the connection, or the herd has.
func (c *herded) SyscallConn() (syscall.RawConn, error) {
	if c.condemned.Load() {
		return nil, net.ErrClosed
	}
	if raw, ok := c.Conn.(syscall.Conn); ok {
		return raw.SyscallConn()
	}
	return opaque{}, nil
}

// opaque is a connection that cannot be looked at.
type opaque struct{}

// Control does nothing.
func (opaque) Control(func(uintptr)) error { return nil }

// Read does nothing.
func (opaque) Read(func(uintptr) bool) error { return nil }

// Write does nothing.
func (opaque) Write(func(uintptr) bool) error { return nil }
