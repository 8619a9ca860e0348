package tasks

import (
	"context"
	"errors"
	"slices"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

// AmendAlerts writes into the messages that were sent what became known since: how many outlets tell the story, and what
// happened. The messages are edited; nobody is notified again.
type AmendAlerts struct{}

// Kind returns "alert:amend".
func (AmendAlerts) Kind() string { return "alert:amend" }

// Key returns "due".
func (AmendAlerts) Key() string { return "due" }

// Queue returns the notify queue.
func (AmendAlerts) Queue() string { return QueueNotify }

const (
	amendEvery = time.Minute         // so that a story that many outlets tell at once is edited once, not for each
	amendReach = 30 * 24 * time.Hour // an outcome that is known later is not told
	amendBatch = 200
)

func (w *Worker) amendAlerts(ctx context.Context, _ AmendAlerts) error {
	now := w.Now()
	due, err := w.DB.UnamendedAlerts(ctx, now.Add(-amendReach), now, amendBatch)
	if err != nil {
		return err
	}
	var errs []error
	for _, alert := range due {
		errs = append(errs, w.amend(ctx, alert))
	}
	return errors.Join(errs...)
}

func (w *Worker) amend(ctx context.Context, alert store.Unamended) error {
	texts, err := w.DB.SentTexts(ctx, alert.AlertID)
	if err != nil {
		return err
	}
	var changed []store.Amended
	for _, t := range texts {
		a := notice.Amendment{Outlets: alert.Outlets, FirstSeen: alert.FirstSeen, Direction: t.Direction, Outcome: outcomeFor(t, alert.Outcomes)}
		if text := notice.Amend(t.Text, t.Language, a); text != t.Text {
			changed = append(changed, store.Amended{Old: t.Text, New: text})
		}
	}
	edits, err := w.DB.SaveAmended(ctx, alert.AlertID, alert.Known, changed)
	if err != nil || edits == 0 {
		return err
	}
	return w.Queue.Ring(ctx, SendAlert{AlertID: alert.AlertID})
}

// outcomeFor returns what happened over the horizon that a message speaks of; of a filing, which speaks of none, over the
// longest one that is known.
func outcomeFor(t store.SentText, known []forecast.Outcome) *forecast.Outcome {
	for _, o := range slices.Backward(known) {
		if o.Horizon == t.Horizon || t.Horizon == 0 {
			return &o
		}
	}
	return nil
}
