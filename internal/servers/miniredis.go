package servers

import (
	"context"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// clockTick is how often the time of a Miniredis moves on.
const clockTick = 100 * time.Millisecond

// Miniredis is an in-process stand-in for Redis: memory only, for machines without redis-server and for quick tests.
type Miniredis struct {
	server *miniredis.Miniredis
	stop   context.CancelFunc
	done   chan struct{}
}

// StartMiniredis starts one on a free loopback port. Its clock stands still unless it is driven, so keys would never
// expire: a goroutine moves it on by the time that has passed, until Stop or the end of ctx.
func StartMiniredis(ctx context.Context) (*Miniredis, error) {
	server, err := miniredis.Run()
	if err != nil {
		return nil, fmt.Errorf("miniredis: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	m := &Miniredis{server: server, stop: stop, done: make(chan struct{})}
	go m.drive(ctx)
	return m, nil
}

func (m *Miniredis) drive(ctx context.Context) {
	defer close(m.done)
	tick := time.NewTicker(clockTick)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			m.server.FastForward(now.Sub(last))
			last = now
		}
	}
}

// URL addresses database 0.
func (m *Miniredis) URL() string { return "redis://" + m.server.Addr() + "/0" }

// Stop ends the server; what it held is gone.
func (m *Miniredis) Stop() {
	m.stop()
	<-m.done
	m.server.Close()
}
