package handlers

import (
	"context"

	"tickerwire/store"
)

type failureItem struct {
	ID          int64   `json:"id" doc:"The failure's number."`
	Kind        string  `json:"kind" doc:"What kind of work failed."`
	Key         string  `json:"key" doc:"Which piece of it."`
	Queue       string  `json:"queue" doc:"The queue that it ran on."`
	Fingerprint string  `json:"fingerprint" doc:"Equal for failures of the same cause."`
	Error       string  `json:"error" doc:"The newest error."`
	Attempts    int     `json:"attempts" doc:"How often it failed."`
	State       string  `json:"state" enum:"retrying,gave_up,resolved" doc:"gave_up waits for an operator."`
	FirstAt     instant `json:"first_at" doc:"When it failed first."`
	LastAt      instant `json:"last_at" doc:"When it failed last, or was resolved."`
}

type listFailuresRequest struct {
	pageQuery
	State       string `query:"state" enum:"retrying,gave_up,resolved" doc:"Only in this state."`
	Kind        string `query:"kind" max:"100" doc:"Only of this kind of work."`
	Fingerprint string `query:"fingerprint" max:"100" doc:"Only of this cause."`
}

func (a *api) listFailures(ctx context.Context, call Call, req listFailuresRequest) (page[failureItem], error) {
	after, err := a.after(call, req.pageQuery)
	if err != nil {
		return page[failureItem]{}, err
	}
	rows, err := a.DB.Failures(ctx, store.FailureFilter{State: req.State, Kind: req.Kind, Fingerprint: req.Fingerprint,
		Limit: req.Limit + 1, Before: after.ID})
	if err != nil {
		return page[failureItem]{}, err
	}
	return newPage(a, call, req.pageQuery, rows, func(f store.Failure) position { return atID(f.ID) }, toFailure), nil
}

func toFailure(f store.Failure) failureItem {
	return failureItem{ID: f.ID, Kind: f.Kind, Key: f.Key, Queue: f.Queue, Fingerprint: f.Fingerprint, Error: f.Error,
		Attempts: f.Attempts, State: f.State, FirstAt: instant(f.FirstAt), LastAt: instant(f.LastAt)}
}
