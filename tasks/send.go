package tasks

import (
	"context"
	"errors"
	"fmt"
	"time"

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
	recipients, err := w.DB.Recipients(ctx, true)
	if err != nil {
		return err
	}
	if w.Sender == nil || len(recipients) == 0 {
		return w.DB.MarkTold(ctx, alert.ID)
	}
	input, err := w.textInput(ctx, alert)
	if err != nil {
		return err
	}
	var errs []error
	for i, r := range recipients {
		if endsSoon(ctx) {
			errs = append(errs, fault.New(fault.Limited, "alert %d: no time left for %d recipients", alert.ID, len(recipients)-i))
			break
		}
		if err := w.tell(ctx, alert, r, input); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	return w.DB.MarkTold(ctx, alert.ID)
}

// sendReserve is how long before its end a task starts no more sends: one under way must be settled before.
const sendReserve = 20 * time.Second

// endsSoon reports whether the task must be put back. Its next run goes on where the claims stand.
func endsSoon(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < sendReserve
}

// tell settles one recipient's notice: suppressed by his rule, or claimed, sent and marked. It returns an error only
// while the notice is not settled and may be tried again.
func (w *Worker) tell(ctx context.Context, alert notice.Alert, r notice.Recipient, input notice.TextInput) error {
	now := w.Now()
	input.Language = r.Language
	claim := store.Claim{AlertID: alert.ID, RecipientID: r.ID, Day: market.DayOf(now), Text: notice.Text(input), DailyCap: r.DailyCap}
	if ok, reason := notice.Allow(r, alert, now); !ok {
		return w.DB.SaveSuppressed(ctx, claim, reason)
	}
	claimed, err := w.DB.ClaimNotice(ctx, claim)
	if err != nil || !claimed.Won {
		return err
	}
	messageID, sendErr := w.Sender.Send(ctx, r.ChatID, claim.Text)
	return w.settle(ctx, claimed.ID, claimed.Attempt, r, messageID, sendErr)
}

// settle writes down how a send went. It must not be lost to the task's own end: a claim that is never marked becomes
// ambiguous.
func (w *Worker) settle(ctx context.Context, id int64, attempt int, r notice.Recipient, messageID int64, sendErr error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	state, reason := notice.Sent, ""
	if sendErr != nil {
		state, reason = sendStates(sendErr), sendErr.Error()
	}
	if err := w.DB.MarkNotice(ctx, id, attempt, state, reason, messageID); err != nil {
		return err
	}
	switch state {
	case notice.Sent:
		w.Log.InfoContext(ctx, "alert sent", "chat_id", r.ChatID, "message_id", messageID)
	case notice.Refused:
		w.Log.WarnContext(ctx, "alert refused", "chat_id", r.ChatID, "error", reason)
		if fault.KindOf(sendErr) == fault.Forbidden {
			return w.DB.SwitchOff(ctx, r.ID, reason)
		}
	case notice.Ambiguous:
		w.Log.ErrorContext(ctx, "alert may have been sent", "chat_id", r.ChatID, "error", reason)
	case notice.Failed:
		return sendErr
	}
	return nil
}

// sendStates is the one table from a sender's error to the notice's state: only what surely was not accepted is ever
// sent again.
func sendStates(err error) notice.State {
	switch fault.KindOf(err) {
	case fault.Unavailable, fault.Limited:
		return notice.Failed
	case fault.Forbidden, fault.Invalid, fault.Unauthorized, fault.NotFound:
		return notice.Refused
	}
	return notice.Ambiguous
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
