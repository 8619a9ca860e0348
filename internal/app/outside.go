package app

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"tickerwire/internal/config"
	"tickerwire/internal/news"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/dart"
	"tickerwire/internal/upstream/feed"
	"tickerwire/internal/upstream/naver"
	"tickerwire/internal/upstream/naverstock"
	"tickerwire/internal/upstream/simclock"
	"tickerwire/internal/upstream/telegram"
	"tickerwire/internal/upstream/webhook"
	"tickerwire/tasks"
)

const version = "0.1"

// outside is the systems of others that are configured.
type outside struct {
	sources []tasks.Source
	filers  tasks.FilerList
	daily   tasks.DailyBars
	stocks  tasks.StockBars
	market  tasks.MarketData
	bot     *telegram.Sender // nil: nobody is told
	hooks   *webhook.Sender  // nil: no webhook is posted to
	llm     tasks.LLM
}

// hosts says where each system is reached; an empty one means its real address.
type hosts struct {
	naver, dart, krx, kis, telegram string
	wire                            map[string]string // feeds that only the simulator has
	simulator                       string            // plays every system, each below its own name; "" without one
}

// of returns where a system is reached that has no field of its own: with a simulator below the system's name there.
func (h hosts) of(system string) string {
	if h.simulator == "" {
		return ""
	}
	return h.simulator + "/" + system
}

// openOutside builds a client for each system that has its key. With a simulator, all of them are the simulator. Only
// a worker needs them: the API and the scheduler call nobody.
func (r *role) openOutside(ctx context.Context, limits *limits) (outside, error) {
	cfg, at, err := reached(ctx, r.cfg)
	if err != nil {
		return outside{}, err
	}
	client := newClient(cfg, limits.bucket)
	o := outside{}
	if o.sources, err = newsSources(cfg, at, client, r.clock.now); err != nil {
		return outside{}, err
	}
	if cfg.DARTKey != "" {
		o.filers = &dart.Source{Client: client, BaseURL: at.dart, Key: string(cfg.DARTKey), Now: r.clock.now}
	}
	r.openMarket(&o, cfg, at, client)
	if o.llm, err = openLLM(cfg, at, client, limits.bucket); err != nil {
		return outside{}, err
	}
	o.hooks = webhook.New(upstream.UserAgent(version, cfg.UserAgentContact), false)
	if cfg.TelegramToken != "" {
		if o.bot, err = newSender(cfg, at, limits.bucket, r.log); err != nil {
			return outside{}, err
		}
	}
	return o, nil
}

// newClient returns the one polite way out that all clients share.
func newClient(cfg config.Config, limiter upstream.Limiter) *upstream.Client {
	return &upstream.Client{HTTP: &http.Client{Transport: upstream.NewTransport()}, Robots: &upstream.Robots{},
		UserAgent: upstream.UserAgent(version, cfg.UserAgentContact), Limiter: limiter}
}

// newSender returns the bot's sender; Forbidden is the send guard's.
func newSender(cfg config.Config, at hosts, limiter telegram.Limiter, log *slog.Logger) (*telegram.Sender, error) {
	return telegram.New(telegram.Options{Token: string(cfg.TelegramToken), BaseURL: at.telegram, Limiter: limiter,
		AllowReal: cfg.TelegramReal, Log: log})
}

// configuredSources returns the news sources that a worker with these settings crawls, for their names and periods, and
// the names of the sources of market data: they have no client and cannot be asked.
func (r *role) configuredSources(ctx context.Context) (list []tasks.Source, market []string, err error) {
	cfg, at, err := reached(ctx, r.cfg)
	if err != nil {
		return nil, nil, err
	}
	var o outside
	r.openMarket(&o, cfg, at, nil)
	list, err = newsSources(cfg, at, nil, nil)
	return list, tasks.MarketSources(o.daily, o.stocks, o.market), err
}

// newsSources is the one list of news sources: those that are configured and, if unofficial, switched on by name.
func newsSources(cfg config.Config, at hosts, client *upstream.Client, now func() time.Time) ([]tasks.Source, error) {
	var list []tasks.Source
	for _, name := range slices.Sorted(maps.Keys(cfg.Feeds)) {
		list = append(list, tasks.Source{Every: cfg.CrawlEvery,
			NewsSource: &feed.Source{SourceName: name, URL: cfg.Feeds[name], Client: client, Now: now}})
	}
	for _, name := range slices.Sorted(maps.Keys(at.wire)) {
		list = append(list, tasks.Source{Every: cfg.CrawlEvery,
			NewsSource: &feed.Source{SourceName: name, URL: at.wire[name], Filings: true, Client: client, Now: now}})
	}
	if cfg.NaverClientID != "" {
		list = append(list, tasks.Source{PerStock: true, Every: 5 * cfg.CrawlEvery,
			NewsSource: &naver.Source{Client: client, Profile: naver.Profile(cfg.NaverProfile), BaseURL: at.naver,
				ID: string(cfg.NaverClientID), Secret: string(cfg.NaverClientSecret), Now: now}})
	}
	list = append(list, tasks.Source{PerStock: true, ByCode: true, Every: 10 * cfg.CrawlEvery,
		NewsSource: &naverstock.Source{Client: client, BaseURL: at.of("naverstock"), Now: now}})
	if cfg.DARTKey != "" {
		list = append(list, tasks.Source{Every: cfg.CrawlEvery,
			NewsSource: &dart.Source{Client: client, BaseURL: at.dart, Key: string(cfg.DARTKey), Now: now}})
	}
	return allowedSources(list, cfg.UnofficialSources)
}

// allowedSources leaves out the unofficial sources that are not switched on. Two sources of one name would take each
// other's items for their own, and a name that is switched on in vain is a mistake: both are told.
func allowedSources(list []tasks.Source, on []string) ([]tasks.Source, error) {
	var allowed []tasks.Source
	names := map[string]bool{}
	for _, s := range list {
		if names[s.Name()] {
			return nil, fmt.Errorf("FEEDS: the name %s is taken by another source", s.Name())
		}
		names[s.Name()] = true
		if !news.PolicyOf(s.Name()).Unofficial || slices.Contains(on, s.Name()) {
			allowed = append(allowed, s)
		}
	}
	for _, name := range on {
		if !names[name] || !news.PolicyOf(name).Unofficial {
			return nil, fmt.Errorf("UNOFFICIAL_SOURCES: there is no unofficial source %q", name)
		}
	}
	return allowed, nil
}

// reached says with which keys the outside is reached, and where. With a simulator every key and address is replaced by
// the simulator's, so that nothing reaches a real system.
func reached(ctx context.Context, cfg config.Config) (config.Config, hosts, error) {
	base := cfg.SimulatorURL
	if base == "" {
		return cfg, hosts{}, nil
	}
	keys, err := simclock.ReadKeys(ctx, base)
	if err != nil {
		return cfg, hosts{}, fmt.Errorf("SIMULATOR_URL: %w", err)
	}
	own := map[string]string{} // feeds of the simulator's own may be named like any other
	for name, feed := range cfg.Feeds {
		if strings.HasPrefix(feed, strings.TrimSuffix(base, "/")+"/") {
			own[name] = feed
		}
	}
	cfg.Feeds = own
	cfg.NaverProfile = string(naver.Hub)
	cfg.NaverClientID, cfg.NaverClientSecret = config.Secret(keys.NaverHubID), config.Secret(keys.NaverHubSecret)
	cfg.DARTKey, cfg.KRXKey = config.Secret(keys.DARTKey), config.Secret(keys.KRXKey)
	cfg.KISAppKey, cfg.KISAppSecret, cfg.KISPaper = config.Secret(keys.KISAppKey), config.Secret(keys.KISAppSecret), false
	cfg.OpenAIKey, cfg.LLMKeys = config.Secret(keys.OpenAIKey), nil
	cfg.TelegramToken, cfg.TelegramReal = config.Secret(keys.TelegramToken), false
	return cfg, hosts{naver: base + "/naver", dart: base + "/dart", krx: base + "/krx", kis: base + "/kis",
		telegram: base + "/telegram", wire: map[string]string{"wire": base + "/feed/wire"}, simulator: base}, nil
}
