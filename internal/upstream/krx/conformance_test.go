package krx_test

import (
	"context"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/simulator"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/krx"
	"tickerwire/internal/upstream/upstreamtest"
)

// source asks the exchange in the kit's form.
type source struct{ *krx.Client }

func (source) Name() string { return "krx" }

func (s source) Bars(ctx context.Context, code market.Code, day market.Day) ([]market.Bar, error) {
	bars, _, err := s.DailyBars(ctx, day)
	return slices.DeleteFunc(bars, func(b market.Bar) bool { return b.Code != code }), err
}

func world(t *testing.T, limits simulator.Limits) (*simulator.Server, *krx.Client) {
	t.Helper()
	m, err := simulator.NewMarket(simulator.MarketOptions{Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	server := simulator.New(m, simulator.Options{Limits: limits})
	return server, &krx.Client{Client: &upstream.Client{}, Key: server.Keys().KRXKey, Calendar: market.NewCalendar()}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	server, k := world(t, simulator.Limits{})
	var code market.Code
	for _, c := range server.Companies() {
		if c.Market == "KOSDAQ" && !c.Halted { // the board with commas
			code = c.Code
		}
	}
	upstreamtest.RunMarket(t, upstreamtest.MarketCase{
		New: func(baseURL string) upstreamtest.MarketSource {
			other := *k
			other.BaseURL = baseURL + "/krx"
			return source{&other}
		},
		Healthy: server, Set: func(now time.Time) { server.Clock().Set(&now, nil) },
		Code: code, Day: friday(), Closed: friday() + 1, Known: (friday() + 3).At(8, 0), Secrets: []string{server.Keys().KRXKey},
	})
}

func TestSymbolsAndIndicesOfTheSimulator(t *testing.T) {
	t.Parallel()
	server, k := world(t, simulator.Limits{KRXPerDay: 10})
	front := httptest.NewServer(server)
	t.Cleanup(front.Close)
	k.BaseURL = front.URL + "/krx"
	at := (friday() + 3).At(8, 0)
	server.Clock().Set(&at, nil)
	symbols, err := k.Symbols(t.Context(), friday())
	if err != nil || len(symbols) != len(server.Companies()) {
		t.Fatalf("%d symbols, %v; want %d", len(symbols), err, len(server.Companies()))
	}
	for i, c := range server.Companies() {
		if !slices.Contains(symbols, market.Listing{Code: c.Code, Name: c.Name, Market: c.Market}) {
			t.Errorf("company %d, %s, is not listed", i, c.Name)
		}
	}
	days, err := k.IndexDays(t.Context(), friday())
	if err != nil || len(days) != 3 || !days[0].KnownAt.Equal(at) {
		t.Errorf("%+v, %v", days, err)
	}
	early := at.Add(-time.Second)
	server.Clock().Set(&early, nil)
	for name, ask := range map[string]func() error{
		"symbols": func() error { _, err := k.Symbols(t.Context(), friday()); return err },
		"indices": func() error { _, err := k.IndexDays(t.Context(), friday()); return err },
	} {
		if err := ask(); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s a second too early: %v", name, err)
		}
	}
	server.Clock().Set(&at, nil)
	for calls := 6; calls < 10; calls += 2 {
		if _, err := k.Symbols(t.Context(), friday()); err != nil {
			t.Errorf("after %d calls: %v", calls, err)
		}
	}
	if _, err := k.Symbols(t.Context(), friday()); fault.KindOf(err) != fault.Limited || fault.RetryAfterOf(err) <= 0 {
		t.Errorf("over the day's quota: %v", err)
	}
}
