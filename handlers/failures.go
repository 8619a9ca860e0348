package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/store"
	"tickerwire/tasks"
)

// causeItem is all failures of one cause.
type causeItem struct {
	Fingerprint string   `json:"fingerprint" doc:"Names the cause: failures of one kind whose errors differ in numbers and names only have the same."`
	Kind        string   `json:"kind" doc:"What kind of work failed."`
	Queues      []string `json:"queues" doc:"The queues that it ran on."`
	Error       string   `json:"error" doc:"The newest error."`
	Count       int      `json:"count" doc:"How many failures match."`
	Retrying    int      `json:"retrying" doc:"Of them, those that will be tried again by themselves."`
	GaveUp      int      `json:"gave_up" doc:"Those that wait for an operator."`
	Quarantined int      `json:"quarantined" doc:"Those that wait for one since they kept taking their worker down."`
	Resolved    int      `json:"resolved" doc:"Those that have been done since."`
	Attempts    int      `json:"attempts" doc:"Failed attempts, over all of them."`
	Crashes     int      `json:"crashes" doc:"Workers that died, over all of them."`
	FirstAt     instant  `json:"first_at" doc:"When the first of them failed first."`
	LastAt      instant  `json:"last_at" doc:"When the last of them failed last."`

	SeenAt     instant      `json:"seen_at" doc:"When work failed of this cause for the first time that is remembered, whatever the filter."`
	CameBackAt *instant     `json:"came_back_at" doc:"When other work failed of it after all of it had been resolved; null if that never was."`
	PerHour    []int        `json:"per_hour" doc:"How often its work failed in each of the last 24 whole hours, whatever the filter, the oldest first; the last one is under way." example:"[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,2,14,9,3,1]"`
	Note       *noteBody    `json:"note" doc:"What an operator has noted of it; null without."`
	Ignored    *ignoredBody `json:"ignored" doc:"Set while operators do not want to hear of it."`
}

type noteBody struct {
	Text string  `json:"text" doc:"The note, as it was written."`
	By   *int64  `json:"by" doc:"Who wrote it, by the user's id."`
	At   instant `json:"at" doc:"When, on the wall clock."`
}

type ignoredBody struct {
	Until instant `json:"until" doc:"When it counts again by itself, on the wall clock."`
	By    *int64  `json:"by" doc:"Who said so, by the user's id."`
}

func toCause(c store.Cause) causeItem {
	item := causeItem{Fingerprint: c.Fingerprint, Kind: c.Kind, Queues: c.Queues, Error: c.Error, Count: c.Count, Retrying: c.Retrying,
		GaveUp: c.GaveUp, Quarantined: c.Quarantined, Resolved: c.Resolved, Attempts: c.Attempts, Crashes: c.Crashes,
		FirstAt: instant(c.FirstAt), LastAt: instant(c.LastAt), SeenAt: instant(c.SeenAt), CameBackAt: maybe(c.CameBackAt), PerHour: c.Hours[:]}
	if c.Note != "" {
		item.Note = &noteBody{Text: c.Note, By: maybeID(c.NotedBy), At: instant(c.NotedAt)}
	}
	if !c.IgnoredUntil.IsZero() {
		item.Ignored = &ignoredBody{Until: instant(c.IgnoredUntil), By: maybeID(c.IgnoredBy)}
	}
	return item
}

type listFailuresRequest struct {
	pageQuery
	failureQuery
	Ignored *bool `query:"ignored" doc:"Only causes that operators ignore now, or only the others."`
}

// failureQuery narrows lists of failures.
type failureQuery struct {
	State string    `query:"state" enum:"retrying,gave_up,quarantined,resolved" doc:"Only in this state; all that are not resolved when absent."`
	Kind  string    `query:"kind" max:"100" doc:"Only of this kind of work."`
	Queue string    `query:"queue" max:"100" doc:"Only of this queue."`
	Error string    `query:"error" max:"200" doc:"Only with this in the newest error."`
	From  time.Time `query:"from" doc:"Failed last at or after this time."`
	To    time.Time `query:"to" doc:"Failed last before this time."`
}

func (q failureQuery) match(fingerprint string) store.FailureMatch {
	return store.FailureMatch{State: q.State, Kind: q.Kind, Queue: q.Queue, Error: q.Error, From: q.From, To: q.To, Fingerprint: fingerprint}
}

func (a *api) listFailures(ctx context.Context, call Call, req listFailuresRequest) (page[causeItem], error) {
	after, err := a.after(call, req.pageQuery)
	if err != nil {
		return page[causeItem]{}, err
	}
	rows, err := a.DB.Causes(ctx, store.CauseFilter{FailureMatch: req.match(""),
		Ignored: req.Ignored, After: store.Cause{LastAt: after.At, Fingerprint: after.Key}, Limit: req.Limit + 1})
	if err != nil {
		return page[causeItem]{}, err
	}
	return newPage(a, call, req.pageQuery, rows, func(c store.Cause) position {
		return position{Position: store.Position{At: c.LastAt}, Key: c.Fingerprint}
	}, toCause), nil
}

type failureItem struct {
	ID       int64   `json:"id" doc:"The failure's number."`
	Key      string  `json:"key" doc:"Which piece of work."`
	Queue    string  `json:"queue" doc:"The queue that it ran on."`
	Error    string  `json:"error" doc:"The newest error."`
	Attempts int     `json:"attempts" doc:"How often it failed."`
	Crashes  int     `json:"crashes" doc:"How many workers died with it in hand."`
	State    string  `json:"state" enum:"retrying,gave_up,quarantined,resolved" doc:"gave_up and quarantined wait for an operator; quarantined is what kept taking its worker down."`
	FirstAt  instant `json:"first_at" doc:"When it failed first."`
	LastAt   instant `json:"last_at" doc:"When it failed last, or was resolved."`
}

func toFailure(f store.Failure) failureItem {
	return failureItem{ID: f.ID, Key: f.Key, Queue: f.Queue, Error: f.Error, Attempts: f.Attempts, Crashes: f.Crashes, State: f.State,
		FirstAt: instant(f.FirstAt), LastAt: instant(f.LastAt)}
}

type fingerprintPath struct {
	Fingerprint string `path:"fingerprint" max:"100" doc:"The cause."`
}

type causeRequest struct {
	fingerprintPath
	pageQuery
	failureQuery
}

// causeAnswer is a cause with a page of its failures.
type causeAnswer struct {
	Cause causeItem `json:"cause" doc:"The cause."`
	page[failureItem]
}

func (a *api) getFailure(ctx context.Context, call Call, req causeRequest) (causeAnswer, error) {
	after, err := a.after(call, req.pageQuery)
	if err != nil {
		return causeAnswer{}, err
	}
	match := req.match(req.Fingerprint)
	// Whoever follows a cause until all of it is done must not be told that it never was.
	cause, err := a.cause(ctx, match)
	if err != nil {
		return causeAnswer{}, err
	}
	rows, err := a.DB.Failures(ctx, store.FailureFilter{FailureMatch: match, Open: req.State == "", Limit: req.Limit + 1, Before: after.ID})
	if err != nil {
		return causeAnswer{}, err
	}
	return causeAnswer{Cause: cause,
		page: newPage(a, call, req.pageQuery, rows, func(f store.Failure) position { return atID(f.ID) }, toFailure)}, nil
}

// cause returns the cause of the failures that match, resolved ones among them; NotFound when there are none.
func (a *api) cause(ctx context.Context, match store.FailureMatch) (causeItem, error) {
	causes, err := a.DB.Causes(ctx, store.CauseFilter{FailureMatch: match, Resolved: true, Limit: 1})
	if err != nil {
		return causeItem{}, err
	}
	if len(causes) == 0 {
		return causeItem{}, fault.New(fault.NotFound, "no such failure has the cause %s", match.Fingerprint)
	}
	return toCause(causes[0]), nil
}

// longestIgnore is how far ahead a cause can be ignored.
const longestIgnore = 366 * 24 * time.Hour

type patchFailureRequest struct {
	fingerprintPath
	Note        *string    `json:"note" max:"2000" doc:"What others should know of it; empty: nothing any more."`
	IgnoreUntil *time.Time `json:"ignore_until" example:"-" doc:"Until when nobody wants to hear of it: ahead on the wall clock, by a year at most. What it counts stays as it is."`
	WatchAgain  bool       `json:"watch_again" doc:"It counts again from now on; not beside ignore_until."`
}

// patchFailure notes what operators know of a cause.
func (a *api) patchFailure(ctx context.Context, call Call, req patchFailureRequest) (causeItem, error) {
	edit := store.CauseEdit{Note: req.Note, IgnoreUntil: req.IgnoreUntil}
	if req.IgnoreUntil != nil {
		switch ahead := time.Until(*req.IgnoreUntil); {
		case req.WatchAgain:
			return causeItem{}, fault.InvalidField("watch_again", "it is to be ignored and to count again")
		case ahead <= 0:
			return causeItem{}, fault.InvalidField("ignore_until", "it must lie ahead")
		case ahead > longestIgnore:
			return causeItem{}, fault.InvalidField("ignore_until", "it must lie ahead by a year at most")
		}
	} else if req.WatchAgain {
		edit.IgnoreUntil = new(time.Time)
	}
	if err := a.DB.EditCause(ctx, req.Fingerprint, edit, call.Actor.UserID); err != nil {
		return causeItem{}, err
	}
	return a.cause(ctx, store.FailureMatch{Fingerprint: req.Fingerprint})
}

type retryRequest struct {
	Filter    *retryFilterRequest `json:"filter" doc:"Which failures; absent, all that wait for an operator."`
	Snapshot  int64               `json:"snapshot" min:"1" example:"-" doc:"Just what a dry run has counted, by its snapshot; instead of a filter."`
	PerSecond float64             `json:"per_second" min:"0.01" max:"10000" doc:"How many a second are let go at most: from one a second the pace doubles every five seconds up to that. Absent: as fast as it goes."`
	DryRun    bool                `json:"dry_run" doc:"Only count, and keep what was counted for an order."`
}

type retryFilterRequest struct {
	IDs         []int64   `json:"ids" max:"1000" doc:"Only these."`
	Kind        string    `json:"kind" max:"100" doc:"Only of this kind of work."`
	Queue       string    `json:"queue" max:"100" doc:"Only of this queue."`
	Fingerprint string    `json:"fingerprint" max:"100" doc:"Only of this cause."`
	State       string    `json:"state" enum:"gave_up,quarantined" doc:"Only in this state."`
	Error       string    `json:"error" max:"200" doc:"Only with this in the newest error."`
	From        time.Time `json:"from" doc:"Failed last at or after this time."`
	To          time.Time `json:"to" doc:"Failed last before this time."`
}

func (f *retryFilterRequest) toStore() store.RetryFilter {
	if f == nil {
		return store.RetryFilter{}
	}
	return store.RetryFilter{IDs: f.IDs, FailureMatch: store.FailureMatch{Kind: f.Kind, Queue: f.Queue, Fingerprint: f.Fingerprint,
		State: f.State, Error: f.Error, From: f.From, To: f.To}}
}

type retryAnswer struct {
	DryRun   bool         `json:"dry_run" doc:"Whether this was only counted."`
	Snapshot int64        `json:"snapshot" doc:"What was counted; an order that names it is about just that. It is kept for a month."`
	Count    int          `json:"count" doc:"How many failures that is: at most 100000, the oldest first."`
	Causes   []retryCause `json:"causes" doc:"Their causes, the most frequent first, at most 20."`
	Run      *runBody     `json:"run" doc:"The order; null for a dry run, and where there is nothing to retry."`
}

type retryCause struct {
	Fingerprint string `json:"fingerprint" doc:"The cause."`
	Kind        string `json:"kind" doc:"What kind of work failed."`
	Count       int    `json:"count" doc:"How many of them."`
}

func (r retryAnswer) status() int {
	if r.Run != nil {
		return http.StatusAccepted
	}
	return http.StatusOK
}

const shownCauses = 20

// retryFailures orders that failed work is run again, as if it had not been tried.
func (a *api) retryFailures(ctx context.Context, call Call, req retryRequest) (retryAnswer, error) {
	snapshot, err := a.retrySnapshot(ctx, call, req)
	if err != nil {
		return retryAnswer{}, err
	}
	causes, err := a.DB.CausesOf(ctx, snapshot.IDs, shownCauses)
	if err != nil {
		return retryAnswer{}, err
	}
	answer := retryAnswer{DryRun: req.DryRun, Snapshot: snapshot.ID, Count: len(snapshot.IDs),
		Causes: showAll(causes, func(c store.Cause) retryCause {
			return retryCause{Fingerprint: c.Fingerprint, Kind: c.Kind, Count: c.Count}
		})}
	if req.DryRun || answer.Count == 0 {
		return answer, nil
	}
	answer.Run, err = a.orderRetry(ctx, call, snapshot, req.PerSecond)
	return answer, err
}

// retrySnapshot finds what a dry run has counted, or counts now.
func (a *api) retrySnapshot(ctx context.Context, call Call, req retryRequest) (store.Retry, error) {
	if f := req.Filter; f != nil && !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		return store.Retry{}, fault.InvalidField("filter.from", "it must lie before filter.to")
	}
	if req.Snapshot == 0 {
		return a.DB.SnapshotRetry(ctx, req.Filter.toStore(), call.Actor.UserID)
	}
	if req.Filter != nil {
		return store.Retry{}, fault.InvalidField("filter", "a snapshot is about just what was counted")
	}
	snapshot, err := a.DB.Retry(ctx, req.Snapshot)
	if fault.KindOf(err) == fault.NotFound {
		return store.Retry{}, fault.InvalidField("snapshot", "there is none with this number, or none any more")
	}
	return snapshot, err
}

// orderRetry orders the run; what was ordered before is that run.
func (a *api) orderRetry(ctx context.Context, call Call, snapshot store.Retry, perSecond float64) (*runBody, error) {
	if snapshot.RunID != 0 {
		run, err := a.DB.Run(ctx, snapshot.RunID)
		body := toRun(run)
		return &body, err
	}
	params, err := json.Marshal(tasks.RetryParams{Snapshot: snapshot.ID, PerSecond: perSecond})
	if err != nil {
		return nil, fmt.Errorf("encode an order: %w", err)
	}
	run, err := a.order(ctx, call, store.Run{Kind: tasks.RunRetry, Key: strconv.FormatInt(snapshot.ID, 10), Params: params})
	if err != nil {
		return nil, err
	}
	return run, a.DB.OrderRetry(ctx, snapshot.ID, run.ID)
}
