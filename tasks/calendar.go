package tasks

import (
	"context"

	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
)

// RefreshCalendar asks once a day which days the exchange opens on, so that a holiday at short notice is known.
type RefreshCalendar struct {
	Day string `json:"day"` // 2006-01-02: the day of asking
}

// Kind returns "calendar:refresh".
func (RefreshCalendar) Kind() string { return "calendar:refresh" }

// Key returns the day.
func (j RefreshCalendar) Key() string { return j.Day }

// Queue returns the market queue.
func (RefreshCalendar) Queue() string { return QueueMarket }

func (w *Worker) ringCalendar(ctx context.Context) error {
	if w.Market.OpenDays == nil {
		return nil
	}
	today := market.DayOf(w.Now()).String()
	asked, err := w.DB.Bookmark(ctx, sourceCalendar, "days")
	if err != nil || asked == news.Bookmark(today) {
		return err
	}
	return w.Queue.Ring(ctx, RefreshCalendar{Day: today})
}

func (w *Worker) refreshCalendar(ctx context.Context, job RefreshCalendar) error {
	if w.Market.OpenDays == nil {
		return nil
	}
	day, err := market.ParseDay(job.Day)
	if err != nil {
		return err
	}
	asked, err := w.DB.Bookmark(ctx, sourceCalendar, "days")
	if err != nil || asked == news.Bookmark(job.Day) {
		return err // an earlier ring was quicker, and one question a day is all that is wished for
	}
	var days []market.OpenDay
	may, err := w.ask(ctx, sourceCalendar, "days", func() (err error) {
		days, err = w.Market.OpenDays.OpenDays(ctx, day)
		return err
	})
	if err != nil || !may {
		return err
	}
	changed, err := w.DB.SaveOpenDays(ctx, days, sourceCalendar, w.Now())
	if err != nil {
		return err
	}
	if err := LayCalendar(ctx, w.DB, w.Calendar); err != nil {
		return err
	}
	if changed > 0 {
		w.Log.InfoContext(ctx, "calendar refreshed", "days", len(days), "changed", changed)
	}
	return w.noteCrawl(ctx, store.Crawl{Source: sourceCalendar, Part: "days", Mark: news.Bookmark(job.Day), New: changed})
}

// LayCalendar lays the days that the database knows over a calendar. Every process does so at its start and from time to
// time: one of them learns, all must obey.
func LayCalendar(ctx context.Context, db *store.DB, calendar *market.Calendar) error {
	days, err := db.OpenDays(ctx)
	if err != nil {
		return err
	}
	calendar.Lay(days)
	return nil
}
