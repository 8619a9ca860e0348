package tasks_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/storetest"
	"tickerwire/tasks"
)

// The days of the tests about bars: a story breaks at noon of storyDay, a Wednesday, and is judged by targetDay's close.
var (
	storyDay  = market.DayOf(noon)
	targetDay = storyDay + 1
)

// quoted is a database of stocks with bars, a worker without a queue, and the story's pair of stock and call.
type quoted struct {
	t      *testing.T
	db     *store.DB
	worker *tasks.Worker
	stocks int
	story  store.Joined
}

func stockCode(i int) market.Code { return market.Code(fmt.Sprintf("9%05d", i)) }

// openQuoted tracks so many stocks, which all closed at 10,000 won on the days from a month ago up to storyDay, by KIS; the
// story is about the first.
func openQuoted(t *testing.T, stocks int) *quoted {
	t.Helper()
	db := storetest.New(t)
	q := &quoted{t: t, db: db, stocks: stocks, worker: &tasks.Worker{DB: db, Calendar: market.NewCalendar(), Predictors: predictors(),
		Now: func() time.Time { return noon }, Log: slog.New(&lines{})}}
	var list []market.Stock
	for i := range stocks {
		list = append(list, market.Stock{Code: stockCode(i), Name: fmt.Sprintf("누리%d호", i), Priority: 1, Active: true})
	}
	q.must(db.SaveStocks(t.Context(), list))
	for day := storyDay - 30; day <= storyDay; day++ {
		open, err := q.worker.Calendar.IsOpen(day)
		q.must(err)
		if open {
			q.close("kis", day, 0, stocks)
		}
	}
	article := news.Article{Source: "한빛신문", ExternalID: "1", URL: "https://news.example/1", Press: "한빛신문", Title: "누리0호 수주",
		PublishedAt: noon, TimeQuality: news.TimeExact, FirstSeenAt: noon, AvailableAt: noon, Kind: news.KindNews}
	ids, err := db.SaveArticles(t.Context(), []store.NewArticle{{Article: article, Origin: forecast.Live}})
	q.must(err)
	kept, err := db.ArticlesByID(t.Context(), ids)
	q.must(err)
	joined, err := db.JoinStories(t.Context(), []store.Embedded{{Article: kept[0], Codes: []market.Code{stockCode(0)},
		Embedder: news.EmbedderVersion, Vector: []float32{1, 0}, BaseDay: storyDay}}, news.Place)
	q.must(err)
	q.story = joined[0]
	return q
}

func (q *quoted) must(err error) {
	q.t.Helper()
	if err != nil {
		q.t.Fatal(err)
	}
}

// bar is stock i's official row: KRX's is known at 08:00 of the next session, others after the close.
func (q *quoted) bar(source string, day market.Day, i int, won int64) market.Bar {
	q.t.Helper()
	known := q.worker.Calendar.BarKnownAt
	if source == "krx" {
		known = q.worker.Calendar.KRXKnownAt
	}
	at, err := known(day)
	q.must(err)
	return market.Bar{Code: stockCode(i), Day: day, Close: won, Volume: 100, AdjFactor: 1, Source: source, KnownAt: at}
}

func (q *quoted) save(bars ...market.Bar) {
	q.t.Helper()
	_, err := q.db.SaveBars(q.t.Context(), bars)
	q.must(err)
}

// close stores the rows of the stocks from..to-1 of a day: 10,000 won, and of targetDay 10,100 for the first stock.
func (q *quoted) close(source string, day market.Day, from, to int) {
	q.t.Helper()
	var bars []market.Bar
	for i := from; i < to; i++ {
		won := int64(10_000)
		if i == 0 && day == targetDay {
			won = 10_100
		}
		bars = append(bars, q.bar(source, day, i, won))
	}
	q.save(bars...)
}

// evaluate labels what is due at an instant.
func (q *quoted) evaluate(now time.Time, want int) {
	q.t.Helper()
	if n, err := q.worker.EvaluateDue(q.t.Context(), now); err != nil || n != want {
		q.t.Fatalf("at %s: %d outcomes, %v; want %d", now.In(market.KST).Format("01-02 15:04"), n, err, want)
	}
}

// labelled is what the tests read of one version.
type labelled struct {
	Version   int
	ExcessPct float64
	SigmaPct  float64
	Void      string
	KnownAt   time.Time
}

func (q *quoted) want(want ...labelled) {
	q.t.Helper()
	var got []labelled
	q.must(q.db.Bun().NewRaw(`
		select version, excess_pct, sigma_pct, void, known_at from outcomes where horizon = 1 order by version`).Scan(q.t.Context(), &got))
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		q.t.Error(diff)
	}
}

func TestOutcomeWaitsUntilItsDayIsSettled(t *testing.T) {
	t.Parallel()
	const stocks = 40
	closed, published := targetDay.At(16, 5), (targetDay+1).At(8, 0)
	up := labelled{Version: 1, ExcessPct: 1, KnownAt: closed}
	late := up
	late.KnownAt = published
	halted := labelled{Version: 1, Void: forecast.VoidHalted, KnownAt: closed}
	for name, c := range map[string]struct {
		first  func(*quoted) // what is stored at once: not enough
		then   func(*quoted) // what settles the day
		at     time.Time     // when it is settled; a minute before it is not
		known  labelled
		before int // minutes before at that the look in vain is made
	}{
		"every stock has its bar": {func(q *quoted) { q.close("kis", targetDay, 0, 35) }, func(q *quoted) { q.close("kis", targetDay, 35, stocks) }, closed, up, 0},
		"the last bar is the stock's own": {func(q *quoted) { q.close("kis", targetDay, 1, stocks) }, func(q *quoted) { q.close("kis", targetDay, 0, 1) },
			closed.Add(time.Hour), up, 1},
		"KRX brings the missing bars":  {func(q *quoted) { q.close("kis", targetDay, 0, 35) }, func(q *quoted) { q.close("krx", targetDay, 0, stocks) }, published, late, 1},
		"KRX shows that there is none": {func(q *quoted) { q.close("kis", targetDay, 1, stocks) }, func(q *quoted) { q.close("krx", targetDay, 1, 2) }, published, halted, 1},
		"an import shows it":           {func(q *quoted) { q.close("kis", targetDay, 2, stocks) }, func(q *quoted) { q.close("import", targetDay, 1, 2) }, closed, halted, 0},
		"nobody has brought it in time": {func(q *quoted) { q.close("kis", targetDay, 1, stocks) }, func(*quoted) {},
			published.Add(2 * time.Hour), halted, 1},
		"another stock's bar never comes": {func(q *quoted) { q.close("kis", targetDay, 0, stocks-1) }, func(*quoted) {}, published.Add(2 * time.Hour), up, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := openQuoted(t, stocks)
			c.first(q)
			q.evaluate(c.at.Add(-time.Duration(c.before)*time.Minute), 0)
			c.then(q)
			q.evaluate(c.at, 1)
			q.want(c.known)
		})
	}
}

// TestAnOutageOfPricesHaltsNobody: half of the market has no bar long after it should have one. It is waited for.
func TestAnOutageOfPricesHaltsNobody(t *testing.T) {
	t.Parallel()
	q := openQuoted(t, 40)
	q.close("kis", targetDay, 20, 40)
	q.evaluate((targetDay+1).At(13, 0), 0)
	q.close("kis", targetDay, 0, 20)
	q.evaluate((targetDay+1).At(13, 1), 1)
	q.want(labelled{Version: 1, ExcessPct: 1, KnownAt: targetDay.At(16, 5)})
}

func TestSecondVersionsMoveNothing(t *testing.T) {
	t.Parallel()
	q := openQuoted(t, 40)
	q.close("kis", targetDay, 0, 40)
	q.close("krx", storyDay, 0, 40)
	q.close("krx", targetDay, 0, 40)
	q.evaluate((targetDay+1).At(9, 0), 1)
	want := labelled{Version: 1, ExcessPct: 1, KnownAt: targetDay.At(16, 5)}
	q.want(want)
	q.evaluate((targetDay+1).At(9, 5), 0)
	q.want(want)
}

func TestSigmaIsWhatTheStoryCouldKnow(t *testing.T) {
	t.Parallel()
	q := openQuoted(t, 40)
	for i, back := range []market.Day{1, 5, 6, 7, 8, 9, 12, 13, 14, 19, 20, 21, 22, 23, 26, 27, 28, 29, 30} {
		if open, err := q.worker.Calendar.IsOpen(storyDay - back); err != nil || !open {
			continue
		}
		q.save(q.bar("kis", storyDay-back, 0, int64(10_000+i%2*100)))
	}
	known, err := q.db.Bars(t.Context(), store.BarFilter{To: storyDay, KnownBy: noon})
	q.must(err)
	sigma := forecast.NewPanel(known).SigmaPct(stockCode(0), storyDay-1)
	if sigma < 0.5 {
		t.Fatalf("sigma %.2f: the arrangement is wrong", sigma)
	}
	wrong := q.bar("krx", storyDay-8, 0, 12_000)
	wrong.KnownAt = noon.Add(time.Second) // corrected after the story, before the target day
	q.save(wrong)
	q.close("kis", targetDay, 0, 40)
	q.evaluate(targetDay.At(16, 10), 1)
	q.want(labelled{Version: 1, ExcessPct: 1, SigmaPct: sigma, KnownAt: targetDay.At(16, 5)})
}

func TestCorrectionMakesANewVersion(t *testing.T) {
	t.Parallel()
	q := openQuoted(t, 40)
	q.close("kis", targetDay, 0, 40)
	first := labelled{Version: 1, ExcessPct: 1, KnownAt: targetDay.At(16, 5)}
	q.evaluate(targetDay.At(16, 10), 1)
	morning := (targetDay + 1).At(8, 10)
	q.save(q.bar("krx", targetDay, 0, 10_300))
	q.evaluate((targetDay+1).At(7, 59), 0) // KRX's row is not known yet
	q.evaluate(morning, 1)
	second := labelled{Version: 2, ExcessPct: 3, KnownAt: morning}
	q.want(first, second)
	q.evaluate(morning.Add(time.Hour), 0)

	q.save(q.bar("krx", storyDay, 1, 9_900)) // another stock's base close: the mean moves
	q.evaluate(morning.Add(2*time.Hour), 1)
	third := labelled{Version: 3, ExcessPct: 3 - 100.0/99/39, KnownAt: morning.Add(2 * time.Hour)}
	q.want(first, second, third)
	q.save(q.bar("krx", storyDay-1, 1, 9_900)) // neither base nor target
	q.evaluate(morning.Add(3*time.Hour), 0)
	q.want(first, second, third)
}

// A correction that is stored before anything is labelled still is a second version.
func TestCorrectionBeforeTheFirstLabel(t *testing.T) {
	t.Parallel()
	q := openQuoted(t, 40)
	q.close("kis", targetDay, 0, 40)
	q.save(q.bar("krx", targetDay, 0, 10_300))
	morning := (targetDay + 1).At(8, 10)
	q.evaluate(morning, 2)
	q.want(labelled{Version: 1, ExcessPct: 1, KnownAt: targetDay.At(16, 5)}, labelled{Version: 2, ExcessPct: 3, KnownAt: morning})
}

// A stock that is no longer crawled stays in the panel of the days that it has, and nobody waits for its later ones.
func TestInactiveStocksStayInThePanel(t *testing.T) {
	t.Parallel()
	q := openQuoted(t, 32)
	q.close("kis", targetDay, 0, 31)
	q.must(q.db.SaveStocks(t.Context(), []market.Stock{{Code: stockCode(30), Name: "멈춘", Priority: 1}, {Code: stockCode(31), Name: "쉬는", Priority: 1}}))
	q.evaluate(targetDay.At(16, 10), 1)
	q.want(labelled{Version: 1, ExcessPct: 1, KnownAt: targetDay.At(16, 5)})
}

func TestOutcomeWithoutAnyBars(t *testing.T) {
	t.Parallel()
	q := openQuoted(t, 40)
	q.evaluate((targetDay+14).At(23, 0), 0)
	gaveUp := (targetDay + 15).At(0, 0)
	if n, err := q.worker.EvaluateDue(t.Context(), gaveUp); err != nil || n != 1 {
		t.Fatalf("%d outcomes, %v", n, err)
	}
	q.want(labelled{Version: 1, Void: forecast.VoidNoPrice, KnownAt: gaveUp})
}
