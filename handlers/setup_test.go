package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"tickerwire/handlers"
	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/store/storetest"
	"tickerwire/tasks"
)

// now is the application clock of these tests: a Wednesday in session.
var now = time.Date(2026, 3, 4, 13, 0, 0, 0, market.KST)

const password = "a long enough password"

// passwordHash is dear, and the same for every user of every test.
var passwordHash = sync.OnceValues(func() (string, error) {
	return handlers.HashPassword(context.Background(), password)
})

// queue notes what was rung for, and can be made to fail.
type queue struct {
	mu   sync.Mutex
	runs []int64
	down bool

	takedowns []int64
	tests     []int64
	ticks     []store.Tick
}

func (q *queue) TickAdded(_ context.Context, _ *store.DB, t store.Tick) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.down {
		return errors.New("redis is away")
	}
	q.ticks = append(q.ticks, t)
	return nil
}

func (q *queue) TestOrdered(_ context.Context, id int64) error {
	q.tests = append(q.tests, id)
	return nil
}

func (q *queue) TakedownOrdered(_ context.Context, id int64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.down {
		return errors.New("redis is away")
	}
	q.takedowns = append(q.takedowns, id)
	return nil
}

func (q *queue) RunOrdered(_ context.Context, runID int64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.down {
		return errors.New("redis is away")
	}
	q.runs = append(q.runs, runID)
	return nil
}

// site is an API with a database and a Redis of its own.
type site struct {
	*testing.T
	db       *store.DB
	redis    *miniredis.Miniredis
	queue    *queue
	registry *prometheus.Registry
	log      *bytes.Buffer
	deps     handlers.Deps
	echo     *echo.Echo
}

func open(t *testing.T, change ...func(*handlers.Deps)) *site {
	t.Helper()
	s := &site{T: t, db: storetest.New(t), redis: miniredis.RunT(t), queue: &queue{}, registry: prometheus.NewRegistry(), log: &bytes.Buffer{}}
	client := redis.NewClient(&redis.Options{Addr: s.redis.Addr(), MaxRetries: -1})
	t.Cleanup(func() { client.Close() })
	s.deps = handlers.Deps{DB: s.db, Redis: client, Queue: s.queue, Inspector: tasks.NewInspector(client), Calendar: market.NewCalendar(), Now: func() time.Time { return now },
		Keys: keys(), Log: slog.New(slog.NewJSONHandler(&lockedWriter{w: s.log}, nil)), Metrics: s.registry,
		MonitorFull: stub("full"), MonitorRead: stub("read")}
	for _, f := range change {
		f(&s.deps)
	}
	must(t, s.db.DeclareSources(t.Context(), []string{"한빛신문", "누리일보"}))
	var err error
	if s.echo, err = handlers.New(s.deps); err != nil {
		t.Fatal(err)
	}
	return s
}

// briefly has streams end after their first event, as in a process that is to end.
func briefly(d *handlers.Deps) {
	stopping := make(chan struct{})
	close(stopping)
	d.Stopping = stopping
}

// leaves reports the answer of /health/ready in such a process: it is up, and wants no more to be sent to it.
func (a answer) leaves() bool {
	return a.status == http.StatusServiceUnavailable && strings.Contains(string(a.body), `"name":"process"`)
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func keys() handlers.Keys {
	return handlers.Keys{Access: []handlers.AccessKey{{ID: "now", Secret: []byte("an access key of 32 bytes or more")},
		{ID: "old", Secret: []byte("the access key that came before it")}}, Refresh: []byte("a refresh key of 32 bytes or more")}
}

// stub stands for asynqmon.
func stub(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, name+" "+r.Method+" "+r.URL.Path) })
}

// user makes a user of a role and returns his id.
func (s *site) user(email, role string) int64 {
	s.Helper()
	hash, err := passwordHash()
	if err != nil {
		s.Fatal(err)
	}
	id, err := s.db.CreateUser(s.Context(), store.User{Email: email, PasswordHash: hash, Role: role})
	if err != nil {
		s.Fatal(err)
	}
	return id
}

// request is a call of the API. Body is sent as JSON unless it is a string.
type request struct {
	method, path string
	token        string
	body         any
	header       map[string]string
	cookie       string
}

// answer is what came back.
type answer struct {
	*testing.T
	status int
	header http.Header
	body   []byte
}

func (s *site) do(r request) answer {
	s.Helper()
	return call(s.T, s.echo, r)
}

func call(t *testing.T, h http.Handler, r request) answer {
	t.Helper()
	var body io.Reader = strings.NewReader("")
	switch b := r.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.NewReader(raw)
	}
	req := httptest.NewRequestWithContext(t.Context(), r.method, "http://localhost"+r.path, body)
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	if r.cookie != "" {
		req.Header.Set("Cookie", r.cookie)
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return answer{T: t, status: rec.Code, header: rec.Header(), body: rec.Body.Bytes()}
}

// want fails the test unless the status is the expected one.
func (a answer) want(status int) answer {
	a.Helper()
	if a.status != status {
		a.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// into reads the body.
func (a answer) into(v any) {
	a.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.Fatalf("%v: %s", err, a.body)
	}
}

// object reads the body as an object.
func (a answer) object() map[string]any {
	a.Helper()
	var m map[string]any
	a.into(&m)
	return m
}

// field reads a 400's field.
func (a answer) field() string {
	a.Helper()
	a.want(http.StatusBadRequest)
	name, _ := a.object()["field"].(string)
	return name
}

// signedIn holds a user's tokens.
type signedIn struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

func (s *site) login(email string) signedIn {
	s.Helper()
	var got signedIn
	s.do(request{method: "POST", path: "/api/auth/login", body: map[string]string{"email": email, "password": password}}).
		want(http.StatusOK).into(&got)
	return got
}

// as makes a user of the role and signs him in.
func (s *site) as(role string) string {
	s.Helper()
	email := role + "@example.com"
	s.user(email, role)
	return s.login(email).Access
}

func (s *site) get(token, path string) answer {
	s.Helper()
	return s.do(request{method: "GET", path: path, token: token})
}
