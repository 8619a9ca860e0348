package tasks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/vectors"
)

const (
	searchLimit  = 400 // hits per search, before one per cluster and stock-day is taken
	searchCosine = 0.25
	barsPatience = 15 * time.Minute // wall time a call waits for bars that should be there
	barsWait     = 2 * time.Second
)

// PredictStory makes one model's predictions for a story: every stock, every horizon.
type PredictStory struct {
	StoryID    int64  `json:"story_id"`
	ModelID    int64  `json:"model_id"`
	ModelKind  string `json:"model_kind"`
	Generation int    `json:"generation"`
}

// Kind returns "story:predict".
func (PredictStory) Kind() string { return "story:predict" }

// Key returns story, model and generation.
func (j PredictStory) Key() string {
	return fmt.Sprintf("%d/%d/%d", j.StoryID, j.ModelID, j.Generation)
}

// Queue returns the queue of the model's kind, of the first predictions or of those ordered again.
func (j PredictStory) Queue() string {
	if j.Generation > 1 {
		return AgainQueue(j.ModelKind)
	}
	return PredictQueue(j.ModelKind)
}

func predictJob(c store.CallRef) PredictStory {
	return PredictStory{StoryID: c.StoryID, ModelID: c.ModelID, ModelKind: c.ModelKind, Generation: c.Generation}
}

func (w *Worker) predictStory(ctx context.Context, job PredictStory) error {
	started := time.Now()
	call, err := w.DB.Call(ctx, job.StoryID, job.ModelID, job.Generation)
	if err != nil || call.State != store.CallStateDue {
		return err
	}
	approach, ok := w.approaches()[call.Model.Kind]
	if !ok {
		return fault.New(fault.Unavailable, "no predictor of kind %q is in this program", call.Model.Kind)
	}
	story, err := w.DB.Story(ctx, job.StoryID)
	if err != nil {
		return err
	}
	panel, err := w.panel(ctx, story.AvailableAt, call.CreatedAt)
	if err != nil {
		return err
	}
	inUse, err := w.DB.Embedding(ctx) // once: all of a prediction is by one version
	if err != nil {
		return err
	}
	q := question{call: call, story: story, panel: panel, embedder: inUse.Searches, told: w.listen()}
	made, err := approach.predict(ctx, q)
	var skip *skipError
	if errors.As(err, &skip) {
		return w.skip(ctx, q, skip)
	}
	if err != nil {
		return err
	}
	calibrations, err := w.stamp(ctx, q, made)
	if err != nil {
		return err
	}
	w.show(q, calibrations, made)
	if _, err := w.DB.SavePredictions(ctx, store.CallDone{CallID: call.CallID, LatencyMS: int(time.Since(started).Milliseconds()),
		Asked: call.Model.Kind == forecast.KindLLM}, made); err != nil {
		return err
	}
	w.logPredictions(ctx, story, call, made)
	if call.Model.Role != forecast.Champion && call.StandsFor == 0 || call.Origin != forecast.Live || call.Generation > 1 {
		return nil
	}
	return w.Queue.Ring(ctx, NotifyPrediction{StoryID: story.ID, ModelID: job.ModelID, Generation: call.Generation})
}

// stamp adds to predictions what their maker does not know, and recalibrates them by the calibrations that it returns.
func (w *Worker) stamp(ctx context.Context, q question, made []forecast.Prediction) (map[int]store.CalibrationOf, error) {
	calibrations, err := w.DB.Calibrations(ctx, q.call.ModelID, q.call.Origin, q.story.AvailableAt)
	if err != nil {
		return nil, err
	}
	targetOpen, err := w.targetOpen(q.story.AvailableAt)
	if err != nil {
		return nil, err
	}
	now := w.Now()
	if q.call.Walked() { // whoever makes it, and when: it stands for what would have been said then
		now = q.story.AvailableAt
	}
	for i := range made {
		made[i] = forecast.Recalibrated(made[i], calibrations[made[i].Horizon].Calibration)
		p := &made[i]
		p.CallID, p.ModelID, p.Generation, p.Origin = q.call.CallID, q.call.ModelID, q.call.Generation, q.call.Origin
		p.MadeAt, p.Late = now, forecast.IsLate(now, targetOpen)
	}
	return calibrations, nil
}

// targetOpen returns when the first session after the base day of asOf opens: a prediction made later is late.
func (w *Worker) targetOpen(asOf time.Time) (time.Time, error) {
	base, err := w.Calendar.BaseDay(asOf)
	if err != nil {
		return time.Time{}, err
	}
	day, err := w.Calendar.Add(base, 1)
	if err != nil {
		return time.Time{}, err
	}
	session, _, err := w.Calendar.SessionOf(day)
	return session.Open, err
}

// pastMoves finds the earlier articles like the story's first one by one embedder version, and what followed each as far
// as it was known then.
func (w *Worker) pastMoves(ctx context.Context, story news.Story, embedder string) ([]forecast.PastMove, error) {
	query, err := w.DB.Vector(ctx, embedder, story.FirstID)
	if err != nil {
		return nil, err
	}
	hits, err := w.Index.Nearest(ctx, vectors.Search{Embedder: embedder, Query: query,
		Before: story.AvailableAt, MinCosine: searchCosine, Limit: searchLimit})
	if err != nil || len(hits) == 0 {
		return nil, err
	}
	filter := store.PastFilter{Embedder: embedder, AsOf: story.AvailableAt, ExceptStory: story.ID}
	for _, h := range hits {
		filter.Hits = append(filter.Hits, store.Hit(h))
	}
	return w.DB.PastMoves(ctx, filter)
}

func (w *Worker) logPredictions(ctx context.Context, story news.Story, call store.Call, made []forecast.Prediction) {
	for _, p := range made {
		if p.Horizon == forecast.Horizons[0] && call.Model.Role == forecast.Champion {
			w.Log.InfoContext(ctx, "story predicted", "story_id", story.ID, "code", p.Code, "model", call.Model.Name,
				"probability", p.Probability, "base_rate", p.BaseRate, "neighbours", len(p.Evidence.Neighbours), "title", story.Title)
		}
	}
}
