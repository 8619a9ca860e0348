package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/store"
)

// auditLimit bounds the writing of what became of a change.
const auditLimit = 5 * time.Second

// mostAudited is how many bytes of a request the audit log keeps.
const mostAudited = 16 << 10

// harmless says of a route that its method promises a change and it makes none.
func (r route) harmless() route {
	r.changesNothing = true
	return r
}

// audited reports whether calls of the route are written down: all that change something and whose caller is known.
func (r route) audited() bool {
	return r.method != http.MethodGet && r.scope != scopeOpen && !r.changesNothing
}

// beginAudit writes down what is about to be changed: nothing changes of which there is no row. What people set for
// themselves is theirs: only that they did is kept.
func (a *api) beginAudit(ctx context.Context, call Call, req reflect.Value) (int64, error) {
	r := call.route
	e := store.AuditEntry{ActorID: call.Actor.UserID, Action: r.method + " " + r.path, Path: call.request.URL.Path,
		RequestID: call.RequestID, Address: call.Address}
	if r.scope != scopeSelf {
		var err error
		if e.Input, err = auditInput(req); err != nil {
			return 0, err
		}
	}
	return a.DB.BeginAudit(ctx, e)
}

// endAudit notes what was answered. The change is made: that this cannot be noted must not hide it.
func (a *api) endAudit(ctx context.Context, id int64, status int) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditLimit)
	defer cancel()
	if err := a.DB.EndAudit(ctx, id, status); err != nil {
		a.Log.ErrorContext(ctx, "an audit row has no end", "audit_id", id, "status", status, "error", err)
	}
}

// auditInput is what was given of a request, secrets starred out.
func auditInput(req reflect.Value) (json.RawMessage, error) {
	fields, err := fieldsOf(req.Type())
	if err != nil {
		return nil, err
	}
	given := object{}
	for _, f := range fields {
		v := req.FieldByIndex(f.index)
		if v.IsZero() {
			continue
		}
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		switch x := v.Interface().(type) {
		case market.Day:
			given[f.name] = x.String()
		default:
			given[f.name] = x
		}
		if f.secret {
			given[f.name] = "***"
		}
	}
	body, err := json.Marshal(given)
	if err != nil {
		return nil, fmt.Errorf("encode an audit row: %w", err)
	}
	if len(body) > mostAudited {
		return json.Marshal(object{"bytes": len(body), "head": string([]rune(string(body[:mostAudited/4])))})
	}
	return body, nil
}

type auditItem struct {
	ID        int64           `json:"id" doc:"The entry's number."`
	At        instant         `json:"at" doc:"When it was asked for, on the wall clock."`
	ActorID   *int64          `json:"actor_id" doc:"Who asked for it; null for what was done from the command line."`
	Actor     string          `json:"actor" doc:"His address; from the command line tickerctl: and the account of the operating system."`
	Action    string          `json:"action" doc:"The route: PATCH /api/limits/{key}, say; or the command: tickerctl import."`
	Path      string          `json:"path" doc:"What it was asked of."`
	Input     json.RawMessage `json:"input" doc:"What was given, secrets starred out; empty for what somebody set for himself."`
	Status    *int            `json:"status" doc:"What was answered, or would have been to a command that ended so; null when the process died before."`
	RequestID string          `json:"request_id" doc:"As in the log; empty for a command."`
	Address   string          `json:"address" doc:"From which address; the machine's name for a command."`
}

type listAuditRequest struct {
	pageQuery
	Actor  int64     `query:"actor" min:"1" doc:"Only what this user asked for, by his id."`
	Action string    `query:"action" max:"100" doc:"Only this route, as in PATCH /api/limits/{key}."`
	From   time.Time `query:"from" doc:"At or after this time."`
	To     time.Time `query:"to" doc:"Before this time."`
}

func (a *api) listAudit(ctx context.Context, call Call, req listAuditRequest) (page[auditItem], error) {
	after, err := a.after(call, req.pageQuery)
	if err != nil {
		return page[auditItem]{}, err
	}
	if !req.From.IsZero() && !req.To.IsZero() && !req.From.Before(req.To) {
		return page[auditItem]{}, fault.InvalidField("from", "it must lie before to")
	}
	rows, err := a.DB.Audit(ctx, store.AuditFilter{ActorID: req.Actor, Action: req.Action, From: req.From, To: req.To,
		Limit: req.Limit + 1, Before: after.ID})
	if err != nil {
		return page[auditItem]{}, err
	}
	return newPage(a, call, req.pageQuery, rows, func(e store.AuditEntry) position { return atID(e.ID) }, toAuditItem), nil
}

func toAuditItem(e store.AuditEntry) auditItem {
	item := auditItem{ID: e.ID, At: instant(e.At), Actor: e.Actor, Action: e.Action, Path: e.Path, Input: e.Input,
		RequestID: e.RequestID, Address: e.Address}
	if e.ActorID != 0 {
		item.ActorID = &e.ActorID
	}
	if e.Status != 0 {
		item.Status = &e.Status
	}
	return item
}
