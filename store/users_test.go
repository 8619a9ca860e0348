package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

func user(t testing.TB, db *store.DB, email string) store.User {
	t.Helper()
	id, err := db.CreateUser(t.Context(), store.User{Email: email, PasswordHash: "h", Role: "operator"})
	if err != nil {
		t.Fatal(err)
	}
	u, err := db.User(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func wantKind(t testing.TB, what string, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("%s: %v, want a %s fault", what, err, kind)
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	u := user(t, db, "Anna@Example.com")
	if u.Email != "anna@example.com" || u.Role != "operator" || u.Ver != 1 || !u.Active || u.PasswordHash != "h" || u.CreatedAt.IsZero() {
		t.Errorf("user %+v", u)
	}
	if same, err := db.UserByEmail(t.Context(), "ANNA@example.COM"); err != nil || same != u {
		t.Errorf("by address %+v, %v", same, err)
	}
	_, err := db.CreateUser(t.Context(), store.User{Email: "ANNA@example.com", PasswordHash: "h", Role: "user"})
	wantKind(t, "a taken address", err, fault.Conflict)
	_, err = db.User(t.Context(), u.ID+99)
	wantKind(t, "an unknown id", err, fault.NotFound)
	_, err = db.UserByEmail(t.Context(), "nobody@example.com")
	wantKind(t, "an unknown address", err, fault.NotFound)
}

func TestSetPasswordKeepsOneSession(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	u, other := user(t, db, "a@example.com"), user(t, db, "b@example.com")
	var sessions []store.Session
	for _, id := range []int64{u.ID, u.ID, other.ID} {
		s, err := db.OpenSession(t.Context(), store.Session{UserID: id}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		sessions = append(sessions, s)
	}
	if err := db.SetPassword(t.Context(), u.ID, "new", sessions[0].ID); err != nil {
		t.Fatal(err)
	}
	for i, open := range []bool{true, false, true} {
		got, err := db.SessionUser(t.Context(), sessions[i].ID)
		if (err == nil) != open {
			t.Errorf("session %d: %v", i, err)
		}
		if i == 0 && got.PasswordHash != "new" {
			t.Errorf("password hash %q", got.PasswordHash)
		}
	}
	if err := db.SetPassword(t.Context(), u.ID, "newer", 0); err != nil {
		t.Fatal(err)
	}
	_, err := db.SessionUser(t.Context(), sessions[0].ID)
	wantKind(t, "no session is kept", err, fault.Unauthorized)
}

func TestSessions(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	u := user(t, db, "a@example.com")
	s, err := db.OpenSession(t.Context(), store.Session{UserID: u.ID, Cookie: true}, time.Hour)
	if err != nil || s.Counter != 1 || !s.Cookie || s.UserID != u.ID || s.ExpiresAt.Sub(s.CreatedAt) != time.Hour || !s.RevokedAt.IsZero() {
		t.Fatalf("session %+v, %v", s, err)
	}
	rotate := func(counter int) (store.Session, error) {
		return db.RotateSession(t.Context(), s.ID, counter, 2*time.Hour, 10*time.Second, store.Device{})
	}
	next, err := rotate(1)
	if err != nil || next.Counter != 2 || !next.Cookie || next.ExpiresAt.Sub(next.RotatedAt) != 2*time.Hour {
		t.Fatalf("rotated %+v, %v", next, err)
	}
	if again, err := rotate(1); err != nil || again.Counter != 2 || !again.ExpiresAt.Equal(next.ExpiresAt) {
		t.Fatalf("the same again: %+v, %v", again, err)
	}
	_, err = rotate(7)
	wantKind(t, "a token of the future", err, fault.Unauthorized)
	if next, err = rotate(2); err != nil || next.Counter != 3 {
		t.Fatalf("rotated %+v, %v", next, err)
	}
	_, err = rotate(1)
	wantKind(t, "an old token", err, fault.Unauthorized)
	_, err = rotate(3)
	wantKind(t, "the family after that", err, fault.Unauthorized)
	if n := count(t, db, `select count(*) from sessions where revoke_reason = 'refresh token used twice'`); n != 1 {
		t.Errorf("%d sessions say why they ended", n)
	}
	if err := db.RevokeSession(t.Context(), s.ID, "again"); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, `select count(*) from sessions where revoke_reason = 'again'`); n != 0 {
		t.Error("the first reason was lost")
	}
}

// TestAUsersSessions are those that are good, with where they were used last; what has ended says nothing of that any more.
func TestAUsersSessions(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	u, other := user(t, db, "a@example.com"), user(t, db, "b@example.com")
	agent := strings.Repeat("가", store.AgentLimit) + "\x00\xff"
	open := func(s store.Session) int64 {
		t.Helper()
		s, err := db.OpenSession(t.Context(), s, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return s.ID
	}
	first := open(store.Session{UserID: u.ID, Cookie: true, Device: store.Device{Address: "192.0.2.1", Agent: agent}})
	second := open(store.Session{UserID: u.ID, Monitor: true})
	third, his := open(store.Session{UserID: u.ID}), open(store.Session{UserID: other.ID, Device: store.Device{Address: "192.0.2.9"}})
	listed := func(before int64, limit int) (ids []int64, list []store.Session) {
		t.Helper()
		list, err := db.SessionsOf(t.Context(), u.ID, before, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range list {
			ids = append(ids, s.ID)
		}
		return ids, list
	}
	ids, list := listed(0, 9)
	if !slices.Equal(ids, []int64{third, second, first}) || list[2].Address != "192.0.2.1" || list[2].Agent != strings.Repeat("가", store.AgentLimit) || !list[1].Monitor {
		t.Errorf("sessions %v: %+v", ids, list)
	}
	if page, _ := listed(third, 1); !slices.Equal(page, []int64{second}) {
		t.Errorf("behind the first: %v", page)
	}
	if _, err := db.RotateSession(t.Context(), first, 1, time.Hour, time.Minute, store.Device{Address: "192.0.2.2", Agent: "b"}); err != nil {
		t.Fatal(err)
	}
	if _, list := listed(0, 9); list[2].Device != (store.Device{Address: "192.0.2.2", Agent: "b"}) {
		t.Errorf("after it was used elsewhere: %+v", list[2])
	}
	wantKind(t, "somebody else's", db.EndSession(t.Context(), u.ID, his, "x"), fault.NotFound)
	if err := db.EndSession(t.Context(), u.ID, first, "ended by its owner"); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "one that has ended", db.EndSession(t.Context(), u.ID, first, "x"), fault.NotFound)
	exec(t, db, `update sessions set expires_at = now() where id = ?`, second)
	wantKind(t, "one whose time is over", db.EndSession(t.Context(), u.ID, second, "x"), fault.NotFound)
	if ids, _ := listed(0, 9); !slices.Equal(ids, []int64{third}) {
		t.Errorf("left are %v, want %d", ids, third)
	}
	if err := db.RevokeSessions(t.Context(), other.ID, "x"); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, `select count(*) from sessions where revoked_at is not null and address || agent <> ''`); n != 0 {
		t.Errorf("%d sessions that have ended keep where they were used", n)
	}
}

func TestAnExpiredSessionIsNoSession(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	u := user(t, db, "a@example.com")
	s, err := db.OpenSession(t.Context(), store.Session{UserID: u.ID}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, `update sessions set expires_at = now() - interval '1 second'`)
	_, err = db.RotateSession(t.Context(), s.ID, 1, time.Hour, time.Hour, store.Device{})
	wantKind(t, "rotate", err, fault.Unauthorized)
	_, err = db.SessionUser(t.Context(), s.ID)
	wantKind(t, "use", err, fault.Unauthorized)
}

func BenchmarkSessionUser(b *testing.B) {
	db := storetest.New(b)
	id, err := db.CreateUser(b.Context(), store.User{Email: "a@example.com", PasswordHash: "h", Role: "user"})
	if err != nil {
		b.Fatal(err)
	}
	s, err := db.OpenSession(b.Context(), store.Session{UserID: id}, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	exec(b, db, `insert into sessions (user_id, expires_at) select ?, now() from generate_series(1, 100000)`, id)
	exec(b, db, `analyze sessions`)
	for b.Loop() {
		if _, err := db.SessionUser(b.Context(), s.ID); err != nil {
			b.Fatal(err)
		}
	}
}
