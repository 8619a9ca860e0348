package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

// RepredictFilter says which stories are predicted again, and by which models. A zero field means any; of the models,
// any that is not retired. From is inclusive, To is exclusive; both are about the story's available_at.
type RepredictFilter struct {
	Codes    []market.Code `json:"codes,omitempty"`
	From     time.Time     `json:"from,omitzero"`
	To       time.Time     `json:"to,omitzero"`
	StoryIDs []int64       `json:"story_ids,omitempty"`
	ModelIDs []int64       `json:"model_ids,omitempty"`
}

// stories selects the filter's stories: those that name a company and whose first article was not taken down.
func (f RepredictFilter) stories(idb bun.IDB) *bun.SelectQuery {
	q := idb.NewSelect().TableExpr("stories s").Column("s.id", "s.origin").Where("s.codes <> '{}'").
		Where("not exists (select from articles a where a.id = s.first_article_id and a.taken_down_at is not null)")
	if len(f.Codes) > 0 {
		q = q.Where("exists (select from story_codes c where c.story_id = s.id and c.code = any(?))", pgdialect.Array(texts(f.Codes)))
	}
	if !f.From.IsZero() {
		q = q.Where("s.available_at >= ?", f.From)
	}
	if !f.To.IsZero() {
		q = q.Where("s.available_at < ?", f.To)
	}
	if len(f.StoryIDs) > 0 {
		q = q.Where("s.id = any(?)", pgdialect.Array(f.StoryIDs))
	}
	return q
}

// models selects the filter's models, never a retired one.
func (f RepredictFilter) models(idb bun.IDB) *bun.SelectQuery {
	q := idb.NewSelect().TableExpr("models m").Column("m.id").Where("m.role <> 'retired'")
	if len(f.ModelIDs) > 0 {
		q = q.Where("m.id = any(?)", pgdialect.Array(f.ModelIDs))
	}
	return q
}

// CountRepredict returns what an order with this filter would come to: stories, and calls (one per story and model).
func (db *DB) CountRepredict(ctx context.Context, f RepredictFilter) (stories, calls int, err error) {
	err = db.bun.NewRaw(`select (select count(*) from (?) s), (select count(*) from (?) s) * (select count(*) from (?) m)`,
		f.stories(db.bun), f.stories(db.bun), f.models(db.bun)).Scan(ctx, &stories, &calls)
	return stories, calls, fail(err, "count stories to predict again")
}

// AddRepredictCalls writes the calls that a run orders, each the next generation of its story and model, and returns
// how many it added. A story and model that the run has a call for is passed over: a second time adds nothing. Conflict
// when the run is not running; it cannot be cancelled while its calls are written.
func (db *DB) AddRepredictCalls(ctx context.Context, runID int64, f RepredictFilter) (calls int, err error) {
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock(hashtext(current_schema()), ?)`, repredictLock); err != nil {
			return err
		}
		var running []int64
		err := tx.NewRaw(`select id from runs where id = ? and state = 'running' for share`, runID).Scan(ctx, &running)
		if err == nil && len(running) == 0 {
			err = fault.New(fault.Conflict, "run %d is not running", runID)
		}
		if err != nil {
			return err
		}
		res, err := tx.NewRaw(`
			insert into model_calls (story_id, model_id, generation, run_id, origin)
			select s.id, m.id, 1 + coalesce((select max(generation) from model_calls c where c.story_id = s.id and c.model_id = m.id), 0),
				?, s.origin
			from (?) s cross join (?) m
			where not exists (select from model_calls c where c.story_id = s.id and c.model_id = m.id and c.run_id = ?)
			order by s.id, m.id`, runID, f.stories(tx), f.models(tx), runID).Exec(ctx)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		calls = int(n)
		return err
	})
	return calls, fail(err, "add calls to run %d", runID)
}

// RunCalls is what became of the calls that a run ordered, so far. The rest is due.
type RunCalls struct {
	Total, Done, Skipped int
	GaveUp               int // due, but their work waits for an operator
}

// RunCalls counts the calls that a run ordered, whose work is a task of the given kind.
func (db *DB) RunCalls(ctx context.Context, kind string, runID int64) (RunCalls, error) {
	var n RunCalls
	err := db.bun.NewRaw(`
		select count(*), count(*) filter (where c.state = 'done'), count(*) filter (where c.state = 'skipped'),
			count(*) filter (where c.state = 'due' and not `+notStopped(callKey)+`)
		from model_calls c where c.run_id = ?`, kind, runID).Scan(ctx, &n.Total, &n.Done, &n.Skipped, &n.GaveUp)
	return n, fail(err, "calls of run %d", runID)
}
