package app

import (
	"context"
	"time"

	"tickerwire/internal/config"
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/kis"
	"tickerwire/internal/upstream/krx"
	"tickerwire/tasks"
)

// minuteDays is how many calendar days back a watched stock's minutes are fetched: over a weekend with a holiday.
const minuteDays = 5

// openMarket builds the clients of prices and all that belongs to them, for whichever keys there are.
func (r *role) openMarket(o *outside, cfg config.Config, at hosts, client *upstream.Client) {
	if cfg.KISAppKey != "" {
		broker := &kis.Client{Client: client, BaseURL: at.kis, MasterBase: at.kis, Paper: cfg.KISPaper, AppKey: string(cfg.KISAppKey),
			AppSecret: string(cfg.KISAppSecret), Redis: r.quick, Calendar: r.calendar, Now: r.clock.now}
		o.stocks = broker
		o.market = tasks.MarketData{Factors: broker, Minutes: broker, MinuteDays: minuteDays, Flows: broker, Indices: broker,
			OpenDays: broker, Symbols: masters{broker}}
		if cfg.KISPaper {
			o.market.MinuteDays = 0 // paper accounts have today's only
		}
	}
	if cfg.KRXKey != "" {
		exchange := &krx.Client{Client: client, BaseURL: at.krx, Key: string(cfg.KRXKey), Calendar: r.calendar}
		o.daily, o.market.DailyIndices, o.market.Symbols = exchange, exchange, exchange
	}
}

// masters is KIS's lists of symbols, which are of today whatever day is asked for: the second choice, after KRX's own.
type masters struct{ broker *kis.Client }

// Symbols returns today's lists.
func (m masters) Symbols(ctx context.Context, _ market.Day) ([]market.Listing, error) {
	return m.broker.Listings(ctx)
}

// calendarEvery is how long it takes at most until a process obeys what another one has learned.
const calendarEvery = 30 * time.Second

// keepCalendar lays what is learned of days over the calendar that every part of the role uses.
func (r *role) keepCalendar(ctx context.Context) error {
	tick := time.NewTicker(calendarEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := tasks.LayCalendar(ctx, r.db, r.calendar); err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "calendar not refreshed", "error", err)
		}
	}
}
