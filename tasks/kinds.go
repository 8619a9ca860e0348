package tasks

import (
	"context"
	"fmt"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
)

// approach is how one kind of model predicts.
type approach struct {
	concurrency int  // calls at once in this process
	slow        bool // calls take long: a fetch loop that ends would give back what it waits for
	predict     func(ctx context.Context, q question) ([]forecast.Prediction, error)
}

// approaches is the one table from a kind of model to how it predicts.
func (w *Worker) approaches() map[string]approach {
	return map[string]approach{
		forecast.KindBaseline: {4, false, w.byRule},
		forecast.KindAnalogue: {4, false, w.byAnalogues},
		forecast.KindLexicon:  {4, false, w.byLexicon},
		forecast.KindPool:     {4, false, w.byPool},
		forecast.KindLLM:      {16, true, w.byLLM},
	}
}

// question is a story that a model is asked about, and what every kind of model is told of it. Nothing in it was known
// only after the story's available_at.
type question struct {
	call  store.Call
	story news.Story
	panel *forecast.Panel

	embedder string // version of the vectors that are searched
	told     told   // nil: nobody watches
}

// of returns the query about one of the story's stocks.
func (q question) of(code market.Code) forecast.Query {
	return forecast.Query{StoryID: q.story.ID, ArticleID: q.story.FirstID, Embedder: q.embedder, Code: code,
		AsOf: q.story.AvailableAt, Features: q.panel.Features(code)}
}

// byRule asks the kind's predictor, of what every kind is told.
func (w *Worker) byRule(_ context.Context, q question) ([]forecast.Prediction, error) {
	return w.each(q, func(*forecast.Query) {})
}

// byAnalogues tells it also what followed similar earlier news.
func (w *Worker) byAnalogues(ctx context.Context, q question) ([]forecast.Prediction, error) {
	past, err := w.pastMoves(ctx, q.story, q.embedder)
	if err != nil {
		return nil, err
	}
	return w.each(q, func(query *forecast.Query) { query.Past = past })
}

// each asks the kind's predictor about every stock of the story; tell adds to the query what the kind needs besides.
func (w *Worker) each(q question, tell func(*forecast.Query)) ([]forecast.Prediction, error) {
	kind := q.call.Model.Kind
	predict, ok := w.Predictors[kind]
	if !ok {
		return nil, fault.New(fault.Unavailable, "no predictor of kind %q is in this program", kind)
	}
	var all []forecast.Prediction
	for _, code := range q.story.Codes {
		query := q.of(code)
		tell(&query)
		q.told.note(query, nil)
		made, err := predict(query)
		if err != nil {
			return nil, fmt.Errorf("predict %s of story %d: %w", code, q.story.ID, err)
		}
		all = append(all, made...)
	}
	return all, nil
}

// skipError is no failure: the call is not made, on purpose.
type skipError struct {
	note    string
	standIn bool // a champion that cannot be asked: the best local model takes its place
}

// Error returns the note.
func (e *skipError) Error() string { return e.note }

// skip ends a call without a prediction, and has another model stand in for a champion.
func (w *Worker) skip(ctx context.Context, q question, why *skipError) error {
	if why.standIn && q.call.Model.Role == forecast.Champion && q.call.Origin == forecast.Live && q.call.Generation == 1 {
		if err := w.standIn(ctx, q); err != nil {
			return err
		}
	}
	w.Log.InfoContext(ctx, "story not predicted", "story_id", q.story.ID, "model", q.call.Model.Name, "why", why.note)
	_, err := w.DB.SavePredictions(ctx, store.CallDone{CallID: q.call.CallID, Note: why.note, Skipped: true,
		Asked: q.call.Model.Kind == forecast.KindLLM}, nil)
	return err
}

// standIn marks the best local model's call on the story and, when that is done, rings for its decision; a due one rings
// when it is done. Without any there is no signal, which the log says.
func (w *Worker) standIn(ctx context.Context, q question) error {
	var kinds []string
	for _, kind := range forecast.Kinds() {
		if forecast.IsLocal(kind) {
			kinds = append(kinds, kind)
		}
	}
	ref, done, err := w.DB.StandIn(ctx, q.call, kinds)
	if fault.KindOf(err) == fault.NotFound {
		w.Log.WarnContext(ctx, "nobody stands in", "story_id", q.story.ID, "model", q.call.Model.Name)
		return nil
	}
	if err != nil || !done {
		return err
	}
	return w.Queue.Ring(ctx, NotifyPrediction{StoryID: ref.StoryID, ModelID: ref.ModelID, Generation: ref.Generation})
}
