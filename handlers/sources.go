package handlers

import (
	"context"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/news"
	"tickerwire/store"
)

type sourceItem struct {
	Name          string      `json:"name" doc:"The source's name."`
	Configured    bool        `json:"configured" doc:"Whether it can be crawled; false for one that once could."`
	On            bool        `json:"on" doc:"Whether it is crawled; an admin can switch it off."`
	State         string      `json:"state" enum:"ok,failing,waiting,off" doc:"failing: the last attempt failed; waiting: it was never tried; off: an admin has switched it off."`
	LastAttemptAt *instant    `json:"last_attempt_at" doc:"When it was asked last."`
	LastSuccessAt *instant    `json:"last_success_at" doc:"When it answered last; an answer with nothing new counts."`
	LastItemAt    *instant    `json:"last_item_at" doc:"When it last showed something new."`
	AgeSeconds    *int64      `json:"age_seconds" doc:"Seconds since it answered last; null when it never did."`
	PeriodSeconds *int64      `json:"period_seconds" doc:"Seconds between two crawls; null for one that is asked when something is due."`
	Items         int64       `json:"items" doc:"New items over its life."`
	Yield         *news.Yield `json:"yield" enum:"normal,dry,learning" doc:"dry: it answers, and has shown nothing new for longer than ever on this weekday at this hour; learning: too little is known to say; null while it does not answer."`
	LagP50Seconds *pct        `json:"lag_p50_seconds" doc:"From publication to first seen, median of the last day's items with an exact time; null without such items."`
	LagP95Seconds *pct        `json:"lag_p95_seconds" doc:"The same, 95th percentile."`
	ErrorRate     pct         `json:"error_rate" doc:"Share of the last 32 attempts that failed, 0 to 1."`
	ErrorsInRow   int         `json:"errors_in_row" doc:"Failed attempts since it answered last."`
	LastError     *string     `json:"last_error" doc:"Its newest error; null for those who may not see failures."`
	LastErrorAt   *instant    `json:"last_error_at" doc:"When that was."`
	QuotaLeft     *int64      `json:"quota_left" doc:"Calls left until midnight KST; null when its days have no limit, or while they cannot be counted."`
	Breaker       breakerBody `json:"breaker" doc:"Keeps the fleet from asking a source that is down."`
}

type breakerBody struct {
	State     store.BreakerState `json:"state" enum:"closed,open,half_open" doc:"open: its crawls are put back; half_open: one crawl tries whether it is back."`
	OpenUntil *instant           `json:"open_until" doc:"When an open one becomes half open (wall clock); null when closed."`
	Opened    int                `json:"opened" doc:"How often it opened since it was closed; each time it stays open for longer."`
}

func toSource(s freshSource, actor Actor) sourceItem {
	item := sourceItem{Name: s.Name, Configured: s.Configured, On: !s.Off, State: stateOf(s.SourceState), LastAttemptAt: maybe(s.LastAttemptAt),
		LastSuccessAt: maybe(s.LastSuccessAt), LastItemAt: maybe(s.LastItemAt), AgeSeconds: wholeSeconds(s.age), Items: s.Items, Yield: s.yield,
		ErrorRate: pct(s.Breaker.ErrorRate()), ErrorsInRow: s.ErrorsInRow, LastErrorAt: maybe(s.LastErrorAt), QuotaLeft: s.quotaLeft,
		Breaker: breakerBody{State: s.BreakerState, OpenUntil: maybe(s.Breaker.OpenUntil), Opened: s.Breaker.Opened}}
	if s.Every > 0 {
		item.PeriodSeconds = wholeSeconds(&s.Every)
	}
	if s.Timed > 0 {
		p50, p95 := pct(s.LagP50.Seconds()), pct(s.LagP95.Seconds())
		item.LagP50Seconds, item.LagP95Seconds = &p50, &p95
	}
	if mayDo(actor.Role, scopeFailures) {
		item.LastError = &s.LastError
	}
	return item
}

func stateOf(s store.SourceState) string {
	switch {
	case s.Off:
		return "off"
	case s.LastAttemptAt.IsZero():
		return "waiting"
	case s.ErrorsInRow > 0:
		return "failing"
	}
	return "ok"
}

// wholeSeconds is null for nil.
func wholeSeconds(d *time.Duration) *int64 {
	if d == nil {
		return nil
	}
	n := int64(*d / time.Second)
	return &n
}

func (a *api) listSources(ctx context.Context, call Call, req pageQuery) (page[sourceItem], error) {
	after, err := a.after(call, req)
	if err != nil {
		return page[sourceItem]{}, err
	}
	rows, err := a.freshness(ctx, a.Now())
	if err != nil {
		return page[sourceItem]{}, err
	}
	name := func(s freshSource) string { return s.Name }
	return newPage(a, call, req, behind(rows, after, name), func(s freshSource) position { return position{Key: name(s)} },
		func(s freshSource) sourceItem { return toSource(s, call.Actor) }), nil
}

type patchSourceRequest struct {
	Name          string `path:"name" max:"200" doc:"The source's name."`
	On            *bool  `json:"on" doc:"Whether it is crawled."`
	PeriodSeconds *int   `json:"period_seconds" min:"1" max:"86400" doc:"Seconds between two crawls, on the application clock."`
}

func (a *api) patchSource(ctx context.Context, call Call, req patchSourceRequest) (sourceItem, error) {
	edit := store.SourceEdit{On: req.On}
	if req.PeriodSeconds != nil {
		every := time.Duration(*req.PeriodSeconds) * time.Second
		edit.Every = &every
	}
	if err := a.DB.EditSource(ctx, req.Name, edit, call.Actor.UserID); err != nil {
		return sourceItem{}, err
	}
	rows, err := a.freshness(ctx, a.Now())
	if err != nil {
		return sourceItem{}, err
	}
	for _, s := range rows {
		if s.Name == req.Name {
			return toSource(s, call.Actor), nil
		}
	}
	return sourceItem{}, fault.New(fault.NotFound, "source %s does not exist", req.Name)
}
