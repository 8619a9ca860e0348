package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/news"
)

// AddBacktestCalls writes the first call of each of the models on each of the stories of history, in the order of (story,
// model), and returns those that are due. Stories that are live, name no company or were taken down are passed over.
func (db *DB) AddBacktestCalls(ctx context.Context, storyIDs, modelIDs []int64) ([]CallRef, error) {
	var rows []callRow
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`
			insert into model_calls (story_id, model_id, origin)
			select s.id, m.id, 'backtest' from stories s join articles a on a.id = s.first_article_id cross join models m
			where s.id = any(?) and m.id = any(?) and s.origin = 'backtest' and s.codes <> '{}' and a.taken_down_at is null
			order by s.id, m.id
			on conflict (story_id, model_id, generation) do nothing`, pgdialect.Array(storyIDs), pgdialect.Array(modelIDs)).Exec(ctx)
		if err != nil {
			return err
		}
		return tx.NewRaw(`
			select c.id, c.story_id, c.model_id, m.kind, c.generation, c.origin
			from model_calls c join models m on m.id = c.model_id
			where c.story_id = any(?) and c.model_id = any(?) and c.generation = 1 and c.state = 'due' and c.origin = 'backtest'
			order by c.story_id, c.model_id`, pgdialect.Array(storyIDs), pgdialect.Array(modelIDs)).Scan(ctx, &rows)
	})
	return callRefs(rows), fail(err, "add a backtest's calls on %d stories", len(storyIDs))
}

// Unwalked returns stories of history that name a company, were not taken down, and that one of the models has not been asked
// about, oldest first by (available_at, id), from an instant on.
func (db *DB) Unwalked(ctx context.Context, modelIDs []int64, from time.Time, limit int) ([]news.Story, error) {
	var ids []int64
	err := db.bun.NewRaw(`
		select s.id from stories s join articles a on a.id = s.first_article_id
		where s.origin = 'backtest' and s.codes <> '{}' and s.available_at >= ?0 and a.taken_down_at is null
			and (select count(*) from model_calls c where c.story_id = s.id and c.model_id = any(?1) and c.generation = 1 and c.state <> 'due') < ?2
		order by s.available_at, s.id limit ?3`, from, pgdialect.Array(modelIDs), len(modelIDs), limit).Scan(ctx, &ids)
	if err != nil {
		return nil, fail(err, "stories of history from %s on", from)
	}
	return db.Stories(ctx, ids)
}
