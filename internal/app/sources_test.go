package app_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/market"
	"tickerwire/internal/simulator"
)

// world starts a simulated outside world whose clock runs.
func world(t *testing.T) (sim *simulator.Server, address string) {
	t.Helper()
	m, err := simulator.NewMarket(simulator.MarketOptions{})
	fatal(t, err)
	sim = simulator.New(m, simulator.Options{Speed: 60})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return sim, server.URL
}

// TestAFeedNeedsNoCode adds two feeds by FEEDS alone, one of them a section of the other, and sees their articles through
// crawling, embedding and joining; then the unofficial source, by its name.
func TestAFeedNeedsNoCode(t *testing.T) {
	t.Parallel()
	_, outside := world(t)
	db := newDatabase(t)
	_, err := db.Migrate(t.Context())
	fatal(t, err)
	var stocks []market.Stock
	m, err := simulator.NewMarket(simulator.MarketOptions{})
	fatal(t, err)
	for _, c := range m.Companies()[:12] {
		stocks = append(stocks, market.Stock{Code: c.Code, Name: c.Name, Priority: 1, Active: true})
	}
	fatal(t, db.SaveStocks(t.Context(), stocks))
	env := []string{"DATABASE_URL=" + db.url, "REDIS_URL=" + newRedis(t), "SIMULATOR_URL=" + outside, "CRAWL_EVERY=20s", "BARS_DAYS=5",
		fmt.Sprintf("FEEDS=haru=%s/feed/maeil,haru-stock=%[1]s/feed/maeil-stock,elsewhere=https://feed.example.invalid/rss", outside)}
	start := func(more ...string) (stop func()) {
		var running []*program
		for _, name := range []string{"worker", "scheduler"} {
			p := command{name: name, env: append(more, env...)}.run(t)
			p.says(t, `"msg":"started"`)
			running = append(running, p)
		}
		return func() {
			for _, p := range running {
				p.stops(t)
			}
		}
	}
	sighted := func(source string) int {
		return db.number(t, `select count(*) from sightings where source = ?`, source)
	}

	stop := start()
	until(t, patience, func() error {
		whole, section := sighted("haru"), sighted("haru-stock")
		joined := db.number(t, `select count(*) from articles where source like 'haru%' and story_id is not null`)
		if whole < 3 || section < 1 || joined < 3 {
			return fmt.Errorf("%d articles of the feed, %d of its section, %d joined to stories", whole, section, joined)
		}
		return nil
	})
	stop()
	if n := db.number(t, `select count(*) - count(distinct url) from articles`); n != 0 {
		t.Errorf("%d articles are kept twice", n)
	}
	if both := db.number(t, `select count(*) from sightings a join sightings b using (article_id) where a.source = 'haru' and b.source = 'haru-stock'`); both == 0 {
		t.Error("no article of the section is one of the whole feed")
	}
	names := db.list(t, `select name from sources where configured order by name`)
	if diff := cmp.Diff([]string{"calendar", "dart", "haru", "haru-stock", "kis", "kis-factors", "kis-flows", "kis-indices", "kis-minutes", "krx", "krx-indices",
		"naver", "symbols", "wire"}, names); diff != "" {
		t.Errorf("sources: %s", diff)
	}
	if n := sighted("naverstock"); n != 0 {
		t.Errorf("an unofficial source that nobody switched on showed %d articles", n)
	}

	stop = start("UNOFFICIAL_SOURCES=naverstock")
	until(t, patience, func() error {
		if sighted("naverstock") == 0 {
			return fmt.Errorf("nothing of the unofficial source, which is on")
		}
		return nil
	})
	stop()
	command{name: "worker", env: append([]string{"UNOFFICIAL_SOURCES=naver"}, env...)}.run(t).refuses(t, `UNOFFICIAL_SOURCES: there is no unofficial source "naver"`)
	env[len(env)-1] = "FEEDS=naver=" + strings.TrimSuffix(outside, "/") + "/feed/maeil"
	command{name: "worker", env: env}.run(t).refuses(t, "FEEDS: the name naver is taken")
}
