package tasks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

// NotifyPrediction decides whether a champion's predictions for a story are worth an alert.
type NotifyPrediction struct {
	StoryID    int64 `json:"story_id"`
	ModelID    int64 `json:"model_id"`
	Generation int   `json:"generation"`
}

// Kind returns "prediction:notify".
func (NotifyPrediction) Kind() string { return "prediction:notify" }

// Key returns story, model and generation.
func (j NotifyPrediction) Key() string {
	return fmt.Sprintf("%d/%d/%d", j.StoryID, j.ModelID, j.Generation)
}

// Queue returns the notify queue.
func (NotifyPrediction) Queue() string { return QueueNotify }

// NotifyDisclosure decides whether a filing is urgent. It needs no prediction.
type NotifyDisclosure struct {
	StoryID int64 `json:"story_id"`
}

// Kind returns "disclosure:notify".
func (NotifyDisclosure) Kind() string { return "disclosure:notify" }

// Key returns the story.
func (j NotifyDisclosure) Key() string { return fmt.Sprint(j.StoryID) }

// Queue returns the notify queue.
func (NotifyDisclosure) Queue() string { return QueueNotify }

func (w *Worker) notifyPrediction(ctx context.Context, job NotifyPrediction) error {
	call, err := w.DB.Call(ctx, job.StoryID, job.ModelID, job.Generation)
	if err != nil {
		return err
	}
	story, err := w.DB.Story(ctx, job.StoryID)
	if err != nil {
		return err
	}
	article, err := w.DB.Article(ctx, story.FirstID)
	if err != nil {
		return err
	}
	made, err := w.DB.PredictionsOfCall(ctx, call.CallID)
	if err != nil {
		return err
	}
	horizons, err := w.DB.SpeaksFor(ctx, call)
	if err != nil {
		return err
	}
	made = slices.DeleteFunc(made, func(p forecast.Prediction) bool { return !slices.Contains(horizons, p.Horizon) })
	if len(made) == 0 { // nobody's champion any more
		return w.decide(ctx, store.Decisions{CallID: call.CallID})
	}
	earlier, err := w.DB.EarlierAlerts(ctx, story.ID)
	if err != nil {
		return err
	}
	before, err := w.DB.CandidatesBefore(ctx, market.DayOf(w.Now()))
	if err != nil {
		return err
	}
	gate, err := w.gate(ctx, job.ModelID, forecast.Live, story.AvailableAt, before)
	if err != nil {
		return err
	}
	alerts, err := w.signals(ctx, story, article, made, gate, earlier)
	if err != nil {
		return err
	}
	return w.decide(ctx, store.Decisions{CallID: call.CallID, Alerts: alerts})
}

// signals decides, per stock of a story, what one call's predictions are worth.
func (w *Worker) signals(ctx context.Context, story news.Story, article news.Article, made []forecast.Prediction, gate gateAt, earlier []notice.Earlier) ([]notice.Alert, error) {
	matches, err := w.DB.Matches(ctx, []int64{story.FirstID})
	if err != nil {
		return nil, err
	}
	panel, err := w.panelKnownBy(ctx, story.AvailableAt)
	if err != nil {
		return nil, err
	}
	var alerts []notice.Alert
	for _, code := range story.Codes {
		alerts = append(alerts, notice.DecideSignal(notice.SignalInput{
			StoryID: story.ID, ArticleID: story.FirstID, Code: code, At: w.Now(), SigmaPct: panel.Features(code).SigmaPct,
			Predictions: predictionsOf(made, code), InTitle: inTitle(matches[story.FirstID], code),
			Stale: notice.Stale(article), Title: article.Title, Companies: len(story.Codes), Earlier: earlier,
			Gate: gate.config, Proven: gate.proven, FloorPct: gate.floor,
		}))
	}
	return alerts, nil
}

func (w *Worker) notifyDisclosure(ctx context.Context, job NotifyDisclosure) error {
	story, err := w.DB.Story(ctx, job.StoryID)
	if err != nil {
		return err
	}
	article, err := w.DB.Article(ctx, story.FirstID)
	if err != nil {
		return err
	}
	var alerts []notice.Alert
	for _, code := range story.Codes {
		alerts = append(alerts, notice.DecideFiling(notice.FilingInput{StoryID: story.ID, ArticleID: article.ID, Code: code,
			ReportType: article.ReportType, Stale: notice.Stale(article), At: w.Now()}))
	}
	return w.decide(ctx, store.Decisions{FilingStory: story.ID, Alerts: alerts})
}

// decide keeps the decisions, the noes too, and rings for what is to be sent or held.
func (w *Worker) decide(ctx context.Context, d store.Decisions) error {
	decided, err := w.DB.SaveDecisions(ctx, d)
	if err != nil {
		return err
	}
	var errs []error
	for _, alert := range decided {
		if alert.Send || alert.Digest {
			errs = append(errs, w.Queue.Ring(ctx, SendAlert{AlertID: alert.ID}))
		}
	}
	return errors.Join(errs...)
}

func predictionsOf(made []forecast.Prediction, code market.Code) []forecast.Prediction {
	var of []forecast.Prediction
	for _, p := range made {
		if p.Code == code {
			of = append(of, p)
		}
	}
	return of
}

func inTitle(matches []news.Match, code market.Code) bool {
	for _, m := range matches {
		if m.Code == code && m.Field != news.FieldSummary {
			return true
		}
	}
	return false
}

// claimStands is how long a claim may stand before its sender is taken for dead and the notice for ambiguous. It is
// longer than any send can take (taskTimeout).
const claimStands = taskTimeout + 30*time.Second
