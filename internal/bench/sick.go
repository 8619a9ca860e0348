package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"tickerwire/internal/simulator"
	"tickerwire/store"
	"tickerwire/tasks"
)

const (
	sick         = "dart"                 // the source that is broken, and the simulator's name for it
	healthyFor   = 30 * time.Second       // before the first fault, and after the recovery
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
	s, world, err := env.scripted(ctx, alertChats)
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
	if err := run.live(ctx); err != nil {
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
	showAt  time.Time // the next one, on the wall
	changes []breakerChange

	// When health, the first fault, the recovery and health again began, on the simulator's clock.
	from, broken, mended, recovered time.Time
}

// breakerChange is a state that the breaker took on.
type breakerChange struct {
	state store.BreakerState
	at    time.Time // on the simulator's clock, which runs like the wall's
}

// live goes through health, every fault, and the recovery.
func (r *sickRun) live(ctx context.Context) error {
	if err := r.during(ctx, sickLimit, "a first look at every source", r.allCrawled(ctx)); err != nil {
		return err
	}
	r.from = r.sim.Clock().Now()
	if err := r.health(ctx); err != nil {
		return err
	}
	r.broken = r.sim.Clock().Now()
	for _, f := range sicknesses() {
		if err := r.suffer(ctx, f); err != nil {
			return err
		}
	}
	if err := r.control(ctx, http.MethodDelete, "faults/"+sick, ""); err != nil {
		return err
	}
	r.mended = r.sim.Clock().Now()
	r.env.say("soak.sick: %s is well", sick)
	err := r.during(ctx, recoverLimit, "the breaker to close", func() (bool, error) { return r.state() == store.BreakerClosed, nil })
	if err != nil {
		return err
	}
	r.recovered = r.sim.Clock().Now()
	return r.health(ctx)
}

// health is a time without faults.
func (r *sickRun) health(ctx context.Context) error {
	end := time.Now().Add(healthyFor)
	return r.during(ctx, 2*healthyFor, "health", func() (bool, error) { return time.Now().After(end), nil })
}

// suffer puts a fault in the place of the last one and waits until it has been met.
func (r *sickRun) suffer(ctx context.Context, f sickness) error {
	if err := r.control(ctx, http.MethodPut, "faults/"+sick, f.fault); err != nil {
		return err
	}
	r.env.say("soak.sick: %s of %s", f.what, sick)
	before, opened := r.sim.Traffic(sick).Asked(), r.opened()
	return r.during(ctx, sickLimit, f.what, func() (bool, error) {
		return r.sim.Traffic(sick).Asked()-before >= f.asked && (!f.opens || r.opened() > opened), nil
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
			r.changes = append(r.changes, breakerChange{s.BreakerState, r.sim.Clock().Now()})
			r.env.say("soak.sick: the breaker is %s", s.BreakerState)
		}
	}
	return nil
}

// opened counts how often the breaker has opened.
func (r *sickRun) opened() int {
	n := 0
	for _, c := range r.changes {
		if c.state == store.BreakerOpen {
			n++
		}
	}
	return n
}

// state returns the breaker's state, closed before anything is known.
func (r *sickRun) state() store.BreakerState {
	if len(r.changes) == 0 {
		return store.BreakerClosed
	}
	return r.changes[len(r.changes)-1].state
}

// allCrawled says whether each news source was crawled with success.
func (r *sickRun) allCrawled(ctx context.Context) func() (bool, error) {
	return func() (bool, error) {
		sources, err := r.db.Sources(ctx)
		n := 0
		for _, s := range sources {
			if s.Configured && !tasks.IsMarketSource(s.Name) && s.LastSuccessAt.IsZero() {
				return false, err
			}
			n++
		}
		return n > 0, err
	}
}
