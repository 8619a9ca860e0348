package tasks

import (
	"context"
	"strings"

	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
)

// RefreshCalendar asks once a day which days the exchange opens on, so that a holiday at short notice is known. It is one
// page of the answer; the next one is rung for anew.
type RefreshCalendar struct {
	Day  string `json:"day"`  // 2006-01-02: the day of asking
	From string `json:"from"` // 2006-01-02: the page's first day
}

// Kind returns "calendar:refresh".
func (RefreshCalendar) Kind() string { return "calendar:refresh" }

// Key returns the day and the page's first day.
func (j RefreshCalendar) Key() string { return j.Day + "/" + j.From }

// Queue returns the market queue.
func (RefreshCalendar) Queue() string { return QueueMarket }

func (w *Worker) ringCalendar(ctx context.Context) error {
	if w.Market.OpenDays == nil {
		return nil
	}
	return w.ringCalendarPage(ctx, market.DayOf(w.Now()).String())
}

// ringCalendarPage rings for the page that a day's asking has come to, unless it has come to the end.
func (w *Worker) ringCalendarPage(ctx context.Context, day string) error {
	from, err := w.calendarPage(ctx, day)
	if err != nil || from == "" {
		return err
	}
	return w.Queue.Ring(ctx, RefreshCalendar{Day: day, From: from})
}

// calendarPage returns the first day of the page that a day's asking has come to, "" once it is through. The bookmark is
// the day, and while there is more of the answer that page's first day behind it.
func (w *Worker) calendarPage(ctx context.Context, day string) (string, error) {
	mark, err := w.DB.Bookmark(ctx, sourceCalendar, "days")
	if err != nil {
		return "", err
	}
	asked, from, more := strings.Cut(string(mark), " ")
	switch {
	case asked != day:
		return day, nil
	case more:
		return from, nil
	}
	return "", nil
}

func (w *Worker) refreshCalendar(ctx context.Context, job RefreshCalendar) error {
	if w.Market.OpenDays == nil {
		return nil
	}
	from, err := market.ParseDay(job.From)
	if err != nil {
		return err
	}
	page, err := w.calendarPage(ctx, job.Day)
	if err != nil || page != job.From {
		return err // an earlier ring was quicker, and one question a day is all that is wished for
	}
	var days []market.OpenDay
	var more bool
	may, err := w.ask(ctx, sourceCalendar, "days", func() (err error) {
		days, more, err = w.Market.OpenDays.OpenDays(ctx, from)
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
	mark := job.Day
	if more {
		mark += " " + (days[len(days)-1].Day + 1).String()
	}
	if err := w.noteCrawl(ctx, store.Crawl{Source: sourceCalendar, Part: "days", Mark: news.Bookmark(mark), New: changed}); err != nil {
		return err
	}
	return w.ringCalendarPage(ctx, job.Day)
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
