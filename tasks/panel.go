package tasks

import (
	"context"
	"slices"
	"sync"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/store"
)

const (
	panelDays  = 400 // calendar days of bars that a panel looks back over
	keptPanels = 6
)

// panelKey names a panel's content: the newest bar that was known, and the first day looked at.
type panelKey struct {
	revision int64
	from     market.Day
}

// panelCache keeps the last few panels: predictions of one hour mostly share one.
type panelCache struct {
	mu   sync.Mutex
	list []cachedPanel // newest use last
}

type cachedPanel struct {
	key   panelKey
	panel *forecast.Panel
}

func (c *panelCache) get(key panelKey) *forecast.Panel {
	for i, entry := range c.list {
		if entry.key == key {
			c.list = append(slices.Delete(c.list, i, i+1), entry)
			return entry.panel
		}
	}
	return nil
}

func (c *panelCache) put(key panelKey, p *forecast.Panel) {
	if len(c.list) == keptPanels {
		c.list = slices.Delete(c.list, 0, 1)
	}
	c.list = append(c.list, cachedPanel{key, p})
}

// panel returns the bars known by asOf. While the last day that should be known is not stored yet it puts the task
// back, until waitingSince lies barsPatience back: then what is stored has to do.
func (w *Worker) panel(ctx context.Context, asOf, waitingSince time.Time) (*forecast.Panel, error) {
	p, err := w.panelKnownBy(ctx, asOf)
	if err != nil {
		return nil, err
	}
	want, err := w.Calendar.LastKnownDay(asOf)
	if err != nil {
		return nil, err
	}
	if p.LastDay() < want && time.Since(waitingSince) < barsPatience {
		return nil, fault.After(fault.Limited, barsWait, "bars of %s are not stored yet", want)
	}
	return p, nil
}

func (w *Worker) panelKnownBy(ctx context.Context, asOf time.Time) (*forecast.Panel, error) {
	revision, err := w.DB.BarRevision(ctx, asOf)
	if err != nil {
		return nil, err
	}
	key := panelKey{revision, market.DayOf(asOf) - panelDays}
	w.panels.mu.Lock()
	defer w.panels.mu.Unlock()
	if p := w.panels.get(key); p != nil {
		return p, nil
	}
	bars, err := w.DB.Bars(ctx, store.BarFilter{From: key.from, To: market.DayOf(asOf), KnownBy: asOf})
	if err != nil {
		return nil, err
	}
	p := forecast.NewPanel(bars)
	w.panels.put(key, p)
	return p, nil
}
