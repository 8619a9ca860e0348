package app_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/internal/simulator"
)

// TestMarketData runs the whole program until everything about the market is stored, then has a holiday announced: the
// running program must obey it, whoever learned of it.
func TestMarketData(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	p := command{name: "standalone", env: append(settings(openDir(t)), "DATABASE_URL="+db.url, "REDIS_URL="+newRedis(t), "BARS_DAYS=30")}.run(t)
	is := welcomed(t, p)
	api := signIn(t, is.url, "admin@example.com", p.says(t, `password (\S+) `)[0])
	sim := caller{base: is.simulator}
	stocks, err := db.Stocks(t.Context(), true)
	fatal(t, err)
	watched := stocks[0].Code
	_, err = db.SaveRecipient(t.Context(), notice.Recipient{ChatID: simulator.DefaultChat, Language: "ko", Active: true, Codes: []market.Code{watched}, Rule: wakeful(20)})
	fatal(t, err)

	enough := func(what string, want int, query string, args ...any) {
		t.Helper()
		until(t, patience, func() error {
			if n := db.number(t, query, args...); n < want {
				return fmt.Errorf("%d %s, want %d", n, what, want)
			}
			return nil
		})
	}
	enough("index days of KIS and KRX", 6, `select count(distinct (name, source)) from index_days`)
	enough("stocks with flows", len(stocks), `select count(distinct code) from flows`)
	enough("stocks whose factors were compared", len(stocks), `select count(*) from bookmarks where source = 'kis-factors'`)
	enough("days of the calendar", 100, `select count(*) from open_days`)
	enough("minutes of past days", 300, `select count(*) from minutes where code = ? and venue = 'krx'`, string(watched))
	enough("minutes at the other venue", 100, `select count(*) from minutes where code = ? and venue = 'nxt'`, string(watched))
	if n := db.number(t, `select count(*) from minutes where code <> ? or known_at > ?`, string(watched), market.NewDay(2026, time.November, 23).At(20, 0)); n > 0 {
		t.Errorf("%d minutes of stocks that nobody watches, or of the future", n)
	}
	if n := db.number(t, `select count(*) from bars where adj_factor <> 1`); n > 0 {
		t.Errorf("%d bars are adjusted, and nothing happened", n)
	}

	holiday := market.NewDay(2026, time.November, 25)
	sim.send(t, http.MethodPut, "/_sim/holidays/"+holiday.String(), nil, nil)
	sim.send(t, http.MethodPut, "/_sim/clock", map[string]any{"now": (holiday - 1).At(9, 30)}, nil)
	enough("announced holidays", 1, `select count(*) from open_days where day = ? and not open`, holiday.String())
	sim.send(t, http.MethodPut, "/_sim/clock", map[string]any{"now": holiday.At(10, 0)}, nil)
	until(t, patience, func() error {
		var d struct{ Session struct{ Phase string } }
		api.get(t, "/api/dashboard", &d)
		if d.Session.Phase != string(market.ClosedDay) {
			return fmt.Errorf("the session is %q on the new holiday", d.Session.Phase)
		}
		return nil
	})
	until(t, patience, func() error { return noFailures(t, api) })
	p.stops(t)
}
