package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/config"
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/dart"
	"tickerwire/internal/upstream/feed"
	"tickerwire/internal/upstream/kis"
	"tickerwire/internal/upstream/krx"
	"tickerwire/internal/upstream/naver"
	"tickerwire/internal/upstream/telegram"
	"tickerwire/tasks"
)

const version = "0.1"

// outside is the systems of others that are configured.
type outside struct {
	sources []tasks.Source
	daily   tasks.DailyBars
	stocks  tasks.StockBars
	sender  tasks.Sender
}

// hosts says where each system is reached; an empty one means its real address.
type hosts struct {
	naver, dart, krx, kis, telegram string
	wire                            map[string]string // feeds that only the simulator has
}

// openOutside builds a client for each system that has its key. With a simulator, all of them are the simulator.
func openOutside(ctx context.Context, cfg config.Config, rdb redis.UniversalClient, now func() time.Time, calendar *market.Calendar, log *slog.Logger) (outside, error) {
	rates := upstream.DefaultRates()
	at := hosts{}
	if cfg.SimulatorURL != "" {
		var err error
		if cfg, at, err = simulated(ctx, cfg); err != nil {
			return outside{}, err
		}
		u, err := url.Parse(cfg.SimulatorURL)
		if err != nil {
			return outside{}, fmt.Errorf("SIMULATOR_URL: %w", err)
		}
		rates[u.Hostname()] = upstream.Rate{PerSecond: 20, Burst: 20}
	}
	client := &upstream.Client{HTTP: &http.Client{}, UserAgent: upstream.UserAgent(version, cfg.UserAgentContact),
		Limiter: upstream.NewBucket(rdb, rates)}
	o := outside{sources: newsSources(cfg, at, client, now)}
	if cfg.KRXKey != "" {
		o.daily = &krx.Client{Client: client, BaseURL: at.krx, Key: string(cfg.KRXKey), Calendar: calendar}
	}
	if cfg.KISAppKey != "" {
		o.stocks = &kis.Client{Client: client, BaseURL: at.kis, AppKey: string(cfg.KISAppKey),
			AppSecret: string(cfg.KISAppSecret), Redis: rdb, Calendar: calendar, Now: now}
	}
	if cfg.TelegramToken != "" {
		sender, err := telegram.New(telegram.Options{Token: string(cfg.TelegramToken), BaseURL: at.telegram,
			Limiter: client.Limiter, AllowReal: cfg.TelegramReal, Log: log})
		if err != nil {
			return outside{}, err
		}
		o.sender = sender
	}
	return o, nil
}

// newsSources is the one list of news sources.
func newsSources(cfg config.Config, at hosts, client *upstream.Client, now func() time.Time) []tasks.Source {
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
	if cfg.DARTKey != "" {
		list = append(list, tasks.Source{Every: cfg.CrawlEvery,
			NewsSource: &dart.Source{Client: client, BaseURL: at.dart, Key: string(cfg.DARTKey), Now: now}})
	}
	return list
}

// simKeys is what the simulator says its clients must use.
type simKeys struct {
	NaverHubID     string  `json:"naver_hub_id"`
	NaverHubSecret string  `json:"naver_hub_secret"`
	DARTKey        string  `json:"dart_key"`
	KRXKey         string  `json:"krx_key"`
	KISAppKey      string  `json:"kis_app_key"`
	KISAppSecret   string  `json:"kis_app_secret"`
	TelegramToken  string  `json:"telegram_token"`
	TelegramChats  []int64 `json:"telegram_chats"`
}

// simulated replaces every key and address by the simulator's, so that nothing reaches a real system.
func simulated(ctx context.Context, cfg config.Config) (config.Config, hosts, error) {
	base := cfg.SimulatorURL
	keys, err := readKeys(ctx, base)
	if err != nil {
		return cfg, hosts{}, err
	}
	cfg.Feeds = nil
	cfg.NaverProfile = string(naver.Hub)
	cfg.NaverClientID, cfg.NaverClientSecret = config.Secret(keys.NaverHubID), config.Secret(keys.NaverHubSecret)
	cfg.DARTKey, cfg.KRXKey = config.Secret(keys.DARTKey), config.Secret(keys.KRXKey)
	cfg.KISAppKey, cfg.KISAppSecret = config.Secret(keys.KISAppKey), config.Secret(keys.KISAppSecret)
	cfg.TelegramToken, cfg.TelegramReal = config.Secret(keys.TelegramToken), false
	return cfg, hosts{naver: base + "/naver", dart: base + "/dart", krx: base + "/krx", kis: base + "/kis",
		telegram: base + "/telegram", wire: map[string]string{"wire": base + "/feed/wire"}}, nil
}

func readKeys(ctx context.Context, base string) (keys simKeys, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/_sim/keys", nil)
	if err != nil {
		return keys, fmt.Errorf("SIMULATOR_URL: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return keys, fmt.Errorf("SIMULATOR_URL: no simulator answers: %w", err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if err := json.NewDecoder(res.Body).Decode(&keys); err != nil {
		return keys, fmt.Errorf("SIMULATOR_URL: the simulator's keys: %w", err)
	}
	return keys, nil
}
