package store

import (
	"cmp"
	"context"

	"github.com/uptrace/bun"

	"tickerwire/internal/fault"
)

// UserFilter narrows a list of users; a zero field means any. After is an id that the list goes on behind.
type UserFilter struct {
	Role   string
	Active *bool
	After  int64
	Limit  int // 0 means 50
}

// Users returns users by id.
func (db *DB) Users(ctx context.Context, f UserFilter) ([]User, error) {
	var rows []userRow
	q := db.bun.NewSelect().Model(&rows).Where("u.id > ?", f.After).Order("u.id").Limit(int64(cmp.Or(f.Limit, listLimit)))
	if f.Role != "" {
		q = q.Where("u.role = ?", f.Role)
	}
	if f.Active != nil {
		q = q.Where("u.active = ?", *f.Active)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fail(err, "users")
	}
	list := make([]User, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list, nil
}

// UserEdit is what an admin changes of a user; nil leaves a thing as it is.
type UserEdit struct {
	Role         *string
	Active       *bool
	PasswordHash *string
}

// EditUser changes a user and ends what must end with it, in one transaction: another role makes every access token
// worthless, a new password or a deactivation every session. NotFound when there is none; Conflict when no active admin
// would be left.
func (db *DB) EditUser(ctx context.Context, id int64, e UserEdit) (User, error) {
	var row userRow
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		// Two admins who remove each other must not both succeed.
		if _, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock(hashtext(current_schema()), ?)`, usersLock); err != nil {
			return err
		}
		row = userRow{}
		err := tx.NewRaw(`
			update users as u set role = coalesce(?1, role), active = coalesce(?2, active), password_hash = coalesce(?3, password_hash),
				ver = ver + case when ?1 is distinct from role and ?1 is not null or ?2 = false and active then 1 else 0 end
			where id = ?0 returning id, email, password_hash, role, ver, active, created_at`, id, e.Role, e.Active, e.PasswordHash).Scan(ctx, &row)
		if err != nil {
			return err
		}
		var admins int
		if err := tx.NewRaw(`select count(*) from users where role = 'admin' and active`).Scan(ctx, &admins); err != nil {
			return err
		}
		if admins == 0 {
			return fault.New(fault.Conflict, "no admin would be left")
		}
		if e.PasswordHash == nil && (e.Active == nil || *e.Active) {
			return nil
		}
		_, err = tx.ExecContext(ctx, `
			update sessions set revoked_at = now(), revoke_reason = 'an admin has changed the account', address = '', agent = '' where user_id = ? and revoked_at is null`, id)
		return err
	})
	return row.toNoun(), failOne(err, "user %d", id)
}
