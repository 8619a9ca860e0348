package proxy_test

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"tickerwire/internal/proxy"
)

// echo runs a server that says back what it hears until the test ends, and counts what it heard.
func echo(t *testing.T) (addr string, heard chan string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	fatal(t, err)
	t.Cleanup(func() { ln.Close() })
	heard = make(chan string, 100)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for buffer := make([]byte, 100); ; {
					n, err := c.Read(buffer)
					if err != nil {
						return
					}
					heard <- string(buffer[:n])
					if _, err := c.Write(buffer[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return ln.Addr().String(), heard
}

func listen(t *testing.T, target string) *proxy.Proxy {
	t.Helper()
	p, err := proxy.Listen(target)
	fatal(t, err)
	t.Cleanup(func() { _ = p.Close() }) // twice where the test has closed it
	return p
}

func dial(t *testing.T, p *proxy.Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	fatal(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

// say sends a word and reads what comes back, at most for the limit.
func say(t *testing.T, c net.Conn, word string, limit time.Duration) (string, error) {
	t.Helper()
	if err := c.SetDeadline(time.Now().Add(limit)); err != nil {
		return "", err
	}
	if _, err := c.Write([]byte(word)); err != nil {
		return "", err
	}
	buffer := make([]byte, 100)
	n, err := c.Read(buffer)
	return string(buffer[:n]), err
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const patience = 10 * time.Second

func TestDelayIsOfEveryRoundTrip(t *testing.T) {
	t.Parallel()
	addr, _ := echo(t)
	p := listen(t, addr)
	c := dial(t, p)
	const delay = 60 * time.Millisecond
	p.Delay(delay)
	for range 3 {
		started := time.Now()
		if got, err := say(t, c, "word", patience); got != "word" || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
		if took := time.Since(started); took < delay {
			t.Errorf("a round trip took %s", took)
		}
	}
}

// TestDelayedConnectionsDoNotWaitForOneAnother sends through many at once: together they take about as long as one.
func TestDelayedConnectionsDoNotWaitForOneAnother(t *testing.T) {
	t.Parallel()
	const delay, clients = 200 * time.Millisecond, 20
	addr, _ := echo(t)
	p := listen(t, addr)
	p.Delay(delay)
	started := time.Now()
	var group sync.WaitGroup
	for range clients {
		c := dial(t, p)
		group.Go(func() {
			if got, err := say(t, c, "hello", patience); got != "hello" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	group.Wait()
	if took := time.Since(started); took > clients*delay/2 {
		t.Errorf("%d connections took %s: they wait for one another", clients, took)
	}
}

func TestAClosedProxyDoesNotListen(t *testing.T) {
	t.Parallel()
	addr, _ := echo(t)
	p := listen(t, addr)
	fatal(t, p.Close())
	if c, err := net.Dial("tcp", p.Addr()); err == nil {
		c.Close()
		t.Error("it still listens")
	}
}

func TestHangTellsNobodyAndSparesNewConnections(t *testing.T) {
	t.Parallel()
	addr, heard := echo(t)
	p := listen(t, addr)
	old := dial(t, p)
	if got, err := say(t, old, "before", patience); got != "before" || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
	<-heard
	if n := p.Hang(); n != 1 {
		t.Errorf("%d connections hang", n)
	}
	if _, err := say(t, old, "into the void", 200*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a hung connection says %v", err)
	}
	if got, err := say(t, dial(t, p), "after", patience); got != "after" || err != nil {
		t.Errorf("a new connection: %q, %v", got, err)
	}
	if got := <-heard; got != "after" {
		t.Errorf("the server heard %q", got)
	}
}

func TestTheServerFindsOutThatItsClientIsGone(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	fatal(t, err)
	defer ln.Close()
	p := listen(t, ln.Addr().String())
	p.ServerFinds(50 * time.Millisecond)
	client := dial(t, p)
	server, err := ln.Accept()
	fatal(t, err)
	defer server.Close()
	fatal(t, server.SetDeadline(time.Now().Add(patience)))
	// That the server has accepted says only that the proxy dialled; what arrives, that the proxy carries.
	_, err = client.Write([]byte("x"))
	fatal(t, err)
	_, err = server.Read(make([]byte, 1))
	fatal(t, err)
	if n := p.Hang(); n != 1 {
		t.Fatalf("%d connections hang", n)
	}
	if _, err := server.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the server sees %v", err)
	}
	if _, err := say(t, client, "still there?", 100*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the client sees %v", err)
	}
}

func TestSilenceLastsUntilRestore(t *testing.T) {
	t.Parallel()
	addr, _ := echo(t)
	p := listen(t, addr)
	p.Silence()
	c := dial(t, p)
	if _, err := say(t, c, "anybody?", 200*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a silent proxy says %v", err)
	}
	p.Restore("")
	if got, err := say(t, dial(t, p), "after", patience); got != "after" || err != nil {
		t.Errorf("after the silence: %q, %v", got, err)
	}
}

func TestALostAnswerIsOfARequestThatArrived(t *testing.T) {
	t.Parallel()
	addr, heard := echo(t)
	p := listen(t, addr)
	p.LoseAnswers(2)
	c := dial(t, p)
	if got, err := say(t, c, "first", patience); got != "first" || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
	if got, err := say(t, c, "second", patience); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the lost answer: %q, %v", got, err)
	}
	if first, second := <-heard, <-heard; first != "first" || second != "second" {
		t.Errorf("the server heard %q, %q", first, second)
	}
	if n := p.Lost(); n != 1 {
		t.Errorf("%d were lost", n)
	}
}

func TestCutAndRestoreElsewhere(t *testing.T) {
	t.Parallel()
	one, _ := echo(t)
	other, heard := echo(t)
	p := listen(t, one)
	c := dial(t, p)
	if _, err := say(t, c, "here", patience); err != nil {
		t.Fatal(err)
	}
	p.Cut()
	if _, err := say(t, c, "gone", patience); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a cut connection says %v", err)
	}
	if refused, err := net.Dial("tcp", p.Addr()); err == nil { // else it was reset already
		if got, err := io.ReadAll(refused); len(got) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a refused connection says %q, %v", got, err)
		}
		fatal(t, refused.Close())
	}
	p.Restore(other)
	if got, err := say(t, dial(t, p), "there", patience); got != "there" || err != nil || <-heard != "there" {
		t.Errorf("%q, %v", got, err)
	}
}
