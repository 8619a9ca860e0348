package tasks

import (
	"context"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/store"
)

const (
	minutesEvery  = 5 * time.Minute  // how old a watched stock's newest minute may be while a venue trades
	minuteSettles = 10 * time.Second // how long after its end a minute is read, as clocks differ

	// Of how long a span the minutes are fetched at once: about what a source answers in one page.
	spanToday = 30 * time.Minute
	spanPast  = 2 * time.Hour
)

// CrawlMinutes fetches a watched stock's minutes of one day at one venue, from where the last fetch ended. It is a span of
// them; the next one is rung for anew.
type CrawlMinutes struct {
	Code  market.Code  `json:"code"`
	Venue market.Venue `json:"venue"`
	Day   string       `json:"day"`  // 2006-01-02
	From  string       `json:"from"` // 15:04, KST: where the last fetch ended
}

func newCrawlMinutes(code market.Code, venue market.Venue, day market.Day, from time.Time) CrawlMinutes {
	return CrawlMinutes{Code: code, Venue: venue, Day: day.String(), From: from.In(market.KST).Format("15:04")}
}

// Kind returns "minutes:crawl".
func (CrawlMinutes) Kind() string { return "minutes:crawl" }

// Key returns day, venue, stock and the span's beginning.
func (j CrawlMinutes) Key() string {
	return j.Day + "/" + string(j.Venue) + "/" + string(j.Code) + "/" + j.From
}

// Queue returns the market queue.
func (CrawlMinutes) Queue() string { return QueueMarket }

// tradingSpan returns from when to when a venue trades on a day, pauses included; false when it does not. Its last minute
// may be the closing auction's, which prints at the very end.
func tradingSpan(c *market.Calendar, venue market.Venue, day market.Day) (from, to time.Time, ok bool, err error) {
	windows, err := c.Windows(day)
	if err != nil {
		return time.Time{}, time.Time{}, false, err
	}
	for _, window := range windows {
		if window.Venue != venue {
			continue
		}
		if !ok || window.From.Before(from) {
			from = window.From
		}
		if !ok || window.To.After(to) {
			to = window.To
		}
		ok = true
	}
	return from, to.Add(time.Minute), ok, nil
}

// ringMinutes rings for every watched stock's days of late that are not fetched as far as they could be.
func (w *Worker) ringMinutes(ctx context.Context) error {
	if w.Market.Minutes == nil {
		return nil
	}
	watched, err := w.DB.Watched(ctx)
	if err != nil || len(watched) == 0 {
		return err
	}
	now := w.Now()
	covered, _ := w.Calendar.Covers()
	first := max(covered, market.DayOf(now)-market.Day(w.Market.MinuteDays))
	fetched, err := w.fetchedTo(ctx, watched, first)
	if err != nil {
		return err
	}
	for day := first; day <= market.DayOf(now); day++ {
		for _, venue := range []market.Venue{market.KRX, market.NXT} {
			from, to, open, err := tradingSpan(w.Calendar, venue, day)
			if err != nil {
				return err
			}
			if !open || now.Before(from.Add(minutesEvery)) {
				continue
			}
			for _, code := range watched {
				done := fetched[minuteKey{code, venue, day}]
				if !minutesDue(now, done, to) {
					continue
				}
				if done.Before(from) {
					done = from
				}
				if err := w.Queue.Ring(ctx, newCrawlMinutes(code, venue, day, done)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// minutesDue reports whether a day that trades until to, and is fetched up to done, should be fetched further at now.
func minutesDue(now, done, to time.Time) bool {
	if now.Before(to) {
		return now.Sub(done) >= minutesEvery
	}
	return done.Before(to)
}

type minuteKey struct {
	code  market.Code
	venue market.Venue
	day   market.Day
}

func (w *Worker) fetchedTo(ctx context.Context, codes []market.Code, from market.Day) (map[minuteKey]time.Time, error) {
	list, err := w.DB.MinuteDays(ctx, codes, from)
	if err != nil {
		return nil, err
	}
	fetched := make(map[minuteKey]time.Time, len(list))
	for _, d := range list {
		fetched[minuteKey{d.Code, d.Venue, d.Day}] = d.To
	}
	return fetched, nil
}

func (w *Worker) crawlMinutes(ctx context.Context, job CrawlMinutes) error {
	if w.Market.Minutes == nil {
		return nil
	}
	day, err := market.ParseDay(job.Day)
	if err != nil {
		return err
	}
	from, to, open, err := tradingSpan(w.Calendar, job.Venue, day)
	if err != nil {
		return err
	}
	if !open {
		return fault.InvalidField("day", "%s does not trade on %s", job.Venue, day)
	}
	fetched, err := w.fetchedTo(ctx, []market.Code{job.Code}, day)
	if err != nil {
		return err
	}
	if done := fetched[minuteKey{job.Code, job.Venue, day}]; done.After(from) {
		from = done
	}
	if over := w.Now().Add(-minuteSettles).Truncate(time.Minute); to.After(over) {
		to = over // what began in the running minute is not over
	}
	if !to.After(from) || newCrawlMinutes(job.Code, job.Venue, day, from) != job {
		return nil // another ring was quicker
	}
	span, end := spanToday, to
	if day < market.DayOf(w.Now()) {
		span = spanPast
	}
	if most := from.Add(span); to.After(most) {
		to = most
	}
	var minutes []market.Minute
	asked, err := w.ask(ctx, sourceMinutes, string(job.Code), func() (err error) {
		minutes, err = w.Market.Minutes.Minutes(ctx, job.Code, job.Venue, from, to.Add(-time.Minute))
		return err
	})
	if err != nil || !asked {
		return err
	}
	saved, err := w.DB.SaveMinutes(ctx, minutes, store.MinuteDay{Code: job.Code, Venue: job.Venue, Day: day, To: to})
	if err != nil {
		return err
	}
	if err := w.findFirstTrades(ctx, job.Code, day); err != nil {
		return err
	}
	if err := w.noteCrawl(ctx, store.Crawl{Source: sourceMinutes, Part: string(job.Code), New: saved}); err != nil || !to.Before(end) {
		return err
	}
	return w.Queue.Ring(ctx, newCrawlMinutes(job.Code, job.Venue, day, to))
}
