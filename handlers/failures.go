package handlers

import (
	"context"
	"errors"

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
	Crashes     int     `json:"crashes" doc:"How many workers died with it in hand."`
	State       string  `json:"state" enum:"retrying,gave_up,quarantined,resolved" doc:"gave_up and quarantined wait for an operator; quarantined is what kept taking its worker down."`
	FirstAt     instant `json:"first_at" doc:"When it failed first."`
	LastAt      instant `json:"last_at" doc:"When it failed last, or was resolved."`
}

type listFailuresRequest struct {
	pageQuery
	State       string `query:"state" enum:"retrying,gave_up,quarantined,resolved" doc:"Only in this state."`
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
		Attempts: f.Attempts, Crashes: f.Crashes, State: f.State, FirstAt: instant(f.FirstAt), LastAt: instant(f.LastAt)}
}

type retryRequest struct {
	Filter retryFilter `json:"filter" doc:"Which failures; absent, all that wait for an operator."`
	DryRun bool        `json:"dry_run" doc:"Only say which it would be."`
}

type retryFilter struct {
	IDs         []int64 `json:"ids" max:"1000" doc:"Only these: those of a dry run, say."`
	Kind        string  `json:"kind" max:"100" doc:"Only of this kind of work."`
	Fingerprint string  `json:"fingerprint" max:"100" doc:"Only of this cause."`
	State       string  `json:"state" enum:"gave_up,quarantined" doc:"Only in this state."`
}

type retryAnswer struct {
	DryRun bool    `json:"dry_run" doc:"Whether nothing was done."`
	Count  int     `json:"count" doc:"How many failures are retried: at most 1000 at once, the oldest first."`
	IDs    []int64 `json:"ids" doc:"Their numbers."`
}

// retryFailures lets failed work be run again, as if it had not been tried, and rings for it.
func (a *api) retryFailures(ctx context.Context, _ Call, req retryRequest) (retryAnswer, error) {
	f := store.RetryFilter{IDs: req.Filter.IDs, Kind: req.Filter.Kind, Fingerprint: req.Filter.Fingerprint, State: req.Filter.State}
	if req.DryRun {
		ids, err := a.DB.FailuresToRetry(ctx, f)
		return retryAnswer{DryRun: true, Count: len(ids), IDs: append([]int64{}, ids...)}, err
	}
	rows, err := a.DB.RetryFailures(ctx, f)
	if err != nil {
		return retryAnswer{}, err
	}
	answer := retryAnswer{Count: len(rows), IDs: []int64{}}
	for i, row := range rows {
		if err := a.Queue.RingRaw(ctx, row.Kind, row.Key, row.Queue, row.Payload); err != nil {
			return retryAnswer{}, errors.Join(err, a.stopAgain(ctx, rows[i:]))
		}
		answer.IDs = append(answer.IDs, row.ID)
	}
	return answer, nil
}

// stopAgain puts failures that could not be rung for back into the state that they had: nothing else would ring.
func (a *api) stopAgain(ctx context.Context, rows []store.Failure) error {
	var errs []error
	for _, row := range rows {
		errs = append(errs, a.DB.RecordFailure(ctx, row))
	}
	return errors.Join(errs...)
}
