package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/config"
	"tickerwire/internal/simulator"
)

// secretNames returns the settings that hold secrets, whatever they will be.
func secretNames(t testing.TB) (single, lists []string) {
	t.Helper()
	for _, f := range reflect.VisibleFields(reflect.TypeFor[config.Config]()) {
		switch f.Type {
		case reflect.TypeFor[config.Secret]():
			single = append(single, f.Tag.Get("env"))
		case reflect.TypeFor[map[string]config.Secret]():
			lists = append(lists, f.Tag.Get("env"))
		default:
			if strings.Contains(f.Type.String(), "Secret") {
				t.Fatalf("%s is a %s: this test has to learn of it", f.Name, f.Type)
			}
		}
	}
	if len(single) < 12 || len(lists) < 2 {
		t.Fatalf("the settings hold the secrets %v and %v only", single, lists)
	}
	return single, lists
}

// mark is a secret that can be found again.
func mark() string { return "zq" + strings.ToLower(rand.Text()) }

// outspoken stands before the simulator. When it is told to, it answers every request with an error that repeats all of it, in
// whatever form the upstreams have errors: keys in the path, the query, headers and the body.
type outspoken struct {
	simulator http.Handler
	repeats   atomic.Bool
	told      atomic.Int64
}

// ServeHTTP implements http.Handler.
func (o *outspoken) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !o.repeats.Load() || strings.HasPrefix(r.URL.Path, "/_sim") {
		o.simulator.ServeHTTP(w, r)
		return
	}
	all, err := httputil.DumpRequest(r, true)
	if err != nil {
		panic(err)
	}
	said := string(all)
	n := o.told.Add(1)
	body, err := json.Marshal(map[string]any{"error": map[string]any{"message": said, "code": said, "type": said}, "ok": false, "error_code": 400, "description": said,
		"errorMessage": said, "errorCode": "024", "status": "010", "message": said, "respMsg": said, "respCode": "401", "rt_cd": "1", "msg_cd": "EGW00123", "msg1": said,
		"error_description": said, "error_code_": said})
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json; x="+strings.ReplaceAll(url.QueryEscape(said), "%", "_"))
	w.WriteHeader([]int{400, 401, 403, 500, 200, 503}[n%6])
	w.Write(body)
}

// TestSecretsStayInside runs the whole program with secrets that can be told from everything else, calls every route, has every
// upstream fail in ways that repeat what it was sent, and looks for the secrets in all that comes out of it.
func TestSecretsStayInside(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{"a user's password": mark(), "a wrong password": mark(), "another password": mark(), "a webhook's address": mark()}
	single, lists := secretNames(t)
	world, err := simulator.NewMarket(simulator.MarketOptions{Seed: 5})
	fatal(t, err)
	var keys simulator.Keys
	fields := reflect.ValueOf(&keys).Elem()
	for i := range fields.NumField() {
		value := mark()
		fields.Field(i).SetString(value)
		secrets["the upstreams' "+fields.Type().Field(i).Name] = value
	}
	keys.TelegramToken, keys.DARTKey = "900000001:"+secrets["the upstreams' TelegramToken"]+"aaaaaaa", secrets["the upstreams' DARTKey"]+strings.Repeat("a", 40-len(secrets["the upstreams' DARTKey"]))
	sim := simulator.New(world, simulator.Options{Start: world.Start().Add(20 * time.Minute), Speed: 1, Keys: keys, Limits: simulator.Limits{TelegramPerSecond: 300, TelegramPerChat: 1}})
	door := &outspoken{simulator: sim}
	server := httptest.NewServer(door)
	t.Cleanup(func() { sim.Close(); server.Close() })

	db, redisAddress, address := newDatabase(t), freeAddress(t), freeAddress(t)
	_, err = db.Migrate(t.Context())
	fatal(t, err)
	env := []string{"SIMULATOR_URL=" + server.URL, "HTTP_ADDR=" + address, "BARS_DAYS=2", "LOG_LEVEL=debug", "CRAWL_EVERY=2s", "MARKET_EVERY=2s",
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + server.URL, "TELEGRAM_WEBHOOK_URL=http://" + address + "/api/telegram/webhook"}
	for _, name := range single {
		secret := mark() + mark()[:20]
		secrets[name] = secret
		switch name {
		case "DATABASE_URL": // the server trusts this machine: any password will do
			u, err := url.Parse(db.url)
			fatal(t, err)
			u.User = url.UserPassword(u.User.Username(), secret)
			secret = u.String()
		case "REDIS_URL":
			plainRedis(t, redisAddress, "--maxmemory-policy", "noeviction", "--requirepass", secret)
			secret = "redis://:" + secret + "@" + redisAddress + "/0"
		}
		env = append(env, name+"="+secret)
	}
	for _, name := range lists {
		secrets[name] = mark()
		env = append(env, name+"=models.example.com="+secrets[name])
	}
	create := command{name: "tickerctl", args: []string{"user", "create", "--email", "anna@example.com", "--role", "admin"}, env: env, in: secrets["a user's password"] + "\n"}.run(t)
	fatal(t, create.ends(t, patience))
	programs := []*program{create}
	var roles []*program
	for _, name := range []string{"api", "worker", "scheduler"} {
		roles = append(roles, command{name: name, env: env}.run(t))
	}
	for _, p := range roles {
		p.says(t, `"msg":"started"`)
	}
	programs = append(programs, roles...)

	base := "http://" + address
	anna := signIn(t, base, "anna@example.com", secrets["a user's password"])
	secrets["an access token"] = anna.token
	var seen output // whatever was answered
	tell := func(method, path string, body any) {
		t.Helper()
		seen.Write(visit(t, http.DefaultClient, anna, method, path, body))
	}
	until(t, patience, func() error {
		if n := db.number(t, `select count(*) from articles`); n == 0 {
			return fmt.Errorf("nothing is crawled yet")
		}
		return nil
	})
	tell("POST", "/api/auth/login", map[string]string{"email": "anna@example.com", "password": secrets["a wrong password"]})
	tell("POST", "/api/auth/login", map[string]string{"email": secrets["a wrong password"], "password": "x"})
	tell("POST", "/api/users", map[string]string{"email": "bert@example.com", "password": secrets["another password"], "role": "user"})
	tell("PATCH", "/api/auth/me", map[string]string{"current_password": secrets["a wrong password"], "password": secrets["another password"]})
	// Who makes a webhook is told its secret, once.
	var hook struct {
		Secret  string `json:"secret"`
		Webhook struct{ Secret string }
	}
	fatal(t, json.Unmarshal(visit(t, http.DefaultClient, anna, "POST", "/api/webhooks", map[string]string{"url": server.URL + "/openai/" + secrets["a webhook's address"]}), &hook))
	if secret := hook.Secret + hook.Webhook.Secret; secret != "" {
		secrets["a webhook's secret"] = secret
	}
	tell("POST", "/api/models", map[string]any{"kind": "llm", "name": "asked", "provider_model": "demo-mini", "role": "challenger", "daily_budget": 100000})
	tell("POST", "/api/telegram/link", nil)
	for _, secret := range []string{"", secrets["a wrong password"], secrets["TELEGRAM_WEBHOOK_SECRET"]} {
		post(t.Context(), t, base+"/api/telegram/webhook", secret, `{"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":700001,"type":"private"},"from":{"id":700001},"text":"/help"}}`)
	}
	door.repeats.Store(true)
	for _, kind := range []string{"dart", "naver", "wire"} {
		tell("POST", "/api/tasks", map[string]any{"kind": "crawl", "params": map[string]string{"source": kind}})
	}
	tell("POST", "/api/alerts/test", nil)
	tell("POST", "/api/takedowns", map[string]string{"url": "https://news.example.kr/1", "reason": "asked"})
	until(t, patience, func() error {
		if n := db.number(t, `select count(distinct kind) from failures`); n < 2 || door.told.Load() < 20 {
			return fmt.Errorf("%d kinds of task have failed, %d requests were repeated", n, door.told.Load())
		}
		return nil
	})
	doctor := command{name: "tickerctl", args: []string{"doctor", "-limit", "3s"}, env: env}.run(t)
	if err := doctor.ends(t, patience); err == nil {
		t.Error("the doctor finds nothing")
	}
	programs = append(programs, doctor)

	found := func(where, text string) {
		t.Helper()
		for name, secret := range secrets {
			if strings.Contains(text, secret) {
				at := strings.Index(text, secret)
				t.Errorf("%s shows %s: …%s…", where, name, text[max(0, at-300):min(len(text), at+60)])
			}
		}
	}
	for _, path := range getPaths(t, anna) {
		tell("GET", path, nil)
	}
	found("the API", strings.ReplaceAll(seen.String(), secrets["a webhook's address"], "")) // an admin may see where it leads
	found("asynqmon", monitorPages(t, base, "anna@example.com", secrets["a user's password"]))
	for _, p := range roles {
		private := p.says(t, `"private_addr":"([^"]+)"`)[0]
		for _, path := range []string{"/metrics", "/debug/pprof/cmdline", "/debug/pprof/goroutine?debug=2", "/health"} {
			found(p.name+path, string(visit(t, http.DefaultClient, caller{base: "http://" + private}, "GET", path, nil)))
		}
	}
	for table, text := range tables(t, db) {
		if table == "recipients" { // a webhook's address and secret are kept to post there
			for _, kept := range []string{"a webhook's address", "a webhook's secret"} {
				text = strings.ReplaceAll(text, secrets[kept]+" ", "")
				if secret := secrets[kept]; secret != "" {
					text = strings.ReplaceAll(text, secret, "")
				}
			}
		}
		found("table "+table, text)
	}
	found("Redis", redisDump(t, redisAddress, secrets["REDIS_URL"]))
	for _, p := range roles {
		p.stops(t)
	}
	for _, p := range programs {
		found("the output of "+p.name, p.out.String())
	}
	t.Logf("%d secrets, %d failing answers that repeat the request, %d bytes of log", len(secrets), door.told.Load(), len(roles[0].out.String())+len(roles[1].out.String())+len(roles[2].out.String()))
}

// visit calls a route and returns all of its answer, whatever it is; an answer that goes on is read for a moment.
func visit(t testing.TB, client *http.Client, c caller, method, path string, in any) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		fatal(t, err)
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	fatal(t, err)
	req.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := client.Do(req)
	fatal(t, err)
	defer res.Body.Close()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return nil
	}
	raw, err := io.ReadAll(res.Body)
	fatal(t, err)
	if res.StatusCode == http.StatusInternalServerError {
		t.Errorf("%s %s: 500 %s", method, path, raw)
	}
	return raw
}

// getPaths returns the path of every GET of the document, with numbers of things that may be there.
func getPaths(t testing.TB, c caller) (paths []string) {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	c.get(t, "/openapi.json", &doc)
	for template, methods := range doc.Paths {
		if _, ok := methods["get"]; ok {
			paths = append(paths, strings.NewReplacer("{id}", "1", "{code}", "900001", "{name}", "dart", "{fingerprint}", "x", "{key}", "dart").Replace(template))
		}
	}
	if len(paths) < 30 {
		t.Fatalf("%d paths only", len(paths))
	}
	return paths
}

// monitorPages signs in at asynqmon and reads what it shows of queues, tasks, servers, schedules and Redis.
func monitorPages(t testing.TB, base, email, password string) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	fatal(t, err)
	client := &http.Client{Jar: jar}
	res, err := client.PostForm(base+"/monitor/sign-in", url.Values{"email": {email}, "password": {password}})
	fatal(t, err)
	fatal(t, res.Body.Close())
	at := caller{base: base}
	var all strings.Builder
	var queues struct {
		Queues []struct{ Queue string }
	}
	raw := visit(t, client, at, "GET", "/monitor/api/queues", nil)
	fatal(t, json.Unmarshal(raw, &queues))
	if len(queues.Queues) < 4 {
		t.Errorf("asynqmon shows %d queues: %s", len(queues.Queues), raw)
	}
	all.Write(raw)
	for _, q := range queues.Queues {
		for _, state := range []string{"active", "pending", "scheduled", "retry", "archived", "completed"} {
			all.Write(visit(t, client, at, "GET", "/monitor/api/queues/"+q.Queue+"/"+state+"_tasks?size=100", nil))
		}
	}
	for _, path := range []string{"servers", "scheduler_entries", "redis_info", "queue_stats"} {
		all.Write(visit(t, client, at, "GET", "/monitor/api/"+path, nil))
	}
	return all.String()
}

// tables returns all that each table holds, as text.
func tables(t testing.TB, db database) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, table := range db.list(t, `select table_name::text from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE'`) {
		out[table] = strings.Join(db.list(t, `select t::text from "`+table+`" t`), "\n")
	}
	if out["audit"] == "" || out["failures"] == "" {
		t.Errorf("the audit log or the failures are empty")
	}
	return out
}

// redisDump returns all keys with all that they hold.
func redisDump(t testing.TB, address, password string) string {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: address, Password: password})
	defer client.Close()
	var all strings.Builder
	keys, err := client.Keys(t.Context(), "*").Result()
	fatal(t, err)
	if len(keys) < 10 {
		t.Errorf("Redis has the keys %v", keys)
	}
	for _, key := range keys {
		raw, err := client.Dump(t.Context(), key).Result()
		if err != nil && err != redis.Nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s %s\n", key, raw)
		for _, read := range []func() any{
			func() any { return client.Get(t.Context(), key).Val() }, func() any { return client.HGetAll(t.Context(), key).Val() },
			func() any { return client.LRange(t.Context(), key, 0, -1).Val() }, func() any { return client.SMembers(t.Context(), key).Val() },
			func() any { return client.ZRange(t.Context(), key, 0, -1).Val() },
		} {
			fmt.Fprintf(&all, "%v\n", read())
		}
	}
	return all.String()
}
