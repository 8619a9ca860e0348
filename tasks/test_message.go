package tasks

import (
	"context"
	"fmt"

	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
)

// SendTest sends a recipient the test message that was asked for. Like every message it is claimed first and never sent
// twice; one that fails is asked for again.
type SendTest struct {
	ID int64 `json:"id"`
}

// Kind returns "message:test".
func (SendTest) Kind() string { return "message:test" }

// Key returns the test message.
func (j SendTest) Key() string { return fmt.Sprint(j.ID) }

// Queue returns the notify queue.
func (SendTest) Queue() string { return QueueNotify }

// TestOrdered rings for a test message that was just asked for.
func (q *Queue) TestOrdered(ctx context.Context, id int64) error {
	return q.Ring(ctx, SendTest{ID: id})
}

func (w *Worker) sendTest(ctx context.Context, job SendTest) error {
	id, err := w.DB.ClaimTest(ctx, job.ID)
	if fault.KindOf(err) == fault.NotFound || w.Sender == nil {
		return nil
	}
	if err != nil {
		return err
	}
	r, err := w.DB.Recipient(ctx, id)
	if err != nil {
		return err
	}
	to := r.Address()
	if err := turn(ctx, w.Sender, to); err != nil {
		return fault.New(fault.Conflict, "test message %d: %w", job.ID, err)
	}
	_, err = w.Sender.Send(ctx, to, notice.Message{Text: notice.AnswersIn(r.Language).Test})
	if err != nil {
		w.Log.WarnContext(ctx, "test message not sent", "recipient_id", r.ID, "error", err)
		return w.refused(ctx, r, err)
	}
	return nil
}
