package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// slowProxy stands between a client and a server and hands on what the client sends a little later. Connections do not
// wait for one another, and answers come back at once: every round trip takes delay longer, as over a network.
type slowProxy struct {
	ln     net.Listener
	target string
	delay  time.Duration
	group  sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn // both sides of every connection
	ended bool
}

// startProxy listens on a free loopback port in front of target.
func startProxy(ctx context.Context, target string, delay time.Duration) (*slowProxy, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	p := &slowProxy{ln: ln, target: target, delay: delay}
	p.group.Go(p.accept)
	return p, nil
}

func (p *slowProxy) addr() string { return p.ln.Addr().String() }

// close ends every connection and waits for what handed them on.
func (p *slowProxy) close() error {
	err := p.ln.Close()
	p.mu.Lock()
	p.ended = true
	for _, c := range p.conns {
		c.Close() // a connection that is gone already is as good as closed
	}
	p.mu.Unlock()
	p.group.Wait()
	return err
}

// accept serves until the listener is closed.
func (p *slowProxy) accept() {
	for {
		client, err := p.ln.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil || !p.keep(client, server) {
			client.Close() // the client sees a server that is gone
			continue
		}
		p.group.Go(func() { p.forward(server, client) })
		p.group.Go(func() {
			defer client.Close()
			_, _ = io.Copy(client, server) // ends when either side is closed
		})
	}
}

func (p *slowProxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return false
	}
	p.conns = append(p.conns, conns...)
	return true
}

// chunk is what one read brought, and when it is handed on.
type chunk struct {
	data []byte
	due  time.Time
}

// forward hands on what comes from the client, each piece delay after it came: pieces in flight overlap.
func (p *slowProxy) forward(server, client net.Conn) {
	defer server.Close()
	chunks := make(chan chunk, 1024)
	p.group.Go(func() {
		for c := range chunks {
			time.Sleep(time.Until(c.due)) // the delay itself is what is wanted here
			if _, err := server.Write(c.data); err != nil && !errors.Is(err, net.ErrClosed) {
				client.Close() // the client sees it
			}
		}
	})
	defer close(chunks)
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if n > 0 {
			chunks <- chunk{append([]byte(nil), buffer[:n]...), time.Now().Add(p.delay)}
		}
		if err != nil {
			return
		}
	}
}
