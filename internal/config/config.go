// Package config reads the program's settings from the environment, once, into one typed struct. Only cmd and app
// import it. Every field has a line in .env.example with the same default; a test compares them.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"
)

// Secret is a setting that must never be shown: it prints as ***.
type Secret string

// String returns *** for a secret that is set.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// LogValue keeps the secret out of logs.
func (s Secret) LogValue() string { return s.String() }

// MarshalText keeps the secret out of encoded forms.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Secrets returns every secret that is set, for whoever must cut them out of a text.
func (c Config) Secrets() []string {
	var list []string
	for _, field := range reflect.ValueOf(c).Fields() {
		switch v := field.Interface().(type) {
		case Secret:
			list = append(list, string(v))
		case map[string]Secret:
			for _, s := range v {
				list = append(list, string(s))
			}
		}
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// Config is every setting of every role. Secrets have no default.
type Config struct {
	// HTTPAddr is where the API listens.
	HTTPAddr string `env:"HTTP_ADDR" envDefault:"127.0.0.1:8080"`
	// PrivateAddr is where /metrics listens; the worker and the scheduler take it too when they run apart.
	PrivateAddr string `env:"PRIVATE_ADDR" envDefault:"127.0.0.1:0"`
	// DataDir is where `make run` keeps its private Postgres and Redis, its keys and its clock.
	DataDir string `env:"DATA_DIR" envDefault:".data"`
	// LogLevel is debug, info, warn or error.
	LogLevel string `env:"LOG_LEVEL" envDefault:"info"`

	// DatabaseURL is the Postgres to use; `make run` starts a private one when it is empty.
	DatabaseURL Secret `env:"DATABASE_URL"`
	// DatabaseConns bounds the connections of one process.
	DatabaseConns int `env:"DATABASE_CONNS" envDefault:"20"`
	// RedisURL is the Redis to use, of one of the forms of app's redis.go; `make run` starts a private one when it is empty.
	RedisURL Secret `env:"REDIS_URL"`
	// RedisCAFile holds the certificates (PEM) that sign that of a Redis over TLS; empty: those of the system.
	RedisCAFile string `env:"REDIS_CA_FILE"`
	// MilvusAddress is host:port of Milvus; when it is empty the exact index in the worker's memory is used.
	MilvusAddress string `env:"MILVUS_ADDRESS"`
	// MilvusPrefix goes before the names of our collections.
	MilvusPrefix string `env:"MILVUS_PREFIX" envDefault:"tickerwire"`

	// CacheAnswers is how long the API may give the same answer again to others of the same role, without a look at the
	// database: dashboard, stocks, news and predictions. 0s: never. Who may ask is always looked up.
	CacheAnswers time.Duration `env:"CACHE_ANSWERS" envDefault:"1s"`
	// GCPercent is by how much the API's memory may grow over what is in use before it is cleaned up, as GOGC.
	GCPercent int `env:"GC_PERCENT" envDefault:"400"`

	// TokenSecret signs access tokens and derives refresh tokens; at least 32 bytes. `make run` makes one.
	TokenSecret Secret `env:"TOKEN_SECRET"`
	// TokenSecretOld is the TokenSecret of before, while what was made with it is still taken.
	TokenSecretOld Secret `env:"TOKEN_SECRET_OLD"`
	// CORSOrigins lists the origins of front ends that are served from elsewhere.
	CORSOrigins []string `env:"CORS_ORIGINS"`
	// TrustedProxies lists the networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.
	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES"`
	// StaticPreviousDir is a folder with the export of the build before this one: what its _next/static holds is served to tabs
	// that were opened before an update. Empty: they are told to load anew.
	StaticPreviousDir string `env:"STATIC_PREVIOUS_DIR"`
	// AdminEmail is the admin that `make run` creates.
	AdminEmail string `env:"ADMIN_EMAIL" envDefault:"admin@example.com"`
	// AdminPassword is his password; a random one is made and printed once when it is empty.
	AdminPassword Secret `env:"ADMIN_PASSWORD"`

	// OTLPEndpoint is the collector that traces are sent to, by OpenTelemetry's protocol over HTTP; empty: none are made.
	OTLPEndpoint string `env:"OTEL_EXPORTER_OTLP_ENDPOINT"`
	// OTLPHeaders go with every request to it, name=value each.
	OTLPHeaders map[string]Secret `env:"OTEL_EXPORTER_OTLP_HEADERS" envKeyValSeparator:"="`
	// TraceRatio is the share of requests, and of tasks that come of none, that are traced.
	TraceRatio float64 `env:"OTEL_TRACES_SAMPLER_ARG" envDefault:"1"`
	// ServiceName is the program's name in traces.
	ServiceName string `env:"OTEL_SERVICE_NAME" envDefault:"tickerwire"`

	// CrawlEvery is the time between two crawls of one source, on the application clock, at first: an admin can edit it.
	CrawlEvery time.Duration `env:"CRAWL_EVERY" envDefault:"60s"`
	// MarketEvery is the time between two looks for missing bars and due outcomes, likewise.
	MarketEvery time.Duration `env:"MARKET_EVERY" envDefault:"60s"`
	// BarsDays is how many calendar days of daily bars are kept up.
	BarsDays int `env:"BARS_DAYS" envDefault:"400"`

	// UserAgentContact is named in the User-Agent of every request that we make.
	UserAgentContact string `env:"USER_AGENT_CONTACT"`
	// Feeds lists RSS or Atom feeds to crawl, name=url each.
	Feeds map[string]string `env:"FEEDS" envKeyValSeparator:"="`
	// UnofficialSources names the sources without an official interface that are crawled all the same: SOURCES.md.
	UnofficialSources []string `env:"UNOFFICIAL_SOURCES"`
	// NaverProfile is hub (Naver API HUB) or legacy (openapi.naver.com keys, until 2027-06-30).
	NaverProfile string `env:"NAVER_PROFILE" envDefault:"hub"`
	// NaverClientID and NaverClientSecret are the keys of the news search; empty switches it off.
	NaverClientID     Secret `env:"NAVER_CLIENT_ID"`
	NaverClientSecret Secret `env:"NAVER_CLIENT_SECRET"`
	// DARTKey is the OpenDART key; empty switches filings off.
	DARTKey Secret `env:"DART_API_KEY"`
	// KRXKey is the KRX Open API key; empty switches it off.
	KRXKey Secret `env:"KRX_AUTH_KEY"`
	// KISAppKey and KISAppSecret are the keys of KIS Open API; empty switches it off.
	KISAppKey    Secret `env:"KIS_APP_KEY"`
	KISAppSecret Secret `env:"KIS_APP_SECRET"`
	// KISPaper says that they are a paper account's: another host, one call a second, no minutes of past days.
	KISPaper bool `env:"KIS_PAPER" envDefault:"false"`
	// OpenAIBaseURL is the OpenAI-compatible service of language models that name none; empty: OpenAI's own.
	OpenAIBaseURL string `env:"OPENAI_BASE_URL"`
	// OpenAIKey is its key; empty sends none, as a server of one's own asks for none.
	OpenAIKey Secret `env:"OPENAI_API_KEY"`
	// LLMKeys are the keys of other services by their hosts, host=key each: a key is sent to its host only.
	LLMKeys map[string]Secret `env:"LLM_KEYS" envKeyValSeparator:"="`
	// TelegramToken is the bot's token; empty: nobody is told.
	TelegramToken Secret `env:"TELEGRAM_TOKEN"`
	// TelegramReal lets messages leave for the real Telegram. Without it only a bot server on loopback is spoken to.
	TelegramReal bool `env:"TELEGRAM_REAL" envDefault:"false"`
	// TelegramWebhookURL is where Telegram posts what the bot's readers do: the public https address of POST
	// /api/telegram/webhook. Without it a worker asks for it. The API and the workers need both settings.
	TelegramWebhookURL string `env:"TELEGRAM_WEBHOOK_URL"`
	// TelegramWebhookSecret proves that it was Telegram: 16 to 256 of A-Z, a-z, 0-9, _ and -.
	TelegramWebhookSecret Secret `env:"TELEGRAM_WEBHOOK_SECRET"`
	// TelegramBotName is the bot's user name without its @: people get a link to it. Empty: they are told to look for the bot.
	TelegramBotName string `env:"TELEGRAM_BOT_NAME"`

	// ComplianceMode says what the bot is: free answers everybody; one-way only tells, and answers /start, /stop and /delete;
	// private answers linked chats only.
	ComplianceMode string `env:"COMPLIANCE_MODE" envDefault:"free"`

	// SimulatorURL, when set, makes the simulator there play every outside system, and its clock the application's.
	SimulatorURL string `env:"SIMULATOR_URL"`
	// SimulatorArchive is an archive folder that the simulator of `make run` replays instead of its invented market.
	SimulatorArchive string `env:"SIMULATOR_ARCHIVE"`
	// SimulatorSpeed is how many seconds of the simulator's clock go by in one second; 0 means 1 for the invented
	// market and 3600 for an archive.
	SimulatorSpeed float64 `env:"SIMULATOR_SPEED" envDefault:"0"`
}

// Load reads the file .env in the working directory, if there is one, and the environment, which wins. It reports
// every problem at once, each with the setting's name.
func Load() (Config, error) {
	settings, err := readFile(".env")
	if err != nil {
		return Config{}, err
	}
	for _, pair := range os.Environ() {
		key, value, _ := strings.Cut(pair, "=")
		settings[key] = value
	}
	return parse(settings)
}

// line is what every line of .env must look like: a name, and a value whose quote, if any, is closed on the line.
var line = regexp.MustCompile(`^\s*(#.*|(export\s+)?[A-Za-z_][A-Za-z0-9_]*=([^"'\s].*|"[^"]*"\s*(#.*)?|'[^']*'\s*(#.*)?|\s*))?$`)

// readFile reads NAME=value lines; a missing file has none. Its errors name the line and never a value.
func readFile(path string) (map[string]string, error) {
	raw, err := os.ReadFile(path) // #nosec G304 -- .env
	if errors.Is(err, fs.ErrNotExist) {
		return make(map[string]string), nil
	}
	if err != nil {
		return nil, err
	}
	var errs []error
	for i, text := range strings.Split(string(raw), "\n") {
		if !line.MatchString(strings.TrimSuffix(text, "\r")) {
			name, _, _ := strings.Cut(strings.TrimSpace(text), "=")
			errs = append(errs, fmt.Errorf("%s:%d: %.40q is no whole NAME=value", path, i+1, name))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	settings, err := godotenv.UnmarshalBytes(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be read as NAME=value lines", path)
	}
	return settings, nil
}

func parse(environment map[string]string) (Config, error) {
	// An empty setting is an unset one, so that a line of .env.example can stay as it is.
	for key, value := range environment {
		if value == "" {
			delete(environment, key)
		}
	}
	var cfg Config
	err := env.ParseWithOptions(&cfg, env.Options{Environment: environment})
	return cfg, errors.Join(err, cfg.check())
}

// check finds what the types do not.
func (c Config) check() error {
	var errs []error
	bad := func(name, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...)))
	}
	if c.NaverProfile != "hub" && c.NaverProfile != "legacy" {
		bad("NAVER_PROFILE", "%q is neither hub nor legacy", c.NaverProfile)
	}
	pairs := []struct {
		a, b         Secret
		nameA, nameB string
	}{
		{c.NaverClientID, c.NaverClientSecret, "NAVER_CLIENT_ID", "NAVER_CLIENT_SECRET"},
		{c.KISAppKey, c.KISAppSecret, "KIS_APP_KEY", "KIS_APP_SECRET"},
		{Secret(c.TelegramWebhookURL), c.TelegramWebhookSecret, "TELEGRAM_WEBHOOK_URL", "TELEGRAM_WEBHOOK_SECRET"},
	}
	for _, p := range pairs {
		if (p.a == "") != (p.b == "") {
			bad(p.nameA, "and %s must be set together", p.nameB)
		}
	}
	if c.TokenSecret != "" && len(c.TokenSecret) < 32 {
		bad("TOKEN_SECRET", "has %d bytes, needs 32", len(c.TokenSecret))
	}
	if u, err := url.Parse(c.OTLPEndpoint); c.OTLPEndpoint != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil) {
		bad("OTEL_EXPORTER_OTLP_ENDPOINT", "it is no http or https URL without a user")
	}
	if !(c.TraceRatio >= 0 && c.TraceRatio <= 1) {
		bad("OTEL_TRACES_SAMPLER_ARG", "%v is not between 0 and 1", c.TraceRatio)
	}
	if old := c.TokenSecretOld; old != "" && (len(old) < 32 || old == c.TokenSecret) {
		bad("TOKEN_SECRET_OLD", "it needs 32 bytes, and to differ from TOKEN_SECRET")
	}
	if c.CacheAnswers < 0 || c.CacheAnswers > time.Minute {
		bad("CACHE_ANSWERS", "%s is not between 0s and a minute", c.CacheAnswers)
	}
	if c.GCPercent < 10 {
		bad("GC_PERCENT", "%d is under 10", c.GCPercent)
	}
	if c.SimulatorSpeed < 0 {
		bad("SIMULATOR_SPEED", "is negative")
	}
	for name, period := range map[string]time.Duration{"CRAWL_EVERY": c.CrawlEvery, "MARKET_EVERY": c.MarketEvery} {
		if period < time.Second {
			bad(name, "%s is under a second", period)
		}
	}
	for name, feed := range c.Feeds {
		if u, err := url.Parse(feed); err != nil || u.Host == "" {
			bad("FEEDS", "%s: %q is no URL", name, feed)
		}
	}
	if u, err := url.Parse(c.OpenAIBaseURL); c.OpenAIBaseURL != "" && (err != nil || u.Host == "" || u.User != nil) {
		bad("OPENAI_BASE_URL", "it is no URL without a user")
	}
	if u, err := url.Parse(c.SimulatorURL); c.SimulatorURL != "" && (err != nil || u.Host == "") {
		bad("SIMULATOR_URL", "%q is no URL", c.SimulatorURL)
	}
	if c.TelegramWebhookURL != "" && !postable(c.TelegramWebhookURL) {
		bad("TELEGRAM_WEBHOOK_URL", "it is no https address")
	}
	if c.TelegramWebhookSecret != "" && !webhookSecret.MatchString(string(c.TelegramWebhookSecret)) {
		bad("TELEGRAM_WEBHOOK_SECRET", "it needs 16 to 256 of A-Z, a-z, 0-9, _ and -")
	}
	if c.TelegramBotName != "" && !botName.MatchString(c.TelegramBotName) {
		bad("TELEGRAM_BOT_NAME", "it needs 5 to 32 of A-Z, a-z, 0-9 and _, without the @")
	}
	switch c.ComplianceMode {
	case "free", "one-way", "private":
	default:
		bad("COMPLIANCE_MODE", "%q is not free, one-way or private", c.ComplianceMode)
	}
	switch c.LogLevel {
	case "debug", "info", "warn", "error":
	default:
		bad("LOG_LEVEL", "%q is not debug, info, warn or error", c.LogLevel)
	}
	return errors.Join(errs...)
}

// webhookSecret is what Telegram takes as a secret, and long enough not to be guessed.
var webhookSecret = regexp.MustCompile(`^[A-Za-z0-9_-]{16,256}$`)

// botName is what Telegram lets a bot be called.
var botName = regexp.MustCompile(`^[A-Za-z0-9_]{5,32}$`)

// postable reports an address that Telegram posts to; a simulator on this machine needs no TLS.
func postable(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && Loopback(u.Hostname())
}

// Loopback reports a host that cannot lead out of this machine.
func Loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// ForRole checks what a role that runs apart cannot do without.
func (c Config) ForRole(role string) error {
	var errs []error
	need := func(name string, value Secret) {
		if value == "" {
			errs = append(errs, fmt.Errorf("%s: is not set, and %s needs it", name, role))
		}
	}
	need("DATABASE_URL", c.DatabaseURL)
	if role != "tickerctl" {
		need("REDIS_URL", c.RedisURL)
	}
	if role == "api" {
		need("TOKEN_SECRET", c.TokenSecret)
	}
	return errors.Join(errs...)
}
