package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/store"
)

// Kinds of run that can be ordered, as the tasks know them.
const (
	runCrawl     = "crawl"
	runRepredict = "repredict"
)

type repredictRequest struct {
	Filter   storiesRequest `json:"filter" doc:"Which stories, by stock and time."`
	IDs      []int64        `json:"ids" max:"1000" doc:"Which stories, by id; together with the filter both must hold."`
	ModelIDs []int64        `json:"model_ids" max:"50" doc:"By which models; all that are not retired when absent."`
	DryRun   bool           `json:"dry_run" doc:"Only count what would be done and what it would cost."`
}

type storiesRequest struct {
	Codes []market.Code `json:"codes" max:"200" doc:"Only stories that name one of these stocks."`
	From  time.Time     `json:"from" doc:"Available at or after this time."`
	To    time.Time     `json:"to" doc:"Available before this time."`
}

type repredictAnswer struct {
	DryRun       bool     `json:"dry_run" doc:"Whether this was only counted."`
	Stories      int      `json:"stories" doc:"How many stories are met."`
	Calls        int      `json:"calls" doc:"How many model calls that is: one per story and model."`
	InputTokens  int64    `json:"input_tokens" doc:"About how many; 0 for local models."`
	OutputTokens int64    `json:"output_tokens" doc:"About how many; 0 for local models."`
	CostMicroWon int64    `json:"cost_micro_won" doc:"About how much, in millionths of a won; 0 for local models. No model passes its daily budget."`
	EstimatedBy  string   `json:"estimated_by" enum:"nothing,past calls,upper bound" doc:"What the estimate rests on: nothing to pay for, what past calls have used, or what a call may use where a model was never asked."`
	Run          *runBody `json:"run" doc:"The order; null for a dry run."`
}

func (r repredictAnswer) status() int {
	if r.Run != nil {
		return http.StatusAccepted
	}
	return http.StatusOK
}

func (a *api) repredict(ctx context.Context, call Call, req repredictRequest) (repredictAnswer, error) {
	filter, err := req.toStore("")
	if err != nil {
		return repredictAnswer{}, err
	}
	models, err := a.orderedModels(ctx, "model_ids", filter.ModelIDs)
	if err != nil {
		return repredictAnswer{}, err
	}
	answer := repredictAnswer{DryRun: req.DryRun}
	if answer.Stories, answer.Calls, err = a.DB.CountRepredict(ctx, filter); err != nil {
		return repredictAnswer{}, err
	}
	if err := a.estimate(ctx, models, &answer); err != nil {
		return repredictAnswer{}, err
	}
	if req.DryRun {
		return answer, nil
	}
	answer.Run, err = a.orderRepredict(ctx, call, filter)
	return answer, err
}

// boundInput is about what a prompt of one stock takes at most, in tokens: its frame, a title and a summary, and eight
// past titles.
const boundInput = 6000

// estimate adds what an order would use of language models.
func (a *api) estimate(ctx context.Context, models []forecast.Model, answer *repredictAnswer) error {
	answer.EstimatedBy = "nothing"
	paid := slices.DeleteFunc(slices.Clone(models), func(m forecast.Model) bool { return forecast.IsLocal(m.Kind) })
	if len(paid) == 0 {
		return nil
	}
	past, err := a.DB.CallTokens(ctx)
	if err != nil {
		return err
	}
	answer.EstimatedBy = "past calls"
	for _, m := range paid {
		input, output := past[m.ID].Input, past[m.ID].Output
		if past[m.ID].Calls == 0 {
			input, output, answer.EstimatedBy = boundInput, float64(m.Language.MaxTokens), "upper bound"
		}
		in, out := int64(input*float64(answer.Stories)), int64(output*float64(answer.Stories))
		answer.InputTokens += in
		answer.OutputTokens += out
		answer.CostMicroWon += m.Language.Cost(in, out)
	}
	return nil
}

// toStore checks and normalises an order, so that the same order always reads the same. Prefix goes before the names of
// fields at fault.
func (r repredictRequest) toStore(prefix string) (store.RepredictFilter, error) {
	f := r.Filter
	switch {
	case len(f.Codes)+len(r.IDs) == 0 && f.From.IsZero() && f.To.IsZero():
		return store.RepredictFilter{}, fault.InvalidField(prefix+"filter", "it or ids must narrow the stories down")
	case !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To):
		return store.RepredictFilter{}, fault.InvalidField(prefix+"filter.from", "it must lie before filter.to")
	}
	return store.RepredictFilter{Codes: sortedSet(f.Codes), From: f.From.UTC(), To: f.To.UTC(), StoryIDs: sortedSet(r.IDs),
		ModelIDs: sortedSet(r.ModelIDs)}, nil
}

func sortedSet[T ~string | ~int64](list []T) []T {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// orderedModels returns the models that an order asks for; field names it where one does not exist or is retired.
func (a *api) orderedModels(ctx context.Context, field string, ids []int64) ([]forecast.Model, error) {
	models, err := a.DB.Models(ctx)
	if err != nil {
		return nil, err
	}
	models = slices.DeleteFunc(models, func(m forecast.Model) bool { return m.Role == forecast.Retired })
	if len(ids) == 0 {
		return models, nil
	}
	models = slices.DeleteFunc(models, func(m forecast.Model) bool { return !slices.Contains(ids, m.ID) })
	if len(models) < len(ids) {
		return nil, fault.InvalidField(field, "not every one of them is a model in use")
	}
	return models, nil
}

// orderRepredict orders a run. Its key is what was ordered, so the same order twice is one run while it is open.
func (a *api) orderRepredict(ctx context.Context, call Call, f store.RepredictFilter) (*runBody, error) {
	params, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("encode an order: %w", err)
	}
	sum := sha256.Sum256(params)
	return a.order(ctx, call, store.Run{Kind: runRepredict, Key: hex.EncodeToString(sum[:16]), Params: params})
}

// order writes the run and rings for it. When the ring fails the order stands, as the sweep finds it. While too much stands
// before it, it is refused, with how long that takes to drain.
func (a *api) order(ctx context.Context, call Call, r store.Run) (*runBody, error) {
	r.OrderedBy = call.Actor.UserID
	backlog, err := a.DB.Backlog(ctx, r.Kind, r.Key)
	if err != nil {
		return nil, err
	}
	if wait := backlog.Wait(); wait > 0 {
		return nil, fault.After(fault.Limited, wait, "%d runs and %d calls of models are ordered and not done: come again later", backlog.Runs, backlog.Calls)
	}
	run, _, err := a.DB.OrderRun(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := a.Queue.RunOrdered(ctx, run.ID); err != nil {
		a.Log.Warn("an order was not rung for, the sweep will", "run_id", run.ID, "request_id", call.RequestID, "error", err)
	}
	body := toRun(run)
	return &body, nil
}
