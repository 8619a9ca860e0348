package handlers

import (
	"context"
	"strconv"
	"time"

	"tickerwire/store"
)

const (
	followEvery = time.Second      // between two looks at a run
	followPing  = 15 * time.Second // of silence before a sign of life
)

type taskEventsRequest struct {
	idRequest
	LastEventID *int64 `header:"Last-Event-ID" min:"0" doc:"The id of the last event that was seen: what came before is not sent again."`
}

// endBody is what the last event of a run says.
type endBody struct {
	State string `json:"state"`
}

// taskEvents follows a run: an event "run" with the whole of it after each change, and "end" once it is final. An event's
// id is the run's version, so that whoever comes again misses nothing and gets nothing twice. Whoever loses the right to
// see it, or his session, is cut off.
func (a *api) taskEvents(ctx context.Context, call Call, req taskEventsRequest) (events, error) {
	run, err := a.DB.Run(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	seen := int64(0)
	if req.LastEventID != nil && *req.LastEventID <= run.Version { // a later one is of no event of ours
		seen = *req.LastEventID
	}
	if run.Final() && seen == run.Version {
		return nil, nil //nolint:nilnil // a stream without events, see there
	}
	leave, err := a.streams.enter(call.Actor.UserID)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, send func(event) error) error {
		defer leave()
		return a.followRun(ctx, call, run, seen, send)
	}, nil
}

func (a *api) followRun(ctx context.Context, call Call, run store.Run, seen int64, send func(event) error) error {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	quiet := time.Now()
	for {
		switch {
		case run.Version > seen:
			if err := send(event{id: version(run), name: "run", data: toRun(run)}); err != nil {
				return err
			}
			seen, quiet = run.Version, time.Now()
		case time.Since(quiet) >= followPing:
			if err := send(event{}); err != nil {
				return err
			}
			quiet = time.Now()
		}
		if run.Final() {
			return send(event{id: version(run), name: "end", data: endBody{State: run.State}})
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		case <-a.Stopping:
			return nil
		}
		if _, err := a.authorize(ctx, call.request, call.route.scope); err != nil {
			return err
		}
		next, err := a.DB.Run(ctx, run.ID)
		if err != nil {
			return err
		}
		run = next
	}
}

func version(run store.Run) string { return strconv.FormatInt(run.Version, 10) }

// eta is how long an open run will take if it goes on as it has, in seconds; null while that cannot be told.
func eta(r store.Run, now time.Time) *int64 {
	ended := r.Done + r.Failed
	if r.State != store.RunRunning || ended <= 0 || r.Total <= 0 || r.StartedAt.IsZero() {
		return nil
	}
	left := now.Sub(r.StartedAt).Seconds() * float64(max(r.Total-ended, 0)) / float64(ended)
	seconds := int64(max(left, 0))
	return &seconds
}
