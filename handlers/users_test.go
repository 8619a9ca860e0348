package handlers_test

import (
	"net/http"
	"sync"
	"testing"

	"tickerwire/internal/fault"
	"tickerwire/store"
)

func TestUsersAreManaged(t *testing.T) {
	t.Parallel()
	s := open(t)
	admin, doc := s.as("admin"), s.spec()
	made := s.send(admin, "POST", "/api/users", fields{"email": "New@example.com", "password": password}).want(http.StatusCreated)
	doc.check("POST", "/api/users", made)
	for key, want := range (fields{"id": 2.0, "email": "new@example.com", "role": "user", "active": true}) {
		expect(t, made.object(), want, key)
	}
	s.send(admin, "POST", "/api/users", fields{"email": "new@example.com", "password": password}).want(http.StatusConflict)
	doc.check("GET", "/api/users", s.get(admin, "/api/users").want(http.StatusOK))
	if ids := s.walk(admin, "/api/users?limit=1", "id"); len(ids) != 2 {
		t.Errorf("in pages of one: %v", ids)
	}
	if ids := s.walk(admin, "/api/users?role=user&active=true", "id"); len(ids) != 1 || ids[0] != 2.0 {
		t.Errorf("users: %v", ids)
	}
	token := s.login("new@example.com").Access
	raised := s.send(admin, "PATCH", "/api/users/2", fields{"role": "operator"}).want(http.StatusOK)
	doc.check("PATCH", "/api/users/{id}", raised)
	s.get(token, "/api/auth/me").want(http.StatusUnauthorized) // of the role that he had
	token = s.login("new@example.com").Access
	s.get(token, "/api/tasks").want(http.StatusOK)
	s.send(admin, "PATCH", "/api/users/2", fields{"role": "operator"}).want(http.StatusOK)
	s.get(token, "/api/tasks").want(http.StatusOK) // nothing has changed
	s.send(admin, "PATCH", "/api/users/2", fields{"password": "quite another password"}).want(http.StatusOK)
	s.get(token, "/api/tasks").want(http.StatusUnauthorized)
	s.send("", "POST", "/api/auth/login", fields{"email": "new@example.com", "password": password}).want(http.StatusUnauthorized)
	token = func() string {
		var got signedIn
		s.send("", "POST", "/api/auth/login", fields{"email": "new@example.com", "password": "quite another password"}).want(http.StatusOK).into(&got)
		return got.Access
	}()
	gone := s.send(admin, "DELETE", "/api/users/2", nil).want(http.StatusOK)
	doc.check("DELETE", "/api/users/{id}", gone)
	expect(t, gone.object(), false, "active")
	s.get(token, "/api/auth/me").want(http.StatusUnauthorized)
	s.send("", "POST", "/api/auth/login", fields{"email": "new@example.com", "password": "quite another password"}).want(http.StatusUnauthorized)

	s.send(admin, "DELETE", "/api/users/1", nil).want(http.StatusConflict)
	s.send(admin, "PATCH", "/api/users/1", fields{"role": "user"}).want(http.StatusConflict)
	s.send(admin, "DELETE", "/api/users/77", nil).want(http.StatusNotFound)
	s.get(admin, "/api/users").want(http.StatusOK) // he still is one
	for body, field := range map[string]string{`{"email":"x","password":"long enough it is"}`: "email", `{"email":"a@b.c","password":"short"}`: "password",
		`{"email":"A <a@b.example>","password":"long enough it is"}`: "email", `{"email":"a@b.example","password":"long enough it is","role":"king"}`: "role"} {
		if got := s.send(admin, "POST", "/api/users", body).field(); got != field {
			t.Errorf("%s: field %q", body, got)
		}
	}
	s.get(s.as("operator"), "/api/users").want(http.StatusForbidden)
}

func TestTwoAdminsNeverRemoveEachOther(t *testing.T) {
	t.Parallel()
	s := open(t)
	ids := []int64{s.user("a@example.com", "admin"), s.user("b@example.com", "admin")}
	off := false
	conflicts := make([]bool, len(ids))
	var group sync.WaitGroup
	for i, id := range ids {
		group.Go(func() {
			_, err := s.db.EditUser(t.Context(), id, store.UserEdit{Active: &off})
			conflicts[i] = fault.KindOf(err) == fault.Conflict
			if err != nil && !conflicts[i] {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if conflicts[0] == conflicts[1] {
		t.Errorf("refused: %v, want one of the two", conflicts)
	}
}
