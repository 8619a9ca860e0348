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

// panelKey names a panel's content: the set of bars that were known, of whatever stocks, and the first day looked at.
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

// panel returns the bars known by asOf. While bars of the last day that a source should have brought are to come, it
// puts the task back, until waitingSince lies barsPatience back: then what is stored has to do.
func (w *Worker) panel(ctx context.Context, asOf, waitingSince time.Time) (*forecast.Panel, error) {
	if time.Since(waitingSince) < barsPatience {
		if err := w.awaitBars(ctx, asOf); err != nil {
			return nil, err
		}
	}
	return w.panelKnownBy(ctx, asOf)
}

// awaitBars is Limited while more than one active stock in twenty, and more than one at all, lacks a bar that a
// configured source should have brought by asOf.
func (w *Worker) awaitBars(ctx context.Context, asOf time.Time) error {
	if w.Stocks == nil && w.Daily == nil {
		return nil // nobody brings bars
	}
	day, err := w.Calendar.LastKnownDay(asOf)
	if err != nil {
		return err
	}
	if w.Stocks == nil {
		published, err := w.Calendar.KRXKnownAt(day)
		if err == nil && published.After(asOf) {
			day, err = w.Calendar.Add(day, -1)
		}
		if err != nil {
			return err
		}
	}
	missing, of, err := w.DB.MissingBars(ctx, store.BarGap{Day: day, KnownBy: asOf})
	if err != nil || missing == 0 {
		return err
	}
	if missing == of || missing > max(1, of/20) {
		return fault.After(fault.Limited, barsWait, "%d of %d bars of %s are not stored yet", missing, of, day)
	}
	return nil
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
