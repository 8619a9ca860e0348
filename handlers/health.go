package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

const probeTimeout = 2 * time.Second

type healthAnswer struct {
	Status string `json:"status" enum:"ok" doc:"ok while the process lives."`
}

func (a *api) getHealth(context.Context, Call, nothing) (healthAnswer, error) {
	return healthAnswer{Status: "ok"}, nil
}

type partState struct {
	Name string `json:"name" doc:"The part."`
	Up   bool   `json:"up" doc:"Whether it answered within two seconds."`
}

type readyAnswer struct {
	Status string      `json:"status" enum:"ok,down" doc:"down when a part is."`
	Parts  []partState `json:"parts" doc:"Each part that the API needs."`
}

func (r readyAnswer) status() int {
	if r.Status != "ok" {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

// getReady asks all parts at once. Why one is down goes to the log, not to strangers.
func (a *api) getReady(ctx context.Context, call Call, _ nothing) (readyAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	answer := readyAnswer{Status: "ok", Parts: make([]partState, len(a.Checks))}
	causes := make([]error, len(a.Checks))
	var group errgroup.Group
	for i, check := range a.Checks {
		group.Go(func() error {
			causes[i] = check.Probe(ctx)
			answer.Parts[i] = partState{Name: check.Name, Up: causes[i] == nil}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return readyAnswer{}, err
	}
	for i, cause := range causes {
		if cause != nil {
			answer.Status = "down"
			a.Log.Error("a part is down", "part", a.Checks[i].Name, "request_id", call.RequestID, "error", cause)
		}
	}
	return a.leaving(answer), nil
}

// leaving is the answer of a process that is to end: it still answers, and wants no more to be sent to it.
func (a *api) leaving(answer readyAnswer) readyAnswer {
	select {
	case <-a.Stopping:
		answer.Status = "down"
		answer.Parts = append(answer.Parts, partState{Name: "process"})
	default:
	}
	return answer
}

func (a *api) getDocument(context.Context, Call, nothing) (json.RawMessage, error) {
	return a.document, nil
}
