package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"tickerwire/internal/simulator"
)

// archiveBeside is where an archive of real news lies for those who have one, as seen from the repository.
const archiveBeside = "../shared/archive"

// backtesting measures a backtest as an operator runs it, its private Postgres with it: of the archive that
// TICKERWIRE_ARCHIVE names, else the one beside the repository, else one of the same size that is made here.
func backtesting(ctx context.Context, env *Env) ([]Figure, error) {
	dir := os.Getenv("TICKERWIRE_ARCHIVE")
	if _, err := os.Stat(archiveBeside); dir == "" && err == nil {
		dir = archiveBeside
	}
	if dir == "" || dir == "generated" {
		dir = filepath.Join(env.dir, "walked")
		if err := simulator.WriteGenerated(dir, simulator.ArchiveOptions{Seed: worldSeed}); err != nil {
			return nil, err
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("the archive: %w", err)
	}
	cmd := env.command(ctx, "tickerctl", nil, "backtest", dir)
	started := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("tickerctl backtest: %w: %s", err, out)
	}
	took := time.Since(started)
	used, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return nil, fmt.Errorf("tickerctl backtest: nobody says what it used")
	}
	unit := 1 << 10 // KiB
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	return []Figure{
		{Name: "backtest.archive", Value: took.Seconds(), Unit: "s", Goal: atMost(60)},
		// Of the largest of its processes, Postgres's among them.
		{Name: "backtest.memory", Value: float64(used.Maxrss) * float64(unit) / (1 << 20), Unit: "MB", Goal: atMost(500)},
		{Name: "backtest.cpu", Value: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), Unit: "s"},
	}, nil
}
