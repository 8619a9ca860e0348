package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// proc is one process of the program, started by the harness.
type proc struct {
	name    string
	log     string // its output, kept over restarts
	process *os.Process
	done    chan struct{}
	err     error // how it ended; read after done
}

// startProc starts a command with its output appended to a file. The process has a group of its own, so that a
// terminal's interrupt reaches the harness only, and dies with the harness.
func startProc(name, log, dir string, env, command []string) (*proc, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("%s: log: %w", name, err)
	}
	defer out.Close()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithUs(cmd.SysProcAttr)
	p := &proc{name: name, log: log, done: make(chan struct{})}
	started := make(chan error, 1)
	go p.live(cmd, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// live starts the command and waits for its end on one locked thread: the parent-death signal follows the thread.
func (p *proc) live(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	err := cmd.Start()
	p.process = cmd.Process
	started <- err
	if err == nil {
		p.err = cmd.Wait()
	}
}

func (p *proc) pid() int { return p.process.Pid }

func (p *proc) alive() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// kill ends the process at once, as `kill -9` does, and returns when it was reaped, with the moment of the signal.
func (p *proc) kill() (time.Time, error) {
	at := time.Now()
	if err := p.process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return at, fmt.Errorf("%s: kill: %w", p.name, err)
	}
	<-p.done
	return at, nil
}

// stop ends the process in order; one that does not end within its grace is killed, which is an error.
func (p *proc) stop(grace time.Duration) error {
	if err := p.process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("%s: stop: %w", p.name, err)
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
		if p.err != nil {
			return fmt.Errorf("%s ended badly: %w%s", p.name, p.err, p.tail())
		}
		return nil
	case <-timer.C:
		_, err := p.kill()
		return errors.Join(fmt.Errorf("%s did not end within %s", p.name, grace), err)
	}
}

// awaitLine returns when the log holds the text, and fails when the process ends or ctx does before.
func (p *proc) awaitLine(ctx context.Context, text string) (string, error) {
	for {
		raw, err := os.ReadFile(p.log)
		if err != nil {
			return "", fmt.Errorf("%s: %w", p.name, err)
		}
		if i := strings.Index(string(raw), text); i >= 0 {
			line, _, _ := strings.Cut(string(raw[i:]), "\n")
			return line, nil
		}
		select {
		case <-p.done:
			return "", fmt.Errorf("%s ended early: %w%s", p.name, errors.Join(p.err, errors.New("no "+text)), p.tail())
		case <-ctx.Done():
			return "", fmt.Errorf("%s: waiting for %q: %w%s", p.name, text, ctx.Err(), p.tail())
		case <-time.After(pollEvery):
		}
	}
}

// tail returns the last lines of the log, ready to be put behind an error's text.
func (p *proc) tail() string {
	raw, err := os.ReadFile(p.log)
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return "; its log ends with:\n" + strings.Join(lines[max(0, len(lines)-8):], "\n")
}
