package app

import (
	"context"
	"time"

	"tickerwire/internal/config"
	"tickerwire/internal/upstream/simclock"
)

// clock is the application clock and what keeps it running.
type clock struct {
	now func() time.Time
	run func(context.Context) error // nil: nothing to run
}

// openClock returns the wall, or the simulator's clock where a simulator plays the outside world.
func openClock(ctx context.Context, cfg config.Config) (clock, error) {
	if cfg.SimulatorURL == "" {
		return clock{now: time.Now}, nil
	}
	c, err := simclock.Follow(ctx, cfg.SimulatorURL)
	if err != nil {
		return clock{}, err
	}
	return clock{now: c.Now, run: c.Run}, nil
}
