package kis_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/simulator"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/kis"
)

// world is the simulator over an invented market, on a clock that stands still and a wall that the test moves.
type world struct {
	t      *testing.T
	server *simulator.Server
	base   string
	mini   *miniredis.Miniredis
	redis  *redis.Client

	mu   sync.Mutex
	wall time.Time
}

func newWorld(t *testing.T, limits simulator.Limits) *world {
	t.Helper()
	m, err := simulator.NewMarket(simulator.MarketOptions{Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, wall: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	w.mini, w.redis = redisFor(t)
	w.server = simulator.New(m, simulator.Options{Wall: w.now, Limits: limits})
	w.base = open(t, w.server)
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wall
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wall = w.wall.Add(d)
	w.mini.FastForward(d)
}

func (w *world) at(t time.Time) { w.server.Clock().Set(&t, nil) }

// client is one process's client of the real account, on the simulator's clock.
func (w *world) client() *kis.Client {
	return &kis.Client{Client: &upstream.Client{}, BaseURL: w.base + "/kis", MasterBase: w.base + "/kis", Redis: w.redis,
		AppKey: w.server.Keys().KISAppKey, AppSecret: w.server.Keys().KISAppSecret, Calendar: market.NewCalendar(), Now: w.server.Clock().Now}
}

func (w *world) paper() *kis.Client {
	k := w.client()
	k.BaseURL, k.Paper = w.base+"/kis-paper", true
	return k
}

// control asks the simulator's own controls for something.
func (w *world) control(method, path, body string) {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, httptest.NewRequest(method, path, strings.NewReader(body)))
	if rec.Code >= 300 {
		w.t.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
	}
}

func (w *world) code() market.Code {
	for _, c := range w.server.Companies() {
		if !c.Halted {
			return c.Code
		}
	}
	w.t.Fatal("nobody is listed")
	return ""
}

// wide are limits that do not get in the way.
func wide() simulator.Limits { return simulator.Limits{KISPerSecond: 1000, KISPaperPerSecond: 1000} }

func TestEightWorkersShareOneToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wide())
	code := w.code()
	ask := func() (failed int) {
		var mu sync.Mutex
		var fleet sync.WaitGroup
		start := make(chan struct{})
		for range 8 {
			fleet.Go(func() {
				k := w.client()
				<-start
				if _, err := k.Quote(t.Context(), code); err != nil {
					mu.Lock()
					defer mu.Unlock()
					failed++
					if fault.KindOf(err) != fault.Limited {
						t.Error(err)
					}
				}
			})
		}
		close(start)
		fleet.Wait()
		return failed
	}
	if failed := ask(); failed != 0 || w.server.KIS().Tokens != 1 || w.server.KIS().Refused != 0 || w.server.KIS().Calls != 8 {
		t.Fatalf("%d failed: %+v, want one token for eight calls", failed, w.server.KIS())
	}
	w.pass(time.Hour)
	w.control(http.MethodDelete, "/_sim/kis/tokens", "")
	if failed := ask(); failed != 0 || w.server.KIS().Tokens != 2 || w.server.KIS().Refused != 0 || w.server.KIS().Calls != 16 {
		t.Fatalf("%d failed: %+v after an early revocation, want one more token", failed, w.server.KIS())
	}
	// Revoked again within the minute: nobody can heal it yet, and everybody is told to wait, not that a key is bad.
	w.control(http.MethodDelete, "/_sim/kis/tokens", "")
	if failed := ask(); failed != 8 || w.server.KIS().Tokens != 2 || w.server.KIS().Refused != 1 {
		t.Fatalf("%d failed: %+v, want one refusal for all", failed, w.server.KIS())
	}
	w.pass(time.Minute)
	if failed := ask(); failed != 0 || w.server.KIS().Tokens != 3 {
		t.Fatalf("%d failed a minute later: %+v", failed, w.server.KIS())
	}
}

func TestTheLimitPerSecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Limits{})
	for name, c := range map[string]struct {
		client *kis.Client
		calls  int
	}{"real": {w.client(), 18}, "paper": {w.paper(), 1}} {
		for i := range c.calls {
			if _, err := c.client.Quote(t.Context(), w.code()); err != nil {
				t.Fatalf("%s: call %d: %v", name, i+1, err)
			}
		}
		if _, err := c.client.Quote(t.Context(), w.code()); fault.KindOf(err) != fault.Limited || fault.RetryAfterOf(err) != time.Second {
			t.Errorf("%s: call %d: %v", name, c.calls+1, err)
		}
		w.pass(time.Second)
		if _, err := c.client.Quote(t.Context(), w.code()); err != nil {
			t.Errorf("%s, a second later: %v", name, err)
		}
	}
}

func TestQuoteThroughTheDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wide())
	k, code := w.client(), w.code()
	w.at(november(23).At(8, 0))
	before, err := k.Quote(t.Context(), code)
	if err != nil || before.Price != before.Base || before.Volume != 0 || before.Upper <= before.Base || before.Lower >= before.Base {
		t.Fatalf("before the open: %+v, %v", before, err)
	}
	w.at(november(23).At(11, 0))
	if q, err := k.Quote(t.Context(), code); err != nil || q.Base != before.Base || q.Volume == 0 || q.Price < q.Low || q.Price > q.High || q.Open == 0 {
		t.Errorf("in session: %+v, %v", q, err)
	}
	w.at(november(23).At(16, 10))
	bars, err := k.StockBars(t.Context(), code, november(23), november(23))
	if err != nil || len(bars) != 1 {
		t.Fatal(bars, err)
	}
	q, err := k.Quote(t.Context(), code)
	if err != nil || q.Price != bars[0].Close || q.High != bars[0].High || q.Low != bars[0].Low || q.Open != bars[0].Open {
		t.Errorf("after the close: %+v, %v; the bar is %+v", q, err, bars[0])
	}
	w.at(november(22).At(12, 0))
	if _, err := k.Quote(t.Context(), code); fault.KindOf(err) != fault.NotFound {
		t.Errorf("on a Sunday: %v", err)
	}
}

func TestMinutesAreTheBar(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wide())
	k, code := w.client(), w.code()
	session := []time.Time{november(23).At(9, 0), november(23).At(15, 30)}
	w.at(november(23).At(15, 45))
	today, err := k.Minutes(t.Context(), code, market.KRX, session[0], session[1])
	if err != nil || len(today) < 300 {
		t.Fatalf("%d minutes, %v", len(today), err)
	}
	w.at(november(24).At(10, 0))
	past, err := k.Minutes(t.Context(), code, market.KRX, session[0], session[1])
	if err != nil || len(past) != len(today) {
		t.Fatalf("%d minutes the day after, %d on the day: %v", len(past), len(today), err)
	}
	bars, err := k.StockBars(t.Context(), code, november(23), november(23))
	if err != nil || len(bars) != 1 {
		t.Fatal(bars, err)
	}
	sum := market.Bar{Low: 1 << 60}
	for i, m := range past {
		if m != today[i] {
			t.Fatalf("minute %d is %+v the day after and was %+v", i, m, today[i])
		}
		if i > 0 && !m.At.After(past[i-1].At) || !m.KnownAt.Equal(m.At.Add(time.Minute)) {
			t.Fatalf("minute %d: %+v", i, m)
		}
		sum.High, sum.Low, sum.Close, sum.Volume = max(sum.High, m.High), min(sum.Low, m.Low), m.Close, sum.Volume+m.Volume
	}
	if b := bars[0]; past[0].Open != b.Open || sum.High != b.High || sum.Low != b.Low || sum.Close != b.Close || sum.Volume != b.Volume {
		t.Errorf("the minutes make %+v, the bar is %+v", sum, b)
	}
}

// TestNoMinuteOfTheFuture: an end in the future is answered with the current price, the running minute with the volume of
// the one before. Neither may be kept.
func TestNoMinuteOfTheFuture(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wide())
	k, code := w.client(), w.code()
	from, to := november(23).At(9, 0), november(23).At(15, 30)
	w.at(november(23).At(10, 0).Add(30 * time.Second))
	early, err := k.Minutes(t.Context(), code, market.KRX, from, to)
	if err != nil || len(early) == 0 || early[len(early)-1].At.After(november(23).At(9, 59)) {
		t.Fatalf("%d minutes, the last %v: %v", len(early), early[max(0, len(early)-1):], err)
	}
	w.at(november(23).At(16, 10))
	whole, err := k.Minutes(t.Context(), code, market.KRX, from, to)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range early {
		if m != whole[i] {
			t.Errorf("minute %d was %+v at ten and is %+v", i, m, whole[i])
		}
	}
	w.at(november(23).At(8, 59))
	if none, err := k.Minutes(t.Context(), code, market.KRX, from, to); err != nil || len(none) != 0 {
		t.Errorf("before the open: %d minutes, %v", len(none), err)
	}
	if none, err := k.Minutes(t.Context(), code, market.NXT, november(23).At(8, 0), to); err != nil || len(none) == 0 || none[0].Venue != market.NXT {
		t.Errorf("on Nextrade before the open: %v, %v", none, err)
	}
	w.at(november(22).At(12, 0))
	if none, err := k.Minutes(t.Context(), code, market.KRX, november(22).At(9, 0), november(22).At(15, 30)); err != nil || len(none) != 0 {
		t.Errorf("on a Sunday: %d minutes, %v", len(none), err)
	}
	if _, err := k.Minutes(t.Context(), code, market.KRX, november(20).At(9, 0), november(22).At(9, 0)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("several days: %v", err)
	}
}

func TestPaperAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wide())
	w.at(november(23).At(16, 10))
	k := w.paper()
	if days, _, err := k.OpenDays(t.Context(), november(23)); err != nil || len(days) == 0 {
		t.Errorf("a transaction with a V: %d days, %v", len(days), err)
	}
	if _, err := k.Quote(t.Context(), w.code()); err != nil {
		t.Error(err)
	}
	if _, err := k.Minutes(t.Context(), w.code(), market.KRX, november(20).At(9, 0), november(20).At(15, 30)); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("past minutes: %v", err)
	}
	other := w.client() // a real client at the paper host asks for what is not there
	other.BaseURL = k.BaseURL
	if _, _, err := other.OpenDays(t.Context(), november(23)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the real name on the paper host: %v", err)
	}
}

func TestFlowsAreKnownAfterTheClose(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wide())
	k, code := w.client(), w.code()
	for _, c := range []struct {
		at   time.Time
		last market.Day
	}{{november(23).At(11, 0), november(20)}, {november(23).At(15, 45), november(20)}, {november(23).At(16, 5), november(23)}} {
		w.at(c.at)
		flows, err := k.Flows(t.Context(), code)
		if err != nil || len(flows) < 20 || flows[len(flows)-1].Day != c.last {
			t.Fatalf("at %s: %d flows, %v", c.at, len(flows), err)
		}
		for i, f := range flows {
			known, err := k.Calendar.BarKnownAt(f.Day)
			if err != nil || !f.KnownAt.Equal(known) || f.Code != code || i > 0 && f.Day <= flows[i-1].Day {
				t.Errorf("%+v: %v", f, err)
			}
			if f.Persons.Shares+f.Foreigners.Shares+f.Institutions.Shares != 0 || f.Persons.Won%1_000_000 != 0 {
				t.Errorf("what some buy others sell, in million won: %+v", f)
			}
		}
	}
}

func TestIndexDaysPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wide())
	w.at(november(23).At(16, 10))
	k := w.client()
	for _, index := range []market.IndexName{market.KOSPI, market.KOSDAQ, market.KOSPI200} {
		days, err := k.IndexDays(t.Context(), index, november(1)-300, november(23))
		if err != nil || len(days) < 120 || days[len(days)-1].Day != november(23) || days[0].Close <= 0 || days[0].Name != index {
			t.Fatalf("%s: %d days, %v", index, len(days), err)
		}
	}
	if _, err := k.IndexDays(t.Context(), "DAX", november(1), november(2)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an index that is not kept: %v", err)
	}
}

func TestOpenDaysPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wide())
	k := w.client()
	var days []market.OpenDay
	for from, more := november(1), true; more; from = days[len(days)-1].Day + 1 {
		page, goesOn, err := k.OpenDays(t.Context(), from)
		if err != nil || len(page) == 0 {
			t.Fatalf("from %s: %d days, %v", from, len(page), err)
		}
		days, more = append(days, page...), goesOn
	}
	_, last := k.Calendar.Covers()
	if want := int(last-november(1)) + 1; len(days) != want || k.Calendar.Lay(days) != 0 {
		t.Errorf("%d days of %d, and they must agree with the table", len(days), want)
	}
	w.control(http.MethodPut, "/_sim/holidays/2026-11-25", "")
	page, _, err := k.OpenDays(t.Context(), november(23))
	if err != nil || k.Calendar.Lay(page) != 1 {
		t.Fatalf("%d days, %v", len(page), err)
	}
	if open, err := k.Calendar.IsOpen(november(25)); err != nil || open {
		t.Errorf("a holiday at short notice: %t, %v", open, err)
	}
}

func TestSplitsShowInAdjustedCloses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wide())
	k, code := w.client(), w.code()
	w.control(http.MethodPut, "/_sim/splits/"+string(code), `{"day":"2026-11-24","into":5}`)
	days := []market.Day{november(18), november(19), november(20), november(23), november(24), november(25)}
	for _, c := range []struct {
		at     time.Time
		before float64
	}{{november(23).At(16, 10), 1}, {november(25).At(16, 10), .2}} {
		w.at(c.at)
		factors, err := k.Factors(t.Context(), code, november(18), november(25))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range days[:4] {
			if f := factors[d]; f < c.before-.001 || f > c.before+.001 {
				t.Errorf("at %s the factor of %s is %v, want %v", c.at, d, f, c.before)
			}
		}
		if f, ok := factors[november(25)]; ok && f != 1 {
			t.Errorf("the last day's factor is %v", f)
		}
	}
}

func TestListings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wide())
	listings, err := w.client().Listings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[market.Code]market.Listing{}
	for _, c := range w.server.Companies() {
		want[c.Code] = market.Listing{Code: c.Code, Name: c.Name, Market: c.Market}
	}
	for _, l := range listings {
		if want[l.Code] != l {
			t.Errorf("%+v, want %+v", l, want[l.Code])
		}
		delete(want, l.Code)
	}
	if len(want) > 0 {
		t.Errorf("not listed: %v", want)
	}
	if w.server.KIS().Tokens != 0 {
		t.Error("the lists need no token")
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wide())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := w.client().OpenDays(ctx, november(23)); err == nil {
		t.Error("no error after the end")
	}
}
