package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/forecast/score"
)

// mixLimit is how many articles, and how many predictions, a mix is counted over at most, the newest.
const mixLimit = 20_000

// Mixes counts what came in live from one instant up to another: the presses, the lengths of titles in tens of characters, how
// many articles name a tracked company, and how many of the champion's predictions had comparable past news.
func (db *DB) Mixes(ctx context.Context, from, to time.Time) (score.Mixes, error) {
	var rows []struct {
		Flag string
		Kind string
		N    int
	}
	err := db.bun.NewRaw(`
		with a as (
			select id, press, title from articles
			where available_at >= ?0 and available_at < ?1 and origin = 'live' order by available_at desc, id desc limit ?2),
		p as (
			select note from predictions
			where as_of >= ?0 and as_of < ?1 and origin = 'live' and generation = 1 and horizon = 1
				and model_id = (select model_id from champions where horizon = 1)
			order by as_of desc, id desc limit ?2)
		select ?3 as flag, press as kind, count(*) as n from a group by press
		union all select ?4, least(char_length(title) / 10, 9)::text, count(*) from a group by 2
		union all select ?5, case when m.article_id is null then 'none' else 'named' end, count(*)
			from a left join lateral (select article_id from matches where article_id = a.id limit 1) m on true group by 2
		union all select ?6, case when note like 'no comparable past news%' then 'none' else 'some' end, count(*) from p group by 2`,
		from, to, mixLimit, score.FlagPress, score.FlagLength, score.FlagTags, score.FlagComparable).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "mixes from %s", from)
	}
	mixes := make(score.Mixes)
	for _, r := range rows {
		if mixes[r.Flag] == nil {
			mixes[r.Flag] = make(map[string]int)
		}
		mixes[r.Flag][r.Kind] = r.N
	}
	return mixes, nil
}

// Plumbing returns how well data came in live from one instant up to another. MissingPrices is left to the caller, who
// knows which closes should be there.
func (db *DB) Plumbing(ctx context.Context, from, to time.Time) (score.Plumbing, error) {
	var row struct {
		Lag       float64
		Void      float64
		Embedders int
	}
	err := db.bun.NewRaw(`
		select
			coalesce((select percentile_cont(0.95) within group (order by extract(epoch from first_seen_at - published_at) / 60)
				from (select first_seen_at, published_at from articles
					where available_at >= ?0 and available_at < ?1 and origin = 'live' and time_quality = 'exact'
					order by available_at desc, id desc limit ?2) a), 0) as lag,
			coalesce((select avg((void <> '')::int) from (select void from outcomes where known_at >= ?0 and known_at < ?1 and version = 1 limit ?2) o), 0) as void,
			(select count(distinct embedder) from (select evidence ->> 'embedder' as embedder from predictions
				where as_of >= ?0 and as_of < ?1 and origin = 'live' and horizon = 1 order by as_of desc, id desc limit ?2) p
				where embedder <> '') as embedders`, from, to, mixLimit).Scan(ctx, &row)
	return score.Plumbing{LagP95Minutes: row.Lag, VoidShare: row.Void, Embedders: row.Embedders}, fail(err, "plumbing from %s", from)
}

// SaveDrift replaces what was found to drift.
func (db *DB) SaveDrift(ctx context.Context, flags []score.Flag, now time.Time) error {
	names, values, bounds := make([]string, len(flags)), make([]float64, len(flags)), make([]float64, len(flags))
	for i, f := range flags {
		names[i], values[i], bounds[i] = f.Name, f.Value, f.Limit
	}
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, `delete from drift_flags`); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			insert into drift_flags (name, value, bound, judged_at)
			select *, ?::timestamptz from unnest(?::text[], ?::float8[], ?::float8[])
			on conflict (name) do update set value = excluded.value, bound = excluded.bound, judged_at = excluded.judged_at`,
			now, pgdialect.Array(names), pgdialect.Array(values), pgdialect.Array(bounds))
		return err
	})
	return fail(err, "save %d flags", len(flags))
}

// Drift returns what drifts of what comes in, by name.
func (db *DB) Drift(ctx context.Context) ([]score.Flag, error) {
	var rows []struct {
		Name  string
		Value float64
		Bound float64
	}
	err := db.bun.NewRaw(`select name, value, bound from drift_flags order by name limit 100`).Scan(ctx, &rows)
	list := make([]score.Flag, len(rows))
	for i, r := range rows {
		list[i] = score.Flag{Name: r.Name, Value: r.Value, Limit: r.Bound}
	}
	return list, fail(err, "drift")
}
