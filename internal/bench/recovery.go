package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tickerwire/internal/simulator"
	"tickerwire/store"
)

// others names the sources whose lag is compared.
func others() []string { return []string{wire, "hankyung", "maeil"} }

// figures waits until all that was shown is kept, and tells what became of the sources.
func (r *sickRun) figures(ctx context.Context) ([]Figure, error) {
	r.showAt = time.Now().Add(2 * sickLimit) // that was all
	var t tally
	err := r.during(ctx, sickLimit, "everything to be kept", func() (ok bool, err error) {
		t, err = r.tally(ctx)
		return t.kept == t.shown && t.served == t.shown, err
	})
	if err != nil && !errors.Is(err, errLimit) {
		return nil, err
	}
	figures := append([]Figure{
		{Name: "soak.sick.served", Value: float64(t.served), Unit: "ids"},
		{Name: "soak.sick.stored", Value: float64(t.kept), Unit: "ids", Goal: atLeast(float64(t.served))},
		{Name: "soak.sick.lost", Value: float64(t.shown - t.kept), Unit: "ids", Goal: atMost(0)},
		{Name: "soak.sick.broken", Value: r.mended.Sub(r.broken).Seconds(), Unit: "s"},
	}, r.breaker()...)
	for _, source := range others() {
		lags, err := r.lags(ctx, source)
		if err != nil {
			return figures, err
		}
		figures = append(figures, lags...)
	}
	return figures, nil
}

// listed returns a source's own name of an item, "" when it does not list it. Publishers' feeds give no ids.
func listed(source string, item simulator.Item) string {
	switch {
	case source == wire, source == sick && item.Filing != nil:
		return item.ID
	case source != sick && item.Feed == source:
		return item.Link
	}
	return ""
}

// tally is what became of the items that were shown, over all sources that list them; one item may count several times.
type tally struct{ shown, served, kept int }

// tally counts. Naver is left out: what it finds depends on whom it is asked about.
func (r *sickRun) tally(ctx context.Context) (tally, error) {
	var t tally
	served := r.sim.Served()
	for _, source := range append(others(), sick) {
		var ids []string
		for _, item := range r.shown {
			if id := listed(source, item); id != "" {
				ids = append(ids, id)
			}
		}
		known, err := r.db.KnownSightings(ctx, source, ids)
		if err != nil {
			return t, err
		}
		t.shown, t.served, t.kept = t.shown+len(ids), t.served+len(served[source]), t.kept+len(known)
	}
	return t, nil
}

// breaker tells the way that the breaker took, in seconds from the first fault and from the end of the last.
func (r *sickRun) breaker() []Figure {
	var first, last time.Time // when it first opened, and was last half open
	way := []store.BreakerState{store.BreakerClosed}
	for _, c := range r.changes {
		way = append(way, c.state)
		switch c.state {
		case store.BreakerOpen:
			if first.IsZero() {
				first = c.at
			}
		case store.BreakerHalfOpen:
			last = c.at
		}
	}
	whole := 0.0
	want := []store.BreakerState{store.BreakerOpen, store.BreakerHalfOpen, store.BreakerClosed}
	if len(way) > len(want) && slices.Equal(way[len(way)-len(want):], want) {
		whole = 1
	}
	figures := []Figure{
		{Name: "soak.sick.breaker.way", Value: whole, Unit: "closed-open-half_open-closed", Goal: atLeast(1)},
		{Name: "soak.sick.breaker.opened", Value: float64(r.opened()), Unit: "times"},
	}
	if whole == 1 {
		figures = append(figures,
			Figure{Name: "soak.sick.breaker.open", Value: first.Sub(r.broken).Seconds(), Unit: "s from the fault"},
			Figure{Name: "soak.sick.breaker.half_open", Value: last.Sub(r.mended).Seconds(), Unit: "s from its end"},
			Figure{Name: "soak.sick.breaker.closed", Value: r.recovered.Sub(r.mended).Seconds(), Unit: "s from its end"})
	}
	return figures
}

// lags compares how long another source's items took from being visible until a worker had them, while the broken source
// was well and while it was not. It was well before and after, so that what changes with time alone, as a feed that grows,
// is on both sides. Noise is three times the standard error of the difference.
func (r *sickRun) lags(ctx context.Context, source string) ([]Figure, error) {
	var rows []struct {
		ExternalID string
		SeenAt     time.Time
	}
	if err := r.db.Bun().NewRaw(`select external_id, seen_at from sightings where source = ?`, source).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("sightings of %s: %w", source, err)
	}
	seen := make(map[string]time.Time, len(rows))
	for _, row := range rows {
		seen[row.ExternalID] = row.SeenAt
	}
	var well, broken []float64
	for _, item := range r.shown {
		at, ok := seen[listed(source, item)]
		if !ok {
			continue // not listed, or lost
		}
		switch lag := milliseconds(at.Sub(item.SeenAt)); {
		case item.SeenAt.Before(r.from):
		case item.SeenAt.Before(r.broken), !item.SeenAt.Before(r.recovered):
			well = append(well, lag)
		case item.SeenAt.Before(r.mended):
			broken = append(broken, lag)
		}
	}
	if len(well) < 2 || len(broken) < 2 {
		return nil, fmt.Errorf("%s: %d and %d items are too few to compare", source, len(well), len(broken))
	}
	name := "soak.sick." + source
	rise, noise := difference(well, broken)
	return []Figure{
		{Name: name + ".lag.well", Value: median(well), Unit: "ms"},
		{Name: name + ".lag.broken", Value: median(broken), Unit: "ms"},
		{Name: name + ".lag.rise", Value: rise, Unit: "ms", Goal: atMost(noise)},
		{Name: name + ".lag.samples", Value: float64(len(well) + len(broken)), Unit: "items"},
	}, nil
}
