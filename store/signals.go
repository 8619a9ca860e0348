package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// boldest is how many predictions of each model, horizon and day are looked at first for those that lie farthest from their
// base rate. Where that does not settle which they are, it is boldestMore times as many, and so on.
const (
	boldest     = 40
	boldestMore = 16
)

// top is which predictions lie farthest from their base rate, as far as they were looked at.
type top struct {
	IDs    []int64
	Gaps   []float64 // of each, from large to small
	Edge   *float64  // nil when all were looked at; else what was left out lies no farther than (Edge, EdgeID)
	EdgeID *int64
	Limit  int // how many were wanted
}

// settled reports whether nothing that was left out can be among the first.
func (t top) settled() bool {
	switch n := len(t.IDs); {
	case t.Edge == nil:
		return true
	case n < t.Limit:
		return false
	default:
		return t.Gaps[n-1] > *t.Edge || t.Gaps[n-1] == *t.Edge && t.IDs[n-1] >= *t.EdgeID
	}
}

// TopSignals returns the champions' live predictions made for stories since the given time that lie farthest from
// their base rate, one per stock, farthest first. Of a story, stock and horizon the champion's own counts before that of who
// stands in for it, and the newest generation that is not late. An as_of is its story's available_at.
func (db *DB) TopSignals(ctx context.Context, since, knownBy time.Time, limit int) ([]PredictionItem, error) {
	var found []top
	if err := db.read(ctx, "find the top signals", into(topSignals(since, knownBy, limit, boldest), &found, scanTop(limit))); err != nil {
		return nil, err
	}
	return db.showTop(ctx, found, since, knownBy, limit)
}

// showTop reads what was found, after it has looked farther where that was not enough.
func (db *DB) showTop(ctx context.Context, found []top, since, knownBy time.Time, limit int) ([]PredictionItem, error) {
	for look := boldest * boldestMore; !found[0].settled(); look *= boldestMore {
		if err := db.read(ctx, "find the top signals", into(topSignals(since, knownBy, limit, look), &found, scanTop(limit))); err != nil {
			return nil, err
		}
	}
	ids := found[0].IDs
	if len(ids) == 0 {
		return nil, nil
	}
	items, err := db.PredictionList(ctx, PredictionFilter{IDs: ids, KnownBy: knownBy, Limit: limit})
	slices.SortFunc(items, func(a, b PredictionItem) int {
		return slices.Index(ids, a.Prediction.ID) - slices.Index(ids, b.Prediction.ID)
	})
	return items, err
}

func scanTop(limit int) func(pgx.Rows, *top) error {
	return func(rows pgx.Rows, t *top) error {
		t.Limit = limit
		return rows.Scan(&t.IDs, &t.Gaps, &t.Edge, &t.EdgeID)
	}
}

// topSignals looks at so many of each day, horizon and champion, in the order of their index: the planner is not to know that
// only those of the window count, or it would read the window.
func topSignals(since, knownBy time.Time, limit, look int) *query {
	many := strconv.Itoa(look)
	// inWindow takes since and knownBy.
	inWindow := func(x string) string {
		return " " + x + ".as_of >= ? and " + x + ".as_of <= ? and " + x + ".origin = 'live' and not " + x + ".late "
	}
	q := newQuery(`
		with ahead as materialized (
			select o.*, row_number() over (partition by o.horizon, o.day order by o.gap desc, o.id desc) = `+many+` as last
			from champions ch cross join unnest(?::date[]) as d (day) cross join lateral (
				select p.id, p.story_id, p.code, p.model_id, p.horizon, p.generation, p.as_of, d.day, abs(p.probability - p.base_rate) as gap
				from predictions p
				where p.model_id = ch.model_id and p.horizon = ch.horizon and (p.as_of at time zone 'UTC')::date = d.day
					and p.origin = 'live' and not p.late
				order by abs(p.probability - p.base_rate) desc, p.id desc limit `+many+`) o),
		own as (
			select a.id, a.code, a.gap from ahead a
			where a.as_of >= ? and a.as_of <= ? and not exists (
				select from predictions x
				where x.story_id = a.story_id and x.code = a.code and x.model_id = a.model_id and x.horizon = a.horizon
					and x.generation > a.generation and`+inWindow("x")+`)),`, daysOf(since, knownBy), since, knownBy, since, knownBy)
	q.add(`
		stood_in as (
			select distinct on (p.story_id, p.code, p.horizon) p.id, p.code, abs(p.probability - p.base_rate) as gap
			from champions ch
			join model_calls mc on mc.stands_for = ch.model_id
				and mc.story_id >= (select min(s.id) from (select id from stories where available_at >= ? and available_at <= ? offset 0) s)
			join predictions p on p.call_id = mc.id and p.horizon = ch.horizon and p.model_id <> ch.model_id
			where (select true from model_calls where stands_for is not null limit 1) and`+inWindow("p")+`and not exists (
				select from predictions x
				where x.story_id = p.story_id and x.code = p.code and x.model_id = ch.model_id and x.horizon = p.horizon and`+inWindow("x")+`)
			order by p.story_id, p.code, p.horizon, p.generation desc, p.id desc),`, since, knownBy, since, knownBy, since, knownBy)
	return q.add(`
		best as (
			select distinct on (code) id, gap from (select * from own union all select * from stood_in) s
			where gap > 0 order by code, gap desc, id desc),
		top as (select id, gap from best order by gap desc, id desc limit ` + strconv.Itoa(limit) + `),
		edge as (select gap, id from ahead where last order by gap desc, id desc limit 1)
		select coalesce((select array_agg(id order by gap desc, id desc) from top), '{}'),
			coalesce((select array_agg(gap order by gap desc, id desc) from top), '{}'), (select gap from edge), (select id from edge)`)
}

// daysOf returns the days in UTC that a time touches.
func daysOf(from, to time.Time) []time.Time {
	var days []time.Time
	for day := from.UTC().Truncate(24 * time.Hour); !day.After(to); day = day.Add(24 * time.Hour) {
		days = append(days, day)
	}
	return days
}
