package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tickerwire/internal/notice"
	"tickerwire/internal/servers"
	"tickerwire/internal/simulator"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// setting returns a test server's address and fails the test when it is unset.
func setting(t testing.TB, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is unset: start the test through `go run ./cmd/withservers -postgres -redis -milvus -- go test`", name)
	}
	return value
}

// database is an empty database of the test's own.
type database struct {
	url string
	*store.DB
}

// newDatabase creates a database on the test server and drops it when the test ends.
func newDatabase(t testing.TB) database {
	t.Helper()
	url := storetest.EmptyURL(t)
	db, err := store.Open(t.Context(), store.Options{URL: url, MaxConns: 4})
	fatal(t, err)
	t.Cleanup(func() { db.Close() })
	return database{url: url, DB: db}
}

// number returns the one number that a query answers.
func (db database) number(t testing.TB, query string, args ...any) int {
	t.Helper()
	var n int
	fatal(t, db.Bun().NewRaw(query, args...).Scan(t.Context(), &n))
	return n
}

// list returns the one column of texts that a query answers.
func (db database) list(t testing.TB, query string, args ...any) []string {
	t.Helper()
	var list []string
	fatal(t, db.Bun().NewRaw(query, args...).Scan(t.Context(), &list))
	return list
}

// newRedis starts a private Redis and returns its URL: on a shared one another test's workers would take our tasks.
func newRedis(t testing.TB) string {
	t.Helper()
	setting(t, "TEST_REDIS_URL") // who has named one has redis-server installed
	server, err := servers.StartRedis(t.Context(), servers.RedisOptions{Dir: openDir(t), Ephemeral: true})
	fatal(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer cancel()
		if err := server.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return server.URL()
}

// caller speaks JSON with a server.
type caller struct {
	base  string
	token string
}

func (c caller) do(ctx context.Context, method, path string, in, out any) (err error) {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, raw)
	}
	if text, ok := out.(*string); ok {
		*text = string(raw)
		return nil
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(raw, out)
}

func (c caller) get(t testing.TB, path string, out any) {
	t.Helper()
	fatal(t, c.do(t.Context(), http.MethodGet, path, nil, out))
}

func (c caller) send(t testing.TB, method, path string, in, out any) {
	t.Helper()
	fatal(t, c.do(t.Context(), method, path, in, out))
}

// signIn returns a caller of the API with a token.
func signIn(t testing.TB, base, email, password string) caller {
	t.Helper()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	caller{base: base}.send(t, http.MethodPost, "/api/auth/login", map[string]string{"email": email, "password": password}, &answer)
	return caller{base: base, token: answer.AccessToken}
}

// dashboard is what the tests read of GET /api/dashboard.
type dashboard struct {
	Session struct{ Now time.Time }
	Today   struct{ Articles, Stories, Predictions, Alerts int }
	Alerts  []struct {
		Title string
		Stock struct{ Code, Name string }
	}
	Sources  []source
	Pipeline struct {
		ToEmbed   int `json:"to_embed"`
		ToPredict int `json:"to_predict"`
		ToDecide  int `json:"to_decide"`
		ToSend    int `json:"to_send"`
		Retrying  int
		GaveUp    int `json:"gave_up"`
	}
}

type source struct {
	Name, State   string
	LastSuccessAt time.Time `json:"last_success_at"`
	LastItemAt    time.Time `json:"last_item_at"`
	Items         int
	LastAttemptAt time.Time `json:"last_attempt_at"`
	ErrorsInRow   int       `json:"errors_in_row"`
	ErrorRate     float64   `json:"error_rate"`
	LastError     string    `json:"last_error"`
	Breaker       struct {
		State  string
		Opened int
	}
}

// messages are what the simulated Telegram holds.
func messages(t testing.TB, sim caller) []simulator.Message {
	t.Helper()
	var answer struct{ Messages []simulator.Message }
	sim.get(t, "/_sim/telegram/messages", &answer)
	return answer.Messages
}

// writeFile writes a file into dir.
func writeFile(t testing.TB, dir, name, content string) {
	t.Helper()
	fatal(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
}

// wakeful is the rule of a chat that takes so many messages a day, at any hour.
func wakeful(dailyCap int) notice.Rule {
	rule := notice.DefaultRule()
	rule.QuietTo, rule.DailyCap = rule.QuietFrom, dailyCap
	return rule
}
