package store

import (
	"context"
	"math"
	"time"

	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
)

// Hit is an article that a vector index found similar.
type Hit struct {
	ArticleID int64
	Cosine    float64
}

// PastFilter asks what followed similar articles, as of an instant that must be set. ExceptStory is the story in
// question (0 when there is none).
type PastFilter struct {
	Hits        []Hit
	Embedder    string // the version that found the hits; passed on
	AsOf        time.Time
	ExceptStory int64
}

// knownOutcomes is the one predicate of what may be learned from: per horizon, of a story's outcomes for one stock, the
// newest version that was known by an instant. Retrieval, the fitting of calibrations and every judgement read outcomes
// through it. story, code and knownBy are SQL.
func knownOutcomes(story, code, knownBy string) string {
	return `(
			select distinct on (horizon) horizon, base_day, target_day, excess_pct, sigma_pct, flat, void, known_at
			from outcomes
			where story_id = ` + story + ` and code = ` + code + ` and known_at <= ` + knownBy + `
			order by horizon, version desc)`
}

// PastMoves returns what each stock of each hit's story did afterwards, nearest first. Only what was known at AsOf is
// looked at: articles and stories available before it, and of each outcome the newest version known by it, void ones
// left out. The story in question, what it echoes and what shares its echo are left out; so is a pair without a known
// outcome.
func (db *DB) PastMoves(ctx context.Context, f PastFilter) ([]forecast.PastMove, error) {
	if f.AsOf.IsZero() {
		return nil, fault.New(fault.Invalid, "past moves are read as of an instant, and none was given")
	}
	if len(f.Hits) == 0 {
		return nil, nil
	}
	ids, cosines := make([]int64, len(f.Hits)), make([]float64, len(f.Hits))
	for i, h := range f.Hits {
		ids[i], cosines[i] = h.ArticleID, h.Cosine
	}
	var rows []pastRow
	err := db.bun.NewRaw(`
		select h.article_id, h.cosine, s.id as story_id, coalesce(s.echo_of, s.id) as cluster, c.code, s.available_at,
			o.horizon, o.target_day, o.excess_pct, o.sigma_pct, o.known_at
		from unnest(?0::bigint[], ?1::float8[]) as h (article_id, cosine)
		join articles a on a.id = h.article_id and a.taken_down_at is null
		join stories s on s.id = a.story_id
		join story_codes c on c.story_id = s.id
		join lateral `+knownOutcomes("s.id", "c.code", "?2")+` o on o.void = ''
		where a.available_at < ?2 and s.available_at < ?2
			and not exists (
				select from stories e where e.id = ?3
					and (s.id = e.id or s.id = e.echo_of or coalesce(s.echo_of, s.id) = coalesce(e.echo_of, e.id) or s.echo_of = e.id))
		order by h.cosine desc, h.article_id, c.code, o.horizon`,
		pgdialect.Array(ids), pgdialect.Array(cosines), f.AsOf, f.ExceptStory).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "past moves of %d hits as of %s", len(f.Hits), f.AsOf)
	}
	return pastMoves(rows, f.Embedder), nil
}

type pastRow struct {
	ArticleID   int64
	Cosine      float64
	StoryID     int64
	Cluster     int64
	Code        string
	AvailableAt time.Time
	Horizon     int
	TargetDay   date
	ExcessPct   float64
	SigmaPct    float64
	KnownAt     time.Time
}

// pastMoves gathers the horizons of each pair; rows of a pair follow each other.
func pastMoves(rows []pastRow, embedder string) []forecast.PastMove {
	var list []forecast.PastMove
	for _, r := range rows {
		last := len(list) - 1
		if last < 0 || list[last].ArticleID != r.ArticleID || list[last].Code != market.Code(r.Code) {
			list = append(list, forecast.PastMove{ArticleID: r.ArticleID, StoryID: r.StoryID, Cluster: r.Cluster, Code: market.Code(r.Code),
				Embedder: embedder, Cosine: r.Cosine, At: r.AvailableAt, Moves: map[int]forecast.Move{}})
			last++
		}
		move := forecast.Move{TargetDay: market.Day(r.TargetDay), ExcessPct: r.ExcessPct, KnownAt: r.KnownAt}
		if r.SigmaPct > 0 {
			move.SigmaUnits = r.ExcessPct / (r.SigmaPct * math.Sqrt(float64(r.Horizon)))
		}
		list[last].Moves[r.Horizon] = move
	}
	return list
}
