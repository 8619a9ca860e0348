package store

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"tickerwire/internal/fault"
)

// User is a person who can sign in. Email is lower case; PasswordHash is what the handlers made of the password; Role
// is "user", "operator" or "admin"; raising Ver ends the validity of every access token made before.
type User struct {
	ID           int64
	Email        string
	PasswordHash string
	Role         string
	Ver          int
	Active       bool
	CreatedAt    time.Time
}

type userRow struct {
	bun.BaseModel `bun:"table:users,alias:u"`

	ID           int64     `bun:"id,pk,autoincrement"`
	Email        string    `bun:"email"`
	PasswordHash string    `bun:"password_hash"`
	Role         string    `bun:"role"`
	Ver          int       `bun:"ver"`
	Active       bool      `bun:"active"`
	CreatedAt    time.Time `bun:"created_at"`
}

func (r userRow) toNoun() User {
	return User{ID: r.ID, Email: r.Email, PasswordHash: r.PasswordHash, Role: r.Role, Ver: r.Ver, Active: r.Active,
		CreatedAt: r.CreatedAt}
}

// User returns a user by id, or NotFound.
func (db *DB) User(ctx context.Context, id int64) (User, error) {
	u, ok, err := db.oneUser(ctx, "id = ?", id)
	if err == nil && !ok {
		err = notFound("user %d", id)
	}
	return u, err
}

// UserByEmail returns a user by address, in any case, or NotFound.
func (db *DB) UserByEmail(ctx context.Context, email string) (User, error) {
	u, ok, err := db.oneUser(ctx, "email = ?", strings.ToLower(email))
	if err == nil && !ok {
		err = notFound("a user with this address")
	}
	return u, err
}

func (db *DB) oneUser(ctx context.Context, where string, arg any) (u User, ok bool, err error) {
	var rows []userRow
	if err := db.bun.NewSelect().Model(&rows).Where(where, arg).Limit(1).Scan(ctx); err != nil || len(rows) == 0 {
		return User{}, false, fail(err, "read a user")
	}
	return rows[0].toNoun(), true, nil
}

// CreateUser adds an active user and returns its id; Conflict when the address is taken. ID, Ver, Active and CreatedAt
// of u are not read.
func (db *DB) CreateUser(ctx context.Context, u User) (int64, error) {
	var ids []int64
	err := db.bun.NewRaw(`
		insert into users (email, password_hash, role) values (?, ?, ?)
		on conflict (email) do nothing
		returning id`, strings.ToLower(u.Email), u.PasswordHash, u.Role).Scan(ctx, &ids)
	if err != nil {
		return 0, fail(err, "create user")
	}
	if len(ids) == 0 {
		return 0, fault.New(fault.Conflict, "a user with the address %s exists", strings.ToLower(u.Email))
	}
	return ids[0], nil
}

// SetPassword stores a new password hash and revokes the user's sessions except keepSession (0 keeps none), in one
// transaction.
func (db *DB) SetPassword(ctx context.Context, userID int64, hash string, keepSession int64) error {
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`update users set password_hash = ? where id = ?`, hash, userID).Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewRaw(`
			update sessions set revoked_at = now(), revoke_reason = 'password changed', address = '', agent = ''
			where user_id = ? and id <> ? and revoked_at is null`, userID, keepSession).Exec(ctx)
		return err
	})
	return fail(err, "set password of user %d", userID)
}

// RaiseVer ends the validity of every access token of the user at once; refresh tokens get new ones.
func (db *DB) RaiseVer(ctx context.Context, userID int64) error {
	_, err := db.bun.NewRaw(`update users set ver = ver + 1 where id = ?`, userID).Exec(ctx)
	return fail(err, "raise version of user %d", userID)
}
