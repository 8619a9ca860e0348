package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tickerwire/internal/market"
)

// referenceDir holds the reference: the same reads by FastAPI.
const referenceDir = "bench/reference"

const referenceStart = 5 * time.Minute // its packages may have to be fetched

// referencePython returns the reference's Python, with its packages, and its folder.
func referencePython(ctx context.Context) (python, dir string, err error) {
	if dir, err = filepath.Abs(referenceDir); err != nil {
		return "", "", err
	}
	ctx, cancel := context.WithTimeout(ctx, referenceStart)
	defer cancel()
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "venv.sh")).Output()
	if err != nil {
		return "", "", fmt.Errorf("the reference's packages: %w", err)
	}
	return strings.TrimSpace(string(out)), dir, nil
}

// startReference starts the reference on as many processes as there are processors, and returns its address.
func (e *Env) startReference(ctx context.Context, settings []string) (*process, string, error) {
	python, dir, err := referencePython(ctx)
	if err != nil {
		return nil, "", err
	}
	days := filepath.Join(e.dir, "trading-days.json")
	if err := writeTradingDays(days); err != nil {
		return nil, "", err
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, "", err
	}
	host, port, _ := strings.Cut(addr, ":")
	p := &process{name: "reference", private: addr, group: true, done: make(chan struct{})}
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), python, "-m", "uvicorn", "app:app", "--host", host, "--port", port,
		"--workers", strconv.Itoa(runtime.NumCPU()), "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
	p.cmd.Dir = dir
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "PYTHONDONTWRITEBYTECODE=1", "TRADING_DAYS=" + days}, settings...)
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = stopLimit
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its own workers are ended with it
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.complaint
	if err := p.cmd.Start(); err != nil {
		return nil, "", fmt.Errorf("reference: %w", err)
	}
	go func() {
		p.err = p.cmd.Wait()
		if exit := (*exec.ExitError)(nil); errors.As(p.err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGTERM {
			p.err = nil // uvicorn ends by the signal that it was stopped with
		}
		close(p.done)
	}()
	if err := p.awaitFor(ctx, 3*startLimit); err != nil {
		return nil, "", errors.Join(err, p.stop())
	}
	return p, addr, nil
}

// writeTradingDays writes the days on which the exchange opens, each with its hours, of which the reference has no calendar
// of its own.
func writeTradingDays(path string) error {
	calendar := market.NewCalendar()
	first, last := calendar.Covers()
	type session struct {
		Day   string    `json:"day"`
		Open  time.Time `json:"open"`
		Close time.Time `json:"close"`
	}
	var days []session
	for day := first; day <= last; day++ {
		s, open, err := calendar.SessionOf(day)
		if err != nil {
			return err
		}
		if open {
			days = append(days, session{day.String(), s.Open, s.Close})
		}
	}
	raw, err := json.Marshal(days)
	if err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o644)
}
