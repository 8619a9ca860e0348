package tasks

import (
	"context"
	"slices"

	"tickerwire/internal/forecast"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

// PredictNow makes one model's predictions for a story at once, without the queue, as a ring would have. A call that was
// made already is left as it is. A call of a walk through history alerts nobody.
func (w *Worker) PredictNow(ctx context.Context, call store.CallRef) error {
	return w.predictStory(ctx, predictJob(call))
}

// Rehearsal asks what an alert gate would have decided on a call of a walk through history, had the model been the
// champion of every horizon that day.
type Rehearsal struct {
	Call    store.CallRef
	Before  []notice.Candidate // those of the model on the days before
	Earlier []notice.Earlier   // what would have been alerted of other stories of its echo cluster
}

// Rehearse decides as notifyPrediction does, by the same rule, but keeps nothing and tells nobody. It returns an alert per
// stock of the story with the predictions that were decided on; none when the call says nothing but base rates.
func (w *Worker) Rehearse(ctx context.Context, r Rehearsal) ([]notice.Alert, []forecast.Prediction, error) {
	made, err := w.DB.PredictionsOfCall(ctx, r.Call.CallID)
	if err != nil || !slices.ContainsFunc(made, func(p forecast.Prediction) bool { return p.Direction() != 0 }) {
		return nil, nil, err
	}
	story, err := w.DB.Story(ctx, r.Call.StoryID)
	if err != nil {
		return nil, nil, err
	}
	article, err := w.DB.Article(ctx, story.FirstID)
	if err != nil {
		return nil, nil, err
	}
	gate, err := w.gate(ctx, r.Call.ModelID, r.Call.Origin, story.AvailableAt, r.Before)
	if err != nil {
		return nil, nil, err
	}
	for i := range made {
		made[i].Origin = forecast.Live // in this memory only: what was kept stays a backtest's, which no gate lets pass
	}
	alerts, err := w.signals(ctx, story, article, made, gate, r.Earlier)
	return alerts, made, err
}
