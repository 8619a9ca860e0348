package handlers

import (
	"context"
	"net/http"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/store"
)

type loginRequest struct {
	Email    string `json:"email" required:"true" min:"1" max:"254" doc:"The account's address, in any case."`
	Password string `json:"password" required:"true" secret:"true" min:"1" max:"200" doc:"The account's password."`
	Session  string `json:"session" enum:"token,cookie" doc:"cookie: the refresh token goes into an HttpOnly cookie instead of the answer. Default token."`
}

// tokenAnswer is what signing in and refreshing give.
type tokenAnswer struct {
	AccessToken  string   `json:"access_token" doc:"Goes into the Authorization header."`
	TokenType    string   `json:"token_type" enum:"Bearer" doc:"Always Bearer."`
	ExpiresIn    int      `json:"expires_in" doc:"Seconds that the access token is good for."`
	RefreshToken *string  `json:"refresh_token" doc:"Good for 14 days and one use; null when it went into a cookie."`
	User         userBody `json:"user" doc:"Who signed in."`
}

type userBody struct {
	ID        int64   `json:"id" doc:"The user's id."`
	Email     string  `json:"email" doc:"In lower case."`
	Role      string  `json:"role" enum:"user,operator,admin" doc:"A fixed set of scopes."`
	Scopes    []Scope `json:"scopes" doc:"What the role may do."`
	CreatedAt instant `json:"created_at" doc:"When the account was made."`
}

func toUser(actor Actor) userBody {
	return userBody{ID: actor.UserID, Email: actor.Email, Role: actor.Role, Scopes: scopesOf(actor.Role), CreatedAt: instant(actor.Since)}
}

func (a *api) login(ctx context.Context, call Call, req loginRequest) (tokenAnswer, error) {
	if req.Session == "cookie" && !mayHoldCookie(call.request, call.secure) {
		return tokenAnswer{}, errNoCookie()
	}
	u, err := a.signIn(ctx, call.Address, req.Email, req.Password)
	if err != nil {
		return tokenAnswer{}, err
	}
	session, err := a.DB.OpenSession(ctx, store.Session{UserID: u.ID, Cookie: req.Session == "cookie", Device: call.device()}, refreshTTL)
	if err != nil {
		return tokenAnswer{}, err
	}
	return a.tokensFor(call, u, session)
}

// signIn checks an address and a password. What it answers, and how long that takes, does not tell whether the account
// exists.
func (a *api) signIn(ctx context.Context, address, email, password string) (store.User, error) {
	if err := a.throttle.attempt(ctx, email, address); err != nil {
		return store.User{}, err
	}
	u, err := a.DB.UserByEmail(ctx, email)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return store.User{}, err
	}
	ok, err := a.hasher.verify(ctx, password, u.PasswordHash)
	if err != nil {
		return store.User{}, err
	}
	if !ok || !u.Active {
		return store.User{}, fault.New(fault.Unauthorized, "the address or the password is wrong")
	}
	a.throttle.succeed(ctx, email)
	return u, nil
}

func (a *api) tokensFor(call Call, u store.User, s store.Session) (tokenAnswer, error) {
	access, err := a.tokens.access(u, s.ID, forAPI, accessTTL)
	if err != nil {
		return tokenAnswer{}, err
	}
	answer := tokenAnswer{AccessToken: access, TokenType: "Bearer", ExpiresIn: int(accessTTL / time.Second), User: toUser(toActor(u, s.ID))}
	call.header.Set("Cache-Control", "no-store")
	refresh := a.tokens.refreshToken(s.ID, s.Counter)
	if s.Cookie {
		return answer, call.giveRefresh(refresh)
	}
	answer.RefreshToken = &refresh
	return answer, nil
}

// status says that nobody is signed in where there are no tokens: a page that asks by its cookie is answered so.
func (t tokenAnswer) status() int {
	if t.AccessToken == "" {
		return http.StatusNoContent
	}
	return http.StatusOK
}

type refreshRequest struct {
	RefreshToken string `json:"refresh_token" max:"200" doc:"The newest refresh token; without it the cookie is read."`
	Session      string `json:"session" enum:"token,cookie" doc:"cookie: where there is neither a token nor a cookie nobody is signed in, which is no mistake: 204 instead of 401. Default token."`
}

func (a *api) refresh(ctx context.Context, call Call, req refreshRequest) (tokenAnswer, error) {
	text := req.RefreshToken
	if text == "" {
		text = call.takeRefresh()
	}
	if text == "" && req.Session == "cookie" {
		return tokenAnswer{}, nil
	}
	if text == "" {
		return tokenAnswer{}, fault.New(fault.Unauthorized, "there is no refresh token in the body or in a cookie")
	}
	id, counter, err := a.tokens.parseRefresh(text)
	if err != nil {
		return tokenAnswer{}, err
	}
	s, err := a.DB.RotateSession(ctx, id, counter, refreshTTL, reuseGrace, call.device())
	if err != nil {
		return tokenAnswer{}, err
	}
	u, err := a.DB.SessionUser(ctx, s.ID)
	if err != nil {
		return tokenAnswer{}, err
	}
	return a.tokensFor(call, u, s)
}

type nothing struct{}

type logoutRequest struct {
	Everywhere bool `json:"everywhere" doc:"End every session of the account, on every device, instead of this one only."`
}

func (a *api) logout(ctx context.Context, call Call, req logoutRequest) (none, error) {
	end := func() error { return a.DB.RevokeSession(ctx, call.Actor.SessionID, "signed out") }
	if req.Everywhere {
		end = func() error { return a.DB.RevokeSessions(ctx, call.Actor.UserID, "signed out everywhere") }
	}
	if err := end(); err != nil {
		return none{}, err
	}
	return none{}, call.dropRefresh()
}

func (a *api) getMe(_ context.Context, call Call, _ nothing) (userBody, error) {
	return toUser(call.Actor), nil
}

type patchMeRequest struct {
	CurrentPassword string `json:"current_password" required:"true" secret:"true" min:"1" max:"200" doc:"The password that is to end."`
	Password        string `json:"password" required:"true" secret:"true" min:"10" max:"200" doc:"The new password. Every other session of the account ends."`
}

func (a *api) patchMe(ctx context.Context, call Call, req patchMeRequest) (userBody, error) {
	if err := a.throttle.attempt(ctx, call.Actor.Email, call.Address); err != nil {
		return userBody{}, err
	}
	ok, err := a.hasher.verify(ctx, req.CurrentPassword, call.Actor.hash)
	if err != nil {
		return userBody{}, err
	}
	if !ok {
		return userBody{}, fault.InvalidField("current_password", "it is not the current password")
	}
	a.throttle.succeed(ctx, call.Actor.Email)
	hash, err := a.hasher.hash(ctx, req.Password)
	if err != nil {
		return userBody{}, err
	}
	if err := a.DB.SetPassword(ctx, call.Actor.UserID, hash, call.Actor.SessionID); err != nil {
		return userBody{}, err
	}
	return toUser(call.Actor), nil
}
