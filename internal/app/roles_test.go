package app_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/app"
	"tickerwire/internal/config"
	"tickerwire/internal/fault"
	"tickerwire/internal/servers"
)

const longPassword = "열두 자가 넘는 비밀번호"

func TestUsersAreChecked(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	_, err := db.Migrate(t.Context())
	fatal(t, err)
	cfg := config.Config{DatabaseURL: config.Secret(db.url)}
	create := func(email, password, role string) error {
		return app.Errand(t.Context(), cfg, []string{"user", "create", "--email", email, "--role", role}, strings.NewReader(password+"\n"), io.Discard)
	}
	for what, c := range map[string]struct {
		email, password, role string
		names                 []string
	}{
		"no address":          {"", longPassword, "user", []string{"email"}},
		"no real address":     {"anna", longPassword, "user", []string{"email"}},
		"a name, too":         {"Anna <anna@example.com>", longPassword, "user", []string{"email"}},
		"no password":         {"anna@example.com", "", "user", []string{"password", "10"}},
		"a short password":    {"anna@example.com", "아홉글자비밀번호임", "user", []string{"password", "9 characters"}},
		"a role that is none": {"anna@example.com", longPassword, "root", []string{"role", "operator"}},
		"everything":          {"", "short", "", []string{"email", "password", "role"}},
	} {
		err := create(c.email, c.password, c.role)
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want Invalid", what, err)
			continue
		}
		for _, name := range c.names {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v does not say %q", what, err, name)
			}
		}
		if c.password != "" && strings.Contains(err.Error(), c.password) {
			t.Errorf("%s: the password is shown: %v", what, err)
		}
	}
	if _, err := app.CreateAdmin(t.Context(), db.DB, "admin@example.com", "short"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("ADMIN_PASSWORD=short: %v, want Invalid", err)
	}
	if n := db.number(t, `select count(*) from users`); n != 0 {
		t.Errorf("%d users were created", n)
	}
	fatal(t, create("anna@example.com", longPassword, "operator"))
	if created, err := app.CreateAdmin(t.Context(), db.DB, "admin@example.com", longPassword); err != nil || !created {
		t.Errorf("the admin: %v, %v", created, err)
	}
}

// TestTheAPIKnowsItsProxyAndCallsNobody runs the API with no key of an upstream and no simulator that answers, behind a
// proxy that ends TLS.
func TestTheAPIKnowsItsProxyAndCallsNobody(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	_, err := db.Migrate(t.Context())
	fatal(t, err)
	redis, public, private := freeAddress(t), freeAddress(t), freeAddress(t)
	plainRedis(t, redis, "--maxmemory-policy", "noeviction")
	cfg := config.Config{HTTPAddr: public, PrivateAddr: private, DatabaseURL: config.Secret(db.url), DatabaseConns: 4,
		RedisURL: config.Secret("redis://" + redis), TokenSecret: "a token secret of 32 bytes or more", LogLevel: "error",
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	cfg.Feeds = map[string]string{"누리일보": "http://127.0.0.1:1/feed"}
	cfg.CrawlEvery, cfg.MarketEvery = time.Minute, time.Minute

	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 2)
	scheduler := cfg
	scheduler.PrivateAddr = "127.0.0.1:0"
	go func() { done <- app.RunScheduler(ctx, scheduler) }()
	cfg.Feeds = nil // the API is told by the scheduler
	go func() { done <- app.RunAPI(ctx, cfg) }()
	defer func() {
		stop()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}()
	fatal(t, app.CreateUser(t.Context(), cfg, "anna@example.com", longPassword, "operator"))
	await(t, "the API", func(ctx context.Context) bool {
		return caller{base: "http://" + public}.do(ctx, http.MethodGet, "/health/ready", nil, nil) == nil
	})
	anna := signIn(t, "http://"+public, "anna@example.com", longPassword)
	var sources struct {
		Items []struct{ Name, State string }
	}
	await(t, "the scheduler to declare the sources", func(context.Context) bool {
		anna.get(t, "/api/sources", &sources)
		return len(sources.Items) == 1
	})
	if s := sources.Items[0]; s.Name != "누리일보" || s.State != "waiting" {
		t.Errorf("source %+v", s)
	}
	order := map[string]any{"kind": "crawl", "params": map[string]string{"source": "누리일보"}}
	anna.send(t, http.MethodPost, "/api/tasks", order, nil)

	body := `{"email":"anna@example.com","password":"` + longPassword + `","session":"cookie"}`
	for proto, want := range map[string]int{"https": http.StatusOK, "http": http.StatusBadRequest} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+public+"/api/auth/login", bytes.NewReader([]byte(body)))
		fatal(t, err)
		req.Host = "tickerwire.example"
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Forwarded-Proto", proto)
		req.Header.Set("X-Forwarded-For", "203.0.113.7")
		res, err := http.DefaultClient.Do(req)
		fatal(t, err)
		fatal(t, res.Body.Close())
		if cookie := res.Header.Get("Set-Cookie"); res.StatusCode != want || strings.HasPrefix(cookie, "__Host-rt=") != (want == http.StatusOK) {
			t.Errorf("over %s: %d, cookie %q", proto, res.StatusCode, cookie)
		}
	}
	for path, part := range map[string]string{"/metrics": "go_goroutines", "/debug/pprof/": "heap", "/debug/pprof/cmdline": "app.test", "/health": ""} {
		var text string
		caller{base: "http://" + private}.get(t, path, &text)
		if !strings.Contains(text, part) {
			t.Errorf("%s answers %.100q", path, text)
		}
	}
}

// TestARoleEndsWhileRedisIsAway: the queue's client is patient for minutes, an operator who stops a process is not.
func TestARoleEndsWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	_, err := db.Migrate(t.Context())
	fatal(t, err)
	server, err := servers.StartRedis(t.Context(), servers.RedisOptions{Dir: openDir(t), Ephemeral: true})
	fatal(t, err)
	cfg := config.Config{PrivateAddr: "127.0.0.1:0", DatabaseURL: config.Secret(db.url), DatabaseConns: 4,
		RedisURL: config.Secret(server.URL()), LogLevel: "error", CrawlEvery: time.Minute, MarketEvery: time.Minute}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error, 2)
	go func() { done <- app.RunWorker(ctx, cfg) }()
	go func() { done <- app.RunScheduler(ctx, cfg) }()
	await(t, "both roles to beat", func(context.Context) bool {
		return db.number(t, `select count(*) from workers where state = 'running'`) == 2
	})
	fatal(t, server.Stop(t.Context()))
	stop()
	limit := time.After(40 * time.Second)
	for range 2 {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-limit:
			t.Fatal("a role still runs 40 s after it was stopped")
		}
	}
}
