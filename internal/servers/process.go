package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	startAttempts = 5                      // a free port can be taken between choosing and binding it
	pollEvery     = 20 * time.Millisecond  // readiness polling: a server has no event to await
	stopGrace     = 15 * time.Second       // between the graceful signal and SIGKILL
	killWait      = 5 * time.Second        // for the kernel to reap after SIGKILL
	dialTimeout   = 500 * time.Millisecond // of one readiness attempt
)

// child is one server process. Its output goes to a log file, and a goroutine observes its end until Stop has seen it.
type child struct {
	name    string
	logPath string
	graceBy os.Signal
	process *os.Process
	done    chan struct{} // closed once the process is reaped
	err     error         // how it ended; read after done
}

// startChild starts cmd with its output in logPath (truncated). The child is in a process group of its own, so that a
// terminal's interrupt reaches only its owner, who stops it in order, and it receives dieBy when this process dies
// (Linux only). stop sends graceBy first.
func startChild(name string, cmd *exec.Cmd, logPath string, graceBy, dieBy syscall.Signal) (*child, error) {
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600) // #nosec G304 -- a file of the server's own folder
	if err != nil {
		return nil, fmt.Errorf("%s: log: %w", name, err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	c, err := launch(name, cmd, dieBy)
	if err != nil {
		return nil, err
	}
	c.logPath, c.graceBy = logPath, graceBy
	return c, nil
}

// launch starts cmd in a process group of its own, with a goroutine that observes its end.
func launch(name string, cmd *exec.Cmd, dieBy syscall.Signal) (*child, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	dieWithParent(cmd.SysProcAttr, dieBy)
	c := &child{name: name, done: make(chan struct{})}
	started := make(chan error, 1)
	go c.live(cmd, started)
	if err := <-started; err != nil {
		<-c.done
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// live starts the command and waits for its end on one locked OS thread: the parent-death signal follows the thread
// that started the child, and an unlocked one may end earlier than the process.
func (c *child) live(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(c.done)
	err := cmd.Start()
	c.process = cmd.Process
	started <- err
	if err == nil {
		c.err = cmd.Wait()
	}
}

// stop ends the process: the graceful signal, SIGKILL after stopGrace or when ctx ends, and waits until it is reaped.
func (c *child) stop(ctx context.Context) error {
	if err := c.process.Signal(c.graceBy); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("%s: signal: %w", c.name, err)
	}
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-c.done:
		return nil
	case <-grace.C:
	case <-ctx.Done():
	}
	return c.kill()
}

// kill ends the process at once and waits until it is reaped.
func (c *child) kill() error {
	if err := c.process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("%s: kill: %w", c.name, err)
	}
	patience := time.NewTimer(killWait)
	defer patience.Stop()
	select {
	case <-c.done:
		return nil
	case <-patience.C:
		return fmt.Errorf("%s: process %d survives SIGKILL", c.name, c.process.Pid)
	}
}

// await calls ready until it returns nil. It gives up when ctx ends or the process does; the error then ends with the
// last lines of the log, and the process is gone.
func (c *child) await(ctx context.Context, ready func(context.Context) error) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var last error
	for {
		attempt, cancel := context.WithTimeout(ctx, dialTimeout)
		last = ready(attempt)
		cancel()
		if last == nil {
			return nil
		}
		select {
		case <-c.done:
			return c.ended()
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("%s: not ready: %w (last: %v)%s", c.name, ctx.Err(), last, c.tail()), c.kill())
		case <-tick.C:
		}
	}
}

// ended says how a process ended that should have gone on. errAddressInUse is in its chain when another port helps.
func (c *child) ended() error {
	tail := c.tail()
	if strings.Contains(tail, "ddress already in use") {
		return fmt.Errorf("%s: %w%s", c.name, errAddressInUse, tail)
	}
	return fmt.Errorf("%s: ended early (%v)%s", c.name, c.err, tail)
}

// tail returns the last lines of the log, ready to be put behind an error's text.
func (c *child) tail() string {
	raw, err := os.ReadFile(c.logPath)
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	if len(lines) > 12 {
		lines = lines[len(lines)-12:]
	}
	return fmt.Sprintf("; end of %s:\n%s", c.logPath, strings.Join(lines, "\n"))
}

var errAddressInUse = errors.New("address already in use")

// onFreePort calls start with a free loopback port, and again with another one when that was taken meanwhile.
func onFreePort(start func(port int) error) error {
	var err error
	for range startAttempts {
		var port int
		if port, err = freePort(); err != nil {
			return err
		}
		if err = start(port); !errors.Is(err, errAddressInUse) {
			return err
		}
	}
	return err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// homeDir makes dir absolute and creates it.
func homeDir(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("no directory given")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o755) // #nosec G301 -- the user that the server runs as must get through
}
