package store_test

import (
	"sync"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// TestSessionsAreAnsweredAsTheyAreNow has many ask at once, and looks that everybody gets his own user, and that nobody who
// comes after a revocation gets in.
func TestSessionsAreAnsweredAsTheyAreNow(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	const people = 8
	var sessions []store.Session
	for i := range people {
		id, err := db.CreateUser(t.Context(), store.User{Email: string(rune('a'+i)) + "@example.com", PasswordHash: "x", Role: "user"})
		if err != nil {
			t.Fatal(err)
		}
		s, err := db.OpenSession(t.Context(), store.Session{UserID: id}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		sessions = append(sessions, s)
	}
	var group sync.WaitGroup
	for i := range 400 {
		group.Go(func() {
			s := sessions[i%people]
			if u, err := db.SessionUser(t.Context(), s.ID); err != nil || u.ID != s.UserID {
				t.Errorf("session %d: user %d, %v", s.ID, u.ID, err)
			}
			if _, err := db.SessionUser(t.Context(), s.ID+1000); fault.KindOf(err) != fault.Unauthorized {
				t.Errorf("no session: %v", err)
			}
		})
	}
	group.Wait()
	for _, s := range sessions {
		if err := db.RevokeSession(t.Context(), s.ID, "test"); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			group.Go(func() {
				if u, err := db.SessionUser(t.Context(), s.ID); fault.KindOf(err) != fault.Unauthorized {
					t.Errorf("a revoked session is of user %d, %v", u.ID, err)
				}
			})
		}
	}
	group.Wait()
}
