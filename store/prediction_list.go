package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
)

// PredictionFilter narrows a list of predictions; a zero field means any. Direction is the sign of probability minus
// base rate, MinGap the least distance between the two, Resolved whether an outcome is known at KnownBy, Void whether that
// is void: neither has who has none. From is
// inclusive, To is exclusive; both are about as_of. KnownBy must be set: no outcome known later is shown.
type PredictionFilter struct {
	ID         int64
	IDs        []int64
	StoryID    int64
	Code       market.Code
	ModelID    int64
	Horizon    int
	Direction  *int
	MinGap     float64
	Resolved   *bool
	Void       *bool
	Generation int
	Champions  bool // only those by the champion of their horizon, or by who stands in for it
	Origin     forecast.Origin
	From, To   time.Time
	KnownBy    time.Time
	After      Position
	Limit      int
}

// PredictionItem is a prediction as lists show it: without its evidence, of which only the size is given, and with the
// newest version of its outcome.
type PredictionItem struct {
	Prediction forecast.Prediction
	Model      forecast.Model
	StockName  string
	Title      string     // of its story's first article
	BaseDay    market.Day // its close is what the return is measured from
	Neighbours int        // how many past articles it used
	Effective  float64    // how many they are worth
	Outcome    *forecast.Outcome
}

type listPredictionRow struct {
	ID          int64     `bun:"id"`
	CallID      int64     `bun:"call_id"`
	StoryID     int64     `bun:"story_id"`
	Code        string    `bun:"code"`
	Horizon     int       `bun:"horizon"`
	Generation  int       `bun:"generation"`
	AsOf        time.Time `bun:"as_of"`
	MadeAt      time.Time `bun:"made_at"`
	Probability float64   `bun:"probability"`
	BaseRate    float64   `bun:"base_rate"`
	ExpectedPct float64   `bun:"expected_pct"`
	LowPct      float64   `bun:"low_pct"`
	HighPct     float64   `bun:"high_pct"`
	Late        bool      `bun:"late"`
	Origin      string    `bun:"origin"`
	Note        string    `bun:"note"`
	Neighbours  int       `bun:"neighbours"`
	Effective   float64   `bun:"effective"`
	ModelID     int64     `bun:"model_id"`
	ModelName   string    `bun:"model_name"`
	ModelKind   string    `bun:"model_kind"`
	ModelRole   string    `bun:"model_role"`
	Version     string    `bun:"model_version"`
	Title       string    `bun:"title"`
	StockName   string    `bun:"stock_name"`
	BaseDay     int       `bun:"base_day"`
	Resolved    bool      `bun:"resolved"`

	outcomeColumns
}

// outcomeColumns are zero where there is no outcome. Days are counted from 1970-01-01.
type outcomeColumns struct {
	OVersion   int       `bun:"o_version"`
	OBaseDay   int       `bun:"o_base_day"`
	OTargetDay int       `bun:"o_target_day"`
	OReturn    float64   `bun:"o_return"`
	OExcess    float64   `bun:"o_excess"`
	OSigma     float64   `bun:"o_sigma"`
	OFlat      bool      `bun:"o_flat"`
	OVoid      string    `bun:"o_void"`
	OKnownAt   time.Time `bun:"o_known_at"`
}

// epoch makes a date column a number of days.
const epoch = " - date '1970-01-01'"

const selectOutcome = `
	coalesce(o.version, 0) as o_version, coalesce(o.base_day` + epoch + `, 0) as o_base_day,
	coalesce(o.target_day` + epoch + `, 0) as o_target_day, coalesce(o.return_pct, 0) as o_return,
	coalesce(o.excess_pct, 0) as o_excess, coalesce(o.sigma_pct, 0) as o_sigma, coalesce(o.flat, false) as o_flat,
	coalesce(o.void, '') as o_void, coalesce(o.known_at, 'epoch') as o_known_at`

const selectPrediction = `
	p.id, p.call_id, p.story_id, p.code, p.horizon, p.generation, p.as_of, p.made_at, p.probability, p.base_rate,
	p.expected_pct, p.low_pct, p.high_pct, p.late, p.origin, p.note, p.model_id, m.name as model_name,
	m.kind as model_kind, m.role as model_role, m.version as model_version, a.title,
	p.neighbours, p.effective,
	coalesce(k.name, l.name, p.code) as stock_name, coalesce(sc.base_day` + epoch + `, 0) as base_day,
	o.id is not null as resolved`

// joinPrediction takes one argument, the instant by which an outcome must be known.
const joinPrediction = `
	join models m on m.id = p.model_id
	join stories s on s.id = p.story_id
	join articles a on a.id = s.first_article_id
	left join story_codes sc on sc.story_id = p.story_id and sc.code = p.code
	left join stocks k on k.code = p.code
	left join listings l on l.code = p.code` + joinOutcome

// joinOutcome joins the newest version known by its one argument.
const joinOutcome = `
	left join lateral (
		select * from outcomes x
		where x.story_id = p.story_id and x.code = p.code and x.horizon = p.horizon and x.known_at <= ?
		order by x.version desc limit 1) o on true`

func scanPrediction(rows pgx.Rows, r *listPredictionRow) error {
	return rows.Scan(&r.ID, &r.CallID, &r.StoryID, &r.Code, &r.Horizon, &r.Generation, &r.AsOf, &r.MadeAt, &r.Probability, &r.BaseRate,
		&r.ExpectedPct, &r.LowPct, &r.HighPct, &r.Late, &r.Origin, &r.Note, &r.ModelID, &r.ModelName,
		&r.ModelKind, &r.ModelRole, &r.Version, &r.Title, &r.Neighbours, &r.Effective, &r.StockName, &r.BaseDay, &r.Resolved,
		&r.OVersion, &r.OBaseDay, &r.OTargetDay, &r.OReturn, &r.OExcess, &r.OSigma, &r.OFlat, &r.OVoid, &r.OKnownAt)
}

// PredictionList returns predictions, newest first by (as_of, id). A page has many predictions of few stories: what they share
// is looked up once for each story and stock.
func (db *DB) PredictionList(ctx context.Context, f PredictionFilter) ([]PredictionItem, error) {
	q := pageOfPredictions(f).add(`,
		about as materialized (
			select d.story_id, d.code, a.title, coalesce(k.name, l.name, d.code) as stock_name, coalesce(sc.base_day`+epoch+`, 0) as base_day
			from (select distinct story_id, code from page) d
			join stories s on s.id = d.story_id
			join articles a on a.id = s.first_article_id
			left join story_codes sc on sc.story_id = d.story_id and sc.code = d.code
			left join stocks k on k.code = d.code
			left join listings l on l.code = d.code)
		select p.id, p.call_id, p.story_id, p.code, p.horizon, p.generation, p.as_of, p.made_at, p.probability, p.base_rate,
			p.expected_pct, p.low_pct, p.high_pct, p.late, p.origin, p.note, p.model_id, m.name,
			m.kind, m.role, m.version, b.title, p.neighbours, p.effective, b.stock_name, b.base_day, o.id is not null, `+selectOutcome+`
		from page p join models m on m.id = p.model_id join about b on b.story_id = p.story_id and b.code = p.code`+joinOutcome+`
		order by p.as_of desc, p.id desc`, f.KnownBy)
	var rows []listPredictionRow
	if err := db.read(ctx, "list predictions", into(q, &rows, scanPrediction)); err != nil {
		return nil, err
	}
	return toPredictions(rows), nil
}

// pageOfPredictions starts a query whose rows are those of page: what f asks for, found in the total order of the list before
// anything is joined to it. Left to itself the planner, who does not know the values, joins first and sorts then. The limit
// is part of the text: the plan depends on it.
func pageOfPredictions(f PredictionFilter) *query {
	q := newQuery(`with page as materialized (
		select p.id, p.call_id, p.story_id, p.code, p.horizon, p.generation, p.as_of, p.made_at, p.probability, p.base_rate,
			p.expected_pct, p.low_pct, p.high_pct, p.late, p.origin, p.note, p.model_id, p.neighbours, p.effective
		from predictions p where true`)
	for _, c := range []struct {
		column string
		value  int64
	}{
		{"id", f.ID}, {"story_id", f.StoryID}, {"model_id", f.ModelID}, {"horizon", int64(f.Horizon)},
		{"generation", int64(f.Generation)},
	} {
		if c.value != 0 {
			q.add(" and p."+c.column+" = ?", c.value)
		}
	}
	q.once = f.Generation > 0 // the index of later ones holds no first ones
	if len(f.IDs) > 0 {
		q.add(" and p.id = any(?)", f.IDs)
	}
	if f.Champions {
		q.add(" and " + byChampion)
	}
	if f.Code != "" {
		q.add(" and p.code = ?", string(f.Code))
	}
	if f.Origin != "" {
		q.add(" and p.origin = ?", string(f.Origin))
	}
	if f.Direction != nil {
		q.add(directions[1+*f.Direction])
	}
	if f.MinGap > 0 {
		q.add(" and (p.probability - p.base_rate >= ? or p.base_rate - p.probability >= ?)", f.MinGap, f.MinGap)
	}
	if f.Resolved != nil {
		q.add(" and ((select x.id from outcomes x where x.story_id = p.story_id and x.code = p.code and x.horizon = p.horizon and x.known_at <= ? limit 1) is not null) = ?",
			f.KnownBy, *f.Resolved)
	}
	if f.Void != nil && *f.Void { // few: they are looked for in an index of their own
		q.add(" and (p.story_id, p.code, p.horizon) in (select v.story_id, v.code, v.horizon from outcomes v where v.void <> '' and v.known_at <= ?)", f.KnownBy)
		q.add(" and "+newestVoid+" <> ''", f.KnownBy)
	} else if f.Void != nil {
		q.add(" and "+newestVoid+" = ''", f.KnownBy)
	}
	if !f.From.IsZero() {
		q.add(" and p.as_of >= ?", f.From)
	}
	if !f.To.IsZero() {
		q.add(" and p.as_of < ?", f.To)
	}
	if f.After != (Position{}) {
		q.add(" and (p.as_of, p.id) < (?, ?)", f.After.At, f.After.ID)
	}
	return q.add(" order by p.as_of desc, p.id desc limit " + strconv.Itoa(f.Limit) + ") ")
}

// newestVoid is why the newest version of a prediction's outcome is void, "" where it counts, null where there is none; its one
// argument is the instant by which the version must be known.
const newestVoid = `(
	select x.void from outcomes x
	where x.story_id = p.story_id and x.code = p.code and x.horizon = p.horizon and x.known_at <= ? order by x.version desc limit 1)`

// directions compare columns rather than a sign() of them: of comparisons the planner knows that they are met often, and
// goes on reading the index that the list is in the order of.
var directions = [...]string{" and p.probability < p.base_rate", " and p.probability = p.base_rate", " and p.probability > p.base_rate"}

// spokeFor says that a prediction p counts as the champion ch's: it is its own, or of a call that stands in for it.
// A scalar subquery, since an exists would be answered from a hash of all calls; the index holds only those that stand in.
const spokeFor = `(p.model_id = ch.model_id or ch.model_id = (
	select mc.stands_for from model_calls mc where mc.id = p.call_id and mc.stands_for is not null))`

// byChampion says the same of a prediction p by itself. As an exists it would be joined, and the list's order be lost.
const byChampion = `(
	p.model_id = (select ch.model_id from champions ch where ch.horizon = p.horizon)
	or (select mc.stands_for from model_calls mc where mc.id = p.call_id and mc.stands_for is not null)
		= (select ch.model_id from champions ch where ch.horizon = p.horizon))`

// signalColumns are what a signal shows.
const signalColumns = `p.id, p.call_id, p.story_id, p.code, p.model_id, p.horizon, p.generation, p.probability, p.base_rate, p.neighbours, p.late, p.as_of`

func scanSignal(rows pgx.Rows, r *listPredictionRow) error {
	return rows.Scan(&r.ID, &r.CallID, &r.StoryID, &r.Code, &r.ModelID, &r.Horizon, &r.Generation, &r.Probability, &r.BaseRate, &r.Neighbours, &r.Late, &r.AsOf)
}

// Signals returns the champions' newest generation of predictions for every stock of the stories, by story, code and
// horizon, as far as signals show them: without model, names and outcome. At most 200 stories.
func (db *DB) Signals(ctx context.Context, storyIDs []int64) ([]PredictionItem, error) {
	if len(storyIDs) == 0 {
		return nil, nil
	}
	var rows []listPredictionRow
	if err := db.read(ctx, "read the signals of stories", into(signals(storyIDs), &rows, scanSignal)); err != nil {
		return nil, err
	}
	return toPredictions(rows), nil
}

func signals(storyIDs []int64) *query {
	return newQuery(`
		select distinct on (p.story_id, p.code, p.horizon) `+signalColumns+`
		from predictions p join champions ch on ch.horizon = p.horizon
		where p.story_id = any(?) and `+spokeFor+`
		order by p.story_id, p.code, p.horizon, p.model_id = ch.model_id desc, p.generation desc`, storyIDs)
}

// StockSignals returns, for each stock and horizon, the live prediction of the newest story that the champion, or who
// stands in for it, spoke about, by code and horizon. At most 200 stocks.
func (db *DB) StockSignals(ctx context.Context, codes []market.Code, knownBy time.Time) ([]PredictionItem, error) {
	if len(codes) == 0 {
		return nil, nil
	}
	var rows []listPredictionRow
	err := db.bun.NewRaw(`
		with newest as (
			select k.code, ch.horizon, n.story_id, n.model_id
			from (select code from stocks where code in (?0)) k
			cross join champions ch
			cross join lateral (
				(select x.story_id, x.model_id, x.as_of, x.id from predictions x
				where x.code = k.code and x.origin = 'live' and x.model_id = ch.model_id and x.horizon = ch.horizon and x.as_of <= ?1
				order by x.as_of desc, x.id desc limit 1)
				union all
				(select x.story_id, x.model_id, x.as_of, x.id from model_calls c
				join predictions x on x.call_id = c.id and x.code = k.code and x.horizon = ch.horizon
				where c.stands_for = ch.model_id and x.origin = 'live' and x.as_of <= ?1
				order by x.as_of desc, x.id desc limit 1)
				order by as_of desc, id desc limit 1) n)
		select distinct on (p.code, p.horizon) `+selectPrediction+`, `+selectOutcome+`
		from newest n
		join predictions p on p.story_id = n.story_id and p.code = n.code and p.model_id = n.model_id and p.horizon = n.horizon
		`+strings.Replace(joinPrediction, "?", "?1", 1)+`
		order by p.code, p.horizon, p.generation desc`, bun.List(codes), knownBy).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "read the newest signals of %d stocks", len(codes))
	}
	return toPredictions(rows), nil
}

// CallInfo is what a model call cost. CostMicroWon is in millionths of a won.
type CallInfo struct {
	State        string // "due", "done" or "skipped"
	Note         string
	PromptHash   string // "" for models without a prompt
	InputTokens  int
	OutputTokens int
	CostMicroWon int64
	LatencyMS    int
	RunID        int64 // the run that ordered it, 0 for none
}

// CallInfo returns what a call cost; NotFound when there is none.
func (db *DB) CallInfo(ctx context.Context, callID int64) (CallInfo, error) {
	var row struct {
		State        string `bun:"state"`
		Note         string `bun:"note"`
		PromptHash   string `bun:"prompt_hash"`
		InputTokens  int    `bun:"input_tokens"`
		OutputTokens int    `bun:"output_tokens"`
		CostMicroWon int64  `bun:"cost_micro_won"`
		LatencyMS    int    `bun:"latency_ms"`
		RunID        int64  `bun:"run_id"`
	}
	err := db.bun.NewRaw(`
		select state, note, prompt_hash, input_tokens, output_tokens, cost_micro_won, latency_ms, coalesce(run_id, 0) as run_id
		from model_calls where id = ?`, callID).Scan(ctx, &row)
	if err != nil {
		return CallInfo{}, failOne(err, "call %d", callID)
	}
	return CallInfo(row), nil
}

func toPredictions(rows []listPredictionRow) []PredictionItem {
	items := make([]PredictionItem, len(rows))
	for i, r := range rows {
		items[i] = r.toItem()
	}
	return items
}

func (r listPredictionRow) toItem() PredictionItem {
	item := PredictionItem{
		Prediction: forecast.Prediction{ID: r.ID, StoryID: r.StoryID, Code: market.Code(r.Code), ModelID: r.ModelID,
			CallID: r.CallID, Horizon: r.Horizon, Generation: r.Generation, AsOf: r.AsOf, MadeAt: r.MadeAt,
			Probability: r.Probability, BaseRate: r.BaseRate, ExpectedPct: r.ExpectedPct, LowPct: r.LowPct,
			HighPct: r.HighPct, Late: r.Late, Origin: forecast.Origin(r.Origin), Note: r.Note},
		Model: forecast.Model{ID: r.ModelID, Name: r.ModelName, Kind: r.ModelKind, Role: forecast.Role(r.ModelRole),
			Version: r.Version},
		StockName: r.StockName, Title: r.Title, BaseDay: market.Day(r.BaseDay), Neighbours: r.Neighbours,
		Effective: r.Effective,
	}
	if r.Resolved {
		outcome := r.outcomeColumns.toNoun(r.StoryID, market.Code(r.Code), r.Horizon)
		item.Outcome = &outcome
	}
	return item
}

func (o outcomeColumns) toNoun(storyID int64, code market.Code, horizon int) forecast.Outcome {
	return forecast.Outcome{StoryID: storyID, Code: code, Horizon: horizon, Version: o.OVersion,
		BaseDay: market.Day(o.OBaseDay), TargetDay: market.Day(o.OTargetDay), ReturnPct: o.OReturn, ExcessPct: o.OExcess,
		SigmaPct: o.OSigma, Flat: o.OFlat, Void: o.OVoid, KnownAt: o.OKnownAt}
}
