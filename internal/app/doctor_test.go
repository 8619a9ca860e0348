package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"tickerwire/internal/app"
	"tickerwire/internal/config"
	"tickerwire/internal/simulator"
)

// secretsOf are the simulator's keys, whole.
func secretsOf(k simulator.Keys) []string {
	return []string{k.NaverHubID, k.NaverHubSecret, k.NaverLegacyID, k.NaverLegacySecret, k.DARTKey, k.KRXKey, k.KISAppKey,
		k.KISAppSecret, k.TelegramToken, "simulated.access-token"}
}

func showsNone(t *testing.T, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if secret != "" && strings.Contains(text, secret) {
			t.Errorf("%q is shown:\n%s", secret, text)
		}
	}
}

// lineOf returns a name's line of the table, its blanks made single.
func lineOf(t *testing.T, table, name string) string {
	t.Helper()
	for line := range strings.Lines(table) {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] == name {
			return strings.Join(fields, " ")
		}
	}
	t.Errorf("there is no line of %s:\n%s", name, table)
	return ""
}

// TestTheDoctorFindsNothing asks a whole installation before the simulator, twice: the second time the broker's token is
// there and is not asked for again.
func TestTheDoctorFindsNothing(t *testing.T) {
	t.Parallel()
	sim, outside := world(t)
	db := newDatabase(t)
	_, err := db.Migrate(t.Context())
	fatal(t, err)
	const tokenSecret = "a token secret of 32 bytes or more"
	env := []string{"DATABASE_URL=" + db.url, "REDIS_URL=" + newRedis(t), "SIMULATOR_URL=" + outside, "TOKEN_SECRET=" + tokenSecret,
		"UNOFFICIAL_SOURCES=naverstock", "FEEDS=haru=" + outside + "/feed/maeil"}
	secrets := append(secretsOf(sim.Keys()), db.url, tokenSecret)
	run := func(args ...string) string {
		p := command{name: "tickerctl", args: append([]string{"doctor"}, args...), env: env}.run(t)
		fatal(t, p.ends(t, patience))
		showsNone(t, p.out.String(), secrets...)
		return p.out.String()
	}
	table := run("-limit", "60s")
	for name, want := range map[string]string{
		"postgres":   "ok schema and clock the schema is this program's, the clocks agree",
		"redis":      "ok eviction and clock it evicts nothing, the clocks agree",
		"milvus":     "not configured -> set MILVUS_ADDRESS",
		"calendar":   "ok the next days closed days are known from 2025-01-01 to ",
		"naver":      "ok one search 0 items",
		"dart":       "ok today's list ",
		"krx":        "ok rows of a Sunday the key is approved",
		"kis":        "ok a price, or a token a new token was given",
		"telegram":   "ok the bot's name the bot is @",
		"openai":     "not configured -> register a model",
		"naverstock": "ok one stock's news 0 items",
		"wire":       "ok the feed ",
		"haru":       "ok the feed ",
	} {
		if line := lineOf(t, table, name); !strings.HasPrefix(line, name+" "+want) {
			t.Errorf("%q, want %q", line, name+" "+want)
		}
	}
	if diff := cmp.Diff(simulator.KISCounts{Tokens: 1}, sim.KIS()); diff != "" {
		t.Errorf("KIS was asked (-want +got):\n%s", diff)
	}

	var findings []struct{ Name, State, Asked, Means, Do string }
	fatal(t, json.Unmarshal([]byte(run("-json", "-limit", "60s")), &findings))
	if len(findings) != 13 {
		t.Errorf("%d findings: %+v", len(findings), findings)
	}
	for _, f := range findings {
		if f.State != "ok" && f.Name != "milvus" && f.Name != "openai" {
			t.Errorf("%+v", f)
		}
	}
	if diff := cmp.Diff(simulator.KISCounts{Tokens: 1, Calls: 1}, sim.KIS()); diff != "" {
		t.Errorf("KIS was asked in all (-want +got):\n%s", diff)
	}
}

// TestTheDoctorNamesTheCause lets each system refuse in each way, and nobody answer. The line must tell them apart.
func TestTheDoctorNamesTheCause(t *testing.T) {
	t.Parallel()
	m, err := simulator.NewMarket(simulator.MarketOptions{})
	fatal(t, err)
	sim := simulator.New(m, simulator.Options{Limits: simulator.Limits{KISTokenEvery: time.Nanosecond}}) // each case has its own
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	keys, outside := sim.Keys(), server.URL
	address := newRedis(t)
	options, err := redis.ParseURL(address)
	fatal(t, err)
	rdb := redis.NewClient(options)
	t.Cleanup(func() { rdb.Close() })
	at := map[string]string{}
	for _, system := range []string{"naver", "dart", "krx", "kis", "telegram"} {
		at[system] = outside + "/" + system
	}
	robots := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/robots.txt" {
			t.Errorf("%s was asked for all the same", r.URL)
		}
		fmt.Fprint(w, "User-agent: *\nDisallow: /\n")
	}))
	t.Cleanup(robots.Close)
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)

	hub := config.Config{NaverProfile: "hub", NaverClientID: config.Secret(keys.NaverHubID), NaverClientSecret: config.Secret(keys.NaverHubSecret)}
	legacyOnHub := config.Config{NaverProfile: "hub", NaverClientID: config.Secret(keys.NaverLegacyID), NaverClientSecret: config.Secret(keys.NaverLegacySecret)}
	hubOnLegacy := hub
	hubOnLegacy.NaverProfile = "legacy"
	dart := config.Config{DARTKey: config.Secret(keys.DARTKey)}
	krx := config.Config{KRXKey: config.Secret(keys.KRXKey)}
	kis := config.Config{KISAppKey: config.Secret(keys.KISAppKey), KISAppSecret: config.Secret(keys.KISAppSecret)}
	telegram := config.Config{TelegramToken: config.Secret(keys.TelegramToken)}
	stranger := config.Config{TelegramToken: "900000002:" + config.Secret(strings.Repeat("other", 7))}
	feed := config.Config{Feeds: map[string]string{"haru": outside + "/feed/maeil"}}
	elsewhere := func(system, address string) map[string]string { return map[string]string{system: address} }

	for _, c := range []struct {
		what   string
		name   string
		cfg    config.Config
		at     map[string]string // nil: the simulator
		fault  string
		token  bool // the broker's is there already
		limit  time.Duration
		passes bool
		line   string // a pattern
	}{
		{what: "a legacy key at the hub", name: "naver", cfg: legacyOnHub, line: `FAIL one search wrong key profile: .*code 200.* -> set NAVER_PROFILE=legacy if`},
		{what: "a hub key at the old host", name: "naver", cfg: hubOnLegacy, line: `FAIL one search wrong key profile: .*code 024.* -> set NAVER_PROFILE=hub if`},
		{what: "no subscription", name: "naver", cfg: hub, fault: `{"code":"210"}`, line: `FAIL one search service not approved: .*210.* -> add Search to the application`},
		{what: "not switched on", name: "naver", cfg: hub, fault: `{"code":"401"}`, line: `service not approved: .* -> add Search`},
		{what: "too fast", name: "naver", cfg: hub, fault: `{"code":"012"}`, line: `too many calls at once: .*012.* -> see who else uses the key`},
		{what: "quota", name: "naver", cfg: hub, fault: `{"code":"010"}`, line: `quota used up: .*010.* -> wait until midnight KST`},
		{what: "401 by status alone", name: "naver", cfg: hub, fault: `{"status":401}`, line: `FAIL one search .*status 401 -> copy the key again`},
		{what: "503", name: "naver", cfg: hub, fault: `{"status":503}`, line: `FAIL one search .*status 503 -> wait: it is theirs to mend`},
		{what: "cut", name: "naver", cfg: hub, fault: `{"reset":true}`, line: `the connection broke off: .* -> try again`},
		{what: "half an answer", name: "naver", cfg: hub, fault: `{"malformed":true}`, line: `the answer is no JSON.* -> wait`},

		{what: "unknown key", name: "dart", cfg: dart, fault: `{"code":"010"}`, line: `FAIL today's list unknown key: .*010.* -> copy the key again`},
		{what: "suspended key", name: "dart", cfg: dart, fault: `{"code":"011"}`, line: `suspended key: .*011.* -> ask the service why`},
		{what: "address", name: "dart", cfg: dart, fault: `{"code":"012"}`, line: `IP address not allowed: .*012.* -> register this machine's address`},
		{what: "expired key", name: "dart", cfg: dart, fault: `{"code":"901"}`, line: `expired key: .*901.* -> renew the key`},
		{what: "the day's calls", name: "dart", cfg: dart, fault: `{"limit":true}`, line: `quota used up: .*020.* -> wait until midnight KST`},
		{what: "maintenance", name: "dart", cfg: dart, fault: `{"code":"800"}`, line: `FAIL .*800.* -> wait`},
		{what: "502", name: "dart", cfg: dart, fault: `{"status":502}`, line: `status 502 -> wait`},
		{what: "nobody", name: "dart", cfg: dart, at: elsewhere("dart", "http://"+freeAddress(t)), line: `connection refused: .* -> see whether the address is right`},
		{what: "slow", name: "dart", cfg: dart, fault: `{"latency_ms":100000}`, limit: 300 * time.Millisecond, line: `no answer in time: .* -> try again`},
		{what: "certificate", name: "dart", cfg: dart, at: elsewhere("dart", secure.URL), line: `TLS fails: .*certificate.* -> see what stands in between`},

		{what: "unknown key", name: "krx", cfg: krx, fault: `{"code":"Unauthorized Key"}`, line: `FAIL rows of a Sunday unknown key: .* -> copy the key again`},
		{what: "service", name: "krx", cfg: krx, fault: `{"code":"Unauthorized API Call"}`, line: `service not approved: .* -> apply for each of the six services`},
		{what: "the day's calls", name: "krx", cfg: krx, fault: `{"limit":true}`, line: `quota used up: .* -> wait until midnight KST`},
		{what: "gone", name: "krx", cfg: krx, fault: `{"status":404}`, line: `FAIL .*status 404 -> see whether the service has moved`},

		{what: "a token too soon", name: "kis", cfg: kis, fault: `{"limit":true}`, line: `token asked for too soon: .*EGW00133.* -> try again in a minute`},
		{what: "unknown key", name: "kis", cfg: kis, fault: `{"code":"EGW00103"}`, line: `unknown key: .*EGW00103.* -> .*KIS_PAPER must be true for a paper account's`},
		{what: "blocked", name: "kis", cfg: kis, fault: `{"code":"EGW00204"}`, token: true, line: `account blocked: .*EGW00204.* -> ask the service why`},
		{what: "old token", name: "kis", cfg: kis, fault: `{"code":"EGW00123"}`, token: true, line: `token refused: .*EGW00123.* -> wait: the next question of a worker renews it`},
		{what: "too fast", name: "kis", cfg: kis, fault: `{"limit":true}`, token: true, line: `too many calls at once: .*EGW00201`},

		{what: "unknown token", name: "telegram", cfg: stranger, line: `FAIL the bot's name unknown key: .* -> copy the key again`},
		{what: "too fast", name: "telegram", cfg: telegram, fault: `{"limit":true}`, line: `FAIL .*retry.* -> wait, and see who else`},
		{what: "the send guard", name: "telegram", cfg: telegram, at: elsewhere("telegram", ""), passes: true,
			line: `not asked the bot's name .*send guard refuses api.telegram.org.* -> set TELEGRAM_REAL=true where real chats`},

		{what: "robots", name: "haru", cfg: config.Config{Feeds: map[string]string{"haru": robots.URL + "/rss"}}, line: `robots.txt forbids it: .* -> switch the source off`},
		{what: "403", name: "haru", cfg: feed, fault: `{"status":403}`, line: `FAIL the feed .*status 403 -> ask the service what it allows`},
	} {
		t.Run(c.name+"/"+c.what, func(t *testing.T) { // one after the other: faults are the simulator's, and the limits Redis's
			fatal(t, rdb.FlushAll(t.Context()).Err())
			c.cfg.RedisURL, c.cfg.LogLevel = config.Secret(address), "error"
			o := app.DoctorOptions{Limit: time.Minute}
			if c.at == nil {
				c.at = at
			}
			if c.token {
				var out strings.Builder
				fatal(t, app.DoctorAt(t.Context(), c.cfg, c.at, o, &out))
			}
			if c.fault != "" {
				system := strings.Replace(c.name, "haru", "feed", 1)
				caller{base: outside}.send(t, http.MethodPut, "/_sim/faults/"+system, json.RawMessage(c.fault), nil)
				defer caller{base: outside}.send(t, http.MethodDelete, "/_sim/faults/"+system, nil, nil)
			}
			if c.limit > 0 {
				o.Limit = c.limit
			}
			var out strings.Builder
			if err := app.DoctorAt(t.Context(), c.cfg, c.at, o, &out); (err == nil) != c.passes {
				t.Errorf("the doctor ends with %v", err)
			}
			if line := lineOf(t, out.String(), c.name); !regexp.MustCompile(c.line).MatchString(line) {
				t.Errorf("%q\nis not of the form %q", line, c.line)
			}
			showsNone(t, out.String(), append(secretsOf(keys), string(c.cfg.TelegramToken))...)
		})
	}
}

// TestTheDoctorLooksInside breaks our own servers. What cannot be asked without them is not asked.
func TestTheDoctorLooksInside(t *testing.T) {
	t.Parallel()
	fresh := newDatabase(t)
	evicting := freeAddress(t)
	plainRedis(t, evicting, "--maxmemory-policy", "allkeys-lru")
	key := config.Secret(strings.Repeat("k", 40))
	for what, c := range map[string]struct {
		cfg   config.Config
		lines map[string]string
	}{
		"what is there is wrong": {config.Config{DatabaseURL: config.Secret(fresh.url), RedisURL: config.Secret("redis://" + evicting)}, map[string]string{
			"postgres": "FAIL schema and clock schema is at 0, .* -> run `tickerctl migrate`",
			"redis":    "FAIL eviction and clock redis has maxmemory-policy allkeys-lru.* -> set maxmemory-policy noeviction",
			"dart":     "not configured -> set DART_API_KEY", "feeds": "not configured -> set FEEDS"}},
		"nothing is there": {config.Config{DatabaseURL: "postgres://anna:swordfish@" + config.Secret(freeAddress(t)) + "/none?sslmode=disable",
			RedisURL: "redis://:swordfish@" + config.Secret(freeAddress(t)), MilvusAddress: freeAddress(t), MilvusPrefix: "doctor",
			DARTKey: key}, map[string]string{
			"postgres": "FAIL schema and clock connection refused: .* -> start it, or mend DATABASE_URL",
			"redis":    "FAIL eviction and clock connection refused: .* -> start it, or mend REDIS_URL",
			"milvus":   "FAIL its version .* -> start it, or mend MILVUS_ADDRESS",
			"dart":     "not asked today's list without Redis nobody knows .* -> mend Redis first"}},
		"the simulator is gone": {config.Config{SimulatorURL: "http://" + freeAddress(t)}, map[string]string{
			"postgres": "not configured", "simulator": "FAIL .* -> start it, or take SIMULATOR_URL away"}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			c.cfg.LogLevel = "error"
			var out strings.Builder
			if err := app.Doctor(t.Context(), c.cfg, app.DoctorOptions{Limit: 5 * time.Second}, &out); err == nil {
				t.Error("the doctor finds nothing")
			}
			for name, pattern := range c.lines {
				if line := lineOf(t, out.String(), name); !regexp.MustCompile("^" + name + " " + pattern).MatchString(line) {
					t.Errorf("%q\nis not of the form %q", line, pattern)
				}
			}
			showsNone(t, out.String(), "swordfish", string(key))
		})
	}
}
