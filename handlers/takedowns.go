package handlers

import (
	"context"
	"net/http"

	"tickerwire/store"
)

type createTakedownRequest struct {
	URL    string `json:"url" required:"true" max:"2000" doc:"The address of the article, in any form of it."`
	Reason string `json:"reason" required:"true" max:"500" doc:"Who asked for it and why."`
}

// takedownBody is a take-down with its proof.
type takedownBody struct {
	ID        int64         `json:"id" doc:"The take-down's number."`
	URL       string        `json:"url" doc:"The address in its one form; no crawl brings it back."`
	Reason    string        `json:"reason" doc:"As it was first ordered."`
	OrderedAt instant       `json:"ordered_at" doc:"When it was first ordered."`
	Articles  []int64       `json:"articles" doc:"The articles that were found there; their rows stay, without their words."`
	Complete  bool          `json:"complete" doc:"Whether every place was looked at and nothing is left; false while the vector index has yet to follow."`
	Proof     []removalItem `json:"proof" doc:"Place by place, what was removed and what a query finds there now."`
}

type removalItem struct {
	Place   string `json:"place" doc:"Where words of the article were kept, or work that would have spread them."`
	Removed int    `json:"removed" doc:"How many rows were emptied, deleted or stopped, over all orders."`
	Left    int    `json:"left" doc:"How many a query finds now; of the vector index, how many it may still hold."`
}

func (t takedownBody) status() int {
	if t.Complete {
		return http.StatusOK
	}
	return http.StatusAccepted
}

func toTakedown(t store.Takedown) takedownBody {
	return takedownBody{ID: t.ID, URL: t.URL, Reason: t.Reason, OrderedAt: instant(t.OrderedAt), Articles: notNil(t.Articles),
		Complete: t.Complete(), Proof: showAll(t.Proof, func(r store.Removal) removalItem { return removalItem(r) })}
}

func (a *api) createTakedown(ctx context.Context, call Call, req createTakedownRequest) (takedownBody, error) {
	t, err := a.DB.TakeDown(ctx, store.TakedownOrder{URL: req.URL, Reason: req.Reason, By: call.Actor.UserID})
	if err != nil {
		return takedownBody{}, err
	}
	a.Log.InfoContext(ctx, "take-down ordered", "takedown_id", t.ID, "by", call.Actor.UserID, "articles", len(t.Articles))
	if t.IndexDue {
		if err := a.Queue.TakedownOrdered(ctx, t.ID); err != nil {
			a.Log.WarnContext(ctx, "an order was not rung for, the sweep will", "takedown_id", t.ID, "request_id", call.RequestID, "error", err)
		}
	}
	return toTakedown(t), nil
}

type takedownItem struct {
	ID        int64   `json:"id" doc:"The take-down's number."`
	URL       string  `json:"url" doc:"The address in its one form."`
	Reason    string  `json:"reason" doc:"As it was first ordered."`
	OrderedAt instant `json:"ordered_at" doc:"When it was first ordered, on the wall clock."`
	OrderedBy *int64  `json:"ordered_by" doc:"The user who ordered it; null for the command line."`
	Articles  int     `json:"articles" doc:"Articles that were found there."`
	IndexDue  bool    `json:"index_due" doc:"The vector index has yet to follow."`
}

// listTakedowns answers orders without their proof, which an order made again brings.
func (a *api) listTakedowns(ctx context.Context, call Call, req pageQuery) (page[takedownItem], error) {
	after, err := a.after(call, req)
	if err != nil {
		return page[takedownItem]{}, err
	}
	rows, err := a.DB.Takedowns(ctx, after.ID, req.Limit+1)
	if err != nil {
		return page[takedownItem]{}, err
	}
	return newPage(a, call, req, rows, func(t store.TakedownLine) position { return atID(t.ID) }, toTakedownItem), nil
}

func toTakedownItem(t store.TakedownLine) takedownItem {
	return takedownItem{ID: t.ID, URL: t.URL, Reason: t.Reason, OrderedAt: instant(t.OrderedAt), OrderedBy: maybeID(t.OrderedBy),
		Articles: t.Articles, IndexDue: t.IndexDue}
}
