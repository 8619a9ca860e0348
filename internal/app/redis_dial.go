package app

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"tickerwire/internal/wire"
)

// dialLimit is how long connecting may take, where the address does not say.
const dialLimit = 5 * time.Second

// answerLimit is how long a server may take to answer the first word on a new connection.
const answerLimit = 2 * time.Second

// dialer opens connections.
type dialer = func(ctx context.Context, network, addr string) (net.Conn, error)

// dialer returns what opens the connections of one client, all of which are given up where the server is gone without a
// word and one of them has found that out. Options may have a dialer of their own.
func (o redisOptions) dialer() dialer {
	dial := o.Dialer
	if dial == nil {
		plain := wire.Dialer(cmp.Or(o.DialTimeout, dialLimit))
		dial = plain.DialContext
		if o.TLSConfig != nil {
			dial = (&tls.Dialer{NetDialer: plain, Config: o.TLSConfig}).DialContext
		}
	}
	herd := new(wire.Herd)
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return herd.Add(conn), nil
	}
}

// answering returns a dialer that gives out a connection only when somebody answers on it. What stands before a Redis
// that is away (a load balancer, a container's port) takes connections and drops them: a client that retries for long
// would greet a server on the dropped connection again and again, for half a minute after Redis is back.
func answering(dial dialer) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		if err := answers(conn); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		return conn, nil
	}
}

// errLetGo is what a dialer says that is over; no client tries again on it.
var errLetGo = errors.New("redis is away and no longer waited for")

// whileNot returns the dialer, which connects no more once over is set. A client cannot be closed instead: the queue's
// servers panic when their subscription is closed under them.
func whileNot(over *atomic.Bool, dial dialer) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if over.Load() {
			return nil, errLetGo
		}
		return dial(ctx, network, addr)
	}
}

// answers asks for a PONG. A server that asks for a password first answers, too.
func answers(conn net.Conn) error {
	if err := conn.SetDeadline(time.Now().Add(answerLimit)); err != nil {
		return err
	}
	// As an array: the in-process stand-in takes no words in a line, and drops who sends some.
	if _, err := conn.Write([]byte("*1\r\n$4\r\nPING\r\n")); err != nil {
		return err
	}
	var line []byte
	for one := make([]byte, 1); !strings.HasSuffix(string(line), "\n"); line = append(line, one...) {
		if _, err := conn.Read(one); err != nil {
			return err
		}
	}
	if strings.HasPrefix(string(line), "-LOADING") {
		return fmt.Errorf("redis: %s", strings.TrimSpace(string(line)))
	}
	return conn.SetDeadline(time.Time{})
}
