package store

import (
	"context"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/score"
	"tickerwire/internal/market"
)

// JudgedFilter asks for one model's predictions of one horizon and origin whose outcome was known at KnownBy, which must
// be set, as must Limit. From is the first as_of; zero means any.
type JudgedFilter struct {
	ModelID int64
	Horizon int
	Origin  forecast.Origin
	From    time.Time
	KnownBy time.Time
	Limit   int
}

// Judged is a first prediction with the newest version of its outcome that was known.
type Judged struct {
	score.Item
	AsOf    time.Time // the story's
	KnownAt time.Time // since when the outcome is known
	Raw     float64   // what the model itself had said, before recalibration
	Late    bool      // made after its target session had opened: it is not to be judged
}

// Judged returns predictions with their outcomes, void ones too, the newest first by (as_of, id). Re-predictions are
// left out: whoever orders one knows more than the first one did.
func (db *DB) Judged(ctx context.Context, f JudgedFilter) ([]Judged, error) {
	if f.KnownBy.IsZero() || f.Limit <= 0 {
		return nil, fault.New(fault.Invalid, "judged predictions are read as of an instant, so many at most")
	}
	var rows []judgedRow
	err := db.bun.NewRaw(`
		select p.story_id, (select coalesce(s.echo_of, s.id) from stories s where s.id = p.story_id) as cluster, p.code, p.as_of, o.base_day, p.probability,
			coalesce(p.raw, p.probability) as raw, p.base_rate, o.excess_pct, o.sigma_pct, o.flat, o.void <> '' as void,
			o.known_at, p.late
		from predictions p
		join lateral `+knownOutcomes("p.story_id", "p.code", "?5")+` o on o.horizon = p.horizon
		where p.model_id = ?0 and p.horizon = ?1 and p.origin = ?2 and p.generation = 1 and p.as_of >= ?3 and p.as_of <= ?5
		order by p.as_of desc, p.id desc limit ?4`,
		f.ModelID, f.Horizon, string(f.Origin), f.From, f.Limit, f.KnownBy).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "judged predictions of model %d over %d days", f.ModelID, f.Horizon)
	}
	list := make([]Judged, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list, nil
}

type judgedRow struct {
	StoryID     int64
	Cluster     int64
	Code        string
	AsOf        time.Time
	BaseDay     date
	Probability float64
	Raw         float64
	BaseRate    float64
	ExcessPct   float64
	SigmaPct    float64
	Flat        bool
	Void        bool
	KnownAt     time.Time
	Late        bool
}

func (r judgedRow) toNoun() Judged {
	return Judged{AsOf: r.AsOf, KnownAt: r.KnownAt, Raw: r.Raw, Late: r.Late, Item: score.Item{StoryID: r.StoryID, Cluster: r.Cluster, Code: market.Code(r.Code),
		Day: market.Day(r.BaseDay), Probability: r.Probability, BaseRate: r.BaseRate, ExcessPct: r.ExcessPct, SigmaPct: r.SigmaPct,
		Flat: r.Flat, Void: r.Void}}
}
