package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast/contest"
	"tickerwire/internal/forecast/score"
	"tickerwire/internal/market"
)

// MetricBrier is the one metric of experiments.
const MetricBrier = "brier"

// ABTest is an experiment between two models on the same stock-days. What is above Verdict is registered once and never
// changes.
type ABTest struct {
	ID          int64
	Name        string
	ModelA      int64
	ModelB      int64
	Metric      string
	Horizon     int
	Codes       []market.Code // the stocks that count; empty means all
	StartsOn    market.Day    // the first base day that counts
	Comparisons int           // that the champion is in at once
	OrderedBy   int64         // a user, 0 for nobody
	CreatedAt   time.Time     // application clock
	Verdict     contest.Verdict
	EndedAt     time.Time // application clock; zero while it runs
	StoppedBy   int64
	Reason      string
}

type abTestRow struct {
	bun.BaseModel `bun:"table:ab_tests,alias:t"`

	ID          int64     `bun:"id,pk,autoincrement"`
	Name        string    `bun:"name"`
	ModelA      int64     `bun:"model_a"`
	ModelB      int64     `bun:"model_b"`
	Metric      string    `bun:"metric"`
	Horizon     int       `bun:"horizon"`
	Codes       []string  `bun:"codes,array"`
	StartsOn    date      `bun:"starts_on"`
	Comparisons int       `bun:"comparisons"`
	OrderedBy   int64     `bun:"ordered_by,nullzero"`
	CreatedAt   time.Time `bun:"created_at"`
	Verdict     string    `bun:"verdict"`
	EndedAt     time.Time `bun:"ended_at,nullzero"`
	StoppedBy   int64     `bun:"stopped_by,nullzero"`
	Reason      string    `bun:"reason"`
}

func (r abTestRow) toNoun() ABTest {
	return ABTest{ID: r.ID, Name: r.Name, ModelA: r.ModelA, ModelB: r.ModelB, Metric: r.Metric, Horizon: r.Horizon, Codes: codes(r.Codes),
		StartsOn: market.Day(r.StartsOn), Comparisons: r.Comparisons, OrderedBy: r.OrderedBy,
		CreatedAt: r.CreatedAt, Verdict: contest.Verdict(r.Verdict), EndedAt: r.EndedAt, StoppedBy: r.StoppedBy, Reason: r.Reason}
}

// CreateABTest registers an experiment and returns it. It is Invalid when fewer comparisons are named than model A is in
// already with this one, over the same horizon: the threshold would be too low for them together. The same two models
// can't be in two running experiments over one horizon: Conflict.
func (db *DB) CreateABTest(ctx context.Context, t ABTest) (ABTest, error) {
	row := abTestRow{Name: legible(t.Name), ModelA: t.ModelA, ModelB: t.ModelB, Metric: MetricBrier, Horizon: t.Horizon, Codes: texts(t.Codes),
		StartsOn: date(t.StartsOn), Comparisons: t.Comparisons, OrderedBy: t.OrderedBy, CreatedAt: t.CreatedAt,
		Verdict: string(contest.Collecting)}
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock(hashtext(current_schema()), ?)`, abTestLock); err != nil {
			return err
		}
		var running struct{ Same, All int }
		err := tx.NewRaw(`
			select count(*) filter (where model_b = ?1) as same, count(*) as "all"
			from ab_tests where ended_at is null and model_a = ?0 and horizon = ?2`, t.ModelA, t.ModelB, t.Horizon).Scan(ctx, &running)
		switch {
		case err != nil:
			return err
		case running.Same > 0:
			return fault.New(fault.Conflict, "these two models are in an experiment over %d days that runs", t.Horizon)
		case t.Comparisons < running.All+1:
			return fault.InvalidField("comparisons", "with this one the model is in %d comparisons at once", running.All+1)
		}
		_, err = tx.NewInsert().Model(&row).ExcludeColumn("id").Returning("id").Exec(ctx)
		return err
	})
	return row.toNoun(), fail(err, "register an experiment")
}

// ABTest returns one experiment; NotFound when there is none.
func (db *DB) ABTest(ctx context.Context, id int64) (ABTest, error) {
	var row abTestRow
	err := db.bun.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	return row.toNoun(), failOne(err, "experiment %d", id)
}

// ABTests returns experiments, the newest first, those with an id below before (0: any).
func (db *DB) ABTests(ctx context.Context, before int64, limit int) ([]ABTest, error) {
	var rows []abTestRow
	q := db.bun.NewSelect().Model(&rows).OrderExpr("t.id desc").Limit(int64(limit))
	if before != 0 {
		q = q.Where("t.id < ?", before)
	}
	return abTests(rows, q.Scan(ctx))
}

// RunningABTests returns the experiments without a verdict, by id.
func (db *DB) RunningABTests(ctx context.Context, limit int) ([]ABTest, error) {
	var rows []abTestRow
	err := db.bun.NewSelect().Model(&rows).Where("t.ended_at is null").OrderExpr("t.id").Limit(int64(limit)).Scan(ctx)
	return abTests(rows, err)
}

func abTests(rows []abTestRow, err error) ([]ABTest, error) {
	list := make([]ABTest, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list, fail(err, "experiments")
}

// CountABTests returns how many experiments were ever registered.
func (db *DB) CountABTests(ctx context.Context) (n int, err error) {
	err = db.bun.NewRaw(`select count(*) from ab_tests`).Scan(ctx, &n)
	return n, fail(err, "count experiments")
}

// ABDays returns an experiment's days, in their order.
func (db *DB) ABDays(ctx context.Context, id int64) ([]contest.Day, error) {
	var rows []struct {
		Day       date
		Diff      float64
		Bound     float64
		StockDays int
	}
	err := db.bun.NewRaw(`
		select day, diff, bound, stock_days from ab_days where test_id = ? order by day limit ?`, id, contest.MaxDays).Scan(ctx, &rows)
	list := make([]contest.Day, len(rows))
	for i, r := range rows {
		list[i] = contest.Day{Day: market.Day(r.Day), Diff: r.Diff, Bound: r.Bound, StockDays: r.StockDays}
	}
	return list, fail(err, "days of experiment %d", id)
}

// AddABDays adds days to a running experiment behind those that it has, and its verdict; a final one ends it. A day that
// is there is left as it is, and an ended experiment gets none.
func (db *DB) AddABDays(ctx context.Context, id int64, days []contest.Day, verdict contest.Verdict, now time.Time) error {
	list, diffs, bounds, stockDays := make([]string, len(days)), make([]float64, len(days)), make([]float64, len(days)), make([]int64, len(days))
	for i, d := range days {
		list[i], diffs[i], bounds[i], stockDays[i] = d.Day.String(), d.Diff, d.Bound, int64(d.StockDays)
	}
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.ExecContext(ctx, `
			update ab_tests set verdict = ?1, ended_at = case when ?2 then ?3::timestamptz end where id = ?0 and ended_at is null`,
			id, string(verdict), verdict.Final(), now)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			insert into ab_days (test_id, day, diff, bound, stock_days, judged_at)
			select ?, *, ?::timestamptz from unnest(?::date[], ?::float8[], ?::float8[], ?::int[])
			on conflict (test_id, day) do nothing`, id, now, pgdialect.Array(list), pgdialect.Array(diffs), pgdialect.Array(bounds), pgdialect.Array(stockDays))
		return err
	})
	return fail(err, "add %d days to experiment %d", len(days), id)
}

// StopABTest ends a running experiment without a result and returns it; Conflict when it has ended.
func (db *DB) StopABTest(ctx context.Context, id, actor int64, reason string, now time.Time) (ABTest, error) {
	var row abTestRow
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		row = abTestRow{}
		if err := tx.NewSelect().Model(&row).Where("id = ?", id).For("update").Scan(ctx); err != nil {
			return err
		}
		if !row.EndedAt.IsZero() {
			return fault.New(fault.Conflict, "experiment %d has ended", id)
		}
		row.Verdict, row.EndedAt, row.StoppedBy, row.Reason = string(contest.Stopped), now, actor, legible(reason)
		_, err := tx.NewUpdate().Model(&row).Column("verdict", "ended_at", "stopped_by", "reason").WherePK().Exec(ctx)
		return err
	})
	return row.toNoun(), failOne(err, "experiment %d", id)
}

// ABPair is what both models of an experiment had said first, in time, of one story and stock. A and B differ in their
// probability alone. Known is whether the outcome was known.
type ABPair struct {
	A, B  score.Item
	Known bool
}

// ABPairs returns an experiment's pairs from a base day on, by (base day, story, code), with the outcomes that were known
// at an instant.
func (db *DB) ABPairs(ctx context.Context, t ABTest, from market.Day, knownBy time.Time, limit int) ([]ABPair, error) {
	var rows []struct {
		judgedRow
		Other float64
		Known bool
	}
	err := db.bun.NewRaw(`
		select p.story_id, (select coalesce(s.echo_of, s.id) from stories s where s.id = p.story_id) as cluster, p.code, c.base_day, p.probability, q.probability as other, p.base_rate,
			coalesce(o.excess_pct, 0) as excess_pct, coalesce(o.sigma_pct, 0) as sigma_pct, coalesce(o.flat, false) as flat,
			coalesce(o.void, '') <> '' as void, o.horizon is not null as known
		from predictions p
		join predictions q on q.story_id = p.story_id and q.code = p.code and q.model_id = ?1 and q.horizon = p.horizon
			and q.generation = 1 and q.origin = 'live' and not q.late
		join story_codes c on c.story_id = p.story_id and c.code = p.code and c.base_day >= ?3
		left join lateral `+knownOutcomes("p.story_id", "p.code", "?5")+` o on o.horizon = p.horizon
		where p.model_id = ?0 and p.horizon = ?2 and p.origin = 'live' and p.generation = 1 and not p.late
			and p.as_of >= ?4 and p.as_of <= ?5 and (cardinality(?6::text[]) = 0 or p.code = any(?6::text[]))
		order by c.base_day, p.story_id, p.code limit ?7`,
		t.ModelA, t.ModelB, t.Horizon, date(from), from.At(0, 0), knownBy, pgdialect.Array(texts(t.Codes)), limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "pairs of experiment %d", t.ID)
	}
	list := make([]ABPair, len(rows))
	for i, r := range rows {
		a := r.toNoun().Item
		b := a
		b.Probability = r.Other
		list[i] = ABPair{A: a, B: b, Known: r.Known}
	}
	return list, nil
}
