package servers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// RedisOptions says where a private Redis lives. Dir is required.
type RedisOptions struct {
	// Dir keeps log, lock and data; created when missing.
	Dir string
	// Bin is the redis-server program; empty searches PATH.
	Bin string
	// Ephemeral writes nothing to disk. Otherwise every write is appended to a file in Dir, synced once a second.
	Ephemeral bool

	extra []string // further arguments
}

// Redis is a running private server.
type Redis struct {
	child *child
	lock  *dirLock
	port  int
}

// StartRedis starts redis-server on a free loopback port and returns when it answers. Errors: ErrNoRedis when it is not
// installed, ErrInUse when another running Tickerwire owns Dir.
func StartRedis(ctx context.Context, o RedisOptions) (_ *Redis, err error) {
	program := o.Bin
	if program == "" {
		program = "redis-server"
	}
	program, err = exec.LookPath(program)
	if err != nil {
		return nil, fmt.Errorf("redis: %w (Debian: apt-get install redis-server; macOS: brew install redis): %w", err, ErrNoRedis)
	}
	dir, err := homeDir(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("redis: directory: %w", err)
	}
	lock, err := lockDir(ctx, dir, "redis")
	if err != nil {
		return nil, err
	}
	r := &Redis{lock: lock}
	err = onFreePort(func(port int) error { return r.start(ctx, program, dir, port, !o.Ephemeral, o.extra...) })
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	return r, nil
}

func (r *Redis) start(ctx context.Context, program, dir string, port int, keep bool, extra ...string) error {
	appendOnly := "no"
	if keep {
		appendOnly = "yes"
	}
	arguments := append([]string{"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", dir, "--daemonize", "no",
		"--save", "", "--appendonly", appendOnly, "--maxmemory-policy", "noeviction"}, extra...)
	cmd := exec.Command(program, arguments...) // #nosec G204 -- a program that this machine has installed, with arguments of our own
	cmd.Dir = dir
	cmd.ExtraFiles = []*os.File{r.lock.file}
	c, err := startChild("redis", cmd, filepath.Join(dir, "redis.log"), syscall.SIGTERM, syscall.SIGTERM)
	if err != nil {
		return err
	}
	r.child, r.port = c, port
	return c.await(ctx, r.ping)
}

// ping succeeds when the server answers PONG: while it loads its file it answers LOADING.
func (r *Redis) ping(ctx context.Context) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", r.address())
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(answer, "+PONG") {
		return fmt.Errorf("answers %q", answer)
	}
	return nil
}

func (r *Redis) address() string { return fmt.Sprintf("127.0.0.1:%d", r.port) }

// URL addresses database 0.
func (r *Redis) URL() string { return "redis://" + r.address() + "/0" }

// Done is closed when the server process has ended, asked or not.
func (r *Redis) Done() <-chan struct{} { return r.child.done }

// Kill ends the server at once, as its machine's end would. Stop is still to be called.
func (r *Redis) Kill() error { return r.child.kill() }

// Stop ends the server in order, so that nothing acknowledged is lost; when ctx ends first it is killed.
func (r *Redis) Stop(ctx context.Context) error {
	return errors.Join(r.child.stop(ctx), r.lock.release())
}
