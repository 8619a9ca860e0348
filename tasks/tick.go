package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/robfig/cron/v3"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/store"
)

// maxTicks bounds the ticks that are made at once: a clock that leaps makes no flood.
const maxTicks = 500

// Ours was set back when the clock that made the last tick was ahead of it by more than clocksApart, which is more than a
// wrong wall clock is let be off, and is so still when clockSettles have passed on the wall: where a second of a simulated
// clock is hours, two processes' clocks are apart by more than a minute between two looks at their source.
const (
	clocksApart  = time.Minute
	clockSettles = 10 * time.Second
)

// ParseCron reads a schedule of five fields, or a descriptor such as "@daily" or "@every 60s". Its fields are in KST.
func ParseCron(spec string) (cron.Schedule, error) {
	s, err := cron.ParseStandard(spec)
	if err != nil {
		return nil, fault.InvalidField("cron", "%q: %v", spec, err)
	}
	return s, nil
}

// NextTicks returns the next n ticks after t, in KST.
func NextTicks(spec string, t time.Time, n int) ([]time.Time, error) {
	s, err := ParseCron(spec)
	if err != nil {
		return nil, err
	}
	list := make([]time.Time, 0, n)
	for range n {
		if t = s.Next(t.In(market.KST)); t.IsZero() {
			break
		}
		list = append(list, t)
	}
	return list, nil
}

// Upcoming returns a schedule's next n ticks after now, in KST, of a period on the grid of its last tick. A paused one
// has none.
func Upcoming(s store.Schedule, now time.Time, n int) ([]time.Time, error) {
	if s.Paused {
		return nil, nil
	}
	spec, err := ParseCron(s.Cron)
	if err != nil {
		return nil, err
	}
	if !s.LastTick.IsZero() {
		now = lookFrom(spec, s.LastTick, now)
	}
	return NextTicks(s.Cron, now, n)
}

// dueTicks returns which ticks of a schedule are to be rung for at now, and the tick up to which it is then settled.
// What was missed is made up for by the schedule's misfire policy, as far as it is not later than MaxLate.
func dueTicks(s store.Schedule, now time.Time) (ring []time.Time, settled time.Time, err error) {
	spec, err := ParseCron(s.Cron)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("schedule %s: %w", s.Name, err)
	}
	switch ahead := s.LastTick.Sub(now); {
	case s.LastTick.IsZero() || ahead > clocksApart && s.Settled > clockSettles:
		// New, or the clock was set back: it starts from now.
		return nil, now.Truncate(time.Second), nil
	case ahead > 0:
		// Made by a process whose clock is ahead of ours: the schedule keeps its grid.
		return nil, s.LastTick, nil
	}
	from := lookFrom(spec, s.LastTick, now.Add(-s.MaxLate))
	var due []time.Time
	for t := spec.Next(from.In(market.KST)); !t.IsZero() && !t.After(now); t = spec.Next(t) {
		if due = append(due, t); len(due) > maxTicks {
			due = due[1:]
		}
	}
	if len(due) == 0 {
		return nil, s.LastTick, nil
	}
	last := due[len(due)-1]
	switch {
	case s.Paused:
		return nil, last, nil
	case s.Misfire == store.MisfireAll:
		return due, last, nil
	case s.Misfire == store.MisfireSkip && now.Sub(last) > onTime(spec, last):
		return nil, last, nil
	}
	return due[len(due)-1:], last, nil
}

// lookFrom returns the instant behind which due ticks are looked for: the last tick, or, where that lies further back
// than oldest, oldest. The ticks of "@every" count from the last one: they keep their grid, however long ago it was.
func lookFrom(spec cron.Schedule, last, oldest time.Time) time.Time {
	if !last.Before(oldest) {
		return last
	}
	if every, ok := spec.(cron.ConstantDelaySchedule); ok {
		return last.Add(oldest.Sub(last).Truncate(every.Delay))
	}
	return oldest.Truncate(time.Second)
}

// onTime returns how late a tick may be without having been missed: half the way to the next one, at least two seconds.
func onTime(spec cron.Schedule, tick time.Time) time.Duration {
	return max(spec.Next(tick).Sub(tick)/2, 2*time.Second)
}

// makeTicks makes every schedule's due ticks and rings for them.
func (k *Keeper) makeTicks(ctx context.Context) error {
	schedules, err := k.DB.Schedules(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, s := range schedules {
		errs = append(errs, makeTicks(ctx, k.DB, k.Queue, s, k.Now(), k.Process.ID()))
	}
	return errors.Join(errs...)
}

// makeTicks makes one schedule's due ticks. Any process may call it at any moment: the ticks' rows decide who rings.
func makeTicks(ctx context.Context, db *store.DB, queue *Queue, s store.Schedule, now time.Time, by string) error {
	ticks, settled, err := dueTicks(s, now)
	if err != nil || settled.Equal(s.LastTick) {
		return err
	}
	added, err := db.AddTicks(ctx, s.Name, s.LastTick, settled, ticks, by)
	if err != nil {
		return err
	}
	for _, t := range added {
		if err := ringTick(ctx, db, queue, s, t); err != nil {
			return err // the sweep finds the open tick
		}
	}
	return nil
}

func ringTick(ctx context.Context, db *store.DB, queue *Queue, s store.Schedule, t store.Tick) error {
	if _, err := queue.ring(ctx, tickJob{schedule: s, at: t.At}, 1, tickHeaders(t)); err != nil {
		return err
	}
	return db.MarkRung(ctx, t)
}

// TickAdded rings for a tick that somebody has ordered beside its schedule's own.
func (q *Queue) TickAdded(ctx context.Context, db *store.DB, t store.Tick) error {
	s, err := db.Schedule(ctx, t.Schedule)
	if err != nil {
		return err
	}
	return ringTick(ctx, db, q, s, t)
}

// tickJob is a schedule's work for one tick: its key names the tick, so that a stale copy of an earlier tick never
// stands in a later one's way.
type tickJob struct {
	schedule store.Schedule
	at       time.Time
}

// Kind returns the schedule's kind of task.
func (j tickJob) Kind() string { return j.schedule.Kind }

// Key returns the schedule's name and the tick in unix seconds.
func (j tickJob) Key() string { return fmt.Sprintf("%s@%d", j.schedule.Name, j.at.Unix()) }

// Queue returns the schedule's queue.
func (j tickJob) Queue() string { return j.schedule.Queue }

// MarshalJSON returns the schedule's payload.
func (j tickJob) MarshalJSON() ([]byte, error) { return json.Marshal(j.schedule.Payload) }

// Headers of a task that was rung for a tick.
const (
	headerSchedule = "schedule"
	headerTick     = "tick"
)

func tickHeaders(t store.Tick) map[string]string {
	return map[string]string{headerSchedule: t.Schedule, headerTick: t.At.UTC().Format(time.RFC3339Nano)}
}

// tickOf returns the tick that a task was rung for; ok is false when it was none.
func tickOf(headers map[string]string) (t store.Tick, ok bool) {
	at, err := time.Parse(time.RFC3339Nano, headers[headerTick])
	if err != nil || headers[headerSchedule] == "" {
		return store.Tick{}, false
	}
	return store.Tick{Schedule: headers[headerSchedule], At: at}, true
}

// DueSchedule is the doorbell of a schedule: whoever hears it looks whether a tick is due and not made yet.
type DueSchedule struct {
	Name string `json:"name"`
}

// Kind returns "schedule:due".
func (DueSchedule) Kind() string { return "schedule:due" }

// Key returns the schedule's name.
func (j DueSchedule) Key() string { return j.Name }

// Queue returns the control queue.
func (DueSchedule) Queue() string { return QueueControl }

func (w *Worker) dueSchedule(ctx context.Context, job DueSchedule) error {
	s, err := w.DB.Schedule(ctx, job.Name)
	if err != nil {
		return err
	}
	return makeTicks(ctx, w.DB, w.Queue, s, w.Now(), w.Process.ID())
}
