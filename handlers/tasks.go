package handlers

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/store"
	"tickerwire/tasks"
)

// runBody is an ordered piece of work.
type runBody struct {
	ID          int64           `json:"id" doc:"The run's number."`
	Kind        string          `json:"kind" doc:"crawl, repredict or retry."`
	Key         string          `json:"key" doc:"What was ordered: while a run with it is open, ordering it again gives that run."`
	Params      json.RawMessage `json:"params" doc:"The parameters of its kind."`
	State       string          `json:"state" enum:"queued,running,done,failed,cancelled" doc:"queued and running are open, the others are final."`
	Total       int             `json:"total" doc:"How many steps it has; 0 until that is known."`
	Done        int             `json:"done" doc:"How many are done."`
	Failed      int             `json:"failed" doc:"How many were given up or skipped."`
	ETASeconds  *int64          `json:"eta_seconds" doc:"How long it will take if it goes on as it has; null while that cannot be told."`
	Result      json.RawMessage `json:"result" doc:"What came out; null while it is open."`
	Error       string          `json:"error" doc:"Why it failed; empty when it did not."`
	OrderedBy   *int64          `json:"ordered_by" doc:"The user who ordered it; null for nobody."`
	CancelledBy *int64          `json:"cancelled_by" doc:"The user who cancelled it; null when nobody did."`
	Reason      string          `json:"reason" doc:"Why it was cancelled; empty when it was not."`
	CreatedAt   instant         `json:"created_at" doc:"When it was ordered."`
	StartedAt   *instant        `json:"started_at" doc:"When it began; null before."`
	FinishedAt  *instant        `json:"finished_at" doc:"When it ended; null before."`
}

func toRun(r store.Run) runBody {
	return runBody{ID: r.ID, Kind: r.Kind, Key: r.Key, Params: r.Params, State: r.State, Total: r.Total, Done: r.Done,
		Failed: r.Failed, ETASeconds: eta(r, time.Now()), Result: r.Result, Error: r.Error, OrderedBy: maybeID(r.OrderedBy), CancelledBy: maybeID(r.CancelledBy),
		Reason: r.Reason, CreatedAt: instant(r.CreatedAt), StartedAt: maybe(r.StartedAt), FinishedAt: maybe(r.FinishedAt)}
}

type createTaskRequest struct {
	Kind   string          `json:"kind" required:"true" enum:"crawl,repredict" doc:"What to do."`
	Params json.RawMessage `json:"params" example:"{\"source\":\"한빛신문\"}" doc:"crawl: {source}; repredict: {filter, ids, model_ids} as in POST /api/predictions/repredict."`
}

type crawlRequest struct {
	Source string `json:"source" required:"true" max:"50" doc:"Name of a news source."`
}

func (a *api) createTask(ctx context.Context, call Call, req createTaskRequest) (runBody, error) {
	var run *runBody
	var err error
	switch req.Kind {
	case runCrawl:
		run, err = a.orderCrawl(ctx, call, req.Params)
	case runRepredict:
		run, err = a.orderStories(ctx, call, req.Params)
	default:
		err = fault.InvalidField("kind", "it is not known")
	}
	if err != nil {
		return runBody{}, err
	}
	return *run, nil
}

func (a *api) orderCrawl(ctx context.Context, call Call, params json.RawMessage) (*runBody, error) {
	req, err := decodeParams[crawlRequest](params)
	if err != nil {
		return nil, err
	}
	sources, err := a.DB.Sources(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(sources, func(s store.SourceState) bool {
		return s.Configured && s.Name == req.Source && !tasks.IsMarketSource(s.Name)
	})
	switch {
	case i < 0:
		return nil, fault.InvalidField("params.source", "there is no such source")
	case sources[i].Off:
		return nil, fault.InvalidField("params.source", "it is switched off")
	}
	body, err := json.Marshal(map[string]string{"source": req.Source})
	if err != nil {
		return nil, err
	}
	return a.order(ctx, call, store.Run{Kind: runCrawl, Key: req.Source, Params: body})
}

func (a *api) orderStories(ctx context.Context, call Call, params json.RawMessage) (*runBody, error) {
	req, err := decodeParams[repredictRequest](params)
	if err != nil {
		return nil, err
	}
	if req.DryRun {
		return nil, fault.InvalidField("params.dry_run", "ask /api/predictions/repredict for a dry run")
	}
	filter, err := req.toStore("params.")
	if err != nil {
		return nil, err
	}
	if _, err := a.orderedModels(ctx, "params.model_ids", filter.ModelIDs); err != nil {
		return nil, err
	}
	return a.orderRepredict(ctx, call, filter)
}

// decodeParams reads the parameters of a kind with the same rules as a body.
func decodeParams[Req any](raw json.RawMessage) (Req, error) {
	var req Req
	v := reflect.ValueOf(&req).Elem()
	fields, err := fieldsOf(v.Type())
	if err != nil {
		return req, err
	}
	if len(raw) == 0 {
		raw = json.RawMessage("{}")
	}
	return req, decodeObject("params.", raw, fields, v)
}

type listTasksRequest struct {
	pageQuery
	Kind  string `query:"kind" enum:"crawl,repredict,retry" doc:"Only of this kind."`
	State string `query:"state" enum:"queued,running,done,failed,cancelled" doc:"Only in this state."`
}

func (a *api) listTasks(ctx context.Context, call Call, req listTasksRequest) (page[runBody], error) {
	after, err := a.after(call, req.pageQuery)
	if err != nil {
		return page[runBody]{}, err
	}
	rows, err := a.DB.Runs(ctx, store.RunFilter{Kind: req.Kind, State: req.State, Limit: req.Limit + 1, Before: after.ID})
	if err != nil {
		return page[runBody]{}, err
	}
	return newPage(a, call, req.pageQuery, rows, func(r store.Run) position { return atID(r.ID) }, toRun), nil
}

func atID(id int64) position { return position{Position: store.Position{ID: id}} }

func (a *api) getTask(ctx context.Context, _ Call, req idRequest) (runBody, error) {
	run, err := a.DB.Run(ctx, req.ID)
	return toRun(run), err
}

type cancelTaskRequest struct {
	idRequest
	Reason string `json:"reason" required:"true" min:"1" max:"500" doc:"Why; everybody who looks at the run sees it."`
}

// cancelTask is final: the run ends now, its calls that were not made are skipped, and those under way are not kept.
func (a *api) cancelTask(ctx context.Context, call Call, req cancelTaskRequest) (runBody, error) {
	run, err := a.DB.CancelRun(ctx, req.ID, call.Actor.UserID, req.Reason)
	return toRun(run), err
}
