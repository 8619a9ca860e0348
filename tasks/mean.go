package tasks

import (
	"context"
	"strings"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
)

// membersWait is how long a pool's call is put back while its members predict.
const membersWait = time.Second

// byPool takes the mean of what the pool's members said of the story, when all of them have. Where one will say nothing
// there is no mean.
func (w *Worker) byPool(ctx context.Context, q question) ([]forecast.Prediction, error) {
	members, err := w.DB.MemberCalls(ctx, PredictStory{}.Kind(), q.story.ID, q.call.Model.Members)
	if err != nil {
		return nil, err
	}
	switch {
	case len(members.Missing) > 0:
		return nil, &skipError{note: "no prediction by " + strings.Join(members.Missing, ", "), standIn: true}
	case len(members.Waiting) > 0:
		return nil, fault.After(fault.Limited, membersWait, "not yet predicted by %s", strings.Join(members.Waiting, ", "))
	}
	var said [][]forecast.Prediction
	for _, call := range members.Calls {
		made, err := w.DB.PredictionsOfCall(ctx, call)
		if err != nil {
			return nil, err
		}
		said = append(said, made)
	}
	var all []forecast.Prediction
	for _, code := range q.story.Codes {
		query := q.of(code)
		q.told.note(query, nil)
		made, err := forecast.Pooled(query, said)
		if err != nil {
			return nil, err
		}
		all = append(all, made...)
	}
	return all, nil
}
