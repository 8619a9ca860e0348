package store

import (
	"context"
)

// Compared says how a run's predictions differ from those of the generation before, for one model and horizon.
type Compared struct {
	ModelID    int64   `json:"model_id"`
	Model      string  `json:"model"`
	Horizon    int     `json:"horizon"`
	Pairs      int     `json:"pairs"`       // predictions with one of the generation before
	New        int     `json:"new"`         // predictions without
	Mean       float64 `json:"mean_change"` // of the probability, new less old
	MeanAbs    float64 `json:"mean_abs_change"`
	Turned     int     `json:"turned"`      // whose direction is another one now
	BrierPairs int     `json:"brier_pairs"` // of the pairs, those with an outcome now; both are judged by it
	BrierOld   float64 `json:"brier_old"`   // 0 without such pairs
	BrierNew   float64 `json:"brier_new"`
}

// CompareRun returns how what a run predicted differs from the generation before, by model and horizon.
func (db *DB) CompareRun(ctx context.Context, runID int64) ([]Compared, error) {
	var rows []struct {
		ModelID    int64   `bun:"model_id"`
		Model      string  `bun:"model"`
		Horizon    int     `bun:"horizon"`
		Pairs      int     `bun:"pairs"`
		New        int     `bun:"new"`
		Mean       float64 `bun:"mean"`
		MeanAbs    float64 `bun:"mean_abs"`
		Turned     int     `bun:"turned"`
		BrierPairs int     `bun:"brier_pairs"`
		BrierOld   float64 `bun:"brier_old"`
		BrierNew   float64 `bun:"brier_new"`
	}
	err := db.bun.NewRaw(`
		select p.model_id, m.name as model, p.horizon, count(o.id) as pairs, count(*) - count(o.id) as new,
			coalesce(avg(p.probability - o.probability), 0) as mean, coalesce(avg(abs(p.probability - o.probability)), 0) as mean_abs,
			count(*) filter (where sign(p.probability - p.base_rate) <> sign(o.probability - o.base_rate)) as turned,
			count(y.up) filter (where o.id is not null) as brier_pairs,
			coalesce(avg((o.probability - y.up) ^ 2), 0) as brier_old,
			coalesce(avg((p.probability - y.up) ^ 2) filter (where o.id is not null), 0) as brier_new
		from model_calls c join predictions p on p.call_id = c.id join models m on m.id = p.model_id
		left join lateral (
			select * from predictions x where x.story_id = p.story_id and x.code = p.code and x.model_id = p.model_id
				and x.horizon = p.horizon and x.generation < p.generation order by x.generation desc limit 1) o on true
		left join lateral (
			select case when z.excess_pct > 0 then 1 else 0 end as up from (
				select * from outcomes w where w.story_id = p.story_id and w.code = p.code and w.horizon = p.horizon
				order by w.version desc limit 1) z where z.void = '') y on true
		where c.run_id = ? group by p.model_id, m.name, p.horizon order by p.model_id, p.horizon`, runID).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "compare run %d with the generation before", runID)
	}
	list := make([]Compared, len(rows))
	for i, r := range rows {
		list[i] = Compared(r)
	}
	return list, nil
}

// CallTokens is what a language model's calls have used on average.
type CallTokens struct {
	ModelID       int64
	Calls         int // newest ones that it rests on; 0: it was never asked
	Input, Output float64
}

// callTokensOf is how many of a model's newest calls an estimate rests on.
const callTokensOf = 200

// CallTokens returns what the newest calls of language models have used, of those that are done.
func (db *DB) CallTokens(ctx context.Context) (map[int64]CallTokens, error) {
	var rows []struct {
		ModelID int64   `bun:"model_id"`
		Calls   int     `bun:"calls"`
		Input   float64 `bun:"input"`
		Output  float64 `bun:"output"`
	}
	err := db.bun.NewRaw(`
		select m.id as model_id, count(c.id) as calls, coalesce(avg(c.input_tokens), 0) as input, coalesce(avg(c.output_tokens), 0) as output
		from models m left join lateral (
			select id, input_tokens, output_tokens from model_calls x where x.model_id = m.id and x.state = 'done' and x.input_tokens > 0
			order by x.id desc limit ?) c on true
		where m.kind = 'llm' group by m.id`, callTokensOf).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "tokens of calls")
	}
	by := make(map[int64]CallTokens, len(rows))
	for _, r := range rows {
		by[r.ModelID] = CallTokens(r)
	}
	return by, nil
}
