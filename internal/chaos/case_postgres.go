package chaos

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const postgresRestarts = 4

// casePostgres ends Postgres at once, as a crash does, while the archive runs through, and starts it again.
func casePostgres(ctx context.Context, b *bench, r *Report) (func(context.Context) error, error) {
	w, err := b.newWorld(ctx, r, setup{durable: true, proxied: true, chats: 4, everyTick: archiveSpeed})
	if err != nil {
		return nil, err
	}
	if err := w.startFleet(ctx); err != nil {
		return w.close, err
	}
	if err := w.sim.setClock(ctx, time.Time{}, archiveSpeed); err != nil {
		return w.close, err
	}
	var away []time.Duration
	for range postgresRestarts {
		if err := wait(ctx, 4*time.Second); err != nil {
			return w.close, err
		}
		took, err := w.crashPostgres(ctx)
		if err != nil {
			return w.close, err
		}
		away = append(away, took)
	}
	r.did("Postgres ended at once (SIGQUIT, no checkpoint) and started again %d times under full work", postgresRestarts)
	r.times("Postgres away", away)
	if err := wait(ctx, 3*time.Second); err != nil {
		return w.close, err
	}
	if err := w.finishArchive(ctx); err != nil {
		return w.close, err
	}
	return w.settle(nil), w.verify(ctx, quietLimit)
}

// crashPostgres ends the server without a checkpoint, starts it again on its data, and returns how long it was away.
func (w *world) crashPostgres(ctx context.Context) (time.Duration, error) {
	path := filepath.Join(w.postgres.DataDir(), "postmaster.pid")
	raw, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("postgres: %w", err)
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return 0, fmt.Errorf("postgres: %s: %w", path, err)
	}
	started := time.Now()
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		return 0, fmt.Errorf("postgres: crash: %w", err)
	}
	select {
	case <-w.postgres.Done():
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	if err := w.postgres.Stop(ctx); err != nil {
		return 0, err
	}
	if err := w.startPostgres(ctx); err != nil {
		return 0, err
	}
	w.toPG.Restore(addressOf(w.postgres.URL()))
	return time.Since(started), nil
}
