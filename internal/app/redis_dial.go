package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// answerLimit is how long a server may take to answer the first word on a new connection.
const answerLimit = 2 * time.Second

// answering returns a dialer that gives out a connection only when somebody answers on it. What stands before a Redis
// that is away (a load balancer, a container's port) takes connections and drops them: a client that retries for long
// would greet a server on the dropped connection again and again, for half a minute after Redis is back.
func answering(o redis.UniversalOptions) func(context.Context, string, string) (net.Conn, error) {
	dial := o.Dialer
	if dial == nil {
		dial = redis.NewDialer(&redis.Options{DialTimeout: cmp.Or(o.DialTimeout, 5*time.Second), TLSConfig: o.TLSConfig})
	}
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
func whileNot(over *atomic.Bool, dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
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
