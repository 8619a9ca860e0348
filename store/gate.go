package store

import (
	"context"
	"time"

	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/forecast/score"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
)

// Gate is the alert gate's parameters and who set them.
type Gate struct {
	notice.GateConfig
	EditedBy int64     // 0 for nobody
	EditedAt time.Time // zero for never
}

// AlertGate returns the alert gate.
func (db *DB) AlertGate(ctx context.Context) (Gate, error) {
	var row struct {
		MinShift    float64
		MinScorePct float64
		PerDay      int
		EditedBy    int64
		EditedAt    time.Time `bun:",nullzero"`
	}
	err := db.bun.NewRaw(`select min_shift, min_score_pct, per_day, coalesce(edited_by, 0) as edited_by, edited_at from alert_gate`).Scan(ctx, &row)
	return Gate{GateConfig: notice.GateConfig{MinShift: row.MinShift, MinScorePct: row.MinScorePct, PerDay: row.PerDay}, EditedBy: row.EditedBy,
		EditedAt: row.EditedAt}, fail(err, "the alert gate")
}

// SaveAlertGate changes the alert gate for every decision from now on. All fields of the config are set.
func (db *DB) SaveAlertGate(ctx context.Context, c notice.GateConfig, actor int64) error {
	_, err := db.bun.ExecContext(ctx, `
		update alert_gate set min_shift = ?, min_score_pct = ?, per_day = ?, edited_by = nullif(?, 0), edited_at = now()`,
		c.MinShift, c.MinScorePct, c.PerDay, actor)
	return fail(err, "save the alert gate")
}

// GateReach is how many calendar days back a floor looks for its days with candidates.
const GateReach = 40

// mostCandidates of the newest are enough for any floor.
const mostCandidates = 20_000

// CandidatesBefore returns the candidates that the floor of a day is taken from: those of the days before it.
func (db *DB) CandidatesBefore(ctx context.Context, day market.Day) ([]notice.Candidate, error) {
	return db.Candidates(ctx, day-GateReach, day-1)
}

// Candidates returns the signals that were decided by their numbers alone, from the first day to the last, both included,
// by id, at most mostCandidates of the newest.
func (db *DB) Candidates(ctx context.Context, from, to market.Day) ([]notice.Candidate, error) {
	var rows []struct {
		ID        int64
		Code      string
		DecidedAt time.Time
		ScorePct  float64
		SigmaPct  float64
	}
	err := db.bun.NewRaw(`
		select * from (
			select id, code, decided_at, score_pct, sigma_pct from alerts
			where candidate and decided_at >= ? and decided_at < ? order by decided_at desc, id desc limit ?) c
		order by id`, from.At(0, 0), (to+1).At(0, 0), mostCandidates).Scan(ctx, &rows)
	list := make([]notice.Candidate, len(rows))
	for i, r := range rows {
		list[i] = notice.Candidate{AlertID: r.ID, Code: market.Code(r.Code), Day: market.DayOf(r.DecidedAt), ScorePct: r.ScorePct, SigmaPct: r.SigmaPct}
	}
	return list, fail(err, "candidates from %s to %s", from, to)
}

// The controls beside the alerts that were sent.
const (
	PickedSent   = "sent"
	PickedRandom = "random"
	PickedSigma  = "sigma"
)

// SaveControls keeps what the controls picked on a day, the first pick first; what is kept of the day already stays.
func (db *DB) SaveControls(ctx context.Context, day market.Day, random, sigma []notice.Candidate) error {
	var kinds []string
	var ranks, ids []int64
	for kind, picks := range map[string][]notice.Candidate{PickedRandom: random, PickedSigma: sigma} {
		for i, c := range picks {
			kinds, ranks, ids = append(kinds, kind), append(ranks, int64(i+1)), append(ids, c.AlertID)
		}
	}
	_, err := db.bun.ExecContext(ctx, `
		insert into alert_controls (day, kind, rank, alert_id) select ?::date, * from unnest(?::text[], ?::int[], ?::bigint[])
		on conflict (day, kind, rank) do nothing`, date(day), pgdialect.Array(kinds), pgdialect.Array(ranks), pgdialect.Array(ids))
	return fail(err, "save the controls of %s", day)
}

// LastControls returns the last day of which controls are kept, the zero Day when there is none.
func (db *DB) LastControls(ctx context.Context) (market.Day, error) {
	var day date
	err := db.bun.NewRaw(`select max(day) from alert_controls`).Scan(ctx, &day)
	return market.Day(day), fail(err, "the last controls")
}

// Picks returns the signals that were sent and what the controls picked, from a day on, with the outcomes that were known
// at an instant, by PickedSent, PickedRandom and PickedSigma. Void ones are left out. At most limit.
func (db *DB) Picks(ctx context.Context, from market.Day, knownBy time.Time, limit int) (map[string][]score.Pick, error) {
	var rows []struct {
		Kind      string
		Day       date
		Rank      int
		Direction int
		BaseRate  float64
		ExcessPct float64
	}
	err := db.bun.NewRaw(`
		with picked as (
			select 'sent' as kind, day, (row_number() over (partition by day order by score_pct desc, id))::int as rank, story_id, code, prediction_id
			from (select id, score_pct, story_id, code, prediction_id, (decided_at at time zone 'Asia/Seoul')::date as day from alerts
				where send and kind = 'signal' and decided_at >= ?1 and decided_at <= ?2) s
			union all
			select k.kind, k.day, k.rank, t.story_id, t.code, t.prediction_id from alert_controls k join alerts t on t.id = k.alert_id where k.day >= ?0)
		select c.kind, c.day, c.rank, sign(p.probability - p.base_rate)::int as direction, p.base_rate, o.excess_pct
		from picked c
		join predictions p on p.id = c.prediction_id
		join lateral `+knownOutcomes("c.story_id", "c.code", "?2")+` o on o.horizon = p.horizon and o.void = ''
		order by c.day desc, c.kind, c.rank limit ?3`, date(from), from.At(0, 0), knownBy, limit).Scan(ctx, &rows)
	picks := make(map[string][]score.Pick)
	for _, r := range rows {
		picks[r.Kind] = append(picks[r.Kind], score.Pick{Day: market.Day(r.Day), Rank: r.Rank, Direction: r.Direction, BaseRate: r.BaseRate, ExcessPct: r.ExcessPct})
	}
	return picks, fail(err, "picks since %s", from)
}

// JudgedPredictions returns predictions with the outcomes that were known at an instant, each as a first choice of the day of
// its as-of. Those without an outcome, and void ones, are left out.
func (db *DB) JudgedPredictions(ctx context.Context, ids []int64, knownBy time.Time) ([]score.Pick, error) {
	var rows []struct {
		Day       date
		Direction int
		BaseRate  float64
		ExcessPct float64
	}
	err := db.bun.NewRaw(`
		select (p.as_of at time zone 'Asia/Seoul')::date as day, sign(p.probability - p.base_rate)::int as direction, p.base_rate, o.excess_pct
		from predictions p
		join lateral `+knownOutcomes("p.story_id", "p.code", "?1")+` o on o.horizon = p.horizon and o.void = ''
		where p.id = any(?0) order by p.as_of, p.id`, pgdialect.Array(ids), knownBy).Scan(ctx, &rows)
	picks := make([]score.Pick, len(rows))
	for i, r := range rows {
		picks[i] = score.Pick{Day: market.Day(r.Day), Rank: 1, Direction: r.Direction, BaseRate: r.BaseRate, ExcessPct: r.ExcessPct}
	}
	return picks, fail(err, "outcomes of %d predictions", len(ids))
}

// BigMoves returns the stock-days with live news, from a day on, whose excess return over one day was known at an instant
// and lay beyond two of the stock's sigmas, in the order of days and codes; those of the newest limit stories.
func (db *DB) BigMoves(ctx context.Context, from market.Day, knownBy time.Time, limit int) ([]score.BigMove, error) {
	var rows []struct {
		Day     date
		Code    string
		Alerted bool
		Hit     bool
	}
	// The first part finds candidates by their index, whichever version they are of; what was known then decides.
	err := db.bun.NewRaw(`
		with big as (
			select distinct story_id, code, base_day from (
				select story_id, code, base_day from outcomes
				where horizon = 1 and void = '' and sigma_pct > 0 and abs(excess_pct) > 2 * sigma_pct and base_day >= ?0
				order by base_day desc, story_id desc limit ?2) b)
		select b.base_day as day, b.code, bool_or(a.right_way is not null) as alerted, coalesce(bool_or(a.right_way = (o.excess_pct > 0)), false) as hit
		from big b
		join lateral `+knownOutcomes("b.story_id", "b.code", "?1")+` o
			on o.horizon = 1 and o.void = '' and o.sigma_pct > 0 and abs(o.excess_pct) > 2 * o.sigma_pct
		left join lateral (
			select p.probability > p.base_rate as right_way from alerts a join predictions p on p.id = a.prediction_id
			where a.kind = 'signal' and a.story_id = b.story_id and a.code = b.code and a.send and a.decided_at <= ?1) a on true
		where (select origin from stories s where s.id = b.story_id) = 'live'
		group by b.base_day, b.code order by b.base_day, b.code limit ?2`, date(from), knownBy, limit).Scan(ctx, &rows)
	moves := make([]score.BigMove, len(rows))
	for i, r := range rows {
		moves[i] = score.BigMove{Day: market.Day(r.Day), Code: market.Code(r.Code), Alerted: r.Alerted, Right: r.Hit}
	}
	return moves, fail(err, "big moves since %s", from)
}
