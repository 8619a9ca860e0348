package handlers_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/redis/go-redis/v9"

	"tickerwire/store"
	"tickerwire/tasks"
)

// row finds an item of a list by a key's value.
func (s *site) row(token, path, key string, value any) map[string]any {
	s.Helper()
	var page listBody
	s.get(token, path).want(http.StatusOK).into(&page)
	for _, item := range page.Items {
		if item[key] == value {
			return item
		}
	}
	s.Fatalf("%s has no item whose %s is %v", path, key, value)
	return nil
}

func TestQueuesAreOperated(t *testing.T) {
	t.Parallel()
	s := open(t)
	admin, operator, doc := s.as("admin"), s.as("operator"), s.spec()
	client := redis.NewClient(&redis.Options{Addr: s.redis.Addr()})
	t.Cleanup(func() { client.Close() })
	must(t, tasks.NewQueue(client).RunOrdered(t.Context(), 7))

	list := s.get(operator, "/api/queues").want(http.StatusOK)
	doc.check("GET", "/api/queues", list)
	control := s.row(operator, "/api/queues", "name", "control")
	for key, want := range (fields{"pending": 1.0, "concurrency": 4.0, "default_concurrency": 4.0, "paused": false, "changed_at": nil}) {
		expect(t, control, want, key)
	}
	changed := s.send(admin, "PATCH", "/api/queues/control", fields{"paused": true, "concurrency": 9}).want(http.StatusOK)
	doc.check("PATCH", "/api/queues/{name}", changed)
	for key, want := range (fields{"concurrency": 9.0, "default_concurrency": 4.0, "paused": true, "changed_by": 1.0}) {
		expect(t, changed.object(), want, key)
	}
	if !s.redis.Exists("asynq:{control}:paused") {
		t.Error("the queue goes on in Redis")
	}
	// A queue that had no task yet can be paused, too; what is left out stays.
	expect(t, s.send(admin, "PATCH", "/api/queues/embed", fields{"paused": true}).want(http.StatusOK).object(), true, "paused")
	expect(t, s.send(admin, "PATCH", "/api/queues/control", fields{"concurrency": 0}).want(http.StatusOK).object(), 4.0, "concurrency")
	expect(t, s.row(operator, "/api/queues", "name", "control"), true, "paused")
	expect(t, s.send(admin, "PATCH", "/api/queues/control", fields{"paused": false}).want(http.StatusOK).object(), false, "paused")
	if s.redis.Exists("asynq:{control}:paused") {
		t.Error("the queue is still paused in Redis")
	}
	purged := s.send(admin, "DELETE", "/api/queues/control/tasks", nil).want(http.StatusOK)
	doc.check("DELETE", "/api/queues/{name}/tasks", purged)
	expect(t, purged.object(), 1.0, "deleted")

	s.send(admin, "PATCH", "/api/queues/nowhere", fields{"paused": true}).want(http.StatusNotFound)
	s.send(admin, "DELETE", "/api/queues/nowhere/tasks", nil).want(http.StatusNotFound)
	s.send(operator, "PATCH", "/api/queues/control", fields{"paused": true}).want(http.StatusForbidden)
	if field := s.send(admin, "PATCH", "/api/queues/control", fields{"concurrency": 1001}).field(); field != "concurrency" {
		t.Errorf("too many at once: field %q", field)
	}
	s.redis.SetError("LOADING")
	s.get(operator, "/api/queues").want(http.StatusServiceUnavailable)
}

func TestWorkersAreListedAndDrained(t *testing.T) {
	t.Parallel()
	s := open(t)
	admin, operator, doc := s.as("admin"), s.as("operator"), s.spec()
	busy := store.Worker{ID: "host/7/abc", Role: "worker", Host: "host", PID: 7, Version: "1", State: store.WorkerRunning,
		InFlight: []store.Flight{{TaskID: "a:b:2:1", Kind: "a:b", Key: "2", Queue: "q", Since: now}, {TaskID: "a:b:1:1", Kind: "a:b", Key: "1", Queue: "q", Since: now.Add(-1)}}}
	api, gone := store.Worker{ID: "host/8/def", Role: "api", Host: "host", PID: 8, Version: "1", State: store.WorkerRunning}, busy
	gone.ID, gone.State, gone.InFlight = "host/6/xyz", store.WorkerGone, nil
	for _, w := range []store.Worker{busy, api, gone} {
		if _, _, err := s.db.Beat(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	doc.check("GET", "/api/workers", s.get(operator, "/api/workers").want(http.StatusOK))
	if ids := s.walk(operator, "/api/workers?limit=1", "id"); len(ids) != 3 {
		t.Errorf("workers in pages of one: %v", ids)
	}
	if ids := s.walk(operator, "/api/workers?state=gone", "id"); len(ids) != 1 || ids[0] != gone.ID {
		t.Errorf("those that have gone: %v", ids)
	}
	item := s.row(operator, "/api/workers", "id", busy.ID)
	expect(t, item, "a:b:1:1", "in_hand", 0, "task_id") // the oldest first
	expect(t, item, nil, "drain_asked_at")

	drain := func(token, id string) answer {
		t.Helper()
		return s.send(token, "POST", "/api/workers/"+url.PathEscape(id)+"/drain", nil)
	}
	drain(operator, busy.ID).want(http.StatusForbidden)
	asked := drain(admin, busy.ID).want(http.StatusAccepted)
	doc.check("POST", "/api/workers/{id}/drain", asked)
	expect(t, asked.object(), 1.0, "drain_asked_by")
	drain(admin, busy.ID).want(http.StatusAccepted)
	drain(admin, api.ID).want(http.StatusConflict)
	drain(admin, gone.ID).want(http.StatusConflict)
	drain(admin, "nobody").want(http.StatusNotFound)
	if alive, told, err := s.db.Beat(t.Context(), busy); !alive || !told || err != nil {
		t.Errorf("its next beat: alive %v, drain %v, %v", alive, told, err)
	}
}
