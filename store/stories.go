package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

type storyRow struct {
	bun.BaseModel `bun:"table:stories,alias:s"`

	ID             int64     `bun:"id,pk"`
	FirstArticleID int64     `bun:"first_article_id"`
	Codes          []string  `bun:"codes,array"`
	AvailableAt    time.Time `bun:"available_at"`
	EchoOf         int64     `bun:"echo_of,nullzero"`
	Articles       int       `bun:"articles"`
	FilingDue      bool      `bun:"filing_due"`
	Origin         string    `bun:"origin"`

	Title string `bun:"title,scanonly"`
}

func (r storyRow) toNoun() news.Story {
	return news.Story{ID: r.ID, FirstID: r.FirstArticleID, Codes: codes(r.Codes), AvailableAt: r.AvailableAt, EchoOf: r.EchoOf,
		Title: r.Title, Articles: r.Articles}
}

// Story returns one story; NotFound when there is none.
func (db *DB) Story(ctx context.Context, id int64) (news.Story, error) {
	list, err := db.Stories(ctx, []int64{id})
	if err != nil {
		return news.Story{}, err
	}
	if len(list) == 0 {
		return news.Story{}, notFound("story %d", id)
	}
	return list[0], nil
}

// Stories returns those of the named stories that exist, in the order of (AvailableAt, ID).
func (db *DB) Stories(ctx context.Context, ids []int64) ([]news.Story, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []storyRow
	err := db.bun.NewSelect().Model(&rows).ColumnExpr("?TableColumns, a.title").
		Join("join articles a on a.id = s.first_article_id").
		Where("s.id = any(?)", pgdialect.Array(ids)).Order("s.available_at", "s.id").Scan(ctx)
	if err != nil {
		return nil, fail(err, "%d stories", len(ids))
	}
	list := make([]news.Story, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list, nil
}

// CallRef names one call of one model about one story.
type CallRef struct {
	CallID, StoryID, ModelID int64
	ModelKind                string
	Generation               int
	Origin                   forecast.Origin
}

// States of a model call.
const (
	CallStateDue     = "due"
	CallStateDone    = "done"
	CallStateSkipped = "skipped" // nobody will make it; its note says why
)

// Call is a model call with what is needed to make it. RunID is 0 unless a run ordered it; CreatedAt is on the wall
// clock.
type Call struct {
	CallRef
	Model     forecast.Model
	State     string
	RunID     int64
	StandsFor int64 // the champion whose place it takes; 0 for none
	CreatedAt time.Time
}

// Walked reports whether a walk through history ordered the call, rather than somebody who predicts again.
func (c Call) Walked() bool { return c.Origin == forecast.Backtest && c.RunID == 0 }

type callRow struct {
	ID         int64  `bun:"id"`
	StoryID    int64  `bun:"story_id"`
	ModelID    int64  `bun:"model_id"`
	Kind       string `bun:"kind"`
	Generation int    `bun:"generation"`
	Origin     string `bun:"origin"`
}

func (r callRow) toRef() CallRef {
	return CallRef{CallID: r.ID, StoryID: r.StoryID, ModelID: r.ModelID, ModelKind: r.Kind, Generation: r.Generation,
		Origin: forecast.Origin(r.Origin)}
}

func callRefs(rows []callRow) []CallRef {
	list := make([]CallRef, len(rows))
	for i, r := range rows {
		list[i] = r.toRef()
	}
	return list
}

// callKey is how the queue names a call's work.
const callKey = `c.story_id || '/' || c.model_id || '/' || c.generation`

// DueCalls returns the calls that are due, were ordered longer ago than olderThan (wall clock) and whose work, a task of
// the given kind, is not stopped; oldest first.
func (db *DB) DueCalls(ctx context.Context, kind string, olderThan time.Duration, limit int) ([]CallRef, error) {
	var rows []callRow
	err := db.bun.NewRaw(`
		select c.id, c.story_id, c.model_id, m.kind, c.generation, c.origin
		from model_calls c join models m on m.id = c.model_id
		where c.state = 'due' and c.created_at < now() - make_interval(secs => ?) and `+notStopped(callKey)+`
		order by c.id limit ?`, olderThan.Seconds(), kind, limit).Scan(ctx, &rows)
	return callRefs(rows), fail(err, "due calls")
}

// DueCallsOfRun returns the calls that a run ordered, that are due and whose work, a task of the given kind, is not
// stopped; oldest first.
func (db *DB) DueCallsOfRun(ctx context.Context, kind string, runID int64, limit int) ([]CallRef, error) {
	var rows []callRow
	err := db.bun.NewRaw(`
		select c.id, c.story_id, c.model_id, m.kind, c.generation, c.origin
		from model_calls c join models m on m.id = c.model_id
		where c.run_id = ? and c.state = 'due' and `+notStopped(callKey)+` order by c.id limit ?`, runID, kind, limit).Scan(ctx, &rows)
	return callRefs(rows), fail(err, "due calls of run %d", runID)
}

// Call returns the call of a story, model and generation; NotFound when there is none.
func (db *DB) Call(ctx context.Context, storyID, modelID int64, generation int) (Call, error) {
	var row struct {
		modelFields
		ID            int64
		Origin, State string
		RunID         int64
		StandsFor     int64
		CreatedAt     time.Time
	}
	err := db.bun.NewRaw(`
		select c.id, c.origin, c.state, coalesce(c.run_id, 0) as run_id, coalesce(c.stands_for, 0) as stands_for, c.created_at,
			`+selectModel+`
		from model_calls c join models m on m.id = c.model_id
		where c.story_id = ? and c.model_id = ? and c.generation = ?`, storyID, modelID, generation).Scan(ctx, &row)
	if err != nil {
		return Call{}, fail(err, "call of story %d, model %d, generation %d", storyID, modelID, generation)
	}
	ref := CallRef{CallID: row.ID, StoryID: storyID, ModelID: modelID, ModelKind: row.Kind, Generation: generation,
		Origin: forecast.Origin(row.Origin)}
	return Call{CallRef: ref, Model: row.toNoun(modelID), State: row.State, RunID: row.RunID, StandsFor: row.StandsFor,
		CreatedAt: row.CreatedAt}, nil
}

// sortedCodes is a company set as a key: two sets with the same key are the same set.
func sortedCodes(list []market.Code) string {
	key := make([]byte, 0, 7*len(list))
	for _, c := range list {
		key = append(append(key, c...), ' ')
	}
	return string(key)
}
