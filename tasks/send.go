package tasks

import (
	"context"
	"fmt"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

// SendAlert brings one alert to every recipient that wants it.
type SendAlert struct {
	AlertID int64 `json:"alert_id"`
}

// Kind returns "alert:send".
func (SendAlert) Kind() string { return "alert:send" }

// Key returns the alert.
func (j SendAlert) Key() string { return fmt.Sprint(j.AlertID) }

// Queue returns the notify queue.
func (SendAlert) Queue() string { return QueueNotify }

func (w *Worker) sendAlert(ctx context.Context, job SendAlert) error {
	alert, err := w.DB.Alert(ctx, job.AlertID)
	if err != nil {
		return err
	}
	if w.Sender == nil {
		return w.DB.MarkTold(ctx, alert.ID)
	}
	if err := w.plan(ctx, alert); err != nil {
		return err
	}
	if err := w.deliver(ctx, alert); err != nil {
		return err
	}
	return w.DB.MarkTold(ctx, alert.ID)
}

// planBatch is how many recipients are decided about in one transaction.
const planBatch = 1000

// plan decides, once, who gets an alert and who does not.
func (w *Worker) plan(ctx context.Context, alert notice.Alert) error {
	if done, err := w.DB.Planned(ctx, alert.ID); err != nil || done {
		return err
	}
	var texts map[string]string
	for last := int64(0); ; {
		now := w.Now()
		recipients, err := w.DB.Watchers(ctx, alert, last, planBatch)
		if err != nil {
			return err
		}
		if len(recipients) == 0 {
			return w.DB.FinishPlan(ctx, alert)
		}
		if texts == nil {
			if texts, err = w.texts(ctx, alert); err != nil {
				return err
			}
		}
		p := store.Plan{AlertID: alert.ID, Day: market.DayOf(now), Texts: texts}
		for _, r := range recipients {
			if ok, reason := notice.Allow(r, alert, now); !ok {
				p.Held = append(p.Held, store.Held{RecipientID: r.ID, Reason: reason})
				continue
			}
			p.Wanted = append(p.Wanted, r)
		}
		if err := w.DB.PlanNotices(ctx, p); err != nil {
			return err
		}
		last = recipients[len(recipients)-1].ID
	}
}

// texts returns an alert's message in every language.
func (w *Worker) texts(ctx context.Context, alert notice.Alert) (map[string]string, error) {
	input, err := w.textInput(ctx, alert)
	if err != nil {
		return nil, err
	}
	texts := make(map[string]string, len(notice.Languages))
	for _, language := range notice.Languages {
		input.Language = language
		texts[language] = notice.Text(input)
	}
	return texts, nil
}

// textInput gathers what a message about the alert says.
func (w *Worker) textInput(ctx context.Context, alert notice.Alert) (notice.TextInput, error) {
	article, err := w.DB.Article(ctx, alert.ArticleID)
	if err != nil {
		return notice.TextInput{}, err
	}
	stock, err := w.DB.Stock(ctx, alert.Code)
	if fault.KindOf(err) == fault.NotFound {
		stock, err = market.Stock{Code: alert.Code, Name: string(alert.Code)}, nil // no longer tracked: its code says enough
	}
	if err != nil {
		return notice.TextInput{}, err
	}
	now := w.Now()
	phase, err := w.Calendar.PhaseAt(now)
	if err != nil {
		return notice.TextInput{}, err
	}
	session, err := w.Calendar.NextSession(now)
	if err != nil {
		return notice.TextInput{}, err
	}
	input := notice.TextInput{Alert: alert, Stock: stock, Article: article, Phase: phase, At: now, Session: session}
	if alert.PredictionID == 0 {
		return input, nil
	}
	p, err := w.DB.Prediction(ctx, alert.PredictionID)
	if err != nil {
		return notice.TextInput{}, err
	}
	input.Prediction = &p
	if input.Record, err = w.pastRecord(ctx, p); err != nil {
		return notice.TextInput{}, err
	}
	input.Analogues, err = w.analogues(ctx, p)
	return input, err
}

// pastRecord returns how often the model's directions over the prediction's horizon were right live; the zero Record while
// that is too short to say.
func (w *Worker) pastRecord(ctx context.Context, p forecast.Prediction) (notice.Record, error) {
	card, err := w.DB.Scorecard(ctx, store.RecordOf{ModelID: p.ModelID, Horizon: p.Horizon, Origin: forecast.Live})
	if fault.KindOf(err) == fault.NotFound {
		return notice.Record{}, nil
	}
	hits := card.Report.Accuracy
	if err != nil || !hits.Ranged {
		return notice.Record{}, err
	}
	return notice.Record{StockDays: card.Report.Said, Share: hits.Value, Low: hits.Low, High: hits.High}, nil
}

// shownAnalogues is how many past stories a message names.
const shownAnalogues = 2

// analogues returns the titles of the neighbours that weigh most, with what followed. One whose article was taken down is
// left out.
func (w *Worker) analogues(ctx context.Context, p forecast.Prediction) ([]notice.Analogue, error) {
	top := p.Evidence.Neighbours[:min(len(p.Evidence.Neighbours), shownAnalogues)]
	list := make([]notice.Analogue, 0, len(top))
	for _, n := range top {
		article, err := w.DB.Article(ctx, n.ArticleID)
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, notice.Analogue{Title: article.Title, Code: n.Code, Day: market.DayOf(article.AvailableAt), ExcessPct: n.ExcessPct})
	}
	return list, nil
}
