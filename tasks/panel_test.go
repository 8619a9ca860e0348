package tasks_test

import (
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/tasks"
)

// TestPredictionWaitsForBars asks for a prediction of a story at noon: KIS should have brought yesterday's bars by
// then, and so should KRX; at seven in the morning KRX has yet to bring them.
func TestPredictionWaitsForBars(t *testing.T) {
	t.Parallel()
	const stocks, yesterday = 40, -1
	bars := &exchange{}
	kis := func(w *tasks.Worker) { w.Stocks = bars }
	krx := func(w *tasks.Worker) { w.Daily = bars }
	both := func(w *tasks.Worker) { w.Stocks, w.Daily = bars, bars }
	for name, c := range map[string]struct {
		sources func(*tasks.Worker)
		have    int       // stocks with a bar of yesterday
		asOf    time.Time // zero: noon
		waited  string    // how long ago the call was made
		waits   bool
	}{
		"KIS has brought none":                 {kis, 0, time.Time{}, "0", true},
		"KIS has brought one":                  {kis, 1, time.Time{}, "0", true},
		"KIS has brought nine in ten":          {kis, 36, time.Time{}, "0", true},
		"KIS has brought nineteen in twenty":   {kis, 38, time.Time{}, "0", false},
		"it has waited long enough":            {kis, 1, time.Time{}, "16 minutes", false},
		"nobody brings bars":                   {func(*tasks.Worker) {}, 0, time.Time{}, "0", false},
		"KRX has brought none":                 {krx, 0, time.Time{}, "0", true},
		"KRX has not published yet":            {krx, 0, storyDay.At(7, 0), "0", false},
		"KIS should have without KRX":          {kis, 0, storyDay.At(7, 0), "0", true},
		"KRX has not published, KIS should":    {both, 0, storyDay.At(7, 0), "0", true},
		"KRX has not published, KIS has it":    {both, 40, storyDay.At(7, 0), "0", false},
		"KRX published the day before, no bar": {krx, -1, storyDay.At(7, 0), "0", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := openQuoted(t, stocks)
			c.sources(q.worker)
			exec := func(query string, args ...any) {
				t.Helper()
				_, err := q.db.Bun().ExecContext(t.Context(), query, args...)
				q.must(err)
			}
			since := storyDay + yesterday
			if c.have < 0 {
				since -= 4 // over a holiday and a week-end
			}
			exec(`delete from bars where day >= ?::date`, since.String())
			q.close("kis", storyDay+yesterday, 0, max(0, c.have))
			if !c.asOf.IsZero() {
				exec(`update stories set available_at = ?`, c.asOf)
			}
			exec(`update model_calls set created_at = now() - ?::interval`, c.waited)
			var err error
			for _, call := range q.story.Calls {
				if call.ModelKind == "baseline" {
					err = q.worker.Do(t.Context(), tasks.PredictStory{StoryID: call.StoryID, ModelID: call.ModelID,
						ModelKind: call.ModelKind, Generation: call.Generation})
				}
			}
			if waits := fault.KindOf(err) == fault.Limited; waits != c.waits || err != nil && !waits {
				t.Errorf("got %v; want it to wait: %t", err, c.waits)
			}
			var made int
			q.must(q.db.Bun().NewRaw(`select count(*) from predictions`).Scan(t.Context(), &made))
			if want := map[bool]int{false: 3}[c.waits]; made != want {
				t.Errorf("%d predictions, want %d", made, want)
			}
		})
	}
}

// What is said as of a past instant does not depend on which stocks are followed today.
func TestBaseRateOutlivesItsStocks(t *testing.T) {
	t.Parallel()
	q := openQuoted(t, 40)
	rate := func() (rate float64) {
		t.Helper()
		for _, call := range q.story.Calls {
			if call.ModelKind == "baseline" {
				q.must(q.worker.Do(t.Context(), tasks.PredictStory{StoryID: call.StoryID, ModelID: call.ModelID,
					ModelKind: call.ModelKind, Generation: call.Generation}))
			}
		}
		q.must(q.db.Bun().NewRaw(`select base_rate from predictions where horizon = 1`).Scan(t.Context(), &rate))
		return rate
	}
	before := rate()
	_, err := q.db.Bun().ExecContext(t.Context(), `delete from predictions`)
	q.must(err)
	_, err = q.db.Bun().ExecContext(t.Context(), `update model_calls set state = 'due', done_at = null`)
	q.must(err)
	var stopped []market.Stock
	for i := 20; i < 40; i++ {
		stopped = append(stopped, market.Stock{Code: stockCode(i), Name: "쉬는", Priority: 1})
	}
	q.must(q.db.SaveStocks(t.Context(), stopped))
	other := openQuotedWorker(q)
	q.worker = other // another process, whose cache is empty
	if after := rate(); after != before || before == 0.45 {
		t.Errorf("base rate %v with all stocks active, %v with half of them; want both the same, of a whole panel", before, after)
	}
}

// openQuotedWorker returns a worker as another process would have.
func openQuotedWorker(q *quoted) *tasks.Worker {
	return &tasks.Worker{DB: q.db, Calendar: q.worker.Calendar, Predictors: q.worker.Predictors, Now: q.worker.Now, Log: q.worker.Log}
}
