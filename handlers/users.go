package handlers

import (
	"context"
	"net/mail"
	"strings"

	"tickerwire/internal/fault"
	"tickerwire/store"
)

// accountItem is a user as admins see him.
type accountItem struct {
	ID        int64   `json:"id" doc:"The user's id."`
	Email     string  `json:"email" doc:"In lower case."`
	Role      string  `json:"role" enum:"user,operator,admin" doc:"A fixed set of scopes."`
	Active    bool    `json:"active" doc:"Whether he may sign in."`
	CreatedAt instant `json:"created_at" doc:"When the account was made."`
}

func toAccount(u store.User) accountItem {
	return accountItem{ID: u.ID, Email: u.Email, Role: u.Role, Active: u.Active, CreatedAt: instant(u.CreatedAt)}
}

type listUsersRequest struct {
	pageQuery
	Role   string `query:"role" enum:"user,operator,admin" doc:"Only of this role."`
	Active *bool  `query:"active" doc:"Only those who may sign in, or only the others."`
}

func (a *api) listUsers(ctx context.Context, call Call, req listUsersRequest) (page[accountItem], error) {
	after, err := a.after(call, req.pageQuery)
	if err != nil {
		return page[accountItem]{}, err
	}
	rows, err := a.DB.Users(ctx, store.UserFilter{Role: req.Role, Active: req.Active, After: after.ID, Limit: req.Limit + 1})
	if err != nil {
		return page[accountItem]{}, err
	}
	return newPage(a, call, req.pageQuery, rows, func(u store.User) position { return atID(u.ID) }, toAccount), nil
}

type createUserRequest struct {
	Email    string `json:"email" required:"true" min:"3" max:"254" doc:"His address, by which he signs in."`
	Password string `json:"password" required:"true" secret:"true" min:"10" max:"200" doc:"His first password; he can change it."`
	Role     string `json:"role" enum:"user,operator,admin" default:"user" doc:"What he may do."`
}

func (a *api) createUser(ctx context.Context, _ Call, req createUserRequest) (accountItem, error) {
	address, err := mail.ParseAddress(req.Email)
	if err != nil || address.Address != req.Email || strings.ContainsAny(req.Email, " \"") {
		return accountItem{}, fault.InvalidField("email", "it is no address")
	}
	hash, err := a.hasher.hash(ctx, req.Password)
	if err != nil {
		return accountItem{}, err
	}
	id, err := a.DB.CreateUser(ctx, store.User{Email: req.Email, PasswordHash: hash, Role: req.Role})
	if err != nil {
		return accountItem{}, err
	}
	u, err := a.DB.User(ctx, id)
	return toAccount(u), err
}

type patchUserRequest struct {
	idRequest
	Role     *string `json:"role" enum:"user,operator,admin" doc:"What he may do; his access tokens end at once."`
	Active   *bool   `json:"active" doc:"Whether he may sign in; false ends his sessions at once."`
	Password *string `json:"password" secret:"true" min:"10" max:"200" doc:"Another password; his sessions end at once."`
}

func (a *api) patchUser(ctx context.Context, _ Call, req patchUserRequest) (accountItem, error) {
	edit := store.UserEdit{Role: req.Role, Active: req.Active}
	if req.Password != nil {
		hash, err := a.hasher.hash(ctx, *req.Password)
		if err != nil {
			return accountItem{}, err
		}
		edit.PasswordHash = &hash
	}
	u, err := a.DB.EditUser(ctx, req.ID, edit)
	return toAccount(u), err
}

// deleteUser deactivates: what he did stays his.
func (a *api) deleteUser(ctx context.Context, _ Call, req idRequest) (accountItem, error) {
	off := false
	u, err := a.DB.EditUser(ctx, req.ID, store.UserEdit{Active: &off})
	return toAccount(u), err
}
