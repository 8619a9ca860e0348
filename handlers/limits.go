package handlers

import (
	"context"
	"regexp"
	"strings"

	"tickerwire/internal/fault"
	"tickerwire/store"
)

type limitItem struct {
	Key       string   `json:"key" doc:"An upstream, a host, a model or a chat; one that ends in * stands for all keys that begin so and have no limit of their own."`
	PerSecond float64  `json:"per_second" doc:"Calls within any second; below one, one call within 1/per_second seconds. 0: no such limit."`
	PerMinute float64  `json:"per_minute" doc:"Calls within any minute, likewise."`
	Burst     int      `json:"burst" doc:"Calls at once after a pause, at most. 0: as many as the other limits allow."`
	PerDay    int64    `json:"per_day" doc:"Calls from midnight to midnight KST. 0: no such limit."`
	UsedToday *int64   `json:"used_today" doc:"Calls of the fleet since midnight KST; null for a pattern, and while they cannot be counted."`
	ChangedAt *instant `json:"changed_at" doc:"When an admin changed it; null while it is what the program declares."`
	ChangedBy *int64   `json:"changed_by" doc:"Who that was, by the user's id."`
}

func (a *api) toLimit(ctx context.Context, l store.Limit) limitItem {
	item := limitItem{Key: l.Key, PerSecond: l.PerSecond, PerMinute: l.PerMinute, Burst: l.Burst, PerDay: l.PerDay, ChangedAt: maybe(l.ChangedAt)}
	if l.ChangedBy != 0 {
		item.ChangedBy = &l.ChangedBy
	}
	if !strings.HasSuffix(l.Key, "*") {
		item.UsedToday = a.usedToday(ctx, l.Key)
	}
	return item
}

func (a *api) listLimits(ctx context.Context, call Call, req pageQuery) (page[limitItem], error) {
	after, err := a.after(call, req)
	if err != nil {
		return page[limitItem]{}, err
	}
	rows, err := a.DB.Limits(ctx)
	if err != nil {
		return page[limitItem]{}, err
	}
	key := func(l store.Limit) string { return l.Key }
	return newPage(a, call, req, behind(rows, after, key), func(l store.Limit) position { return position{Key: key(l)} },
		func(l store.Limit) limitItem { return a.toLimit(ctx, l) }), nil
}

type patchLimitRequest struct {
	Key       string   `path:"key" min:"1" max:"200" doc:"The key, or a pattern that ends in *. One without a limit of its own starts from that of the pattern which fits it."`
	PerSecond *float64 `json:"per_second" min:"0" max:"100000" doc:"Calls within any second; below one, one call within 1/per_second seconds. 0: no such limit."`
	PerMinute *float64 `json:"per_minute" min:"0" max:"1000000" doc:"Calls within any minute, likewise."`
	Burst     *int     `json:"burst" min:"0" max:"100000" doc:"Calls at once after a pause, at most. 0: as many as the other limits allow."`
	PerDay    *int64   `json:"per_day" min:"0" max:"1000000000" doc:"Calls from midnight to midnight KST. 0: no such limit."`
}

// slowest is the lowest rate that can be set: a call a day.
const slowest = 1.0 / 86400

var limitKey = regexp.MustCompile(`^[^\s*]*\*?$`)

func (a *api) patchLimit(ctx context.Context, call Call, req patchLimitRequest) (limitItem, error) {
	if !limitKey.MatchString(req.Key) {
		return limitItem{}, fault.InvalidField("key", "it has a space, or a * that is not its end")
	}
	rows, err := a.DB.Limits(ctx)
	if err != nil {
		return limitItem{}, err
	}
	l := limitFor(rows, req.Key)
	l.Key = req.Key
	set(&l.PerSecond, req.PerSecond)
	set(&l.PerMinute, req.PerMinute)
	set(&l.Burst, req.Burst)
	set(&l.PerDay, req.PerDay)
	switch {
	case l.PerSecond == 0 && l.PerMinute == 0:
		return limitItem{}, fault.InvalidField("per_second", "without a limit per minute it must be above 0")
	case l.PerSecond > 0 && l.PerSecond < slowest:
		return limitItem{}, fault.InvalidField("per_second", "it must be 0, or at least a call a day")
	case l.PerMinute > 0 && l.PerMinute < 60*slowest:
		return limitItem{}, fault.InvalidField("per_minute", "it must be 0, or at least a call a day")
	}
	if err := a.DB.SaveLimit(ctx, l, call.Actor.UserID); err != nil {
		return limitItem{}, err
	}
	if rows, err = a.DB.Limits(ctx); err != nil {
		return limitItem{}, err
	}
	return a.toLimit(ctx, limitFor(rows, req.Key)), nil
}

// set takes a value over that was given.
func set[T any](to *T, given *T) {
	if given != nil {
		*to = *given
	}
}

// limitFor returns the limit of a key: its own, else that of the longest pattern that fits it, else none.
func limitFor(rows []store.Limit, key string) (found store.Limit) {
	for _, l := range rows {
		if l.Key == key {
			return l
		}
		prefix, isPattern := strings.CutSuffix(l.Key, "*")
		if isPattern && strings.HasPrefix(key, prefix) && len(l.Key) > len(found.Key) {
			found = l
		}
	}
	return found
}
