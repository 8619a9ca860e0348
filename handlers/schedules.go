package handlers

import (
	"context"
	"fmt"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/store"
	"tickerwire/tasks"
)

// shownTicks is how many past and coming ticks of a schedule are shown.
const shownTicks = 5

type scheduleItem struct {
	Name           string         `json:"name" doc:"The schedule's name."`
	Kind           string         `json:"kind" doc:"What kind of work it rings for."`
	Queue          string         `json:"queue" doc:"The queue in which that waits."`
	Cron           string         `json:"cron" doc:"Five fields in KST, a word such as @daily, or @every and a period; on the application clock."`
	Paused         bool           `json:"paused" doc:"It does not tick."`
	Misfire        string         `json:"misfire" enum:"skip,once,all" doc:"What becomes of ticks that nobody rang in time: gone; one run makes up for all; each is made up for."`
	MaxLateSeconds int            `json:"max_late_seconds" doc:"A tick missed by more is never made up for."`
	LastTicks      []pastTickItem `json:"last_ticks" doc:"Its last five ticks, newest first."`
	NextTicks      []instant      `json:"next_ticks" doc:"Its next five; none while it is paused."`
	EditedAt       *instant       `json:"edited_at" doc:"When an admin changed it last; null while it is as the program declares it."`
	EditedBy       *int64         `json:"edited_by" doc:"Who that was, by the user's id."`
}

type pastTickItem struct {
	At      instant  `json:"at" doc:"When it was due, on the application clock."`
	MadeAt  instant  `json:"made_at" doc:"When it was made, on the wall clock."`
	DoneAt  *instant `json:"done_at" doc:"When its work ended, on the wall clock; null while it is under way."`
	Outcome string   `json:"outcome" doc:"done, or why it was not run; empty while it is under way."`
}

func toSchedule(s store.Schedule, last []store.PastTick, now time.Time) (scheduleItem, error) {
	next, err := tasks.Upcoming(s, now, shownTicks)
	if err != nil {
		return scheduleItem{}, fmt.Errorf("schedule %s: %w", s.Name, err)
	}
	return scheduleItem{Name: s.Name, Kind: s.Kind, Queue: s.Queue, Cron: s.Cron, Paused: s.Paused, Misfire: s.Misfire,
		MaxLateSeconds: int(s.MaxLate / time.Second), NextTicks: showAll(next, func(t time.Time) instant { return instant(t) }),
		LastTicks: showAll(last, func(t store.PastTick) pastTickItem {
			return pastTickItem{At: instant(t.At), MadeAt: instant(t.MadeAt), DoneAt: maybe(t.DoneAt), Outcome: t.Outcome}
		}), EditedAt: maybe(s.EditedAt), EditedBy: maybeID(s.EditedBy)}, nil
}

func (a *api) listSchedules(ctx context.Context, call Call, req pageQuery) (page[scheduleItem], error) {
	after, err := a.after(call, req)
	if err != nil {
		return page[scheduleItem]{}, err
	}
	all, err := a.DB.Schedules(ctx)
	if err != nil {
		return page[scheduleItem]{}, err
	}
	name := func(s store.Schedule) string { return s.Name }
	rows := behind(all, after, name)
	rows = rows[:min(len(rows), req.Limit+1)]
	items, err := a.schedules(ctx, rows)
	if err != nil {
		return page[scheduleItem]{}, err
	}
	return newPage(a, call, req, items, func(s scheduleItem) position { return position{Key: s.Name} },
		func(s scheduleItem) scheduleItem { return s }), nil
}

// schedules shows schedules, with their ticks in one query.
func (a *api) schedules(ctx context.Context, rows []store.Schedule) ([]scheduleItem, error) {
	last, err := a.DB.LastTicks(ctx, showAll(rows, func(s store.Schedule) string { return s.Name }), shownTicks)
	if err != nil {
		return nil, err
	}
	items := make([]scheduleItem, len(rows))
	for i, s := range rows {
		if items[i], err = toSchedule(s, last[s.Name], a.Now()); err != nil {
			return nil, err
		}
	}
	return items, nil
}

type scheduleRequest struct {
	Name string `path:"name" max:"200" doc:"The schedule's name."`
}

type patchScheduleRequest struct {
	scheduleRequest
	Cron           *string `json:"cron" min:"1" max:"100" doc:"Five fields in KST, a word such as @daily, or @every and a period of at least a second. Another one counts from now."`
	Paused         *bool   `json:"paused" doc:"Whether it is not to tick."`
	Misfire        *string `json:"misfire" enum:"skip,once,all" doc:"What becomes of ticks that nobody rang in time."`
	MaxLateSeconds *int    `json:"max_late_seconds" min:"1" max:"31536000" doc:"A tick missed by more is never made up for."`
}

func (a *api) patchSchedule(ctx context.Context, call Call, req patchScheduleRequest) (scheduleItem, error) {
	s, err := a.DB.Schedule(ctx, req.Name)
	if err != nil {
		return scheduleItem{}, err
	}
	if req.Cron != nil {
		next, err := tasks.NextTicks(*req.Cron, a.Now(), 1)
		if err != nil {
			return scheduleItem{}, fault.InvalidField("cron", "it cannot be read: five fields, a word such as @daily, or @every 60s")
		}
		if len(next) == 0 {
			return scheduleItem{}, fault.InvalidField("cron", "it would never tick")
		}
		s.Cron, s.LastTick = *req.Cron, a.Now().Truncate(time.Second)
	}
	set(&s.Paused, req.Paused)
	set(&s.Misfire, req.Misfire)
	if req.MaxLateSeconds != nil {
		s.MaxLate = time.Duration(*req.MaxLateSeconds) * time.Second
	}
	if err := a.DB.EditSchedule(ctx, s, call.Actor.UserID); err != nil {
		return scheduleItem{}, err
	}
	if s, err = a.DB.Schedule(ctx, req.Name); err != nil {
		return scheduleItem{}, err
	}
	items, err := a.schedules(ctx, []store.Schedule{s})
	if err != nil {
		return scheduleItem{}, err
	}
	return items[0], nil
}

type ranSchedule struct {
	Name string  `json:"name" doc:"The schedule's name."`
	Tick instant `json:"tick" doc:"The tick that was made; within one second there is one."`
}

// runSchedule makes the tick and rings for it. When the ring fails the tick stands, as the sweep finds it.
func (a *api) runSchedule(ctx context.Context, call Call, req scheduleRequest) (ranSchedule, error) {
	t := store.Tick{Schedule: req.Name, At: a.Now().Truncate(time.Second)}
	added, err := a.DB.AddTick(ctx, t, fmt.Sprintf("user %d", call.Actor.UserID))
	if err != nil {
		return ranSchedule{}, err
	}
	if added {
		if err := a.Queue.TickAdded(ctx, a.DB, t); err != nil {
			a.Log.Warn("a tick was not rung for, the sweep will", "schedule", t.Schedule, "request_id", call.RequestID, "error", err)
		}
	}
	return ranSchedule{Name: t.Schedule, Tick: instant(t.At)}, nil
}
