package servers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	startLimit   = 3 * time.Minute  // for all servers together; a first download is part of it
	stopLimit    = 30 * time.Second // for all servers together
	commandGrace = 10 * time.Second // between the forwarded signal and SIGKILL
	testClients  = 300              // connections to Postgres: packages are tested in parallel
)

// Run starts ephemeral servers around a command. The zero value starts none.
type Run struct {
	Postgres, Redis, Milvus bool

	// Venv is MilvusOptions.Venv.
	Venv string
	// Signals, SIGINT and SIGTERM, end the command; nil forwards none.
	Signals <-chan os.Signal
	// The command's standard streams; nil is the null device. Best are files: what is not is copied until the last of the
	// command's descendants has closed it.
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// Do starts the servers in a temporary directory, runs the command with TEST_DATABASE_URL, TEST_REDIS_URL and
// TEST_MILVUS_ADDRESS set for those asked for, stops them and removes the directory. It returns the command's exit code
// (128 + n when signal n ended it), with an error when something else went wrong. The command has a process group of
// its own, all of which is ended with it, so it must not read from a terminal.
func (r Run) Do(ctx context.Context, command ...string) (code int, err error) {
	if len(command) == 0 {
		return 2, errors.New("no command given")
	}
	home, err := os.MkdirTemp("", "tickerwire-servers-")
	if err != nil {
		return 1, fmt.Errorf("temporary directory: %w", err)
	}
	defer func() { err = errors.Join(err, removeAll(home)) }()
	if err := os.Chmod(home, 0o755); err != nil { // #nosec G302 -- for the user that Postgres runs as under root
		return 1, fmt.Errorf("temporary directory: %w", err)
	}

	set := fleet{home: home}
	defer func() { err = errors.Join(err, set.stop(ctx)) }()
	interrupted, err := r.start(ctx, &set)
	if err != nil || interrupted != 0 {
		return exitCode(interrupted, 1), err
	}
	return r.command(ctx, set.env, command)
}

// start starts the servers, unless a signal comes first: then it returns that.
func (r Run) start(ctx context.Context, set *fleet) (syscall.Signal, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	started := make(chan error, 1)
	go func() { started <- set.start(ctx, r) }()
	select {
	case err := <-started:
		return 0, err
	case sig := <-r.Signals:
		cancel()
		<-started
		number, _ := sig.(syscall.Signal)
		return number, nil
	}
}

// command runs the command to its end, and ends its whole process group when a signal comes or ctx ends.
func (r Run) command(ctx context.Context, env, command []string) (int, error) {
	cmd := exec.Command(command[0], command[1:]...) // #nosec G204 -- the command that the developer names
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = r.In, r.Out, r.Err
	cmd.WaitDelay = commandGrace
	c, err := launch(command[0], cmd, syscall.SIGTERM)
	if err != nil {
		return 127, err
	}
	group := -c.process.Pid
	patience, done := r.Signals, ctx.Done()
	var overdue <-chan time.Time
	for {
		select {
		case <-c.done:
			killGroup(group) // what the command left behind
			return codeOf(c.err)
		case sig := <-patience:
			number, _ := sig.(syscall.Signal)
			_ = syscall.Kill(group, number)
			overdue = time.After(commandGrace)
		case <-done:
			done = nil
			_ = syscall.Kill(group, syscall.SIGTERM)
			overdue = time.After(commandGrace)
		case <-overdue:
			killGroup(group)
		}
	}
}

// killGroup ends whatever is left of a process group; that there is nothing left is the usual case.
func killGroup(group int) { _ = syscall.Kill(group, syscall.SIGKILL) }

// codeOf turns the end of a command into an exit code.
func codeOf(err error) (int, error) {
	if err == nil {
		return 0, nil
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 1, fmt.Errorf("command: %w", err)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exitCode(status.Signal(), 1), nil
	}
	return exit.ExitCode(), nil
}

func exitCode(sig syscall.Signal, otherwise int) int {
	if sig == 0 {
		return otherwise
	}
	return 128 + int(sig)
}
