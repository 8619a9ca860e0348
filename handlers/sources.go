package handlers

import (
	"context"
	"time"

	"tickerwire/store"
)

type sourceItem struct {
	Name          string   `json:"name" doc:"The source's name."`
	Configured    bool     `json:"configured" doc:"Whether it is crawled; false for one that once was."`
	State         string   `json:"state" enum:"ok,failing,waiting" doc:"failing: the last attempt failed; waiting: it was never tried."`
	LastAttemptAt *instant `json:"last_attempt_at" doc:"When it was asked last."`
	LastSuccessAt *instant `json:"last_success_at" doc:"When it answered last."`
	LastItemAt    *instant `json:"last_item_at" doc:"When it last showed something new."`
	AgeSeconds    *int64   `json:"age_seconds" doc:"Seconds since it answered last; null when it never did."`
	Items         int64    `json:"items" doc:"New items over its life."`
	ErrorsInRow   int      `json:"errors_in_row" doc:"Failed attempts since it answered last."`
	LastError     *string  `json:"last_error" doc:"Its newest error; null for those who may not see failures."`
	LastErrorAt   *instant `json:"last_error_at" doc:"When that was."`
}

func toSource(s store.SourceState, now time.Time, actor Actor) sourceItem {
	item := sourceItem{Name: s.Name, Configured: s.Configured, State: "ok", LastAttemptAt: maybe(s.LastAttemptAt), LastSuccessAt: maybe(s.LastSuccessAt),
		LastItemAt: maybe(s.LastItemAt), Items: s.Items, ErrorsInRow: s.ErrorsInRow, LastErrorAt: maybe(s.LastErrorAt)}
	switch {
	case s.LastAttemptAt.IsZero():
		item.State = "waiting"
	case s.ErrorsInRow > 0:
		item.State = "failing"
	}
	if !s.LastSuccessAt.IsZero() {
		age := max(0, int64(now.Sub(s.LastSuccessAt)/time.Second))
		item.AgeSeconds = &age
	}
	if mayDo(actor.Role, scopeFailures) {
		item.LastError = &s.LastError
	}
	return item
}

func (a *api) listSources(ctx context.Context, call Call, req pageQuery) (page[sourceItem], error) {
	after, err := a.after(call, req)
	if err != nil {
		return page[sourceItem]{}, err
	}
	rows, err := a.DB.Sources(ctx)
	if err != nil {
		return page[sourceItem]{}, err
	}
	name := func(s store.SourceState) string { return s.Name }
	now := a.Now()
	return newPage(a, call, req, behind(rows, after, name), func(s store.SourceState) position { return position{Key: name(s)} },
		func(s store.SourceState) sourceItem { return toSource(s, now, call.Actor) }), nil
}
