package handlers

import (
	"context"
	"slices"

	"tickerwire/internal/fault"
	"tickerwire/store"
	"tickerwire/tasks"
)

type queueItem struct {
	Name           string   `json:"name" doc:"The queue's name."`
	Paused         bool     `json:"paused" doc:"Nothing is taken from it; what waits stays."`
	Concurrency    int      `json:"concurrency" doc:"How many of its tasks each worker runs at once; 0 for a queue that is not the program's own."`
	Default        int      `json:"default_concurrency" doc:"The program's own number."`
	Pending        int      `json:"pending" doc:"Tasks that wait for a worker."`
	Active         int      `json:"active" doc:"Tasks under way."`
	Scheduled      int      `json:"scheduled" doc:"Tasks that are given out at a time to come."`
	Retry          int      `json:"retry" doc:"Tasks that failed or were put back, and are given out again."`
	Archived       int      `json:"archived" doc:"Tasks that Redis has given up; the program's own never are: see failures."`
	LatencySeconds pct      `json:"latency_seconds" doc:"How long the oldest pending task has waited."`
	ProcessedToday int      `json:"processed_today" doc:"Tasks that ended since midnight UTC, failed ones included."`
	FailedToday    int      `json:"failed_today" doc:"Those that failed."`
	PerSecond      *pct     `json:"per_second" doc:"Tasks that ended in a second, lately; null until this process has looked twice."`
	ChangedAt      *instant `json:"changed_at" doc:"When an admin changed it last; null when none did."`
	ChangedBy      *int64   `json:"changed_by" doc:"Who that was, by the user's id."`
}

func toQueue(q tasks.QueueState, c store.QueueControl) queueItem {
	item := queueItem{Name: q.Name, Paused: q.Paused || c.Paused, Concurrency: q.Concurrency, Default: q.Concurrency, Pending: q.Pending, Active: q.Active,
		Scheduled: q.Scheduled, Retry: q.Retry, Archived: q.Archived, LatencySeconds: pct(q.Latency.Seconds()), ProcessedToday: q.Processed,
		FailedToday: q.Failed, ChangedAt: maybe(c.ChangedAt), ChangedBy: maybeID(c.ChangedBy)}
	if c.Concurrency != 0 {
		item.Concurrency = c.Concurrency
	}
	if q.PerSecond >= 0 {
		pace := pct(q.PerSecond)
		item.PerSecond = &pace
	}
	return item
}

func (a *api) listQueues(ctx context.Context, call Call, req pageQuery) (page[queueItem], error) {
	after, err := a.after(call, req)
	if err != nil {
		return page[queueItem]{}, err
	}
	rows, err := a.Inspector.Queues(ctx)
	if err != nil {
		return page[queueItem]{}, err
	}
	controls, err := a.DB.QueueControls(ctx)
	if err != nil {
		return page[queueItem]{}, err
	}
	name := func(q tasks.QueueState) string { return q.Name }
	return newPage(a, call, req, behind(rows, after, name), func(q tasks.QueueState) position { return position{Key: name(q)} },
		func(q tasks.QueueState) queueItem { return toQueue(q, controls[q.Name]) }), nil
}

// queue returns one queue; NotFound when neither the program nor Redis has it.
func (a *api) queue(ctx context.Context, name string) (queueItem, error) {
	rows, err := a.Inspector.Queues(ctx)
	if err != nil {
		return queueItem{}, err
	}
	i := slices.IndexFunc(rows, func(q tasks.QueueState) bool { return q.Name == name })
	if i < 0 {
		return queueItem{}, fault.New(fault.NotFound, "queue %s does not exist", name)
	}
	controls, err := a.DB.QueueControls(ctx)
	return toQueue(rows[i], controls[name]), err
}

type queueRequest struct {
	Name string `path:"name" max:"100" doc:"The queue's name."`
}

type patchQueueRequest struct {
	queueRequest
	Paused      *bool `json:"paused" doc:"Whether nothing is to be taken from it. A pause outlives a loss of Redis."`
	Concurrency *int  `json:"concurrency" min:"0" max:"1000" doc:"How many of its tasks each worker is to run at once; 0 for the program's own number."`
}

// patchQueue writes what is wanted, which the fleet follows, and pauses or resumes the queue at once.
func (a *api) patchQueue(ctx context.Context, call Call, req patchQueueRequest) (queueItem, error) {
	q, err := a.queue(ctx, req.Name)
	if err != nil {
		return queueItem{}, err
	}
	if req.Concurrency != nil && q.Default == 0 {
		return queueItem{}, fault.InvalidField("concurrency", "the queue is not the program's own")
	}
	if err := a.DB.EditQueue(ctx, req.Name, store.QueueEdit{Paused: req.Paused, Concurrency: req.Concurrency}, call.Actor.UserID); err != nil {
		return queueItem{}, err
	}
	if req.Paused != nil {
		if err := a.Inspector.SetPaused(req.Name, *req.Paused); err != nil {
			return queueItem{}, err
		}
	}
	return a.queue(ctx, req.Name)
}

type purgeAnswer struct {
	Deleted int `json:"deleted" doc:"How many tasks were deleted. Work that Postgres says is due is rung for again within seconds."`
}

func (a *api) purgeQueue(ctx context.Context, _ Call, req queueRequest) (purgeAnswer, error) {
	if _, err := a.queue(ctx, req.Name); err != nil {
		return purgeAnswer{}, err
	}
	n, err := a.Inspector.Purge(req.Name)
	return purgeAnswer{Deleted: n}, err
}
