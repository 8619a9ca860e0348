package tasks_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hibiken/asynq"

	"tickerwire/internal/market"
	"tickerwire/tasks"
)

// rung returns the days that KRX is to be asked for, oldest first, asks for them, and empties the queue.
func rung(r *rig, w *tasks.Worker) []string {
	r.t.Helper()
	r.must(w.Do(r.t.Context(), tasks.DueBars{}))
	list, err := r.look.ListPendingTasks(tasks.QueueMarket)
	if errors.Is(err, asynq.ErrQueueNotFound) {
		return nil // nothing was ever rung
	}
	r.must(err)
	var days []string
	for _, task := range list {
		var job tasks.CrawlBars
		r.must(json.Unmarshal(task.Payload, &job))
		days = append(days, job.Day)
		r.must(w.Do(r.t.Context(), job))
	}
	_, err = r.look.DeleteAllPendingTasks(tasks.QueueMarket)
	r.must(err)
	return days
}

func TestKRXHistoryIsPerStock(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	calendar := market.NewCalendar()
	traded := &exchange{}
	var days []string
	for day := market.DayOf(noon) - 14; day < market.DayOf(noon); day++ {
		open, err := calendar.IsOpen(day)
		r.must(err)
		if !open {
			continue
		}
		at, err := calendar.KRXKnownAt(day)
		r.must(err)
		days = append(days, day.String())
		for i := range 2 {
			if i == 1 && day < market.DayOf(noon)-5 {
				continue // the second stock was listed five days ago
			}
			traded.bars = append(traded.bars, market.Bar{Code: stockCode(i), Day: day, Close: 10_000, Volume: 1, AdjFactor: 1, Source: "krx", KnownAt: at})
		}
	}
	w := r.worker(func(w *tasks.Worker) { w.Daily, w.BarsFrom = traded, 14 })
	expect := func(what string, want []string) {
		t.Helper()
		if diff := cmp.Diff(want, rung(r, w)); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	follow := func(i int, active bool) {
		t.Helper()
		r.must(r.db.SaveStocks(t.Context(), []market.Stock{{Code: stockCode(i), Name: "누리", Priority: 1, Active: active}}))
	}
	expect("without a stock", nil)
	r.must(w.Do(t.Context(), tasks.CrawlBars{Source: "krx", Day: days[0]})) // rung by somebody all the same
	follow(9, false)
	expect("without an active stock", nil)
	follow(0, true)
	expect("the first stock", days)
	expect("a second time", nil)
	follow(1, true)
	expect("a stock that was added later", days)
	if n := r.number(`select count(*) from bars where code = ?`, string(stockCode(1))); n != 2 {
		t.Errorf("%d bars of the later stock, want the two since it was listed", n)
	}
	expect("a stock that lacks the days before it was listed", nil)
	r.exec(`delete from bars where day = ?::date`, days[1])
	expect("KRX has answered for all stocks already", nil)
	traded.bars = nil
	follow(2, true)
	expect("a day that KRX knows nothing of", days)
	recent := 0
	for recent = range days {
		if day, err := market.ParseDay(days[recent]); err != nil || market.DayOf(noon)-day <= 7 {
			break
		}
	}
	expect("of old days an empty answer is final", days[recent:])
}
