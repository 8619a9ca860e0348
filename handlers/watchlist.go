package handlers

import (
	"context"
	"slices"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
)

// watchlistBody is what the caller watches.
type watchlistBody struct {
	All    bool           `json:"all" doc:"Every tracked stock, but for those of the list that are watched without alerts."`
	Stocks []watchedStock `json:"stocks" doc:"The list, in its order."`
}

type watchedStock struct {
	stockRef
	Alerts bool `json:"alerts" doc:"Whether I am alerted of it."`
}

type putWatchlistRequest struct {
	All    bool           `json:"all" doc:"Every tracked stock, but for those of the list that are watched without alerts."`
	Codes  []market.Code  `json:"codes" required:"true" max:"200" doc:"The whole list, each stock once."`
	Silent *[]market.Code `json:"silent" max:"200" example:"[]" doc:"Those of codes to be watched without alerts. Absent: those that were so, and are on the list still."`
}

// myRecipient is the caller's, or what it would be as long as he has changed nothing.
func (a *api) myRecipient(ctx context.Context, call Call) (notice.Recipient, error) {
	r, err := a.DB.RecipientOfUser(ctx, call.Actor.UserID)
	if fault.KindOf(err) == fault.NotFound {
		return notice.Recipient{UserID: call.Actor.UserID, Language: "ko", Active: true, Rule: notice.DefaultRule()}, nil
	}
	return r, err
}

// editMine changes the caller's recipient.
func (a *api) editMine(ctx context.Context, call Call, edit func(*notice.Recipient) error) (notice.Recipient, error) {
	r, err := a.DB.UserRecipient(ctx, call.Actor.UserID)
	if err != nil {
		return notice.Recipient{}, err
	}
	return a.DB.EditRecipient(ctx, r.ID, edit)
}

func (a *api) getWatchlist(ctx context.Context, call Call, _ nothing) (watchlistBody, error) {
	r, err := a.myRecipient(ctx, call)
	if err != nil {
		return watchlistBody{}, err
	}
	return a.toWatchlist(ctx, r)
}

func (a *api) putWatchlist(ctx context.Context, call Call, req putWatchlistRequest) (watchlistBody, error) {
	names, err := a.DB.StockNames(ctx, req.Codes)
	if err != nil {
		return watchlistBody{}, err
	}
	for i, code := range req.Codes {
		switch {
		case slices.Contains(req.Codes[:i], code):
			return watchlistBody{}, fault.InvalidField("codes", "%s is given twice", code)
		case names[code] == "":
			return watchlistBody{}, fault.InvalidField("codes", "%s is no stock that is known", code)
		}
	}
	if req.Silent != nil {
		for _, code := range *req.Silent {
			if !slices.Contains(req.Codes, code) {
				return watchlistBody{}, fault.InvalidField("silent", "%s is not among codes", code)
			}
		}
	}
	r, err := a.editMine(ctx, call, func(r *notice.Recipient) error {
		r.WatchAll = req.All
		r.Watch(req.Codes)
		if req.Silent != nil {
			r.Silence(*req.Silent)
		}
		return nil
	})
	if err != nil {
		return watchlistBody{}, err
	}
	return a.toWatchlist(ctx, r)
}

func (a *api) toWatchlist(ctx context.Context, r notice.Recipient) (watchlistBody, error) {
	names, err := a.DB.StockNames(ctx, r.Codes)
	if err != nil {
		return watchlistBody{}, err
	}
	return watchlistBody{All: r.WatchAll, Stocks: showAll(r.Codes, func(code market.Code) watchedStock {
		name := names[code]
		if name == "" { // listed no longer
			name = string(code)
		}
		return watchedStock{stockRef: stockRef{Code: code, Name: name}, Alerts: !slices.Contains(r.Silent, code)}
	})}, nil
}
