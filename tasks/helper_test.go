package tasks_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/store/storetest"
	"tickerwire/tasks"
)

// TestMain runs the tests, or, in a process that a test has started to be killed, one role.
func TestMain(m *testing.M) {
	if role := os.Getenv("TASKS_TEST_ROLE"); role != "" {
		if err := play(role); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// play is the life of such a process: it ends with its standard input, lest it outlive the test.
func play(role string) error {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	db, err := store.Open(ctx, store.Options{URL: os.Getenv("TASKS_TEST_DATABASE")})
	if err != nil {
		return err
	}
	options, err := redis.ParseURL(os.Getenv("TASKS_TEST_REDIS"))
	if err != nil {
		return err
	}
	rdb := redis.NewClient(options)
	log := slog.New(slog.NewTextHandler(os.Stdout, nil))
	process := tasks.NewProcess(db, rdb, role, "test", log)
	if err := process.Register(ctx); err != nil {
		return err
	}
	beating := make(chan error, 1)
	go func() { beating <- process.Run(ctx) }()
	if role == "keeper" {
		k := &tasks.Keeper{DB: db, Queue: tasks.NewQueue(rdb), Redis: rdb, Process: process, Now: time.Now, Log: log}
		return errors.Join(k.Run(ctx), <-beating)
	}
	w := &tasks.Worker{DB: db, Queue: tasks.NewQueue(rdb), Calendar: market.NewCalendar(), Now: time.Now, Process: process, Log: log}
	w.Extra = map[string]tasks.Processor{"t:hold": func(ctx context.Context, _ []byte) error {
		id, _ := asynq.GetTaskID(ctx)
		fmt.Println("took " + id)
		<-ctx.Done()
		return ctx.Err()
	}}
	w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(bench, 2, 1))
	_, err = w.Serve(ctx, rdb)
	return errors.Join(err, <-beating)
}

// child is a process of the fleet that can be killed.
type child struct {
	t    *testing.T
	cmd  *exec.Cmd
	mu   sync.Mutex
	said []string
	end  sync.Once
}

func (r *rig) child(role string) *child {
	r.t.Helper()
	self, err := os.Executable()
	r.must(err)
	c := &child{t: r.t, cmd: exec.Command(self)}
	o := r.redis.Options()
	c.cmd.Env = append(os.Environ(), "TASKS_TEST_ROLE="+role, "TASKS_TEST_DATABASE="+storetest.URLOf(r.t, r.db), fmt.Sprintf("TASKS_TEST_REDIS=redis://%s/%d", o.Addr, o.DB))
	stdin, err := c.cmd.StdinPipe()
	r.must(err)
	stdout, err := c.cmd.StdoutPipe()
	r.must(err)
	c.cmd.Stderr = c.cmd.Stdout
	r.must(c.cmd.Start())
	go func() {
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			c.mu.Lock()
			c.said = append(c.said, lines.Text())
			c.mu.Unlock()
		}
	}()
	r.t.Cleanup(func() {
		c.kill()
		_ = stdin.Close()
		if r.t.Failed() {
			r.t.Log("the child said:", strings.Join(c.said, "\n"))
		}
	})
	return c
}

// await waits until the process has said a text.
func (c *child) await(text string) {
	c.t.Helper()
	poll(c.t, "the child to say "+text, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return strings.Contains(strings.Join(c.said, "\n"), text)
	})
}

// kill ends the process at once, as SIGKILL does, and waits until it is gone.
func (c *child) kill() {
	c.end.Do(func() {
		if err := c.cmd.Process.Kill(); err != nil {
			c.t.Error(err)
		}
		_ = c.cmd.Wait() // "signal: killed"
	})
}
