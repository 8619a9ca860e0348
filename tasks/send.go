package tasks

import (
	"context"
	"fmt"
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
