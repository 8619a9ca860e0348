// Package proxy carries TCP connections between a program and one of its servers, and does to them what networks do: it
// delays, cuts, falls silent without a word to either side, or loses an answer. Benchmarks, tests and the chaos harness
// share it; it understands nothing of what is said, and must not be imported by the program.
package proxy

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// dialLimit is how long the server may take to accept.
const dialLimit = 5 * time.Second

// Proxy stands before a server, on an address that stays while the server comes and goes. Its methods are safe for
// concurrent use. Listen makes one.
type Proxy struct {
	ln    net.Listener
	group sync.WaitGroup

	answers atomic.Int64 // pieces that servers have sent

	mu     sync.Mutex
	links  map[*link]bool
	target string
	away   bool
	silent bool
	delay  time.Duration
	lose   int64 // one answer of so many; 0: none
	lost   int
	finds  time.Duration
	change func([]byte) []byte
	ended  bool
}

// Listen listens on a free loopback port in front of the server at target, host:port.
func Listen(target string) (*Proxy, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	p := &Proxy{ln: ln, target: target, links: make(map[*link]bool)}
	p.group.Go(p.accept)
	return p, nil
}

// Addr is host:port for clients.
func (p *Proxy) Addr() string { return p.ln.Addr().String() }

// Delay hands on what clients send so much later: every round trip takes that much longer, as over a network. Pieces in
// flight overlap, and connections do not wait for one another.
func (p *Proxy) Delay(d time.Duration) { p.set(func() { p.delay = d }) }

// Rewrite has every piece of an answer pass through change; nil lets it pass as it is.
func (p *Proxy) Rewrite(change func([]byte) []byte) { p.set(func() { p.change = change }) }

// LoseAnswers loses one answer of so many, of all connections together: the request has reached the server, its answer is
// dropped and the connection is cut. 0 loses none.
func (p *Proxy) LoseAnswers(oneOf int) { p.set(func() { p.lose = int64(oneOf) }) }

// Lost counts the answers that were lost.
func (p *Proxy) Lost() (n int) {
	p.set(func() { n = p.lost })
	return n
}

// Cut ends every connection and refuses new ones, as a server that is gone does.
func (p *Proxy) Cut() {
	p.set(func() {
		p.away = true
		for l := range p.links {
			l.cut()
		}
	})
}

// Restore lets connections through again, to a server at another address unless that is empty.
func (p *Proxy) Restore(target string) {
	p.set(func() {
		if target != "" {
			p.target = target
		}
		p.away, p.silent = false, false
	})
}

// ServerFinds has the server find out, so long after a Hang, that its clients are gone, as its system's probes would: those
// end at the proxy, and are answered. 0, as it is at first, leaves the server in the dark.
func (p *Proxy) ServerFinds(after time.Duration) { p.set(func() { p.finds = after }) }

// Hang has every present connection carry nothing more, ever, without a word to either side, as when a machine or a
// firewall between them forgets them. New connections are not concerned. It returns how many hang.
func (p *Proxy) Hang() (n int) {
	p.set(func() {
		for l := range p.links {
			if !l.hung.Swap(true) {
				n++
				l.findLater(p.finds)
			}
		}
	})
	return n
}

// Silence is Hang that lasts: new connections are accepted and never answered either, until Restore.
func (p *Proxy) Silence() (n int) {
	p.set(func() { p.silent = true })
	return p.Hang()
}

// Close ends the proxy and waits for its connections.
func (p *Proxy) Close() error {
	p.set(func() { p.ended = true })
	err := p.ln.Close()
	p.Cut()
	p.group.Wait()
	return err
}

func (p *Proxy) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *Proxy) accept() {
	for {
		client, err := p.ln.Accept()
		if err != nil {
			return // closed
		}
		p.group.Go(func() { p.carry(client) })
	}
}

// carry connects a client with the server until either side ends.
func (p *Proxy) carry(client net.Conn) {
	var target string
	var away, silent bool
	p.set(func() { target, away, silent = p.target, p.away || p.ended, p.silent })
	if away {
		refuse(client)
		return
	}
	l := &link{client: client, done: make(chan struct{})}
	if !silent {
		var err error
		if l.server, err = net.DialTimeout("tcp", target, dialLimit); err != nil {
			refuse(client)
			return
		}
	}
	if !p.keep(l) {
		l.cut()
		return
	}
	defer p.set(func() { delete(p.links, l) })
	if silent {
		l.discard()
		return
	}
	var group sync.WaitGroup
	group.Go(func() { p.forward(l) })
	p.answer(l)
	group.Wait()
}

func (p *Proxy) keep(l *link) (kept bool) {
	p.set(func() {
		if kept = !p.away && !p.ended; kept {
			l.hung.Store(l.server == nil || p.silent) // it may have fallen silent while the server was dialled
			p.links[l] = true
		}
	})
	return kept
}

// refuse ends a connection that was hardly begun, so that its client sees a failure rather than a clean end.
func refuse(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // without it the client sees an end: a failure, too
	}
	_ = c.Close() // the aim is that it fails
}
