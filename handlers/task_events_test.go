package handlers_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tickerwire/handlers"
	"tickerwire/store"
)

// patience is how long a test waits for what must happen; it only ends a test that has failed.
const patience = 30 * time.Second

// message is an event as a browser reads it.
type message struct{ id, name, data string }

// follow opens a stream of a run. What comes goes to the channel, which is closed with the stream.
func (s *site) follow(base, token, lastID string) (status int, messages <-chan message, leave func()) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/tasks/1/events", http.NoBody)
	must(s, err)
	req.Header.Set("Authorization", "Bearer "+token)
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	res, err := http.DefaultClient.Do(req)
	must(s, err)
	out, done := make(chan message, 100), make(chan struct{})
	go func() {
		defer close(done)
		defer close(out)
		defer res.Body.Close()
		var m message
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
			case "id":
				m.id = value
			case "event":
				m.name = value
			case "data":
				m.data = value
			case "":
				if m.name != "" {
					out <- m
				}
				m = message{}
			}
		}
	}()
	leave = func() { cancel(); <-done }
	s.Cleanup(leave)
	return res.StatusCode, out, leave
}

func next(t *testing.T, messages <-chan message) message {
	t.Helper()
	select {
	case m, ok := <-messages:
		if !ok {
			t.Fatal("the stream has ended")
		}
		return m
	case <-time.After(patience):
		t.Fatal("nothing came")
	}
	panic("unreachable")
}

// ended fails the test unless the stream ends without a further event.
func ended(t *testing.T, messages <-chan message) {
	t.Helper()
	select {
	case m, ok := <-messages:
		if ok {
			t.Errorf("a further event: %+v", m)
		}
	case <-time.After(patience):
		t.Error("the stream goes on")
	}
}

// served puts the API on a port, with a run that has begun.
func (s *site) served() (base string, run store.Run) {
	s.Helper()
	server := httptest.NewServer(s.echo)
	s.Cleanup(server.Close)
	run, _, err := s.db.OrderRun(s.Context(), store.Run{Kind: "repredict", Key: "k"})
	must(s, err)
	run, _, err = s.db.StartRun(s.Context(), run.ID)
	must(s, err)
	return server.URL, run
}

func TestARunIsFollowed(t *testing.T) {
	t.Parallel()
	s := open(t)
	operator := s.as("operator")
	base, run := s.served()
	status, messages, leave := s.follow(base, operator, "")
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	first := next(t, messages)
	if first.name != "run" || !strings.Contains(first.data, `"state":"running"`) || !strings.Contains(first.data, `"eta_seconds":null`) {
		t.Errorf("first %+v", first)
	}
	must(t, s.db.RunProgress(t.Context(), run.ID, 10, 4, 1))
	second := next(t, messages)
	var body struct {
		Done int
		ETA  *int64 `json:"eta_seconds"`
	}
	must(t, json.Unmarshal([]byte(second.data), &body))
	if second.id == first.id || body.Done != 4 || body.ETA == nil {
		t.Errorf("second %+v", second)
	}
	leave()
	// What happened meanwhile comes once, in its newest state; what was seen does not come again.
	must(t, s.db.RunProgress(t.Context(), run.ID, 10, 5, 1))
	must(t, s.db.RunProgress(t.Context(), run.ID, 10, 6, 1))
	_, messages, _ = s.follow(base, operator, second.id)
	if third := next(t, messages); !strings.Contains(third.data, `"done":6`) {
		t.Errorf("after coming again: %+v", third)
	}
	must(t, s.db.FinishRun(t.Context(), run.ID, store.RunDone, "", map[string]int{"calls": 6}))
	if m := next(t, messages); m.name != "run" || !strings.Contains(m.data, `"state":"done"`) {
		t.Errorf("after its end: %+v", m)
	}
	end := next(t, messages)
	if end.name != "end" || end.data != `{"state":"done"}` {
		t.Errorf("the end: %+v", end)
	}
	ended(t, messages)
	if status, _, _ := s.follow(base, operator, end.id); status != http.StatusNoContent {
		t.Errorf("whoever has seen the end is answered %d", status)
	}
	_, messages, _ = s.follow(base, operator, "999999") // of no event of ours
	if m := next(t, messages); m.name != "run" {
		t.Errorf("%+v", m)
	}
	for _, id := range []string{"-1", "x", "9223372036854775808", "1;2"} {
		got := s.do(request{method: "GET", path: "/api/tasks/1/events", token: operator, header: map[string]string{"Last-Event-ID": id}})
		if got.field() != "Last-Event-ID" {
			t.Errorf("%s: %s", id, got.body)
		}
	}
	s.get(operator, "/api/tasks/77/events").want(http.StatusNotFound)
}

func TestWhoIsSignedOutIsCutOff(t *testing.T) {
	t.Parallel()
	s := open(t)
	u, session := s.session(s.user("operator@example.com", "operator"))
	base, _ := s.served()
	_, messages, _ := s.follow(base, s.mint(u, session.ID, nil), "")
	next(t, messages)
	revoked := time.Now()
	must(t, s.db.RevokeSession(t.Context(), session.ID, "test"))
	ended(t, messages)
	if took := time.Since(revoked); took > 3*time.Second {
		t.Errorf("cut off after %s", took)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	stopping := make(chan struct{})
	s := open(t, func(d *handlers.Deps) { d.Stopping = stopping })
	operator := s.as("operator")
	base, _ := s.served()
	var all []<-chan message
	var leave func()
	for range 8 {
		var messages <-chan message
		_, messages, leave = s.follow(base, operator, "")
		next(t, messages)
		all = append(all, messages)
	}
	if got := s.get(operator, "/api/tasks/1/events").want(http.StatusTooManyRequests); got.header.Get("Retry-After") == "" {
		t.Error("nobody says when to come again")
	}
	leave() // his place is free once the server has noticed
	deadline := time.Now().Add(patience)
	for {
		status, messages, _ := s.follow(base, operator, "")
		if status == http.StatusOK {
			next(t, messages)
			all[7] = messages
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a place that was left stays taken")
		}
	}
	close(stopping) // the process is to end: so do its streams
	for _, messages := range all {
		ended(t, messages)
	}
}
