package proxy

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// link is a client's connection and the server's that belongs to it.
type link struct {
	client, server net.Conn // server is nil where a silent proxy never asked it
	hung           atomic.Bool

	once sync.Once
	done chan struct{} // closed when it is cut
}

// cut ends both sides.
func (l *link) cut() {
	l.once.Do(func() { close(l.done) })
	_ = l.client.Close() // one that has ended already is as good
	if l.server != nil {
		_ = l.server.Close()
	}
}

// findLater has the server see the end of a link that hangs, and the client not.
func (l *link) findLater(after time.Duration) {
	if after > 0 && l.server != nil {
		time.AfterFunc(after, func() { _ = l.server.Close() }) // it may be closed already
	}
}

// end cuts the link when one of its sides has ended. One that hangs tells nobody: it stays until the proxy is closed.
func (l *link) end() {
	if !l.hung.Load() {
		l.cut()
		return
	}
	<-l.done
}

// discard swallows what a client says to nobody.
func (l *link) discard() {
	buffer := make([]byte, 4<<10)
	for {
		if _, err := l.client.Read(buffer); err != nil {
			l.cut()
			return
		}
	}
}

// chunk is what one read brought, and when it is handed on.
type chunk struct {
	data []byte
	due  time.Time
}

// forward hands on what the client says, each piece after the delay.
func (p *Proxy) forward(l *link) {
	chunks := make(chan chunk, 1024)
	var group sync.WaitGroup
	defer group.Wait()
	defer close(chunks)
	group.Go(func() {
		for c := range chunks {
			if !l.await(c.due) || l.hung.Load() {
				continue
			}
			if _, err := l.server.Write(c.data); err != nil {
				l.cut()
			}
		}
	})
	buffer := make([]byte, 64<<10)
	for {
		n, err := l.client.Read(buffer)
		if n > 0 {
			var delay time.Duration
			p.set(func() { delay = p.delay })
			chunks <- chunk{append([]byte(nil), buffer[:n]...), time.Now().Add(delay)}
		}
		if err != nil {
			l.end()
			return
		}
	}
}

// await returns when it is time, or false when the link is cut before.
func (l *link) await(due time.Time) bool {
	wait := time.Until(due)
	if wait <= 0 {
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.done:
		return false
	}
}

// answer hands on what the server says, unless it is lost.
func (p *Proxy) answer(l *link) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := l.server.Read(buffer)
		if n > 0 && !l.hung.Load() {
			lost, change := p.draw()
			if lost {
				l.cut()
				return
			}
			out := buffer[:n]
			if change != nil {
				out = change(out)
			}
			if _, err := l.client.Write(out); err != nil {
				l.end()
				return
			}
		}
		if err != nil {
			l.end()
			return
		}
	}
}

// draw counts a piece of an answer and says whether it is lost, and what it passes through.
func (p *Proxy) draw() (lost bool, change func([]byte) []byte) {
	n := p.answers.Add(1)
	p.set(func() {
		if lost = p.lose > 0 && n%p.lose == 0; lost {
			p.lost++
		}
		change = p.change
	})
	return lost, change
}
