package store

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun/driver/pgdriver"

	"tickerwire/internal/wire"
)

const (
	connectLimit = 5 * time.Second // to connect and to make a session what it must be, both together
	trusted      = time.Second     // a connection over which something came so recently is used without asking
	answerLimit  = time.Second     // for a connection that is asked
)

// sessionSettings are of every connection. The server ends one whose transaction waits for its client for longer than any
// of ours does: a client that is gone without a word would keep its locks, and others waiting, for hours. It also asks
// the client's machine whether it is still there.
var sessionSettings = []string{
	"timezone = 'UTC'",
	"idle_in_transaction_session_timeout = '20s'",
	"tcp_keepalives_idle = 5", "tcp_keepalives_interval = 2", "tcp_keepalives_count = 4", "tcp_user_timeout = '13s'",
}

// sessions opens connections with our settings.
type sessions struct {
	*pgdriver.Connector
	searchPath string
}

// Connect opens a connection within connectLimit.
func (s sessions) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	conn, err := s.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	session, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(errors.New("the driver's connection cannot be told its settings"), conn.Close())
	}
	settings := "set " + strings.Join(sessionSettings, "; set ")
	if s.searchPath != "" {
		settings += "; set search_path = '" + strings.ReplaceAll(s.searchPath, "'", "''") + "'"
	}
	if _, err := session.ExecContext(ctx, settings, nil); err != nil {
		return nil, errors.Join(fmt.Errorf("settings of a session: %w", err), conn.Close())
	}
	return conn, nil
}

// dial connects to the server.
func dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := wire.Dial(ctx, network, addr, connectLimit)
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// answers asks a connection of the pool for an answer before it is used, unless something came over it just now. One that
// was closed without a word would otherwise be found out by the statement, after the whole of its time. gone is when a
// connection was last found to be so, in nanoseconds since 1970: others that have been silent since are not even asked.
func answers(ctx context.Context, conn *pgdriver.Conn, gone *atomic.Int64) error {
	c := conn.Conn()
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	w, ok := c.(*wire.Conn)
	if !ok {
		return nil
	}
	heard, now := w.Heard(), time.Now()
	switch {
	case heard.UnixNano() < gone.Load():
		return driver.ErrBadConn
	case now.Sub(heard) < trusted:
		return nil
	}
	asked, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	if err := conn.Ping(asked); err != nil {
		if ctx.Err() == nil {
			gone.Store(now.UnixNano())
		}
		return driver.ErrBadConn
	}
	return nil
}
