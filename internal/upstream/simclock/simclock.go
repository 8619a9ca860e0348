// Package simclock is the application's side of the simulator's clock: it follows it over HTTP, so that every process
// of a demonstration or a test lives at the same simulated instant. It is used in development only, and never sets the
// clock it follows.
package simclock

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"tickerwire/internal/fault"
)

const (
	every   = time.Second     // between two readings
	patient = 2 * time.Second // for one reading
)

// Clock shows the simulator's time, worked out from the last reading and the wall. Between two readings it is off by at
// most Skew, and for up to a second (plus the time a reading takes) by whatever the simulator's clock was moved in the
// meantime. It goes backwards only when the simulator's clock was set, never through a new reading that merely differs
// within its own error. Safe for concurrent use; Now takes no lock.
type Clock struct {
	url    string
	http   *http.Client
	sample atomic.Pointer[sample]
	failed atomic.Pointer[error]
}

// sample is one reading: at the wall time wall the simulator showed sim, give or take skew, and ran at speed.
type sample struct {
	wall  time.Time
	sim   time.Time
	speed float64
	skew  time.Duration
}

func (s *sample) at(wall time.Time) time.Time {
	return s.sim.Add(time.Duration(float64(wall.Sub(s.wall)) * s.speed))
}

// Follow reads the clock of the simulator at baseURL once and returns it. Until Run is called it goes on at the speed
// it had then. Errors: Unavailable when the simulator does not answer as one.
func Follow(ctx context.Context, baseURL string) (*Clock, error) {
	c := &Clock{url: strings.TrimSuffix(baseURL, "/") + "/_sim/clock", http: newClient()}
	s, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	c.sample.Store(s)
	return c, nil
}

// Now returns the simulated instant in UTC.
func (c *Clock) Now() time.Time { return c.sample.Load().at(time.Now()).UTC() }

// Speed returns how fast the simulator's clock ran when it was last read; 0 is a clock that stands still.
func (c *Clock) Speed() float64 { return c.sample.Load().speed }

// Skew returns how far Now can be from the simulator's clock while nobody sets it: half of the last reading's time on
// the way, times the speed.
func (c *Clock) Skew() time.Duration { return c.sample.Load().skew }

// Err returns why the last reading failed, nil when it did not. A clock that cannot be read goes on at its last speed.
func (c *Clock) Err() error {
	if err := c.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// Run reads the clock again every second until ctx ends. It returns nil; failed readings show in Err.
func (c *Clock) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			c.Sync(ctx)
		}
	}
}

// Sync reads the clock now, as Run does every second.
func (c *Clock) Sync(ctx context.Context) {
	s, err := c.read(ctx)
	if err != nil {
		if ctx.Err() == nil { // not merely told to stop
			c.failed.Store(&err)
		}
		return
	}
	c.failed.Store(nil)
	old := c.sample.Load()
	if differs := old.at(s.wall).Sub(s.sim).Abs(); s.speed == old.speed && differs <= s.skew+old.skew {
		if s.skew >= old.skew && differs <= old.skew {
			return // the old reading is as good: no jitter
		}
		if old.at(s.wall).After(s.sim) {
			return // better, but it would turn the clock back
		}
	}
	c.sample.Store(s)
}

func (c *Clock) read(ctx context.Context) (*sample, error) {
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, nil)
	if err != nil {
		return nil, fmt.Errorf("simclock: %w", err)
	}
	asked := time.Now()
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "simclock: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 4096))
	answered := time.Now()
	if err != nil {
		return nil, fault.New(fault.Unavailable, "simclock: %w", err)
	}
	var state struct {
		Now   *time.Time `json:"now"`
		Speed *float64   `json:"speed"`
	}
	if err := json.Unmarshal(body, &state); err != nil || res.StatusCode != http.StatusOK || state.Now == nil || state.Speed == nil {
		return nil, fault.New(fault.Unavailable, "simclock: %s answered %d and no clock", c.url, res.StatusCode)
	}
	way := answered.Sub(asked)
	return &sample{wall: asked.Add(way / 2), sim: *state.Now, speed: *state.Speed, skew: time.Duration(float64(way) / 2 * *state.Speed)}, nil
}
