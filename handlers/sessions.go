package handlers

import (
	"context"

	"tickerwire/store"
)

// device is where the call comes from.
func (c Call) device() store.Device {
	return store.Device{Address: c.Address, Agent: c.request.UserAgent()}
}

type sessionItem struct {
	ID        int64   `json:"id" doc:"The session's number."`
	Current   bool    `json:"current" doc:"Whether this call is of it."`
	Kind      string  `json:"kind" enum:"browser,program,monitor" doc:"browser: its refresh token is in a cookie; monitor: of the queue's monitor; program: every other."`
	Address   string  `json:"address" doc:"From where it was opened or refreshed last; empty where that is not known."`
	Agent     string  `json:"agent" doc:"What the program there calls itself, its first 300 characters; empty where it says nothing." example:"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"`
	CreatedAt instant `json:"created_at" doc:"When it was signed in."`
	UsedAt    instant `json:"used_at" doc:"When it was opened or refreshed last: what is in use is refreshed every 15 minutes."`
	ExpiresAt instant `json:"expires_at" doc:"When it ends, unless it is refreshed before."`
}

func toSession(s store.Session, current int64) sessionItem {
	item := sessionItem{ID: s.ID, Current: s.ID == current, Kind: "program", Address: s.Address, Agent: s.Agent, CreatedAt: instant(s.CreatedAt),
		UsedAt: instant(s.RotatedAt), ExpiresAt: instant(s.ExpiresAt)}
	switch {
	case s.Monitor:
		item.Kind = "monitor"
	case s.Cookie:
		item.Kind = "browser"
	}
	return item
}

func (a *api) listSessions(ctx context.Context, call Call, req pageQuery) (page[sessionItem], error) {
	after, err := a.after(call, req)
	if err != nil {
		return page[sessionItem]{}, err
	}
	rows, err := a.DB.SessionsOf(ctx, call.Actor.UserID, after.ID, req.Limit+1)
	if err != nil {
		return page[sessionItem]{}, err
	}
	return newPage(a, call, req, rows, func(s store.Session) position { return atID(s.ID) },
		func(s store.Session) sessionItem { return toSession(s, call.Actor.SessionID) }), nil
}

type sessionRequest struct {
	ID int64 `path:"id" min:"1" doc:"The session's number."`
}

// deleteSession ends one of the caller's sessions. Where it is this one, that is signing out.
func (a *api) deleteSession(ctx context.Context, call Call, req sessionRequest) (none, error) {
	if err := a.DB.EndSession(ctx, call.Actor.UserID, req.ID, "ended by its owner"); err != nil {
		return none{}, err
	}
	if req.ID != call.Actor.SessionID {
		return none{}, nil
	}
	return none{}, call.dropRefresh()
}
