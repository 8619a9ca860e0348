package feed_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/feed"
	"tickerwire/internal/upstream/upstreamtest"
)

func now() time.Time { return market.NewDay(2026, time.November, 23).At(10, 30) }

func source(baseURL string) *feed.Source {
	return &feed.Source{SourceName: "gasang", URL: baseURL + "/rss", Client: &upstream.Client{}, Now: now}
}

func page(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		fmt.Fprintf(w, "%s", body)
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"hankyung.xml", "maeil.xml", "atom.xml", "euckr.xml"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			upstreamtest.Run(t, upstreamtest.Case{
				New:     func(baseURL string) upstreamtest.Source { return source(baseURL) },
				Healthy: page(upstreamtest.File(t, file)),
			})
		})
	}
}

func TestLatest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file    string
		press   string
		filings bool
	}{
		{"hankyung", "가상경제", false},
		{"maeil", "보기신문", false},
		{"atom", "", false},
		{"euckr", "", false},
		{"many", "", false},
		{"archive", "", true},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(page(upstreamtest.File(t, c.file+".xml")))
			t.Cleanup(server.Close)
			s := source(server.URL)
			s.Press, s.Filings = c.press, c.filings
			items, _, err := s.Latest(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			upstreamtest.Golden(t, c.file, items)
		})
	}
}

func TestConditionalGet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, etag, modified string }{
		{"both", `W/"a&b=1"`, "Mon, 23 Nov 2026 00:20:11 GMT"},
		{"etag only", `"v7"`, ""},
		{"date only", "", "Mon, 23 Nov 2026 00:20:11 GMT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			body := upstreamtest.File(t, "hankyung.xml")
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("If-None-Match") == c.etag && r.Header.Get("If-Modified-Since") == c.modified {
					w.WriteHeader(http.StatusNotModified)
					return
				}
				if c.etag != "" {
					w.Header().Set("ETag", c.etag)
				}
				if c.modified != "" {
					w.Header().Set("Last-Modified", c.modified)
				}
				page(body)(w, r)
			}))
			t.Cleanup(server.Close)
			s := source(server.URL)
			items, mark, err := s.Latest(t.Context(), "", "")
			if err != nil || len(items) != 2 || mark == "" {
				t.Fatalf("first fetch: %d items, bookmark %q, %v", len(items), mark, err)
			}
			items, again, err := s.Latest(t.Context(), "", mark)
			if err != nil || len(items) != 0 || again != mark {
				t.Errorf("nothing new: %d items, bookmark %q, want none and %q: %v", len(items), again, mark, err)
			}
			items, _, err = s.Latest(t.Context(), "", "%zz not ours")
			if err != nil || len(items) != 2 {
				t.Errorf("with a bookmark that is not ours: %d items, %v", len(items), err)
			}
		})
	}
}

// TestADateOfThisSecond is of a feed that may change once more within the second that its date names.
func TestADateOfThisSecond(t *testing.T) {
	t.Parallel()
	const modified = "Mon, 23 Nov 2026 00:20:11 GMT"
	for sent, want := range map[string]news.Bookmark{
		"Mon, 23 Nov 2026 00:20:11 GMT": "",
		"Mon, 23 Nov 2026 00:20:12 GMT": "",
		"Mon, 23 Nov 2026 00:20:13 GMT": "modified=Mon%2C+23+Nov+2026+00%3A20%3A11+GMT",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", sent)
			w.Header().Set("Last-Modified", modified)
			page(upstreamtest.File(t, "hankyung.xml"))(w, r)
		}))
		t.Cleanup(server.Close)
		if _, mark, err := source(server.URL).Latest(t.Context(), "", ""); mark != want || err != nil {
			t.Errorf("changed %s, sent %s: bookmark %q, want %q: %v", modified, sent, mark, want, err)
		}
	}
}

func TestRobotsForbidTheFeed(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/robots.txt" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		page([]byte("User-agent: *\nDisallow: /"))(w, r)
	}))
	t.Cleanup(server.Close)
	s := source(server.URL + "/rss")
	s.Client = &upstream.Client{Robots: &upstream.Robots{}}
	items, mark, err := s.Latest(t.Context(), "", "before")
	if fault.KindOf(err) != fault.Forbidden || !strings.Contains(err.Error(), "robots.txt") || len(items) != 0 || mark != "before" {
		t.Errorf("%d items, bookmark %q: %v", len(items), mark, err)
	}
}

func TestNoValidatorsNoBookmark(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(page(upstreamtest.File(t, "hankyung.xml")))
	t.Cleanup(server.Close)
	_, mark, err := source(server.URL).Latest(t.Context(), "", "etag=old")
	if err != nil || mark != "" {
		t.Errorf("bookmark %q, want none: %v", mark, err)
	}
}

func TestKeepsTheHeadersEncoding(t *testing.T) {
	t.Parallel()
	body := strings.Replace(string(upstreamtest.File(t, "euckr.xml")), ` encoding="EUC-KR"`, "", 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml; charset=euc-kr")
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	items, _, err := source(server.URL).Latest(t.Context(), "", "")
	if err != nil || len(items) != 1 || items[0].Title != "가상전자 똠방각하 신제품 공개" {
		t.Errorf("%+v, %v", items, err)
	}
}

func TestRefusesWhatIsNoFeed(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"json feed":          `{"version":"https://jsonfeed.org/version/1","items":[]}`,
		"page":               `<html><body>점검 중</body></html>`,
		"cut in a word":      `<rss><channel><title>가`,
		"cut behind an item": `<rss><channel><item><title>가</title></item>`,
		"nothing":            "",
		"sitemap":            `<urlset><url><loc>https://a.example.kr</loc></url></urlset>`,
	} {
		if items, err := source("http://unused").Parse(body); fault.KindOf(err) != fault.Unavailable || items != nil {
			t.Errorf("%s: %v, %v", name, items, err)
		}
	}
	if items, err := source("http://unused").Parse(`<rss version="2.0"><channel><title>빈 피드</title></channel></rss>`); err != nil || len(items) != 0 {
		t.Errorf("an empty feed is a feed: %v, %v", items, err)
	}
}

func TestPublishersAreKnownByTheirFeedsAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://www.hankyung.com/feed/finance":  "한국경제",
		"https://www.mk.co.kr/rss/50200011/":     "매일경제",
		"https://hankyung.com.example.kr/feed":   "가상 기자",
		"https://news.example.co.kr/rss?a=b%zzz": "가상 기자",
	} {
		s := &feed.Source{SourceName: "gasang", URL: address, Now: now}
		items, err := s.Parse(`<rss version="2.0"><channel><title>피드</title><item><title>가</title><author>가상 기자</author></item></channel></rss>`)
		if err != nil || len(items) != 1 || items[0].Press != want {
			t.Errorf("%s: %+v, %v", address, items, err)
		}
	}
}

func TestReadTime(t *testing.T) {
	t.Parallel()
	nine := market.NewDay(2026, time.November, 23).At(9, 12)
	midnight := market.NewDay(2026, time.November, 23).At(0, 0)
	for text, want := range map[string]struct {
		at      time.Time
		quality news.TimeQuality
	}{
		"Mon, 23 Nov 2026 09:12:00 +0900":  {nine, news.TimeExact},
		"Mon, 23 Nov 2026 09:12:00 +09:00": {nine, news.TimeExact},
		"Mon, 23 Nov 2026 00:12:00 GMT":    {nine, news.TimeExact},
		"Mon, 23 Nov 2026 09:12:00 KST":    {nine, news.TimeExact},
		"Mon, 23 Nov 2026 09:12:00":        {nine, news.TimeExact},
		"23 Nov 2026 09:12:00 +0900":       {nine, news.TimeExact},
		" 2026-11-23T00:12:00Z ":           {nine, news.TimeExact},
		"2026-11-23T09:12:00.000+09:00":    {nine, news.TimeExact},
		"2026-11-23T09:12:00+0900":         {nine, news.TimeExact},
		"2026-11-23T09:12:00":              {nine, news.TimeExact},
		"2026-11-23 09:12:00":              {nine, news.TimeExact},
		"2026.11.23 09:12":                 {nine, news.TimeExact},
		"202611230912":                     {nine, news.TimeExact},
		"2026-11-23":                       {midnight, news.TimeDate},
		"20261123":                         {midnight, news.TimeDate},
		"2026.11.23.":                      {midnight, news.TimeDate},
		"Mon, 23 Nov 2026":                 {midnight, news.TimeDate},
		"":                                 {now(), news.TimeCrawl},
		"어제":                               {now(), news.TimeCrawl},
		"2026-11-23T09:12:00." + strings.Repeat("0", 300): {now(), news.TimeCrawl},
		"Mon, 23 Nov 2026 09:12:00 ABC":                   {now(), news.TimeCrawl},
		"Thu, 01 Jan 1970 09:00:00 +0900":                 {now(), news.TimeCrawl},
		"Mon, 30 Nov 2026 09:12:00 +0900":                 {now(), news.TimeCrawl},
		"Mon, 23 Nov 2026 25:12:00 +0900":                 {now(), news.TimeCrawl},
	} {
		at, quality := feed.ReadTime(text, now())
		if !at.Equal(want.at) || quality != want.quality {
			t.Errorf("%q: %s (%s), want %s (%s)", text, at, quality, want.at, want.quality)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, file := range []string{"hankyung.xml", "maeil.xml", "atom.xml", "many.xml", "archive.xml"} {
		f.Add(string(upstreamtest.File(f, file)))
	}
	f.Add(`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><item><title>가</title></item></rdf:RDF>`)
	f.Fuzz(func(t *testing.T, text string) {
		s := source("http://unused")
		s.Filings = true
		items, err := s.Parse(text)
		if err != nil && len(items) > 0 {
			t.Fatalf("%d items beside %v", len(items), err)
		}
		seen := map[string]bool{}
		for _, item := range items {
			if item.ExternalID == "" || seen[item.ExternalID] {
				t.Errorf("external id %q is empty or taken", item.ExternalID)
			}
			seen[item.ExternalID] = true
			if item.PublishedAt.Year() < 1990 || item.PublishedAt.After(now().Add(24*time.Hour)) {
				t.Errorf("published %s", item.PublishedAt)
			}
			if item.Filer != "" && item.Kind != news.KindDisclosure {
				t.Errorf("news with a filer: %+v", item)
			}
		}
	})
}

func FuzzReadTime(f *testing.F) {
	for _, seed := range []string{"Mon, 23 Nov 2026 09:12:00 +09:00", "2026-11-23", "202611230912", "Mon, 23 Nov 2026 09:12:00 KST", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, quality := feed.ReadTime(text, now())
		if at.Year() < 1990 || at.After(now().Add(24*time.Hour)) {
			t.Errorf("%q: %s", text, at)
		}
		if quality == news.TimeDate && (at.Hour() != 0 || at.Minute() != 0) {
			t.Errorf("%q: a day at %s", text, at)
		}
		if quality == news.TimeCrawl && !at.Equal(now()) {
			t.Errorf("%q: not seen at %s", text, at)
		}
	})
}
