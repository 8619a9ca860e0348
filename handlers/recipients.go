package handlers

import (
	"context"
	"time"

	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

// recipientItem is a recipient as operators see him.
type recipientItem struct {
	ID         int64         `json:"id" doc:"The recipient's number."`
	UserID     *int64        `json:"user_id" doc:"Whose he is; null for a bare chat, as of a group."`
	ChatID     *int64        `json:"chat_id" doc:"The chat that is linked; null for none. Groups are negative."`
	Language   string        `json:"language" enum:"ko,en" doc:"Of his messages."`
	Active     bool          `json:"active" doc:"Whether anything is sent."`
	OffReason  string        `json:"off_reason" doc:"Why not, as far as it is known: what the messenger said, or who stopped it."`
	MutedUntil *instant      `json:"muted_until" doc:"Nothing is sent before; null for not muted."`
	WatchAll   bool          `json:"watch_all" doc:"He hears of every stock, but for those of the list that he watches without alerts."`
	Watchlist  []market.Code `json:"watchlist" doc:"The stocks on his list."`
	DailyCap   int           `json:"daily_cap" doc:"Messages a day at most."`
	QuietFrom  int           `json:"quiet_from" doc:"Full hour KST from which nothing is sent."`
	QuietTo    int           `json:"quiet_to" doc:"Full hour KST from which it is sent again; the same as quiet_from for no quiet hours."`
}

func toRecipient(r notice.Recipient) recipientItem {
	return recipientItem{ID: r.ID, UserID: maybeID(r.UserID), ChatID: maybeID(r.ChatID), Language: r.Language, Active: r.Active, OffReason: r.OffReason,
		MutedUntil: maybe(r.MutedUntil), WatchAll: r.WatchAll, Watchlist: append([]market.Code{}, r.Codes...), DailyCap: r.DailyCap,
		QuietFrom: r.QuietFrom, QuietTo: r.QuietTo}
}

func (a *api) listRecipients(ctx context.Context, call Call, req pageQuery) (page[recipientItem], error) {
	after, err := a.after(call, req)
	if err != nil {
		return page[recipientItem]{}, err
	}
	rows, err := a.DB.RecipientList(ctx, after.ID, req.Limit+1)
	if err != nil {
		return page[recipientItem]{}, err
	}
	return newPage(a, call, req, rows, func(r notice.Recipient) position { return position{Position: store.Position{ID: r.ID}} }, toRecipient), nil
}

type patchRecipientRequest struct {
	ID     int64  `path:"id" doc:"The recipient's number."`
	Active *bool  `json:"active" doc:"Switch him on, after whatever switched him off is settled, or off."`
	Reason string `json:"reason" max:"200" doc:"Why he is switched off."`
}

// patchRecipient switches a recipient on or off. His list and his rule are his own.
func (a *api) patchRecipient(ctx context.Context, _ Call, req patchRecipientRequest) (recipientItem, error) {
	r, err := a.DB.EditRecipient(ctx, req.ID, func(r *notice.Recipient) error {
		if req.Active == nil {
			return nil
		}
		r.Active, r.OffReason = *req.Active, ""
		if !r.Active {
			r.OffReason = req.Reason
		}
		return nil
	})
	return toRecipient(r), err
}

type deliveriesRequest struct {
	Hours int `query:"hours" min:"1" max:"720" default:"24" doc:"Of the alerts decided within so many hours."`
}

// deliveriesBody is how messages fare.
type deliveriesBody struct {
	Active    int             `json:"active_recipients" doc:"Recipients who are sent something."`
	Off       int             `json:"inactive_recipients" doc:"Recipients who are not."`
	Notices   deliveryBody    `json:"notices" doc:"How many messages of the alerts since then stand where."`
	Waiting   *instant        `json:"waiting_since" doc:"Since when the oldest message waits for its turn; null when none does."`
	Ambiguous []ambiguousItem `json:"ambiguous" doc:"The newest messages that may have arrived and are never sent again, whenever that was."`
}

type ambiguousItem struct {
	ID          int64   `json:"id" doc:"The notice's number."`
	AlertID     *int64  `json:"alert_id" doc:"The alert; null for a digest."`
	RecipientID int64   `json:"recipient_id" doc:"To whom."`
	ClaimedAt   instant `json:"claimed_at" doc:"When it was about to leave, on the wall clock."`
	Reason      string  `json:"reason" doc:"What is known of it."`
}

// shownAmbiguous is how many of them are listed.
const shownAmbiguous = 200

func (a *api) getDeliveries(ctx context.Context, _ Call, req deliveriesRequest) (deliveriesBody, error) {
	c, err := a.DB.Deliveries(ctx, a.Now().Add(-time.Duration(req.Hours)*time.Hour), shownAmbiguous)
	if err != nil {
		return deliveriesBody{}, err
	}
	return deliveriesBody{Active: c.Active, Off: c.Off, Notices: toDelivery(c.States), Waiting: maybe(c.OldestDue),
		Ambiguous: showAll(c.Ambiguous, func(n store.AmbiguousNotice) ambiguousItem {
			return ambiguousItem{ID: n.ID, AlertID: maybeID(n.AlertID), RecipientID: n.RecipientID, ClaimedAt: instant(n.ClaimedAt), Reason: n.Reason}
		})}, nil
}
