package naverstock_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/archive"
	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/simulator"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/naverstock"
	"tickerwire/internal/upstream/upstreamtest"
)

func TestMain(m *testing.M) { upstreamtest.Main(m) }

func now() time.Time { return market.NewDay(2026, time.November, 23).At(9, 15) }

func source(baseURL string) *naverstock.Source {
	return &naverstock.Source{Client: &upstream.Client{Now: now}, BaseURL: baseURL, Now: now}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	upstreamtest.Run(t, upstreamtest.Case{
		New: func(baseURL string) upstreamtest.Source { return source(baseURL) },
		Healthy: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, "%s", upstreamtest.File(t, "stock.json"))
		}),
		Part: "900001",
	})
}

func TestSimulated(t *testing.T) {
	t.Parallel()
	upstreamtest.RunSimulated(t, upstreamtest.Simulated{
		System: "naverstock",
		New: func(baseURL string, _ simulator.Keys, now func() time.Time) upstreamtest.Source {
			return &naverstock.Source{Client: &upstream.Client{Now: now}, BaseURL: baseURL, Now: now}
		},
		Part:  string(upstreamtest.Company.Code),
		Shows: func(a archive.Article) bool { return a.Source != archive.SourceDART },
		Grain: time.Minute,
	})
}

func TestLatest(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.String() != "/api/news/stock/900001?page=1&pageSize=20" || r.Header.Get("Referer") != "https://m.stock.naver.com/" {
			t.Errorf("asked %s from %q", r.URL, r.Header.Get("Referer"))
		}
		fmt.Fprintf(w, "%s", upstreamtest.File(t, "stock.json"))
	}))
	t.Cleanup(server.Close)
	items, mark, err := source(server.URL).Latest(t.Context(), "900001", "")
	if err != nil {
		t.Fatal(err)
	}
	upstreamtest.Golden(t, "stock", items)
	if mark != "2026-11-23T08:57:00+09:00" {
		t.Errorf("bookmark %q, want the newest item less the overlap", mark)
	}
}

// stock is a stock with total groups, one article and one minute each, the newest at 09:14.
func stock(t *testing.T, total int, pages *[]int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		number := 0
		if _, err := fmt.Sscan(r.URL.Query().Get("page"), &number); err != nil {
			t.Error(err)
		}
		*pages = append(*pages, number)
		groups := []any{}
		for n := (number-1)*20 + 1; n <= number*20 && n <= total; n++ {
			at := now().Add(-time.Duration(n) * time.Minute).In(market.KST)
			groups = append(groups, map[string]any{"total": 1, "items": []any{map[string]string{"officeId": "999", "articleId": fmt.Sprintf("%010d", n),
				"title": fmt.Sprint("기사 ", n), "datetime": at.Format("200601021504")}}})
		}
		if err := json.NewEncoder(w).Encode(groups); err != nil {
			t.Error(err)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	mark := func(n int) news.Bookmark {
		return news.Bookmark(now().Add(-time.Duration(n) * time.Minute).Format(time.RFC3339))
	}
	for _, c := range []struct {
		name  string
		total int
		mark  news.Bookmark
		pages []int
		items int
	}{
		{"the first fetch reads one page", 500, "", []int{1}, 20},
		{"a bookmark at the end of the first page", 500, mark(20), []int{1}, 20},
		{"a bookmark on the third page", 500, mark(50), []int{1, 2, 3}, 60},
		{"the list ends on its second page", 25, mark(300), []int{1, 2}, 25},
		{"never past the fifth page", 500, mark(300), []int{1, 2, 3, 4, 5}, 100},
		{"a bookmark that is not ours", 500, "page=3", []int{1}, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var pages []int
			server := httptest.NewServer(stock(t, c.total, &pages))
			t.Cleanup(server.Close)
			items, next, err := source(server.URL).Latest(t.Context(), "900001", c.mark)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.pages, pages); diff != "" || len(items) != c.items || next != "2026-11-23T08:59:00+09:00" {
				t.Errorf("%d items, want %d; bookmark %q; pages %s", len(items), c.items, next, diff)
			}
		})
	}
}

// TestAnUnknownCode: what Naver does not know, or has no news of, is an empty list.
func TestAnUnknownCode(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `[]`) }))
	t.Cleanup(server.Close)
	items, mark, err := source(server.URL).Latest(t.Context(), "999999", "2026-11-23T08:00:00+09:00")
	if err != nil || len(items) != 0 || mark != "2026-11-23T08:00:00+09:00" {
		t.Errorf("%d items, bookmark %q, %v", len(items), mark, err)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		body   string
		kind   fault.Kind
		says   string
	}{
		{"blocked", 403, "", fault.Forbidden, "403"},
		{"gone", 410, "", fault.NotFound, "410"},
		{"too many", 429, "", fault.Limited, "429"},
		{"an error in JSON", 200, `{"code":"StockConflict","message":"?"}`, fault.Unavailable, "no list"},
		{"null", 200, `null`, fault.Unavailable, "null"},
		{"groups of another form", 200, `[["a"]]`, fault.Unavailable, "no list"},
		{"an article without its numbers", 200, `[{"items":[{"officeId":"999","title":"가"}]}]`, fault.Unavailable, `"999" and ""`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			}))
			t.Cleanup(server.Close)
			items, next, err := source(server.URL).Latest(t.Context(), "900001", "kept")
			if len(items) != 0 || next != "kept" || fault.KindOf(err) != c.kind {
				t.Fatalf("%d items, bookmark %q, %v", len(items), next, err)
			}
			if !strings.HasPrefix(err.Error(), "naverstock: 900001: ") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("message %v, want it to say %q", err, c.says)
			}
		})
	}
	if _, _, err := source("http://unused").Latest(t.Context(), "../list", ""); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a part that is no code: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(upstreamtest.File(f, "stock.json"))
	f.Add([]byte(`[]`))
	f.Add([]byte(`[{"items":[{"officeId":"../","articleId":"%zz","datetime":"202613400000"}]}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		items, err := naverstock.Read(body, now())
		if err != nil && (len(items) > 0 || fault.KindOf(err) == fault.Internal) {
			t.Fatalf("%d items beside %v", len(items), err)
		}
		for _, item := range items {
			if item.ExternalID == "" || item.PublishedAt.IsZero() || !strings.HasPrefix(item.URL, "https://n.news.naver.com/mnews/article/") {
				t.Errorf("%+v", item)
			}
		}
	})
}
