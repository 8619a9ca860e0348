package tasks_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hibiken/asynq"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/store"
	"tickerwire/tasks"
)

// broker has everything about the market that one may ask a broker for, and remembers what it was asked.
type broker struct {
	asked    []string
	factors  map[market.Day]float64
	minutes  []market.Minute
	flows    []market.Flow
	indices  []market.IndexDay
	days     []market.OpenDay
	listings []market.Listing
	err      error
}

func (b *broker) note(what string) error {
	b.asked = append(b.asked, what)
	return b.err
}

func (b *broker) Factors(_ context.Context, code market.Code, from, to market.Day) (map[market.Day]float64, error) {
	of := map[market.Day]float64{}
	for day, factor := range b.factors {
		if day >= from && day <= to {
			of[day] = factor
		}
	}
	return of, b.note("factors " + string(code) + " " + from.String())
}

func (b *broker) Minutes(_ context.Context, code market.Code, venue market.Venue, from, to time.Time) (of []market.Minute, _ error) {
	for _, m := range b.minutes {
		if m.Code == code && m.Venue == venue && !m.At.Before(from) && !m.At.After(to) {
			of = append(of, m)
		}
	}
	return of, b.note("minutes " + string(venue) + " " + from.In(market.KST).Format("02 15:04") + "-" + to.In(market.KST).Format("15:04"))
}

func (b *broker) Flows(_ context.Context, code market.Code) ([]market.Flow, error) {
	return b.flows, b.note("flows " + string(code))
}

func (b *broker) IndexDays(_ context.Context, index market.IndexName, from, to market.Day) (of []market.IndexDay, _ error) {
	for _, d := range b.indices {
		if d.Name == index && d.Day >= from && d.Day <= to {
			of = append(of, d)
		}
	}
	return of, b.note("index " + string(index))
}

func (b *broker) OpenDays(_ context.Context, from market.Day) (days []market.OpenDay, more bool, _ error) {
	for _, d := range b.days {
		if d.Day >= from && len(days) < 2 { // a page
			days = append(days, d)
		}
	}
	more = len(days) > 0 && days[len(days)-1].Day < b.days[len(b.days)-1].Day
	return days, more, b.note("days " + from.String())
}

func (b *broker) Symbols(_ context.Context, day market.Day) ([]market.Listing, error) {
	return b.listings, b.note("symbols " + day.String())
}

// indexDays is KRX's other form of IndexDays.
type indexDays struct{ *broker }

func (b indexDays) IndexDays(_ context.Context, day market.Day) ([]market.IndexDay, error) {
	return b.indices, b.note("indices " + day.String())
}

// run rings for what is due, does all of it and what it rings for, and returns what the broker was asked.
func (b *broker) run(r *rig, w *tasks.Worker) []string {
	r.t.Helper()
	b.asked = nil
	r.must(w.Do(r.t.Context(), tasks.DueMarket{}))
	for {
		list, err := r.look.ListPendingTasks(tasks.QueueMarket, asynq.PageSize(500))
		if errors.Is(err, asynq.ErrQueueNotFound) {
			return nil // nothing was ever rung
		}
		r.must(err)
		if len(list) == 0 {
			break
		}
		for _, task := range list {
			r.must(w.Do(r.t.Context(), jobOf(r, task)))
			r.must(r.look.DeleteTask(tasks.QueueMarket, task.ID))
		}
	}
	slices.Sort(b.asked)
	return b.asked
}

func jobOf(r *rig, task *asynq.TaskInfo) tasks.Job {
	r.t.Helper()
	read := func(into any) { r.must(json.Unmarshal(task.Payload, into)) }
	switch task.Type {
	case tasks.RefreshCalendar{}.Kind():
		var j tasks.RefreshCalendar
		read(&j)
		return j
	case tasks.CrawlSymbols{}.Kind():
		var j tasks.CrawlSymbols
		read(&j)
		return j
	case tasks.CrawlIndices{}.Kind():
		var j tasks.CrawlIndices
		read(&j)
		return j
	case tasks.CrawlFlows{}.Kind():
		var j tasks.CrawlFlows
		read(&j)
		return j
	case tasks.CrawlMinutes{}.Kind():
		var j tasks.CrawlMinutes
		read(&j)
		return j
	case tasks.AdjustBars{}.Kind():
		var j tasks.AdjustBars
		read(&j)
		return j
	}
	r.t.Fatalf("a task of kind %s", task.Type)
	return nil
}

func (r *rig) track(codes ...market.Code) {
	r.t.Helper()
	for _, code := range codes {
		r.must(r.db.SaveStocks(r.t.Context(), []market.Stock{{Code: code, Name: "누리 " + string(code), Priority: 2, Active: true}}))
	}
}

func (r *rig) watch(codes ...market.Code) {
	r.t.Helper()
	_, err := r.db.SaveRecipient(r.t.Context(), notice.Recipient{ChatID: 5, Language: "ko", Active: true, Codes: codes, Rule: notice.DefaultRule()})
	r.must(err)
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestNothingIsDueWithoutSources(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.track(nuri)
	r.watch(nuri)
	b := &broker{}
	same(t, "asked", []string(nil), b.run(r, r.worker(nil)))
}

// TestMarketSourcesAreNamed: each source that a worker asks has the name under which it notes its attempts.
func TestMarketSourcesAreNamed(t *testing.T) {
	t.Parallel()
	same(t, "none", []string(nil), tasks.MarketSources(nil, nil, tasks.MarketData{}))
	b := &broker{}
	got := tasks.MarketSources(nil, nil, tasks.MarketData{Minutes: b, OpenDays: b})
	same(t, "two", []string{"kis-minutes", "calendar"}, got)
	for name, want := range map[string]bool{"kis": true, "krx": true, "symbols": true, "dart": false, "": false} {
		same(t, name, want, tasks.IsMarketSource(name))
	}

	r := newRig(t)
	r.track(nuri)
	r.watch(nuri)
	b = &broker{days: []market.OpenDay{{Day: dayOf(noon), Open: true}}}
	w := r.worker(func(w *tasks.Worker) { w.Market = tasks.MarketData{OpenDays: b}; w.Calendar = market.NewCalendar() })
	b.run(r, w)
	states, err := r.db.Sources(t.Context())
	r.must(err)
	var noted []string
	for _, s := range states {
		noted = append(noted, s.Name)
	}
	same(t, "noted", tasks.MarketSources(w.Daily, w.Stocks, w.Market), noted)
}

func TestTheCalendarIsAskedForOnceADay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	today := dayOf(noon)
	b := &broker{days: []market.OpenDay{{Day: today, Open: true}, {Day: today + 1}}}
	w := r.worker(func(w *tasks.Worker) { w.Market.OpenDays, w.Calendar = b, market.NewCalendar() })
	same(t, "the first time", []string{"days " + today.String()}, b.run(r, w))
	same(t, "a second time", []string(nil), b.run(r, w))
	r.must(w.Do(t.Context(), tasks.RefreshCalendar{Day: today.String(), From: today.String()})) // rung by somebody all the same
	same(t, "and a ring that came late", []string(nil), b.asked)
	if open, err := w.Calendar.IsOpen(today + 1); err != nil || open {
		t.Errorf("tomorrow's holiday has not taken effect: %t, %v", open, err)
	}
	other := market.NewCalendar()
	r.must(tasks.LayCalendar(t.Context(), r.db, other))
	if open, err := other.IsOpen(today + 1); err != nil || open {
		t.Errorf("nor in another process: %t, %v", open, err)
	}
	r.clock.advance(24 * time.Hour)
	b.days[1].Open = true // called off
	same(t, "the day after", []string{"days " + (today + 1).String()}, b.run(r, w))
	if open, err := w.Calendar.IsOpen(today + 1); err != nil || !open {
		t.Errorf("the holiday that was called off: %t, %v", open, err)
	}
	b.err = fault.New(fault.Unavailable, "away")
	r.clock.advance(24 * time.Hour)
	if err := w.Do(t.Context(), tasks.RefreshCalendar{Day: (today + 2).String(), From: (today + 2).String()}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("an outage: %v", err)
	}
	if n := r.number(`select errors_in_row from sources where name = 'calendar'`); n != 1 {
		t.Errorf("%d errors noted", n)
	}
}

// TestTheCalendarsPagesFollowEachOther: each is a task of its own, so that a crash costs one page, and a ring that was lost
// is made up for from where the asking has come to.
func TestTheCalendarsPagesFollowEachOther(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	today := dayOf(noon)
	b := &broker{}
	for i := range market.Day(5) {
		b.days = append(b.days, market.OpenDay{Day: today + i})
	}
	w := r.worker(func(w *tasks.Worker) { w.Market.OpenDays, w.Calendar = b, market.NewCalendar() })
	page := func(from market.Day) tasks.RefreshCalendar {
		return tasks.RefreshCalendar{Day: today.String(), From: from.String()}
	}
	for range 2 { // the second is another copy of the first
		r.must(w.Do(t.Context(), page(today)))
		same(t, "the first page", []string{"days " + today.String()}, b.asked)
		if n := r.number(`select count(*) from open_days`); n != 2 {
			t.Errorf("%d days are kept, want those of the page", n)
		}
	}
	if !r.holds(tasks.QueueMarket, tasks.TaskID(page(today+2), 1)) {
		t.Error("the second page is not rung for")
	}
	r.must(r.look.DeleteTask(tasks.QueueMarket, tasks.TaskID(page(today+2), 1)))
	same(t, "the others", []string{"days " + (today + 2).String(), "days " + (today + 4).String()}, b.run(r, w))
	same(t, "and no more on that day", []string(nil), b.run(r, w))
	if n := r.number(`select count(*) from open_days`); n != 5 {
		t.Errorf("%d days are kept, want all", n)
	}
	r.clock.advance(24 * time.Hour)
	same(t, "the day after", []string{"days " + (today + 1).String(), "days " + (today + 3).String()}, b.run(r, w))
}

func TestSymbolsOfEachPublishedDay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.track(nuri)
	b := &broker{listings: []market.Listing{{Code: nuri, Name: "누리온", Market: "KOSPI"}, {Code: garam, Name: "가람", Market: "KOSDAQ"}}}
	w := r.worker(func(w *tasks.Worker) { w.Market.Symbols = b })
	yesterday, err := market.NewCalendar().Add(dayOf(noon), -1)
	r.must(err)
	same(t, "the first time", []string{"symbols " + yesterday.String()}, b.run(r, w))
	same(t, "a second time", []string(nil), b.run(r, w))
	r.clock.advance(24 * time.Hour)
	b.listings = b.listings[:1] // what is not listed any more stays known
	same(t, "the day after", []string{"symbols " + dayOf(noon).String()}, b.run(r, w))
	if n := r.number(`select count(*) from listings`); n != 2 {
		t.Errorf("%d listings", n)
	}
	r.clock.advance(24 * time.Hour)
	b.err = fault.New(fault.NotFound, "not published")
	b.run(r, w)
	if len(b.run(r, w)) != 1 {
		t.Error("a list that is late does not stay due")
	}
}

func TestIndicesAndFlowsAfterTheClose(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.track(nuri, garam)
	calendar := market.NewCalendar()
	today := dayOf(noon)
	yesterday, err := calendar.Add(today, -1)
	r.must(err)
	level := func(day market.Day, points float64, source string) market.IndexDay {
		known, err := calendar.BarKnownAt(day)
		r.must(err)
		return market.IndexDay{Name: market.KOSPI, Day: day, Close: points, Source: source, KnownAt: known}
	}
	known, err := calendar.BarKnownAt(yesterday)
	r.must(err)
	b := &broker{indices: []market.IndexDay{level(yesterday, 2900, "kis")}, flows: []market.Flow{{Code: nuri, Day: yesterday,
		Persons: market.NetBuying{Shares: 1, Won: 1_000_000}, Source: "kis", KnownAt: known}}}
	w := r.worker(func(w *tasks.Worker) { w.Market.Indices, w.Market.Flows = b, b })
	want := []string{"flows " + string(nuri), "flows " + string(garam), "index KOSDAQ", "index KOSPI", "index KOSPI200"}
	same(t, "in session: yesterday's", want, b.run(r, w))
	same(t, "a second time", []string(nil), b.run(r, w))
	b.indices = append(b.indices, level(today, 2910, "kis"))
	b.indices[0].Close, b.flows[0].Persons.Shares = 2901, 2 // corrected since
	r.clock.set(today.At(16, 4))
	same(t, "before the row is official", []string(nil), b.run(r, w))
	r.clock.set(today.At(16, 5))
	same(t, "after the close", want, b.run(r, w))
	days, err := r.db.IndexDays(t.Context(), market.KOSPI, yesterday, today, today.At(16, 4))
	if err != nil || len(days) != 1 || days[0].Close != 2900 {
		t.Errorf("as of 16:04: %+v, %v; want the first version", days, err)
	}
	days, err = r.db.IndexDays(t.Context(), market.KOSPI, yesterday, today, today.At(16, 5))
	if err != nil || len(days) != 2 || days[0].Close != 2901 || days[1].Close != 2910 {
		t.Errorf("as of 16:05: %+v, %v", days, err)
	}
	for at, shares := range map[time.Time]int64{today.At(16, 4): 1, today.At(16, 5): 2} {
		flows, err := r.db.Flows(t.Context(), store.BarFilter{Codes: []market.Code{nuri}, KnownBy: at})
		if err != nil || len(flows) != 1 || flows[0].Persons.Shares != shares {
			t.Errorf("as of %s: %+v, %v; want %d shares", at, flows, err, shares)
		}
	}
}

func TestKRXIndicesOfEachPublishedDay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := &broker{err: fault.New(fault.NotFound, "not published")}
	w := r.worker(func(w *tasks.Worker) { w.Market.DailyIndices = indexDays{b} })
	late := b.run(r, w)
	if len(late) < 6 {
		t.Fatalf("asked %v, want the days of late", late)
	}
	b.err = nil
	b.indices = []market.IndexDay{{Name: market.KOSPI, Day: dayOf(noon) - 1, Close: 1, Source: "krx", KnownAt: noon.Add(-time.Hour)}}
	same(t, "they stay due", len(late), len(b.run(r, w)))
	same(t, "until they are answered", []string(nil), b.run(r, w))
}

func TestASplitChangesWhatWasBefore(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.track(nuri)
	calendar := market.NewCalendar()
	b := &broker{factors: map[market.Day]float64{}}
	var days []market.Day
	today := dayOf(noon)
	keep := func(day market.Day, price int64) {
		known, err := calendar.BarKnownAt(day)
		r.must(err)
		_, err = r.db.SaveBars(t.Context(), []market.Bar{{Code: nuri, Day: day, Open: price, High: price, Low: price, Close: price, Volume: 1, AdjFactor: 1, Source: "kis", KnownAt: known}})
		r.must(err)
		days = append(days, day)
		b.factors[day] = 1
	}
	for n := -30; n < 0; n++ {
		day, err := calendar.Add(today, n)
		r.must(err)
		keep(day, 50_000)
	}
	w := r.worker(func(w *tasks.Worker) { w.Market.Factors, w.BarsFrom, w.Calendar = b, 60, calendar })
	same(t, "the first time: the whole span", []string{"factors " + string(nuri) + " " + days[0].String()}, b.run(r, w))
	same(t, "a second time", []string(nil), b.run(r, w))

	r.clock.set(today.At(16, 10))
	same(t, "the day's own bar is to come", []string(nil), b.run(r, w))
	for day := range b.factors { // one share has become five this morning
		b.factors[day] = .2
	}
	keep(today, 10_100)
	asked := b.run(r, w)
	if len(asked) != 2 {
		t.Errorf("asked %v, want the last days and then the whole span", asked)
	}
	same(t, "once", []string(nil), b.run(r, w))
	factors := func(at time.Time) map[float64]int {
		bars, err := r.db.Bars(t.Context(), store.BarFilter{Codes: []market.Code{nuri}, KnownBy: at})
		r.must(err)
		found := map[float64]int{}
		for _, bar := range bars {
			found[bar.AdjFactor]++
			if bar.Day < today && bar.Close != 50_000 {
				t.Errorf("the raw close of %s became %d", bar.Day, bar.Close)
			}
		}
		return found
	}
	same(t, "before it was known", map[float64]int{1: 31}, factors(today.At(16, 9)))
	same(t, "since", map[float64]int{.2: 30, 1: 1}, factors(today.At(16, 10)))
	if n := r.number(`select count(*) from corrections`); n != 30 {
		t.Errorf("%d corrections, want one per earlier day: outcomes over them are to be looked at again", n)
	}
}

func TestKRXSaysADayAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.track(nuri)
	day := dayOf(noon) - 1
	known, err := market.NewCalendar().KRXKnownAt(day)
	r.must(err)
	traded := &exchange{bars: []market.Bar{{Code: nuri, Day: day, Close: 10_000, Volume: 1, AdjFactor: 1, Source: "krx", KnownAt: known}}}
	w := r.worker(func(w *tasks.Worker) { w.Daily, w.BarsFrom = traded, 3 })
	job := tasks.CrawlBars{Source: "krx", Day: day.String()}
	r.must(w.Do(t.Context(), job))
	split := traded.bars[0] // somebody has found out about a split in the meantime
	split.AdjFactor, split.Source, split.KnownAt = .2, "adjusted", noon.Add(-time.Minute)
	_, err = r.db.SaveBars(t.Context(), []market.Bar{split})
	r.must(err)
	traded.bars = []market.Bar{{Code: nuri, Day: day, Close: 10_050, Volume: 1, AdjFactor: 1, Source: "krx", KnownAt: known}}
	r.must(w.Do(t.Context(), job))
	for at, price := range map[time.Time]int64{noon.Add(-time.Second): 10_000, noon: 10_050} {
		bars, err := r.db.Bars(t.Context(), store.BarFilter{KnownBy: at})
		if err != nil || len(bars) != 1 || bars[0].Close != price || bars[0].AdjFactor != .2 {
			t.Errorf("as of %s: %+v, %v; want %d", at, bars, err, price)
		}
	}
}

// spans are the questions for a venue's minutes from from until to.
func spans(venue market.Venue, from time.Time, span time.Duration, to time.Time) (list []string) {
	for ; from.Before(to); from = from.Add(span) {
		end := from.Add(span)
		if end.After(to) {
			end = to
		}
		list = append(list, "minutes "+string(venue)+" "+from.Format("02 15:04")+"-"+end.Add(-time.Minute).Format("15:04"))
	}
	return list
}

func TestMinutesOfPastDays(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.track(nuri)
	r.watch(nuri)
	day := dayOf(noon)
	r.clock.set((day + 1).At(7, 0))
	b := &broker{}
	w := r.worker(func(w *tasks.Worker) { w.Market.Minutes, w.Market.MinuteDays = b, 1 })
	r.must(w.Do(t.Context(), tasks.CrawlMinutes{Code: nuri, Venue: market.KRX, Day: day.String(), From: "10:00"}))
	same(t, "from where nobody has come to", []string(nil), b.asked)
	same(t, "the day before", slices.Concat(spans(market.KRX, day.At(9, 0), 2*time.Hour, day.At(15, 31)), spans(market.NXT, day.At(8, 0), 2*time.Hour, day.At(20, 1))), b.run(r, w))
	same(t, "once", []string(nil), b.run(r, w))
}

func TestMinutesAndFirstTrades(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.track(nuri, garam)
	r.watch(nuri)
	r.clock.set(noon)
	today := dayOf(noon)
	at := func(hour, min int) time.Time { return today.At(hour, min) }
	trade := func(venue market.Venue, when time.Time, price int64) market.Minute {
		return market.Minute{Code: nuri, Venue: venue, At: when, Open: price, High: price, Low: price, Close: price, Volume: 1, Source: "kis", KnownAt: when.Add(time.Minute)}
	}
	b := &broker{minutes: []market.Minute{trade(market.KRX, at(9, 0), 1000), trade(market.KRX, at(12, 1), 1010), trade(market.NXT, at(12, 3), 1020), trade(market.NXT, at(16, 0), 1030)}}
	w := r.worker(func(w *tasks.Worker) { w.Market.Minutes = b })
	midday, evening := r.open(story(0)), r.open(story(251)) // 12:00 and 16:11
	day := today.String()[8:]
	same(t, "at noon", slices.Concat(spans(market.KRX, at(9, 0), 30*time.Minute, at(11, 59)), spans(market.NXT, at(8, 0), 30*time.Minute, at(11, 59))), b.run(r, w))
	same(t, "at once again", []string(nil), b.run(r, w))
	r.clock.set(at(12, 5).Add(30 * time.Second))
	same(t, "five minutes on", []string{"minutes krx " + day + " 11:59-12:04", "minutes nxt " + day + " 11:59-12:04"}, b.run(r, w))
	if n := r.number(`select count(*) from minutes`); n != 3 {
		t.Errorf("%d minutes stored", n)
	}
	trades := func() []store.FirstTrade {
		list, err := r.db.FirstTrades(t.Context(), []int64{midday, evening}, r.clock.Now())
		r.must(err)
		return list
	}
	if got := trades(); len(got) != 0 {
		t.Errorf("before the day is whole: %+v", got)
	}
	r.clock.set(at(20, 5))
	same(t, "in the evening", slices.Concat(spans(market.KRX, at(12, 5), 30*time.Minute, at(15, 31)), spans(market.NXT, at(12, 5), 30*time.Minute, at(20, 1))), b.run(r, w))
	same(t, "the day is whole", []string(nil), b.run(r, w))
	got := trades()
	if len(got) != 1 || got[0].StoryID != midday || got[0].Price != 1010 || !got[0].At.Equal(at(12, 1)) || got[0].Window.Venue != market.KRX {
		t.Fatalf("%+v, want the noon story's at 12:01; the evening's is not known yet", got)
	}
	tomorrow := today + 1
	b.minutes = append(b.minutes, trade(market.NXT, tomorrow.At(8, 3), 1100))
	r.clock.set(tomorrow.At(20, 5))
	b.run(r, w)
	if got = trades(); len(got) != 2 || got[1].StoryID != evening || got[1].Price != 1100 || got[1].Window.Name != "pre" {
		t.Errorf("%+v, want the evening story's in the pre-market", got)
	}
}

func TestMarketTasksRefuseNonsense(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := &broker{}
	w := r.worker(func(w *tasks.Worker) {
		w.Market = tasks.MarketData{Factors: b, Minutes: b, Flows: b, Indices: b, OpenDays: b, Symbols: b}
	})
	sunday := "2026-03-01"
	for name, job := range maps.All(map[string]tasks.Job{
		"calendar": tasks.RefreshCalendar{Day: "x", From: "x"}, "symbols": tasks.CrawlSymbols{Day: "x"}, "indices": tasks.CrawlIndices{Source: "kis", Day: "x"},
		"a source of indices": tasks.CrawlIndices{Source: "krx", Day: sunday}, "factors": tasks.AdjustBars{Code: nuri, Day: "x"},
		"minutes": tasks.CrawlMinutes{Code: nuri, Venue: market.KRX, Day: "x"}, "minutes of a Sunday": tasks.CrawlMinutes{Code: nuri, Venue: market.KRX, Day: sunday},
	}) {
		if err := w.Do(t.Context(), job); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
	if len(b.asked) > 0 {
		t.Errorf("asked %v", b.asked)
	}
}
