package tasks

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
)

// Names of the sources of daily bars.
const (
	barsKRX    = "krx"    // the whole market by day, at T+1 08:00
	barsKIS    = "kis"    // one stock by range, after the close
	barsImport = "import" // history brought in from an archive
)

// noBars marks a day of which KRX knows nothing; an empty answer is taken for that once the day lies emptyIsFinal days
// back.
const (
	noBars       = news.Bookmark("empty")
	emptyIsFinal = 7
)

// DueBars looks which daily bars should be known by now and are not stored, and rings for each.
type DueBars struct{}

// Kind returns "bars:due".
func (DueBars) Kind() string { return "bars:due" }

// Key returns "all".
func (DueBars) Key() string { return "all" }

// Queue returns the control queue.
func (DueBars) Queue() string { return QueueControl }

// CrawlBars fetches daily bars: the whole market's of Day from KRX, or one stock's up to Day from KIS.
type CrawlBars struct {
	Source string      `json:"source"`
	Day    string      `json:"day"`            // 2006-01-02
	Code   market.Code `json:"code,omitempty"` // KIS only
}

// Kind returns "bars:crawl".
func (CrawlBars) Kind() string { return "bars:crawl" }

// Key returns source, day and stock.
func (j CrawlBars) Key() string { return j.Source + "/" + j.Day + "/" + string(j.Code) }

// Queue returns the market queue.
func (CrawlBars) Queue() string { return QueueMarket }

func (w *Worker) dueBars(ctx context.Context, _ DueBars) error {
	return errors.Join(w.ringKIS(ctx), w.ringKRX(ctx))
}

// ringKIS rings for every active stock whose newest bar is older than the last day whose official row is known.
func (w *Worker) ringKIS(ctx context.Context) error {
	if w.Stocks == nil {
		return nil
	}
	day, err := w.Calendar.LastKnownDay(w.Now())
	if err != nil {
		return err
	}
	newest, err := w.DB.LastBarDays(ctx, barsKIS, barsImport)
	if err != nil {
		return err
	}
	stocks, err := w.DB.Stocks(ctx, true)
	if err != nil {
		return err
	}
	for _, s := range stocks {
		if newest[s.Code] >= day {
			continue
		}
		if err := w.Queue.Ring(ctx, CrawlBars{Source: barsKIS, Day: day.String(), Code: s.Code}); err != nil {
			return err
		}
	}
	return nil
}

// ringKRX rings for every trading day of the kept span that KRX has published and that is due.
func (w *Worker) ringKRX(ctx context.Context) error {
	if w.Daily == nil {
		return nil
	}
	now := w.Now()
	first := w.firstBarDay(market.DayOf(now))
	due, err := w.dueKRX(ctx, first)
	if err != nil {
		return err
	}
	for day := first; day < market.DayOf(now); day++ {
		open, err := w.Calendar.IsOpen(day)
		if err != nil {
			return err
		}
		if !open || !due(day) {
			continue
		}
		published, err := w.Calendar.KRXKnownAt(day)
		if err != nil {
			return err
		}
		if now.Before(published) {
			break
		}
		if err := w.Queue.Ring(ctx, CrawlBars{Source: barsKRX, Day: day.String()}); err != nil {
			return err
		}
	}
	return nil
}

// dueKRX returns whether a day from first on should be asked for: nobody has brought the whole market's bars of it, or
// some active stock lacks one, and KRX was not asked since the last stock was added nor found to know nothing of the
// day. Without active stocks there is nothing to ask for.
func (w *Worker) dueKRX(ctx context.Context, first market.Day) (func(market.Day) bool, error) {
	stocks, err := w.DB.Stocks(ctx, false)
	if err != nil {
		return nil, err
	}
	active := 0
	for _, s := range stocks {
		if s.Active {
			active++
		}
	}
	whole, err := w.DB.BarDays(ctx, first, barsKRX, barsImport)
	if err != nil {
		return nil, err
	}
	stored, err := w.DB.BarCounts(ctx, first)
	if err != nil {
		return nil, err
	}
	marks, err := w.DB.Bookmarks(ctx, barsKRX)
	return func(day market.Day) bool {
		asked := marks[day.String()]
		if active == 0 || asked == noBars || asked == askedFor(stocks) {
			return false
		}
		return stored[day] < active || asked == "" && !whole[day]
	}, err
}

// askedFor is the bookmark of a day of which KRX gave the bars of these stocks. No stock is ever deleted: as soon as one
// was added it is another.
func askedFor(tracked []market.Stock) news.Bookmark {
	return news.Bookmark(strconv.Itoa(len(tracked)))
}

// firstBarDay returns the first day of the span of bars that is kept up at day; the calendar must know it.
func (w *Worker) firstBarDay(day market.Day) market.Day {
	covered, _ := w.Calendar.Covers()
	return max(day-market.Day(w.BarsFrom), covered)
}

func (w *Worker) crawlBars(ctx context.Context, job CrawlBars) error {
	day, err := market.ParseDay(job.Day)
	if err != nil {
		return err
	}
	switch {
	case job.Source == barsKRX && w.Daily != nil:
		return w.crawlKRX(ctx, day)
	case job.Source == barsKIS && w.Stocks != nil:
		return w.crawlKIS(ctx, job.Code, day)
	}
	return fault.InvalidField("source", "no source of bars %q is configured", job.Source)
}

// crawlKRX keeps the tracked stocks' bars, and the name of everything listed.
func (w *Worker) crawlKRX(ctx context.Context, day market.Day) error {
	var bars []market.Bar
	var listings []market.Listing
	asked, err := w.ask(ctx, barsKRX, day.String(), func() (err error) {
		bars, listings, err = w.Daily.DailyBars(ctx, day)
		if fault.KindOf(err) == fault.NotFound {
			return nil // nothing published of that day, yet or at all
		}
		return err
	})
	if err != nil || !asked {
		return err
	}
	if err := w.DB.SaveListings(ctx, listings); err != nil {
		return err
	}
	stocks, err := w.DB.Stocks(ctx, false)
	if err != nil {
		return err
	}
	tracked := make(map[market.Code]bool, len(stocks))
	for _, s := range stocks {
		tracked[s.Code] = true
	}
	crawl := store.Crawl{Source: barsKRX, Part: day.String()}
	if len(bars) > 0 {
		crawl.Mark = askedFor(stocks)
	} else if market.DayOf(w.Now())-day > emptyIsFinal {
		crawl.Mark = noBars
	}
	bars = slices.DeleteFunc(bars, func(b market.Bar) bool { return !tracked[b.Code] })
	if bars, err = w.askedAgain(ctx, bars, day); err != nil {
		return err
	}
	saved, err := w.DB.SaveBars(ctx, bars)
	if err != nil {
		return err
	}
	crawl.New = saved
	if saved > 0 {
		w.Log.InfoContext(ctx, "bars stored", "source", barsKRX, "day", day.String(), "stocks", saved)
	}
	return w.noteCrawl(ctx, crawl)
}

// askedAgain lets what KRX says of a day for a second time count from now: where it differs, it is a correction, and
// nobody could have known it at the day's own time. A factor that was found out since stays.
func (w *Worker) askedAgain(ctx context.Context, bars []market.Bar, day market.Day) ([]market.Bar, error) {
	before, err := w.DB.BarCodes(ctx, day, barsKRX)
	if err != nil || len(before) == 0 {
		return bars, err
	}
	now := w.Now()
	known, err := w.DB.Bars(ctx, store.BarFilter{From: day, To: day, KnownBy: now})
	if err != nil {
		return nil, err
	}
	factors := make(map[market.Code]float64, len(known))
	for _, b := range known {
		factors[b.Code] = b.AdjFactor
	}
	for i, b := range bars {
		if factor, ok := factors[b.Code]; ok && before[b.Code] && now.After(b.KnownAt) {
			bars[i].KnownAt, bars[i].AdjFactor = now, factor
		}
	}
	return bars, nil
}

// crawlKIS keeps one stock's bars from its newest one on.
func (w *Worker) crawlKIS(ctx context.Context, code market.Code, day market.Day) error {
	newest, err := w.DB.LastBarDays(ctx, barsKIS, barsImport)
	if err != nil {
		return err
	}
	from := max(w.firstBarDay(day), newest[code]+1)
	if from > day {
		return nil // a later ring was quicker
	}
	var bars []market.Bar
	asked, err := w.ask(ctx, barsKIS, string(code), func() (err error) {
		bars, err = w.Stocks.StockBars(ctx, code, from, day)
		return err
	})
	if err != nil || !asked {
		return err
	}
	saved, err := w.DB.SaveBars(ctx, bars)
	if err != nil {
		return err
	}
	return w.noteCrawl(ctx, store.Crawl{Source: barsKIS, Part: string(code), New: saved})
}
