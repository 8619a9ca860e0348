package handlers

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/store"
)

// Actor is who calls, as the database knows him now.
type Actor struct {
	UserID    int64
	SessionID int64
	Email     string
	Role      string
	Since     time.Time // when the account was made
	hash      string
}

const actorKey = "actor"

// authorize finds out who calls by the bearer token and whether he may.
func (a *api) authorize(ctx context.Context, r *http.Request, s Scope) (Actor, error) {
	kind, token, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(kind, "Bearer") {
		return Actor{}, fault.New(fault.Unauthorized, "sign in first")
	}
	actor, err := a.actorOf(ctx, token, forAPI)
	if err != nil {
		return Actor{}, err
	}
	if !mayDo(actor.Role, s) {
		return Actor{}, fault.New(fault.Forbidden, "this needs the scope %s", s)
	}
	return actor, nil
}

// actorOf resolves a token on every request with one query over two primary keys, so that a revocation, a new password
// or another role is obeyed by every process at once; there is no cache that could be late.
func (a *api) actorOf(ctx context.Context, token, audience string) (Actor, error) {
	c, err := a.tokens.parse(token, audience)
	if err != nil {
		return Actor{}, err
	}
	u, err := a.DB.SessionUser(ctx, c.SID)
	if err != nil {
		return Actor{}, err
	}
	if strconv.FormatInt(u.ID, 10) != c.Subject || u.Ver != c.Ver {
		return Actor{}, fault.New(fault.Unauthorized, "the token was revoked")
	}
	return toActor(u, c.SID), nil
}

func toActor(u store.User, sessionID int64) Actor {
	return Actor{UserID: u.ID, SessionID: sessionID, Email: u.Email, Role: u.Role, Since: u.CreatedAt, hash: u.PasswordHash}
}
