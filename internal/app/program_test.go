// Package app_test runs the whole program on real servers: the binaries as their users start them, and every role
// joined to the simulated outside world. It must not reach into a role: it reads what a role prints, what the API and
// the simulator answer, and what is kept in Postgres and Milvus.
package app_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// atOnce is how many tests run beside each other.
const atOnce = "4"

// binDir holds the programs that TestMain has built.
var binDir string

func TestMain(m *testing.M) {
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// buildAndRun builds every program once, as the container's are built: without C they also run where nothing else is.
func buildAndRun(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "tickerwire-bin-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o755); err != nil { // for those of them that other users start
		return 1, err
	}
	args := []string{"build", "-ldflags=-s -w", "-o", dir + "/"}
	for _, name := range []string{"api", "worker", "scheduler", "standalone", "simulator", "tickerctl", "frontend"} {
		args = append(args, "tickerwire/cmd/"+name)
	}
	build := exec.Command("go", args...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build the programs: %w\n%s", err, out)
	}
	binDir = dir
	flag.Parse()
	if err := flag.Set("test.parallel", atOnce); err != nil { // by number of cores else: but the tests wait most of their time
		return 1, err
	}
	return m.Run(), nil
}

func fatal(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// openDir is a temporary directory that every user can pass through.
func openDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tickerwire-app-")
	fatal(t, err)
	fatal(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// output collects what a program prints, on either stream.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// program is a part of Tickerwire that runs, as a process or in this one.
type program struct {
	name      string
	out       *output
	started   time.Time
	interrupt func() error // what ctrl-C does
	process   *os.Process  // nil for one that runs in this process
	done      chan struct{}
	err       error // how it ended; read after done
}

// command is how a program is started. Its environment is env and the PATH, nothing else.
type command struct {
	name string // of the binary
	args []string
	env  []string
	dir  string // where it is started; empty: an empty directory
	in   string
	attr *syscall.SysProcAttr
	path string // of the binary; empty: where it was built
}

// run starts the program; it is killed when the test ends and it still runs.
func (c command) run(t testing.TB) *program {
	t.Helper()
	path := c.path
	if path == "" {
		path = filepath.Join(binDir, c.name)
	}
	if c.dir == "" {
		c.dir = openDir(t)
	}
	cmd := exec.Command(path, c.args...)
	cmd.Dir, cmd.SysProcAttr = c.dir, c.attr
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.dir}, c.env...)
	p := &program{name: c.name, out: new(output), started: time.Now(), done: make(chan struct{})}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.in), p.out, p.out
	fatal(t, cmd.Start())
	p.process = cmd.Process
	p.interrupt = func() error { return cmd.Process.Signal(os.Interrupt) }
	go func() {
		defer close(p.done)
		p.err = cmd.Wait()
	}()
	t.Cleanup(func() { p.finish(t, cmd.Process.Kill) })
	return p
}

// finish ends a program that still runs when its test does, and shows what a failed test's program said.
func (p *program) finish(t testing.TB, end func() error) {
	select {
	case <-p.done:
	default:
		if err := end(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
		<-p.done
	}
	if t.Failed() {
		lines := strings.Split(strings.TrimSpace(p.out.String()), "\n")
		t.Logf("end of what %s said:\n%s", p.name, strings.Join(lines[max(0, len(lines)-40):], "\n"))
	}
}

// patience bounds what takes seconds on a quiet machine.
const patience = 4 * time.Minute

// says waits until the program has printed what the pattern matches and returns the pattern's groups.
func (p *program) says(t testing.TB, pattern string) []string {
	t.Helper()
	want := regexp.MustCompile(pattern)
	var found []string
	until(t, patience, func() error {
		if found = want.FindStringSubmatch(p.out.String()); found != nil {
			return nil
		}
		select {
		case <-p.done:
			t.Fatalf("%s ended (%v) without saying %q:\n%s", p.name, p.err, pattern, p.out)
		default:
		}
		return fmt.Errorf("%s did not say %q", p.name, pattern)
	})
	return found[1:]
}

// stops ends the program as ctrl-C does and requires that it ends well, within a drain's grace.
func (p *program) stops(t testing.TB) {
	t.Helper()
	asked := time.Now()
	fatal(t, p.interrupt())
	if err := p.ends(t, 20*time.Second); err != nil {
		t.Errorf("%s ended with %v:\n%s", p.name, err, p.out)
	}
	t.Logf("%s stopped in %s", p.name, time.Since(asked).Round(10*time.Millisecond))
}

// ends waits for the program's end and returns how it ended.
func (p *program) ends(t testing.TB, within time.Duration) error {
	t.Helper()
	limit := time.NewTimer(within)
	defer limit.Stop()
	select {
	case <-p.done:
		return p.err
	case <-limit.C:
		t.Fatalf("%s still runs after %s:\n%s", p.name, within, p.out)
		return nil
	}
}

// refuses requires that the program ends by itself with exit code 1, that it names every culprit and panics nowhere.
func (p *program) refuses(t testing.TB, culprits ...string) {
	t.Helper()
	var exit *exec.ExitError
	if err := p.ends(t, patience); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("%s ended with %v, want exit code 1", p.name, err)
	}
	said := p.out.String()
	for _, culprit := range culprits {
		if !strings.Contains(said, culprit) {
			t.Errorf("%s does not name %q:\n%s", p.name, culprit, said)
		}
	}
	if strings.Contains(said, "panic") || strings.Contains(said, "goroutine ") {
		t.Errorf("%s panics:\n%s", p.name, said)
	}
}

// until calls check until it returns nil, and fails the test with its last answer when that takes too long.
func until(t testing.TB, within time.Duration, check func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("after %s: %v", within, err)
		case <-tick.C:
		}
	}
}
