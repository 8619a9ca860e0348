package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// process is a role of the program that runs as its own process.
type process struct {
	name    string
	cmd     *exec.Cmd
	private string // where it answers /health
	group   bool   // it leads a process group, of which nothing is to be left
	done    chan struct{}
	err     error     // how it ended; read it after done
	said    complaint // on its standard output
	complaint
}

// complaint keeps the end of what a process writes.
type complaint struct {
	mu   sync.Mutex
	text []byte
}

const complaintKept = 4 << 10

// Write keeps the last bytes.
func (c *complaint) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text = append(c.text, p...)
	c.text = c.text[max(0, len(c.text)-complaintKept):]
	return len(p), nil
}

func (c *complaint) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(bytes.TrimSpace(c.text))
}

// command prepares a binary of the program. It knows of no setting but those given, NAME=value each.
func (e *Env) command(ctx context.Context, name string, settings []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(e.bin, name), args...)
	cmd.Dir = e.dir // no .env there
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + e.dir, "LOG_LEVEL=error"}, settings...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopLimit
	return cmd
}

// do runs an errand of tickerctl to its end.
func (e *Env) do(ctx context.Context, settings []string, args ...string) error {
	cmd := e.command(ctx, "tickerctl", settings, args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("tickerctl %s: %w: %s", args[0], err, bytes.TrimSpace(out))
	}
	return nil
}

const (
	startLimit = 20 * time.Second
	askEvery   = 20 * time.Millisecond
)

// start starts a role, a binary with its arguments, and returns when it answers.
func (e *Env) start(ctx context.Context, name string, settings []string, args ...string) (*process, error) {
	private, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	p := &process{name: name, private: private, done: make(chan struct{})}
	p.cmd = e.command(context.WithoutCancel(ctx), name, append([]string{"PRIVATE_ADDR=" + private}, settings...), args...)
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.complaint
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	if err := p.await(ctx); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// await waits until the role is well.
func (p *process) await(ctx context.Context) error { return p.awaitFor(ctx, startLimit) }

func (p *process) awaitFor(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for !healthy(ctx, p.private) {
		select {
		case <-p.done:
			return fmt.Errorf("%s ended at once: %w: %s", p.name, p.err, &p.complaint)
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w: %s", p.name, ctx.Err(), &p.complaint)
		case <-time.After(askEvery):
		}
	}
	return nil
}

func healthy(ctx context.Context, addr string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/health", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	return res.Body.Close() == nil && res.StatusCode == http.StatusOK
}

// stop ends the process in order and tells what it complained of. One that does not end in time is killed.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	select {
	case <-p.done:
	case <-time.After(stopLimit):
		p.err = errors.Join(p.cmd.Process.Kill(), errors.New("did not end in time"))
	}
	if p.group {
		if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			p.err = errors.Join(p.err, err)
		}
	}
	if p.err != nil {
		return fmt.Errorf("%s: %w: %s", p.name, p.err, &p.complaint)
	}
	return nil
}

// freeAddr returns a loopback address that nobody listens on just now.
func freeAddr(ctx context.Context) (string, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("free port: %w", err)
	}
	return ln.Addr().String(), ln.Close()
}
