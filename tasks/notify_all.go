package tasks

import (
	"context"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/prompt"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

// decideForAll decides on an alert for every recipient, and writes the messages of those who are to be told. Without a
// sender nobody can be.
func (w *Worker) decideForAll(ctx context.Context, alert notice.Alert) error {
	type which struct {
		prediction int64
		language   string
	}
	inputs, written, now := map[int64]notice.TextInput{}, map[which]string{}, w.Now()
	if alert.Send {
		if err := w.sealOptions(ctx, alert); err != nil {
			return err
		}
	}
	for _, id := range predictionsOfAlert(alert) { // read before anybody is locked
		input, err := w.textInput(ctx, alert, id, now)
		if err != nil {
			return err
		}
		inputs[id] = input
	}
	return w.DB.DecideNotices(ctx, alert, market.DayOf(now), func(r notice.Recipient, told []notice.Told) (store.Decision, error) {
		if w.senderOf(r) == nil {
			r.ChatID, r.HookURL = 0, ""
		}
		d := store.Decision{Verdict: notice.Decide(r, alert, told, now)}
		if d.State != notice.Due {
			return d, nil
		}
		key := which{d.PredictionID, r.Language}
		if _, ok := written[key]; !ok {
			input := inputs[d.PredictionID]
			input.Language = r.Language
			written[key] = notice.Text(input)
		}
		d.Text = written[key]
		return d, nil
	})
}

// predictionsOfAlert returns what messages about an alert may speak of: its predictions, or 0 for a filing.
func predictionsOfAlert(alert notice.Alert) []int64 {
	if alert.Kind == notice.Disclosure {
		return []int64{0}
	}
	var ids []int64
	for _, o := range alert.Options {
		ids = append(ids, o.PredictionID)
	}
	return ids
}

// sealOptions has an alert's predictions sealed before anybody hears of them. Whoever seals the next batch anyway may be
// a second late.
func (w *Worker) sealOptions(ctx context.Context, alert notice.Alert) error {
	for _, o := range alert.Options {
		for {
			_, err := w.DB.SealOf(ctx, o.PredictionID)
			if fault.KindOf(err) != fault.NotFound {
				if err != nil {
					return err
				}
				break
			}
			n, err := w.DB.SealPredictions(ctx, sealBatch)
			if err != nil {
				return err
			}
			if n == 0 { // none is left to be sealed: it is a backtest's
				break
			}
		}
	}
	return nil
}

// textInput gathers what a message about the alert says that is made at an instant and speaks of a prediction, 0 for none.
func (w *Worker) textInput(ctx context.Context, alert notice.Alert, predictionID int64, at time.Time) (notice.TextInput, error) {
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
	phase, err := w.Calendar.PhaseAt(at)
	if err != nil {
		return notice.TextInput{}, err
	}
	session, err := w.Calendar.NextSession(at)
	if err != nil {
		return notice.TextInput{}, err
	}
	input := notice.TextInput{Alert: alert, Stock: stock, Article: article, Phase: phase, At: at, Session: session}
	if predictionID == 0 {
		return input, nil
	}
	p, err := w.DB.Prediction(ctx, predictionID)
	if err != nil {
		return notice.TextInput{}, err
	}
	input.Prediction = &p
	if input.Record, err = w.pastRecord(ctx, p); err != nil {
		return notice.TextInput{}, err
	}
	if input.AI, err = w.aiText(ctx, p); err != nil {
		return notice.TextInput{}, err
	}
	seal, err := w.DB.SealOf(ctx, p.ID)
	switch {
	case err == nil:
		input.Seal = notice.ShortSeal(seal.Number, seal.Head)
	case fault.KindOf(err) != fault.NotFound:
		return notice.TextInput{}, err
	}
	input.Analogues, err = w.analogues(ctx, p)
	return input, err
}

// aiText returns what a language model wrote of its prediction; the zero AIText when none did, or its text was erased.
func (w *Worker) aiText(ctx context.Context, p forecast.Prediction) (notice.AIText, error) {
	requests, err := w.DB.Requests(ctx, p.CallID, p.Code)
	if err != nil || len(requests) == 0 {
		return notice.AIText{}, err
	}
	model, err := w.DB.Model(ctx, p.ModelID)
	if err != nil {
		return notice.AIText{}, err
	}
	var text notice.AIText
	for _, r := range requests {
		if r.Answer == nil {
			continue
		}
		if answer, err := prompt.Read(r.Answer); err == nil && answer.Reason != "" { // else it obeyed a schema that is unknown by now
			text = notice.AIText{Text: answer.Reason, Model: model.Name, PromptVersion: r.PromptVersion}
		}
	}
	return text, nil
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
