package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
)

// DueOutcome is a story, stock and horizon of which it is not yet written down what happened.
type DueOutcome struct {
	StoryID     int64
	Code        market.Code
	Horizon     int
	BaseDay     market.Day
	AvailableAt time.Time
}

// DueOutcomes returns what can be resolved and is not, oldest base day first. lastBase names for each horizon the last
// base day whose target day is known.
func (db *DB) DueOutcomes(ctx context.Context, lastBase map[int]market.Day, limit int) ([]DueOutcome, error) {
	var horizons []int64
	var days []string
	for _, h := range slices.Sorted(maps.Keys(lastBase)) {
		horizons, days = append(horizons, int64(h)), append(days, lastBase[h].String())
	}
	if len(horizons) == 0 {
		return nil, nil
	}
	var rows []struct {
		StoryID     int64
		Code        string
		Horizon     int
		BaseDay     date
		AvailableAt time.Time
	}
	err := db.bun.NewRaw(`
		select c.story_id, c.code, d.horizon, c.base_day, c.available_at
		from story_codes c join unnest(?::int[], ?::date[]) as d (horizon, day) on c.base_day <= d.day
		where c.resolved < ? and not exists (
			select from outcomes o where o.story_id = c.story_id and o.code = c.code and o.horizon = d.horizon)
		order by c.base_day, c.story_id, c.code, d.horizon limit ?`,
		pgdialect.Array(horizons), pgdialect.Array(days), len(forecast.Horizons), limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "due outcomes")
	}
	list := make([]DueOutcome, len(rows))
	for i, r := range rows {
		list[i] = DueOutcome{StoryID: r.StoryID, Code: market.Code(r.Code), Horizon: r.Horizon, BaseDay: market.Day(r.BaseDay), AvailableAt: r.AvailableAt}
	}
	return list, nil
}

type outcomeRow struct {
	bun.BaseModel `bun:"table:outcomes,alias:o"`

	StoryID   int64     `bun:"story_id"`
	Code      string    `bun:"code"`
	Horizon   int       `bun:"horizon"`
	Version   int       `bun:"version"`
	BaseDay   date      `bun:"base_day"`
	TargetDay date      `bun:"target_day"`
	ReturnPct float64   `bun:"return_pct"`
	ExcessPct float64   `bun:"excess_pct"`
	SigmaPct  float64   `bun:"sigma_pct"`
	Flat      bool      `bun:"flat"`
	Void      string    `bun:"void"`
	KnownAt   time.Time `bun:"known_at"`
}

func (r outcomeRow) toNoun() forecast.Outcome {
	return forecast.Outcome{StoryID: r.StoryID, Code: market.Code(r.Code), Horizon: r.Horizon, Version: r.Version, BaseDay: market.Day(r.BaseDay),
		TargetDay: market.Day(r.TargetDay), ReturnPct: r.ReturnPct, ExcessPct: r.ExcessPct, SigmaPct: r.SigmaPct, Flat: r.Flat, Void: r.Void, KnownAt: r.KnownAt}
}

// Corrections returns the bars known by an instant that changed a close and were not dealt with yet, and of every
// outcome whose base or target day is one of theirs the newest version, by target day.
func (db *DB) Corrections(ctx context.Context, knownBy time.Time) (bars []int64, outcomes []forecast.Outcome, err error) {
	err = db.bun.NewRaw(`select c.bar_id from corrections c join bars b on b.id = c.bar_id where b.known_at <= ? order by c.bar_id`,
		knownBy).Scan(ctx, &bars)
	if err != nil || len(bars) == 0 {
		return nil, nil, fail(err, "corrections known by %s", knownBy)
	}
	var rows []outcomeRow
	err = db.bun.NewRaw(`
		select distinct on (o.target_day, o.story_id, o.code, o.horizon) o.story_id, o.code, o.horizon, o.version, o.base_day,
			o.target_day, o.return_pct, o.excess_pct, o.sigma_pct, o.flat, o.void, o.known_at
		from (select distinct day from bars where id = any(?)) d
		join outcomes o on o.base_day between d.day - 31 and d.day and d.day in (o.base_day, o.target_day)
		order by o.target_day, o.story_id, o.code, o.horizon, o.version desc`, pgdialect.Array(bars)).Scan(ctx, &rows)
	if err != nil {
		return nil, nil, fail(err, "outcomes of %d corrections", len(bars))
	}
	for _, r := range rows {
		outcomes = append(outcomes, r.toNoun())
	}
	return bars, outcomes, nil
}

// DropCorrections forgets corrections that were dealt with, by the ids of their bars.
func (db *DB) DropCorrections(ctx context.Context, bars []int64) error {
	_, err := db.bun.NewRaw(`delete from corrections where bar_id = any(?)`, pgdialect.Array(bars)).Exec(ctx)
	return fail(err, "drop %d corrections", len(bars))
}

// SaveOutcomes saves outcomes; a version that exists is left as it is. Version 0 is taken for 1.
func (db *DB) SaveOutcomes(ctx context.Context, outcomes []forecast.Outcome) error {
	if len(outcomes) == 0 {
		return nil
	}
	rows := make([]outcomeRow, len(outcomes))
	stories, codes := make([]int64, len(outcomes)), make([]string, len(outcomes))
	for i, o := range outcomes {
		stories[i], codes[i] = o.StoryID, string(o.Code)
		rows[i] = outcomeRow{StoryID: o.StoryID, Code: string(o.Code), Horizon: o.Horizon, Version: cmp.Or(o.Version, 1), BaseDay: date(o.BaseDay),
			TargetDay: date(o.TargetDay), ReturnPct: o.ReturnPct, ExcessPct: o.ExcessPct, SigmaPct: o.SigmaPct, Flat: o.Flat, Void: o.Void, KnownAt: o.KnownAt}
	}
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		// Locked first, so that whoever counts the horizons of a pair sees the ones that others have just added.
		_, err := tx.ExecContext(ctx, `
			select from story_codes c where (c.story_id, c.code) in (select * from unnest(?::bigint[], ?::text[]))
			order by c.story_id, c.code for no key update`, pgdialect.Array(stories), pgdialect.Array(codes))
		if err != nil {
			return err
		}
		_, err = tx.NewInsert().Model(&rows).On("conflict (story_id, code, horizon, version) do nothing").Returning("null").Exec(ctx)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			update story_codes c set resolved = n.horizons
			from (
				select o.story_id, o.code, count(distinct o.horizon) as horizons
				from outcomes o where (o.story_id, o.code) in (select * from unnest(?::bigint[], ?::text[]))
				group by o.story_id, o.code) n
			where c.story_id = n.story_id and c.code = n.code and c.resolved <> n.horizons`,
			pgdialect.Array(stories), pgdialect.Array(codes))
		return err
	})
	return fail(err, "save %d outcomes", len(outcomes))
}
