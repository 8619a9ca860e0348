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
	sameFactor       = 2.0        // won: factors that move a close by no more are the same, for adjusted closes are whole won
)

// AdjustBars asks for one stock's adjustment factors up to Day: a split or the like since changes that of every earlier
// day.
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

func (w *Worker) ringFactors(ctx context.Context) error {
	if w.Market.Factors == nil {
		return nil
	}
	day, err := w.Calendar.LastKnownDay(w.Now())
	if err != nil {
		return err
	}
	return w.ringStale(ctx, sourceFactors, day, func(code market.Code) Job { return AdjustBars{Code: code, Day: day.String()} })
}

// adjustBars saves a new version, known from now, of every bar whose factor has become another. What was known before
// stays as it was, so that nobody looks ahead at a split; outcomes over those days are looked at again.
func (w *Worker) adjustBars(ctx context.Context, job AdjustBars) error {
	if w.Market.Factors == nil {
		return nil
	}
	if overtaken, err := w.overtaken(job.Day); err != nil || overtaken {
		return err
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
	var changed []market.Bar
	asked, err := w.ask(ctx, sourceFactors, string(job.Code), func() (err error) {
		changed, err = w.changedFactors(ctx, job.Code, bars, day)
		return err
	})
	if err != nil || !asked {
		return err
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
	return w.noteCrawl(ctx, store.Crawl{Source: sourceFactors, Part: string(job.Code), Mark: news.Bookmark(job.Day), New: saved})
}

// changedFactors asks for the last days, and for the whole span where those differ or the stock was never compared: what
// changes a factor changes it for all earlier days.
func (w *Worker) changedFactors(ctx context.Context, code market.Code, bars []market.Bar, day market.Day) ([]market.Bar, error) {
	compared, err := w.DB.Bookmark(ctx, sourceFactors, string(code))
	if err != nil {
		return nil, err
	}
	if recent := bars[max(0, len(bars)-adjustRecent):]; compared != "" {
		factors, err := w.Market.Factors.Factors(ctx, code, recent[0].Day, day)
		if err != nil || len(reckonedBack(recent, factors)) == 0 {
			return nil, err
		}
	}
	factors, err := w.Market.Factors.Factors(ctx, code, bars[0].Day, day)
	return reckonedBack(bars, factors), err
}

// reckonedBack returns the bars that have another factor than the given one, with the new one.
func reckonedBack(bars []market.Bar, factors map[market.Day]float64) []market.Bar {
	var changed []market.Bar
	for _, b := range bars {
		factor, known := factors[b.Day]
		if known && math.Abs(factor-b.AdjFactor)*float64(b.Close) > sameFactor {
			b.AdjFactor, b.Source = factor, sourceAdjustment
			changed = append(changed, b)
		}
	}
	return changed
}
