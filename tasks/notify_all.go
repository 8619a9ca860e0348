package tasks

import (
	"context"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

// decideForAll decides on an alert for every recipient, and writes the messages of those who are to be told. Without a
// sender nobody can be.
func (w *Worker) decideForAll(ctx context.Context, alert notice.Alert) error {
	input, err := w.textInput(ctx, alert)
	if err != nil {
		return err
	}
	now := w.Now()
	written := map[string]string{}
	return w.DB.DecideNotices(ctx, alert, market.DayOf(now), func(r notice.Recipient, told []notice.Told) (store.Decision, error) {
		if w.senderOf(r) == nil {
			r.ChatID, r.HookURL = 0, ""
		}
		d := store.Decision{Verdict: notice.Decide(r, alert, told, now), PredictionID: alert.PredictionID}
		if d.State != notice.Due {
			return d, nil
		}
		if _, ok := written[r.Language]; !ok {
			input.Language = r.Language
			written[r.Language] = notice.Text(input)
		}
		d.Text = written[r.Language]
		return d, nil
	})
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
