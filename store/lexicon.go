package store

import (
	"context"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
)

// lexiconPast is how many of the newest stories a fit looks back at.
const lexiconPast = 4000

// LexiconExamples returns, per horizon, what followed past stories as far as it was known before the beginning of a KST
// day, scored by their words. Void outcomes and stories that echo another are left out.
func (db *DB) LexiconExamples(ctx context.Context, day market.Day, score func(title, summary string) float64) (map[int][]forecast.LexiconExample, error) {
	var rows []struct {
		Horizon   int     `bun:"horizon"`
		Code      string  `bun:"code"`
		BaseDay   date    `bun:"base_day"`
		ExcessPct float64 `bun:"excess_pct"`
		Title     string  `bun:"title"`
		Summary   string  `bun:"summary"`
	}
	err := db.bun.NewRaw(`
		select o.horizon, o.code, o.base_day, o.excess_pct, a.title, a.summary
		from (select id, first_article_id from stories where available_at < ?0 and codes <> '{}' and echo_of is null
			order by available_at desc, id desc limit ?1) s
		join articles a on a.id = s.first_article_id
		cross join lateral (
			select distinct on (code, horizon) horizon, code, base_day, excess_pct, void from outcomes
			where story_id = s.id and known_at < ?0 order by code, horizon, version desc) o
		where o.void = '' and not a.mojibake`, day.At(0, 0), lexiconPast).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "past stories before %s", day)
	}
	by := make(map[int][]forecast.LexiconExample)
	for _, r := range rows {
		by[r.Horizon] = append(by[r.Horizon], forecast.LexiconExample{Code: market.Code(r.Code), Day: market.Day(r.BaseDay),
			Score: score(r.Title, r.Summary), Up: r.ExcessPct > 0})
	}
	return by, nil
}

// LexiconFits returns the fits of a day by horizon; none when nobody fitted yet.
func (db *DB) LexiconFits(ctx context.Context, version string, day market.Day) (map[int]forecast.LexiconFit, error) {
	var rows []struct {
		Horizon   int     `bun:"horizon"`
		Slope     float64 `bun:"slope"`
		StockDays int     `bun:"stock_days"`
	}
	err := db.bun.NewRaw(`select horizon, slope, stock_days from lexicon_fits where version = ? and day = ?`, version, date(day)).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "lexicon fits of %s", day)
	}
	fits := make(map[int]forecast.LexiconFit, len(rows))
	for _, r := range rows {
		fits[r.Horizon] = forecast.LexiconFit{Slope: r.Slope, StockDays: r.StockDays}
	}
	return fits, nil
}

// SaveLexiconFit keeps a fit of a day and horizon; one that is there stays.
func (db *DB) SaveLexiconFit(ctx context.Context, version string, day market.Day, horizon int, f forecast.LexiconFit) error {
	_, err := db.bun.NewRaw(`insert into lexicon_fits (version, day, horizon, slope, stock_days) values (?, ?, ?, ?, ?)
		on conflict do nothing`, version, date(day), horizon, f.Slope, f.StockDays).Exec(ctx)
	return fail(err, "save the lexicon fit of %s", day)
}
