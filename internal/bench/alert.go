package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/internal/simulator"
	"tickerwire/store"
	"tickerwire/tasks"
)

const (
	alertChats   = 3 // Telegram takes one message a second per chat: each chat watches a third of the stocks
	alertLimit   = 30 * time.Second
	messageEvery = 5 * time.Millisecond
	quietFor     = 700 * time.Millisecond // how long the database is not asked, unless a message comes
	settledEvery = 50 * time.Millisecond
	chatEvery    = 1200 * time.Millisecond // one message a second is allowed
	// Between two items, after all is done with the one before.
	itemLeast, itemMost = 300 * time.Millisecond, 600 * time.Millisecond
	dailyCap            = 100 // the greatest that is allowed
	signalSamples       = 35
	filingSamples       = 15
	// Beside a queue that is full: what others ordered, and how many items are shown.
	loadedTasks   = 1000
	loadedSignals = 20
	loadedFilings = 10
)

// alertLatency measures, on an otherwise idle worker and scheduler, from the moment at which a source's answer shows an
// item for the first time until Telegram has taken the message about it: for articles, which are predicted first, and
// for urgent filings, which are not. One item is under way at a time.
func alertLatency(ctx context.Context, env *Env) (_ []Figure, err error) {
	signals, filings, _, err := env.alerts(ctx, 0, signalSamples, filingSamples)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(signals, filings)
	return []Figure{
		{Name: "alert.p50", Value: percentile(all, 50), Unit: "ms", Goal: atMost(300)},
		{Name: "alert.p99", Value: percentile(all, 99), Unit: "ms", Goal: atMost(1500)},
		{Name: "alert.signal.p50", Value: percentile(signals, 50), Unit: "ms", Goal: atMost(300)},
		{Name: "alert.signal.p99", Value: percentile(signals, 99), Unit: "ms", Goal: atMost(1500)},
		{Name: "alert.signal.samples", Value: float64(len(signals)), Unit: "alerts"},
		{Name: "alert.filing.p50", Value: percentile(filings, 50), Unit: "ms", Goal: atMost(300)},
		{Name: "alert.filing.p99", Value: percentile(filings, 99), Unit: "ms", Goal: atMost(1500)},
		{Name: "alert.filing.samples", Value: float64(len(filings)), Unit: "alerts"},
	}, nil
}

// alertLoaded is alertLatency while predictions that somebody ordered wait, in the queue through which the alerts' own
// predictions go.
func alertLoaded(ctx context.Context, env *Env) ([]Figure, error) {
	signals, filings, fewest, err := env.alerts(ctx, loadedTasks, loadedSignals, loadedFilings)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(signals, filings)
	return []Figure{
		{Name: "loaded.p50", Value: percentile(all, 50), Unit: "ms"},
		{Name: "loaded.p99", Value: percentile(all, 99), Unit: "ms", Goal: atMost(3000)},
		{Name: "loaded.signal.p50", Value: percentile(signals, 50), Unit: "ms"},
		{Name: "loaded.signal.p99", Value: percentile(signals, 99), Unit: "ms", Goal: atMost(3000)},
		{Name: "loaded.filing.p50", Value: percentile(filings, 50), Unit: "ms"},
		{Name: "loaded.filing.p99", Value: percentile(filings, 99), Unit: "ms", Goal: atMost(3000)},
		{Name: "loaded.samples", Value: float64(len(all)), Unit: "alerts"},
		{Name: "loaded.queued", Value: float64(fewest), Unit: "other tasks at least, when an item was shown", Goal: atLeast(loadedTasks)},
	}, nil
}

// alerts takes samples of both ways, each beside so many other tasks; fewest is how many there were at the fewest.
func (e *Env) alerts(ctx context.Context, beside, nSignals, nFilings int) (signals, filings []float64, fewest int, err error) {
	s, world, err := e.scripted(ctx, alertChats)
	if err != nil {
		return nil, nil, 0, err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	lists := world.watchlists(chatIDs(alertChats))
	for chat, codes := range lists {
		rule := notice.DefaultRule()
		rule.QuietTo, rule.DailyCap = rule.QuietFrom, dailyCap
		_, err := s.db.SaveRecipient(ctx, notice.Recipient{ChatID: chat, Language: "ko", Active: true, Codes: codes, Rule: rule})
		if err != nil {
			return nil, nil, 0, err
		}
	}
	if err := s.openGate(ctx); err != nil {
		return nil, nil, 0, err
	}
	if err := s.start(ctx, "worker", "scheduler"); err != nil {
		return nil, nil, 0, err
	}
	run := alertRun{stage: s, world: world, lists: lists, beside: beside, fewest: math.MaxInt}
	if signals, err = run.sample(ctx, world.signals, wire, nSignals); err != nil {
		return nil, nil, 0, err
	}
	filings, err = run.sample(ctx, world.urgent, "dart", nFilings)
	return signals, filings, run.fewest, err
}

// openGate gives every model the record of one that is worth something, and leaves its probabilities as they are: only a
// proven model's signals are sent, and the way to Telegram is what is measured, not the model.
func (s *stage) openGate(ctx context.Context) error {
	models, err := s.db.Models(ctx)
	if err != nil {
		return err
	}
	var list []store.CalibrationOf
	for _, m := range models {
		for _, h := range forecast.Horizons {
			list = append(list, store.CalibrationOf{ModelID: m.ID, Horizon: h, Origin: forecast.Live, KnownAt: simulator.DefaultStart().AddDate(0, 0, -1),
				Calibration: forecast.Calibration{Slope: 1, SlopeLow: 0.5, SlopeHigh: 1.5, StockDays: 1000}})
		}
	}
	return s.db.SaveCalibrations(ctx, list)
}

// alertRun shows items one after another.
type alertRun struct {
	*stage
	world  *script
	lists  map[int64][]market.Code // by chat
	shown  int
	beside int // other tasks that wait when an item is shown
	fewest int // that did
}

// load orders predictions until enough wait.
func (r *alertRun) load(ctx context.Context) error {
	for due := 0; r.beside > 0; {
		if err := r.db.Bun().NewRaw(`select count(*) from model_calls where state = 'due'`).Scan(ctx, &due); err != nil {
			return fmt.Errorf("calls that are due: %w", err)
		}
		if due >= r.beside {
			r.fewest = min(r.fewest, due)
			return nil
		}
		if err := r.order(ctx, r.beside); err != nil {
			return err
		}
	}
	return nil
}

// sample shows items until enough of them became alerts, and returns the latencies in milliseconds. Items that nobody
// is alerted about count for nothing.
func (r *alertRun) sample(ctx context.Context, choose func() ([]candidate, error), source string, enough int) ([]float64, error) {
	items, err := choose()
	if err != nil {
		return nil, err
	}
	var samples []float64
	had := map[string]bool{} // a company has one signal a day
	for _, item := range items {
		if len(samples) == enough {
			break
		}
		if had[item.company] {
			continue
		}
		if err := r.space(ctx, r.world.codeOf(item.company)); err != nil {
			return nil, err
		}
		took, alerted, err := r.one(ctx, item.Item, source)
		if err != nil {
			return nil, fmt.Errorf("item %d, %s: %w", r.shown, item.ID, err)
		}
		if alerted {
			had[item.company] = true
			samples = append(samples, milliseconds(took))
		}
	}
	r.env.say("alert: %d of %d items of %s became alerts", len(samples), r.shown, source)
	if len(samples) < enough/2 {
		return nil, fmt.Errorf("%s: only %d of %d items became alerts", source, len(samples), len(items))
	}
	return samples, nil
}

// space waits between two items, and until the chat that hears of a stock may have its next message: Telegram's limit is
// not what is measured.
func (r *alertRun) space(ctx context.Context, code market.Code) error {
	if err := pause(ctx, itemLeast, itemMost); err != nil {
		return err
	}
	var free time.Time
	for _, m := range r.sim.Messages() {
		if slices.Contains(r.lists[m.ChatID], code) {
			free = m.At.Add(chatEvery)
		}
	}
	wait := max(0, time.Until(free))
	return pause(ctx, wait, wait)
}

// one shows an item, rings for a crawl of its source, and waits until all is done with it.
func (r *alertRun) one(ctx context.Context, item simulator.Item, source string) (took time.Duration, alerted bool, err error) {
	if err := r.load(ctx); err != nil {
		return 0, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, alertLimit)
	defer cancel()
	before := len(r.sim.Messages())
	r.world.show(item, r.sim.Clock().Now())
	r.shown++
	if err := r.queue.Ring(ctx, tasks.CrawlNews{Source: source}); err != nil {
		return 0, false, err
	}
	if err := r.awaitSettled(ctx, before); err != nil {
		return 0, false, errors.Join(err, r.left(context.WithoutCancel(ctx)))
	}
	messages := r.sim.Messages()
	if len(messages) == before {
		return 0, false, nil
	}
	m := messages[before]
	if !strings.Contains(m.Text, item.Link) {
		return 0, false, fmt.Errorf("the message is about something else: %.200s", m.Text)
	}
	served, ok := r.sim.FirstServed(item.ID)
	if !ok {
		return 0, false, fmt.Errorf("a message came before the item was shown")
	}
	return m.At.Sub(served), true, nil
}

// left says what is not dealt with.
func (r *alertRun) left(ctx context.Context) error {
	now := r.sim.Clock().Now()
	c, err := r.db.DayCounts(ctx, now.AddDate(0, 0, -2), now.AddDate(0, 0, 2))
	return errors.Join(fmt.Errorf("%d items were shown, and there is %+v", r.shown, c), err)
}

// awaitSettled waits until the item's article is kept and nothing is due. While the message may be on its way it looks
// at the simulator only, which costs the program nothing.
func (r *alertRun) awaitSettled(ctx context.Context, before int) error {
	asking, asked := time.Now().Add(quietFor), 0
	for {
		if err := pause(ctx, messageEvery, messageEvery); err != nil {
			return err
		}
		if time.Now().Before(asking) && !(asked == 0 && len(r.sim.Messages()) > before) {
			continue
		}
		asked++
		articles, settled, err := r.settled(ctx)
		if err != nil || settled && articles >= r.shown {
			return err
		}
		asking = time.Now().Add(settledEvery)
	}
}
