package tasks

import (
	"context"

	"tickerwire/internal/news"
)

// expireBatch is how many summaries one statement removes.
const expireBatch = 1000

// ExpireSummaries removes the summaries that their source's policy lets be kept no longer.
type ExpireSummaries struct{}

// Kind returns "summaries:expire".
func (ExpireSummaries) Kind() string { return "summaries:expire" }

// Key returns "all".
func (ExpireSummaries) Key() string { return "all" }

// Queue returns the control queue.
func (ExpireSummaries) Queue() string { return QueueControl }

func (w *Worker) expireSummaries(ctx context.Context, _ ExpireSummaries) error {
	for _, p := range news.Policies() {
		if p.SummaryFor == 0 {
			continue
		}
		for removed := expireBatch; removed == expireBatch; {
			var err error
			removed, err = w.DB.ExpireSummaries(ctx, p.Source, w.Now().Add(-p.SummaryFor), expireBatch)
			if err != nil {
				return err
			}
			if removed > 0 {
				w.Log.InfoContext(ctx, "summaries expired", "source", p.Source, "removed", removed)
			}
		}
	}
	return nil
}
