package app_test

import (
	"encoding/json"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"tickerwire/internal/app"
	"tickerwire/internal/config"
	"tickerwire/store"
)

// TestErrandsAreAudited runs the commands that change something, well and not, and reads what is kept of them.
func TestErrandsAreAudited(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	cfg := config.Config{DatabaseURL: config.Secret(db.url), DatabaseConns: 4, RedisURL: config.Secret(newRedis(t)), LogLevel: "error"}
	dir := t.TempDir()
	fatal(t, os.WriteFile(filepath.Join(dir, "stocks.csv"), []byte("code,name,priority,aliases\n900010,누리테크,2,\n"), 0o600))
	fatal(t, os.WriteFile(filepath.Join(dir, "articles.ndjson"), nil, 0o600))
	run := func(in string, args ...string) error {
		return app.Errand(t.Context(), cfg, args, strings.NewReader(in), io.Discard)
	}
	newest := func() store.AuditEntry {
		t.Helper()
		rows, err := db.Audit(t.Context(), store.AuditFilter{Limit: 1})
		fatal(t, err)
		if len(rows) == 0 {
			t.Fatal("the audit log is empty")
		}
		return rows[0]
	}
	me, err := user.Current()
	fatal(t, err)
	host, err := os.Hostname()
	fatal(t, err)
	for _, c := range []struct {
		in           string
		args         []string
		action, of   string
		status       int
		key, meaning string
	}{
		{"", []string{"migrate"}, "tickerctl migrate", "", 200, "", ""},
		{longPassword + "\n", []string{"user", "create", "--email", "anna@example.com", "--role", "operator"}, "tickerctl user create", "anna@example.com", 200, "role", "operator"},
		{longPassword + "\n", []string{"user", "create", "--email", "anna@example.com"}, "tickerctl user create", "anna@example.com", 409, "password", "***"},
		{"short\n", []string{"user", "create", "--email", "bert@example.com"}, "tickerctl user create", "bert@example.com", 400, "role", "user"},
		{"", []string{"takedown", "--reason", "asked for", "https://news.example.kr/7"}, "tickerctl takedown", "https://news.example.kr/7", 200, "reason", "asked for"},
		{"", []string{"takedown", "nowhere"}, "tickerctl takedown", "nowhere", 400, "url", "nowhere"},
		{"", []string{"vectors", "rebuild", "--to", "no-such-version"}, "tickerctl vectors rebuild", "no-such-version", 404, "to", "no-such-version"},
		{"", []string{"import", "--only-stocks", dir}, "tickerctl import", dir, 200, "", ""},
	} {
		err := run(c.in, c.args...)
		if (err == nil) != (c.status < 400) {
			t.Errorf("%v: %v", c.args, err)
		}
		got := newest()
		var input map[string]any
		fatal(t, json.Unmarshal(got.Input, &input))
		if got.Actor != "tickerctl:"+me.Username || got.ActorID != 0 || got.Address != host || got.Action != c.action ||
			c.of != "" && got.Path != c.of || got.Status != c.status || c.key != "" && input[c.key] != c.meaning {
			t.Errorf("%v: the newest row is %+v with %s", c.args, got, got.Input)
		}
		if strings.Contains(string(got.Input), longPassword) || strings.Contains(string(got.Input), "short") {
			t.Errorf("%v: the password is in the log: %s", c.args, got.Input)
		}
	}
	before := db.number(t, `select count(*) from audit`)
	for _, args := range [][]string{{"migrate"}, {"migrate", "--check"}, {"receipts", "verify"}, {"schedule", "list"}, {"client"}} {
		fatal(t, run("", args...))
	}
	if n := db.number(t, `select count(*) from audit`); n != before {
		t.Errorf("%d rows are of commands that changed nothing", n-before)
	}
	_, err = db.Bun().ExecContext(t.Context(), `alter table audit rename to audit_away`)
	fatal(t, err)
	if err := run(longPassword+"\n", "user", "create", "--email", "carl@example.com"); err == nil {
		t.Error("a user was created without a row of it")
	}
	if n := db.number(t, `select count(*) from users`); n != 1 {
		t.Errorf("%d users, want anna", n)
	}
}
