package tasks

import (
	"context"
	"math"

	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
)

const (
	sourceAdjustment = "adjusted" // of a bar whose factor was found out later
	adjustRecent     = 15         // bars, by which a new split is noticed
	sameFactor       = 1e-3       // factors that differ by no more, relatively, are the same: closes are whole won
)

// AdjustBars compares one stock's adjusted closes with its raw ones, up to Day: a split or the like since changes the
// factor of every earlier day.
type AdjustBars struct {
	Code market.Code `json:"code"`
	Day  string      `json:"day"` // 2006-01-02
}

// Kind returns "bars:adjust".
func (AdjustBars) Kind() string { return "bars:adjust" }

// Key returns day and stock.
func (j AdjustBars) Key() string { return j.Day + "/" + string(j.Code) }

// Queue returns the market queue.
func (AdjustBars) Queue() string { return QueueMarket }

func (w *Worker) ringAdjusted(ctx context.Context) error {
	if w.Market.Adjusted == nil {
		return nil
	}
	day, err := w.Calendar.LastKnownDay(w.Now())
	if err != nil {
		return err
	}
	return w.ringStale(ctx, sourceAdjusted, day, func(code market.Code) Job { return AdjustBars{Code: code, Day: day.String()} })
}

// adjustBars saves a new version, known from now, of every bar whose factor has become another. What was known before
// stays as it was, so that nobody looks ahead at a split; outcomes over those days are looked at again.
func (w *Worker) adjustBars(ctx context.Context, job AdjustBars) error {
	if w.Market.Adjusted == nil {
		return nil
	}
	day, err := market.ParseDay(job.Day)
	if err != nil {
		return err
	}
	now := w.Now()
	bars, err := w.DB.Bars(ctx, store.BarFilter{Codes: []market.Code{job.Code}, From: w.firstBarDay(day), To: day, KnownBy: now})
	if err != nil {
		return err
	}
	if len(bars) == 0 || bars[len(bars)-1].Day < day && market.DayOf(now) == day {
		return nil // the day's own bar is to come: it stays due
	}
	changed, err := w.changedFactors(ctx, job.Code, bars, day)
	if err != nil {
		return w.crawlFailed(ctx, sourceAdjusted, string(job.Code), err)
	}
	for i := range changed {
		changed[i].KnownAt = now
	}
	saved, err := w.DB.SaveBars(ctx, changed)
	if err != nil {
		return err
	}
	if saved > 0 {
		w.Log.InfoContext(ctx, "bars adjusted", "code", string(job.Code), "days", saved)
	}
	return w.DB.SaveCrawl(ctx, store.Crawl{Source: sourceAdjusted, Part: string(job.Code), At: now, Mark: news.Bookmark(job.Day), New: saved})
}

// changedFactors asks for the last days, and for the whole span where those differ or the stock was never compared: what
// changes a factor changes it for all earlier days.
func (w *Worker) changedFactors(ctx context.Context, code market.Code, bars []market.Bar, day market.Day) ([]market.Bar, error) {
	compared, err := w.DB.Bookmark(ctx, sourceAdjusted, string(code))
	if err != nil {
		return nil, err
	}
	if recent := bars[max(0, len(bars)-adjustRecent):]; compared != "" {
		adjusted, err := w.Market.Adjusted.AdjustedCloses(ctx, code, recent[0].Day, day)
		if err != nil || len(reckonedBack(recent, adjusted)) == 0 {
			return nil, err
		}
	}
	adjusted, err := w.Market.Adjusted.AdjustedCloses(ctx, code, bars[0].Day, day)
	return reckonedBack(bars, adjusted), err
}

// reckonedBack returns the bars whose factor differs from what the adjusted closes say, with the new one.
func reckonedBack(bars []market.Bar, adjusted market.Closes) []market.Bar {
	days, raw := make([]market.Day, len(bars)), make(market.Closes, len(bars))
	for i, b := range bars {
		days[i], raw[b.Day] = b.Day, b.Close
	}
	factors := market.Factors(days, raw, adjusted)
	var changed []market.Bar
	for _, b := range bars {
		factor, known := factors[b.Day]
		if known && math.Abs(factor/b.AdjFactor-1) > sameFactor {
			b.AdjFactor, b.Source = factor, sourceAdjustment
			changed = append(changed, b)
		}
	}
	return changed
}
