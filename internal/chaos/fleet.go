package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
)

// start starts a process of the Procfile under a name of its own, and returns when it says that it has started.
// Settings come on top of the world's.
func (w *world) start(ctx context.Context, name, role string, settings ...string) error {
	command, err := w.lines.command(role, w.bin)
	if err != nil {
		return err
	}
	return w.launch(ctx, name, command, settings...)
}

// startOwn starts a role from the harness's own binary: with its kinds of task, and faults where the settings ask for any.
func (w *world) startOwn(ctx context.Context, name, role string, settings ...string) error {
	return w.launch(ctx, name, []string{w.self, role}, settings...)
}

func (w *world) launch(ctx context.Context, name string, command []string, settings ...string) error {
	ctx, cancel := context.WithTimeout(ctx, procLimit)
	defer cancel()
	log := w.logOf(name)
	for i := 2; exists(log); i++ {
		log = w.logOf(fmt.Sprintf("%s.%d", name, i)) // a process started again writes a log of its own
	}
	p, err := startProc(name, log, w.dir, slices.Concat(w.env, settings), command)
	if err != nil {
		return err
	}
	w.procs[name] = p
	_, err = p.awaitLine(ctx, `"msg":"started"`)
	return err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// startFleet starts what the Procfile names: two workers with the harness's kinds and three schedulers.
func (w *world) startFleet(ctx context.Context, settings ...string) error {
	for _, name := range []string{"scheduler-1", "scheduler-2", "scheduler-3"} {
		if err := w.startOwn(ctx, name, "scheduler", settings...); err != nil {
			return err
		}
	}
	for _, name := range []string{"worker-1", "worker-2"} {
		if err := w.startOwn(ctx, name, "worker", settings...); err != nil {
			return err
		}
	}
	return nil
}

// stopRoles ends every process but the simulator in order.
func (w *world) stopRoles() error {
	return w.stopThose(func(name string) bool { return name != "simulator" })
}

func (w *world) stopThose(chosen func(string) bool) error {
	ended := make(chan error)
	n := 0
	for name, p := range w.procs {
		if !chosen(name) {
			continue
		}
		delete(w.procs, name)
		if !p.alive() {
			continue
		}
		n++
		go func() { ended <- p.stop(stopGrace) }()
	}
	var errs []error
	for range n {
		errs = append(errs, <-ended)
	}
	return errors.Join(errs...)
}
