package backtest

import (
	"context"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

// storedPage is how many stories are read at once.
const storedPage = 500

// Stored walks through the history that an import has left in a database: the models are asked about its stories, one
// instant after the other, and calibrated in its evenings. It may be stopped and started again, also beside a running
// program; what was asked already is left alone. At the end the records are judged by what is known at now. It returns how
// many stories it has asked about.
func (w *Walk) Stored(ctx context.Context, now time.Time) (int, error) {
	w.Worker.Now = w.clock
	if w.Watch != nil {
		w.Worker.Watch = w.note
	}
	var ids []int64
	for _, m := range w.Models {
		ids = append(ids, m.ID)
	}
	var at time.Time
	for len(ids) > 0 {
		page, err := w.Worker.DB.Unwalked(ctx, ids, at, storedPage)
		if err != nil {
			return w.sum.Stories, err
		}
		whole := len(page) < storedPage
		if !whole { // the last instant may go on behind the page
			page = before(page, page[len(page)-1].AvailableAt)
		}
		if err := w.stored(ctx, page, at); err != nil {
			return w.sum.Stories, err
		}
		if whole {
			break
		}
		at = page[len(page)-1].AvailableAt.Add(time.Microsecond)
	}
	if w.sum.Stories == 0 {
		return 0, nil
	}
	return w.sum.Stories, w.Worker.JudgeNow(ctx, forecast.Backtest, now)
}

// before returns the stories of a page before an instant; all of them when the page holds no other instant.
func before(page []news.Story, at time.Time) []news.Story {
	for i := len(page); i > 0; i-- {
		if page[i-1].AvailableAt.Before(at) {
			return page[:i]
		}
	}
	return page
}

// stored asks about stories in their order; since is where the clock stands, zero at the beginning.
func (w *Walk) stored(ctx context.Context, stories []news.Story, since time.Time) error {
	for len(stories) > 0 {
		at, n := stories[0].AvailableAt, 1
		for n < len(stories) && stories[n].AvailableAt.Equal(at) {
			n++
		}
		if since.IsZero() {
			since = at
		}
		for day := market.DayOf(since); day <= market.DayOf(at); day++ {
			if evening := day.At(eveningHour, eveningMinute); evening.After(since) && !evening.After(at) {
				if err := w.Worker.Calibrate(ctx, forecast.Backtest, evening); err != nil {
					return err
				}
			}
		}
		w.now.Store(at.UnixMicro())
		if err := w.predict(ctx, stories[:n]); err != nil {
			return err
		}
		stories, since = stories[n:], at
	}
	return nil
}
