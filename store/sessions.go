package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"tickerwire/internal/fault"
)

// Session is one sign-in: a family of refresh tokens, of which number Counter is valid. All its times are wall time of
// the database.
type Session struct {
	ID        int64
	UserID    int64
	Counter   int
	Cookie    bool // its refresh token travels in a cookie only
	CreatedAt time.Time
	RotatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time // zero while it is not revoked
	Monitor   bool      // of the queue's monitor: it is not refreshed
	Device              // where it was opened or refreshed last
}

// Device is where a request comes from: the IP address, and what the program there calls itself, of which the first
// AgentLimit characters are kept.
type Device struct{ Address, Agent string }

// AgentLimit is how many characters of a program's name are kept.
const AgentLimit = 300

func (d Device) cut() Device {
	agent := []rune(legible(d.Agent))
	return Device{Address: legible(d.Address), Agent: string(agent[:min(len(agent), AgentLimit)])}
}

type sessionRow struct {
	bun.BaseModel `bun:"table:sessions,alias:s"`

	ID        int64     `bun:"id,pk,autoincrement"`
	UserID    int64     `bun:"user_id"`
	Counter   int       `bun:"counter"`
	Cookie    bool      `bun:"cookie"`
	CreatedAt time.Time `bun:"created_at"`
	RotatedAt time.Time `bun:"rotated_at"`
	ExpiresAt time.Time `bun:"expires_at"`
	RevokedAt time.Time `bun:"revoked_at,nullzero"`
	Monitor   bool      `bun:"monitor"`
	Address   string    `bun:"address"`
	Agent     string    `bun:"agent"`
}

func (r sessionRow) toNoun() Session {
	return Session{ID: r.ID, UserID: r.UserID, Counter: r.Counter, Cookie: r.Cookie, CreatedAt: r.CreatedAt,
		RotatedAt: r.RotatedAt, ExpiresAt: r.ExpiresAt, RevokedAt: r.RevokedAt,
		Monitor: r.Monitor, Device: Device{Address: r.Address, Agent: r.Agent}}
}

const sessionColumns = `id, user_id, counter, cookie, created_at, rotated_at, expires_at, revoked_at, monitor, address, agent`

// OpenSession begins a session that ends after ttl unless it is rotated before. UserID, Cookie, Monitor and Device are used.
func (db *DB) OpenSession(ctx context.Context, s Session, ttl time.Duration) (Session, error) {
	var row sessionRow
	from := s.Device.cut()
	err := db.bun.NewRaw(`
		insert into sessions (user_id, cookie, monitor, address, agent, expires_at)
		values (?, ?, ?, ?, ?, now() + make_interval(secs => ?))
		returning `+sessionColumns, s.UserID, s.Cookie, s.Monitor, from.Address, from.Agent, ttl.Seconds()).Scan(ctx, &row)
	if err != nil {
		return Session{}, fail(err, "open session of user %d", s.UserID)
	}
	return row.toNoun(), nil
}

// RotateSession takes refresh token number counter of a session and returns the session with its successor as Counter,
// good for another ttl. The token before the valid one gets the same successor again for the length of grace after the
// rotation (two tabs, a lost answer); any older one is a theft and revokes the session. What is refused is
// Unauthorized.
func (db *DB) RotateSession(ctx context.Context, id int64, counter int, ttl, grace time.Duration, from Device) (Session, error) {
	var rows []sessionRow
	from = from.cut()
	err := db.bun.NewRaw(`
		update sessions set counter = counter + 1, rotated_at = now(), expires_at = now() + make_interval(secs => ?), address = ?, agent = ?
		where id = ? and counter = ? and revoked_at is null and expires_at > now()
		returning `+sessionColumns, ttl.Seconds(), from.Address, from.Agent, id, counter).Scan(ctx, &rows)
	if err != nil {
		return Session{}, fail(err, "rotate session %d", id)
	}
	if len(rows) == 1 {
		return rows[0].toNoun(), nil
	}
	return db.rotatedBefore(ctx, id, counter, grace)
}

func (db *DB) rotatedBefore(ctx context.Context, id int64, counter int, grace time.Duration) (Session, error) {
	var rows []struct {
		sessionRow
		Fresh bool `bun:"fresh"`
	}
	err := db.bun.NewRaw(`
		select `+sessionColumns+`, rotated_at > now() - make_interval(secs => ?) as fresh
		from sessions where id = ? and revoked_at is null and expires_at > now()`, grace.Seconds(), id).Scan(ctx, &rows)
	switch {
	case err != nil:
		return Session{}, fail(err, "read session %d", id)
	case len(rows) == 0 || counter > rows[0].Counter:
		return Session{}, fault.New(fault.Unauthorized, "the session has ended, sign in again")
	case counter == rows[0].Counter-1 && rows[0].Fresh:
		return rows[0].toNoun(), nil
	}
	if err := db.RevokeSession(ctx, id, "refresh token used twice"); err != nil {
		return Session{}, err
	}
	return Session{}, fault.New(fault.Unauthorized, "the refresh token was used before, sign in again")
}

// RevokeSession ends a session; ending it twice keeps the first reason.
func (db *DB) RevokeSession(ctx context.Context, id int64, reason string) error {
	_, err := db.bun.NewRaw(`
		update sessions set revoked_at = now(), revoke_reason = ?, address = '', agent = ''
		where id = ? and revoked_at is null`, reason, id).Exec(ctx)
	return fail(err, "revoke session %d", id)
}

// RevokeSessions ends every session of a user, as RevokeSession does.
func (db *DB) RevokeSessions(ctx context.Context, userID int64, reason string) error {
	_, err := db.bun.NewRaw(`
		update sessions set revoked_at = now(), revoke_reason = ?, address = '', agent = ''
		where user_id = ? and revoked_at is null`, reason, userID).Exec(ctx)
	return fail(err, "revoke sessions of user %d", userID)
}

// SessionsOf returns a user's sessions that are neither revoked nor expired, the one that began last first, those before the
// session before where it is not 0.
func (db *DB) SessionsOf(ctx context.Context, userID, before int64, limit int) ([]Session, error) {
	var rows []sessionRow
	q := db.bun.NewSelect().Model(&rows).Where("s.user_id = ? and s.revoked_at is null and s.expires_at > now()", userID).Order("s.id desc").Limit(int64(limit))
	if before != 0 {
		q = q.Where("s.id < ?", before)
	}
	err := q.Scan(ctx)
	list := make([]Session, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list, fail(err, "sessions of user %d", userID)
}

// EndSession revokes one session of a user; NotFound when he has no such session that is good.
func (db *DB) EndSession(ctx context.Context, userID, id int64, reason string) error {
	res, err := db.bun.NewRaw(`
		update sessions set revoked_at = now(), revoke_reason = ?, address = '', agent = ''
		where id = ? and user_id = ? and revoked_at is null and expires_at > now()`, reason, id, userID).Exec(ctx)
	if err != nil {
		return fail(err, "end session %d", id)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return fail(err, "end session %d", id)
	}
	return notFound("session %d", id)
}

// SessionUser returns the user of a session that is neither revoked nor expired and whose user is active; Unauthorized
// when there is none. It is asked on every request, and always answered from the database as it is after the question.
func (db *DB) SessionUser(ctx context.Context, sessionID int64) (User, error) {
	u, ok, err := db.askers.ask(ctx, sessionID)
	switch {
	case err != nil:
		return User{}, fail(err, "read user of session %d", sessionID)
	case !ok:
		return User{}, fault.New(fault.Unauthorized, "the session has ended, sign in again")
	}
	return u, nil
}

// sessionUsers reads the users of those sessions that are good, by two primary keys each.
func (db *DB) sessionUsers(ctx context.Context, ids []int64) (map[int64]User, error) {
	type row struct {
		session int64
		user    User
	}
	var rows []row
	err := db.read(ctx, "read the users of sessions", into(newQuery(`
		select s.id, u.id, u.email, u.password_hash, u.role, u.ver, u.active, u.created_at
		from sessions s join users u on u.id = s.user_id
		where s.id = any(?) and s.revoked_at is null and s.expires_at > now() and u.active`, ids), &rows, func(rows pgx.Rows, r *row) error {
		u := &r.user
		return rows.Scan(&r.session, &u.ID, &u.Email, &u.PasswordHash, &u.Role, &u.Ver, &u.Active, &u.CreatedAt)
	}))
	users := make(map[int64]User, len(rows))
	for _, r := range rows {
		users[r.session] = r.user
	}
	return users, err
}
