package chaos

import (
	"fmt"
	"net"
	"sync"
)

// proxy carries TCP connections from an address that stays to a server that may come and go. Closed for a while, it
// refuses as a server that is away does.
type proxy struct {
	ln      net.Listener
	rewrite func([]byte) []byte // of what the server answers; may be nil
	group   sync.WaitGroup

	mu     sync.Mutex
	target string
	away   bool
	conns  map[net.Conn]bool
	ended  bool
}

// newProxy listens on a free loopback port. rewrite may be nil.
func newProxy(target string, rewrite func([]byte) []byte) (*proxy, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	p := &proxy{ln: ln, rewrite: rewrite, target: target, conns: make(map[net.Conn]bool)}
	p.group.Go(p.accept)
	return p, nil
}

func (p *proxy) address() string { return p.ln.Addr().String() }

// cut ends every connection and refuses new ones.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = true
	for c := range p.conns {
		_ = c.Close() // the aim is that it fails
	}
}

// restore lets connections through again, to a server at another address unless that is empty.
func (p *proxy) restore(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if target != "" {
		p.target = target
	}
	p.away = false
}

// Close ends the proxy and waits for its connections.
func (p *proxy) Close() error {
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	err := p.ln.Close()
	p.cut()
	p.group.Wait()
	return err
}

func (p *proxy) accept() {
	for {
		c, err := p.ln.Accept()
		if err != nil {
			return // closed
		}
		p.group.Go(func() { p.carry(c) })
	}
}

// keep remembers a connection, unless none is let through.
func (p *proxy) keep(c net.Conn) (target string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away || p.ended {
		return "", false
	}
	p.conns[c] = true
	return p.target, true
}

func (p *proxy) forget(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
	_ = c.Close() // it may be closed already
}

func (p *proxy) carry(client net.Conn) {
	target, ok := p.keep(client)
	defer p.forget(client)
	if !ok {
		reset(client)
		return
	}
	server, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer p.forget(server)
	if _, ok := p.keep(server); !ok {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		pump(server, client, nil)
		_ = server.Close()
	}()
	pump(client, server, p.rewrite)
	_ = client.Close()
	<-done
}

// reset lets the client see a refusal rather than a clean end.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // without it the client sees an end: a failure, too
	}
}

// pump copies until either side ends, through rewrite when there is one.
func pump(to, from net.Conn, rewrite func([]byte) []byte) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			out := buf[:n]
			if rewrite != nil {
				out = rewrite(out)
			}
			if _, err := to.Write(out); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
