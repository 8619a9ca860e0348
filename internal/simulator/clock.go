package simulator

import (
	"sync"
	"time"

	"tickerwire/internal/market"
)

// Clock is the simulator's time: it starts at a given instant and runs at Speed times the wall. Safe for concurrent use.
type Clock struct {
	wall func() time.Time

	mu    sync.RWMutex
	set   time.Time // the wall time of the last change
	at    time.Time // what the clock showed then
	speed float64
}

// NewClock returns a clock that shows start now and runs at speed times wall; speed 0 stands still.
func NewClock(start time.Time, speed float64, wall func() time.Time) *Clock {
	return &Clock{wall: wall, set: wall(), at: start, speed: speed}
}

// Now returns the simulated instant, in KST.
func (c *Clock) Now() time.Time {
	now, _ := c.Read()
	return now
}

// Read returns the simulated instant, in KST, and the speed.
func (c *Clock) Read() (now time.Time, speed float64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.read(c.wall()), c.speed
}

func (c *Clock) read(wall time.Time) time.Time {
	return c.at.Add(time.Duration(float64(wall.Sub(c.set)) * c.speed)).In(market.KST)
}

// Set changes what is not nil, from this moment on; the other goes on as it was. A speed must be 0 or more.
func (c *Clock) Set(now *time.Time, speed *float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wall := c.wall()
	c.at, c.set = c.read(wall), wall
	if now != nil {
		c.at = *now
	}
	if speed != nil {
		c.speed = *speed
	}
}
