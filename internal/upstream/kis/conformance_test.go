package kis_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/market"
	"tickerwire/internal/upstream/kis"
	"tickerwire/internal/upstream/upstreamtest"
)

// source asks the broker in the kit's form.
type source struct{ *kis.Client }

func (source) Name() string { return "kis" }

func (s source) Bars(ctx context.Context, code market.Code, day market.Day) ([]market.Bar, error) {
	return s.StockBars(ctx, code, day, day)
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, paper := range map[string]bool{"real": false, "paper": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, wide())
			upstreamtest.RunMarket(t, upstreamtest.MarketCase{
				New: func(baseURL string) upstreamtest.MarketSource {
					_, w.redis = redisFor(t) // each upstream has tokens of its own
					k := w.client()
					if k.BaseURL = baseURL + "/kis"; paper {
						k.BaseURL, k.Paper = baseURL+"/kis-paper", true
					}
					w.pass(time.Minute) // the broker gives one a minute
					return source{k}
				},
				Healthy: w.server, Set: w.at, Code: w.code(), Day: november(23), Closed: november(22), Known: november(23).At(16, 5),
				Spared:  func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/oauth2/tokenP") },
				Secrets: []string{w.server.Keys().KISAppKey, w.server.Keys().KISAppSecret},
			})
		})
	}
}
