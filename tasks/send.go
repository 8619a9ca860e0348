package tasks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tickerwire/internal/fault"
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
	if err := w.decideForAll(ctx, alert); err != nil {
		return err
	}
	if err := w.sendDue(ctx, alert); err != nil {
		return err
	}
	return w.DB.MarkTold(ctx, alert.ID)
}

// dueBatch is how many notices are read at once.
const dueBatch = 200

// sendDue sends an alert's notices that are due. It returns an error while some are left that may be tried again.
func (w *Worker) sendDue(ctx context.Context, alert notice.Alert) error {
	var errs []error
	for after := int64(0); ; {
		due, err := w.DB.DueNotices(ctx, alert.ID, after, dueBatch)
		if err != nil || len(due) == 0 {
			return errors.Join(append(errs, err)...)
		}
		for _, d := range due {
			if endsSoon(ctx) {
				return errors.Join(append(errs, fault.New(fault.Limited, "alert %d: no time left for the recipients from %d on", alert.ID, d.Recipient.ID))...)
			}
			if err := w.tell(ctx, d); err != nil {
				errs = append(errs, err)
			}
			after = d.NoticeID
		}
	}
}

// sendReserve is how long before its end a task starts no more sends: one under way must be settled before.
const sendReserve = 20 * time.Second

// endsSoon reports whether the task must be put back. Its next run goes on where the claims stand.
func endsSoon(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < sendReserve
}

// tell settles one recipient's notice: put off by his rule, or claimed, sent and marked. It returns an error only while the
// notice is not settled and may be tried again.
func (w *Worker) tell(ctx context.Context, d store.Delivery) error {
	if v := notice.StillDue(d.Recipient, w.Now()); v.State != notice.Due {
		return w.DB.PutOff(ctx, d.NoticeID, v)
	}
	claimed, err := w.DB.ClaimNotice(ctx, d.NoticeID)
	if err != nil || !claimed.Won {
		return err
	}
	messageID, sendErr := w.Sender.Send(ctx, d.Recipient.ChatID, claimed.Text)
	return w.settle(ctx, claimed.ID, claimed.Attempt, d.Recipient, messageID, sendErr)
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
