package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"tickerwire/internal/simulator"
	"tickerwire/store"
)

const (
	sick         = "dart"                 // the source that is broken, and the simulator's name for it
	healthyFor   = 40 * time.Second       // before the first fault
	showEvery    = 200 * time.Millisecond // between two items
	watchEvery   = 20 * time.Millisecond
	sickLimit    = time.Minute // bounds each fault, and each wait
	recoverLimit = 2 * time.Minute
)

// sickness is one of the faults, until the source was asked a few times and its breaker has opened where it must.
type sickness struct {
	what, fault string
	asked       int
	opens       bool
}

// sicknesses are the faults, one after another. The last one meets the breaker half open: its probe must open it again.
func sicknesses() []sickness {
	return []sickness{
		{"30 % of 503", `{"status": 503, "rate": 0.3}`, 8, false},
		{"2 s of latency", `{"latency_ms": 2000}`, 6, false},
		{"resets", `{"reset": true}`, 1, true},
		{"malformed bodies", `{"malformed": true}`, 1, true},
	}
}

// sickSource breaks one source while news goes on at every source, with two workers and a scheduler as real processes: the
// others must show their news as soon as before, nothing may be lost, and the broken source's breaker must open, try and
// close.
func sickSource(ctx context.Context, env *Env) (_ []Figure, err error) {
	var world *script
	s, err := env.stage(ctx, simulator.DefaultStart(), alertChats, func(m *simulator.Market) simulator.World {
		world = newScript(m)
		return world
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	s.settings = append(s.settings, "CRAWL_EVERY=1s", "FEEDS=hankyung="+s.url+"/feed/hankyung,maeil="+s.url+"/feed/maeil")
	if err := s.start(ctx, "worker", "worker", "scheduler"); err != nil {
		return nil, err
	}
	run := &sickRun{stage: s, world: world}
	if run.items, err = world.mixed(); err != nil {
		return nil, err
	}
	return run.figures(ctx)
}

// mixed returns articles and filings of the market's first day in turn.
func (s *script) mixed() ([]simulator.Item, error) {
	all, err := s.Market.Items(simulator.DefaultStart().Add(13 * time.Hour))
	if err != nil {
		return nil, err
	}
	var articles, filings, list []simulator.Item
	for _, item := range all {
		if item.Filing != nil {
			filings = append(filings, item)
		} else {
			articles = append(articles, item)
		}
	}
	for i := range min(len(articles), len(filings)) {
		list = append(list, articles[i], filings[i])
	}
	return list, nil
}

// sickRun shows news, and watches the breaker, in one loop.
type sickRun struct {
	*stage
	world   *script
	items   []simulator.Item // to be shown
	shown   []simulator.Item
	showAt  time.Time // the next one
	changes []breakerChange
}

// breakerChange is a state that the breaker took on.
type breakerChange struct {
	state store.BreakerState
	at    time.Time // on the wall
}

func (r *sickRun) figures(ctx context.Context) ([]Figure, error) {
	if err := r.during(ctx, sickLimit, "a first look at every source", r.allCrawled(ctx)); err != nil {
		return nil, err
	}
	from := r.sim.Clock().Now()
	end := time.Now().Add(healthyFor)
	if err := r.during(ctx, 2*healthyFor, "health", func() (bool, error) { return time.Now().After(end), nil }); err != nil {
		return nil, err
	}
	broken, brokenWall := r.sim.Clock().Now(), time.Now()
	for _, f := range sicknesses() {
		if err := r.suffer(ctx, f); err != nil {
			return nil, err
		}
	}
	if err := r.control(ctx, http.MethodDelete, "faults/"+sick, ""); err != nil {
		return nil, err
	}
	mended, mendedWall := r.sim.Clock().Now(), time.Now()
	if err := r.during(ctx, recoverLimit, "the breaker to close", func() (bool, error) { return r.state() == store.BreakerClosed, nil }); err != nil {
		return nil, err
	}
	r.showAt = time.Now().Add(time.Hour) // that was all
	lost := 0
	err := r.during(ctx, sickLimit, "everything to be kept", func() (ok bool, err error) {
		lost, err = r.lost(ctx)
		return lost == 0, err
	})
	if err != nil && !errors.Is(err, errLimit) {
		return nil, err
	}
	figures := []Figure{
		{Name: "soak.sick.shown", Value: float64(len(r.shown)), Unit: "items"},
		{Name: "soak.sick.lost", Value: float64(lost), Unit: "items", Goal: atMost(0)},
		{Name: "soak.sick.broken", Value: mendedWall.Sub(brokenWall).Seconds(), Unit: "s"},
	}
	figures = append(figures, r.breaker(brokenWall, mendedWall)...)
	for _, source := range []string{wire, "hankyung", "maeil"} {
		lags, err := r.lags(ctx, source, from, broken, mended)
		if err != nil {
			return figures, err
		}
		figures = append(figures, lags...)
	}
	return figures, nil
}

// suffer puts a fault in the place of the last one and waits until it has been met.
func (r *sickRun) suffer(ctx context.Context, f sickness) error {
	if err := r.control(ctx, http.MethodPut, "faults/"+sick, f.fault); err != nil {
		return err
	}
	r.env.say("soak.sick: %s of %s", f.what, sick)
	before := r.sim.Traffic(sick).Asked()
	return r.during(ctx, sickLimit, f.what, func() (bool, error) {
		return r.sim.Traffic(sick).Asked()-before >= f.asked && (!f.opens || r.state() == store.BreakerOpen), nil
	})
}

var errLimit = errors.New("waited too long")

// during shows news and watches the breaker until done says so, at most for limit.
func (r *sickRun) during(ctx context.Context, limit time.Duration, what string, done func() (bool, error)) error {
	for end := time.Now().Add(limit); ; {
		if now := time.Now(); !now.Before(r.showAt) && len(r.shown) < len(r.items) {
			item := r.items[len(r.shown)]
			item.SeenAt = r.sim.Clock().Now()
			r.world.show(item, item.SeenAt)
			r.shown, r.showAt = append(r.shown, item), now.Add(showEvery)
		}
		if err := r.watch(ctx); err != nil {
			return err
		}
		ok, err := done()
		if ok || err != nil {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s: %w: %s", what, errLimit, limit)
		}
		if err := pause(ctx, watchEvery, watchEvery); err != nil {
			return err
		}
	}
}

// watch notes when the breaker's state has changed.
func (r *sickRun) watch(ctx context.Context) error {
	sources, err := r.db.Sources(ctx)
	if err != nil {
		return err
	}
	for _, s := range sources {
		if s.Name == sick && s.BreakerState != r.state() {
			r.changes = append(r.changes, breakerChange{s.BreakerState, time.Now()})
			r.env.say("soak.sick: the breaker is %s", s.BreakerState)
		}
	}
	return nil
}

// state returns the breaker's state, closed before anything is known.
func (r *sickRun) state() store.BreakerState {
	if len(r.changes) == 0 {
		return store.BreakerClosed
	}
	return r.changes[len(r.changes)-1].state
}

// allCrawled says whether each source was crawled with success.
func (r *sickRun) allCrawled(ctx context.Context) func() (bool, error) {
	return func() (bool, error) {
		sources, err := r.db.Sources(ctx)
		n := 0
		for _, s := range sources {
			if s.Configured && s.LastSuccessAt.IsZero() {
				return false, err
			}
			n++
		}
		return n > 0, err
	}
}

// lists reports whether a source lists an item.
func lists(source string, item simulator.Item) bool {
	switch source {
	case wire:
		return true
	case sick:
		return item.Filing != nil
	}
	return item.Feed == source
}

// lost counts what was shown and is not kept, and what a source has served and is not kept. Naver's results have no ids.
func (r *sickRun) lost(ctx context.Context) (int, error) {
	lost := 0
	served := r.sim.Served()
	for _, source := range []string{wire, sick, "hankyung", "maeil"} {
		ids := slices.Clone(served[source])
		for _, item := range r.shown {
			if lists(source, item) && !slices.Contains(ids, item.ID) {
				ids = append(ids, item.ID)
			}
		}
		known, err := r.db.KnownSightings(ctx, source, ids)
		if err != nil {
			return 0, err
		}
		lost += len(ids) - len(known)
	}
	return lost, nil
}

// breaker tells the way that the breaker took, in seconds from the first fault and from the end of the last.
func (r *sickRun) breaker(broken, mended time.Time) []Figure {
	var first, last time.Time // when it first opened, and was last half open
	opened, way := 0, []store.BreakerState{store.BreakerClosed}
	for _, c := range r.changes {
		way = append(way, c.state)
		switch c.state {
		case store.BreakerOpen:
			opened++
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
		{Name: "soak.sick.breaker.opened", Value: float64(opened), Unit: "times"},
	}
	if whole == 1 {
		figures = append(figures,
			Figure{Name: "soak.sick.breaker.open", Value: first.Sub(broken).Seconds(), Unit: "s from the fault"},
			Figure{Name: "soak.sick.breaker.half_open", Value: last.Sub(mended).Seconds(), Unit: "s from its end"},
			Figure{Name: "soak.sick.breaker.closed", Value: r.changes[len(r.changes)-1].at.Sub(mended).Seconds(), Unit: "s from its end"})
	}
	return figures
}

// lags compares how long a healthy source's items took from being visible until a worker had them, before and while the
// other source was broken. Noise is three times the standard error of the difference.
func (r *sickRun) lags(ctx context.Context, source string, from, broken, mended time.Time) ([]Figure, error) {
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
	var before, while []float64
	for _, item := range r.shown {
		at, ok := seen[item.ID]
		if !ok {
			continue // it counts as lost
		}
		switch lag := milliseconds(at.Sub(item.SeenAt)); {
		case item.SeenAt.Before(from):
		case item.SeenAt.Before(broken):
			before = append(before, lag)
		case item.SeenAt.Before(mended):
			while = append(while, lag)
		}
	}
	name := "soak.sick." + source
	rise, noise := difference(before, while)
	return []Figure{
		{Name: name + ".lag.before", Value: median(before), Unit: "ms"},
		{Name: name + ".lag.while", Value: median(while), Unit: "ms"},
		{Name: name + ".lag.rise", Value: rise, Unit: "ms", Goal: atMost(noise)},
		{Name: name + ".lag.samples", Value: float64(len(before) + len(while)), Unit: "items"},
	}, nil
}
