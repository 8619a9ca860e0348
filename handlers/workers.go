package handlers

import (
	"cmp"
	"context"
	"slices"

	"tickerwire/internal/fault"
	"tickerwire/store"
)

type workerItem struct {
	ID           string       `json:"id" doc:"Host, process number and a random part; it changes with every start."`
	Role         string       `json:"role" doc:"worker, scheduler, api or standalone."`
	Host         string       `json:"host" doc:"The machine's name."`
	PID          int          `json:"pid" doc:"The process's number there."`
	Version      string       `json:"version" doc:"The program's version."`
	State        string       `json:"state" enum:"running,draining,gone,dead" doc:"draining: it takes nothing new; gone: it ended by itself; dead: it fell silent, and its work was rung for again."`
	StartedAt    instant      `json:"started_at" doc:"When it started."`
	BeatAt       instant      `json:"beat_at" doc:"When it was heard of last; it beats every second."`
	EndedAt      *instant     `json:"ended_at" doc:"When it ended, or was found dead; null while it lives."`
	DrainAskedAt *instant     `json:"drain_asked_at" doc:"When an admin asked it to take nothing new; null when none did."`
	DrainAskedBy *int64       `json:"drain_asked_by" doc:"Who that was, by the user's id."`
	InHand       []flightItem `json:"in_hand" doc:"What it does, the oldest first; of one that died, what it did then."`
}

type flightItem struct {
	TaskID string  `json:"task_id" doc:"The task: kind, key and how often it was rung for."`
	Kind   string  `json:"kind" doc:"What kind of work it is."`
	Key    string  `json:"key" doc:"Which piece of it."`
	Queue  string  `json:"queue" doc:"The queue that it came from."`
	Since  instant `json:"since" doc:"Since when it is in hand."`
}

func toWorker(w store.Worker) workerItem {
	return workerItem{ID: w.ID, Role: w.Role, Host: w.Host, PID: w.PID, Version: w.Version, State: w.State, StartedAt: instant(w.StartedAt),
		BeatAt: instant(w.BeatAt), EndedAt: maybe(w.EndedAt), DrainAskedAt: maybe(w.DrainAt), DrainAskedBy: maybeID(w.DrainBy),
		InHand: showAll(oldestFirst(w.InFlight), func(f store.Flight) flightItem {
			return flightItem{TaskID: f.TaskID, Kind: f.Kind, Key: f.Key, Queue: f.Queue, Since: instant(f.Since)}
		})}
}

func oldestFirst(list []store.Flight) []store.Flight {
	return slices.SortedFunc(slices.Values(list), func(a, b store.Flight) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.TaskID, b.TaskID))
	})
}

type listWorkersRequest struct {
	pageQuery
	State string `query:"state" enum:"running,draining,gone,dead" doc:"Only in this state."`
}

func (a *api) listWorkers(ctx context.Context, call Call, req listWorkersRequest) (page[workerItem], error) {
	after, err := a.after(call, req.pageQuery)
	if err != nil {
		return page[workerItem]{}, err
	}
	rows, err := a.DB.Workers(ctx, store.WorkerFilter{State: req.State, StartedAt: after.At, ID: after.Key, Limit: req.Limit + 1})
	if err != nil {
		return page[workerItem]{}, err
	}
	return newPage(a, call, req.pageQuery, rows, func(w store.Worker) position {
		return position{Position: store.Position{At: w.StartedAt}, Key: w.ID}
	}, toWorker), nil
}

type workerRequest struct {
	ID string `path:"id" max:"200" doc:"The worker's id; its slashes are written %2F."`
}

// drainWorker has a worker finish what it has in hand and take nothing new, until it is started anew.
func (a *api) drainWorker(ctx context.Context, call Call, req workerRequest) (workerItem, error) {
	w, err := a.DB.Worker(ctx, req.ID)
	if err != nil {
		return workerItem{}, err
	}
	if w.Role != "worker" && w.Role != "standalone" {
		return workerItem{}, fault.New(fault.Conflict, "the %s takes no tasks of the queue", w.Role)
	}
	w, err = a.DB.AskDrain(ctx, req.ID, call.Actor.UserID)
	return toWorker(w), err
}
