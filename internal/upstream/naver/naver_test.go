package naver_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/naver"
	"tickerwire/internal/upstream/upstreamtest"
)

const (
	keyID  = "key-id-1"
	secret = "key-secret-1"
)

func now() time.Time { return market.NewDay(2026, time.November, 23).At(9, 15) }

func source(baseURL string, profile naver.Profile) *naver.Source {
	return &naver.Source{Client: &upstream.Client{Now: now}, Profile: profile, BaseURL: baseURL, ID: keyID, Secret: secret, Now: now}
}

// door plays one profile: its path and its headers, and the content type that the hub really sends.
func door(profile naver.Profile, answer func(url.Values) string) http.Handler {
	path, id, key := "/search/v1/news", "X-NCP-APIGW-API-KEY-ID", "X-NCP-APIGW-API-KEY"
	if profile == naver.Legacy {
		path, id, key = "/v1/search/news.json", "X-Naver-Client-Id", "X-Naver-Client-Secret"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain;charset=UTF-8")
		if r.URL.Path != path || r.Header.Get(id) != keyID || r.Header.Get(key) != secret {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"errorMessage":"Not Exist Client ID","errorCode":"024"}`)
			return
		}
		fmt.Fprint(w, answer(r.URL.Query()))
	})
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, profile := range []naver.Profile{naver.Hub, naver.Legacy} {
		t.Run(string(profile), func(t *testing.T) {
			t.Parallel()
			upstreamtest.Run(t, upstreamtest.Case{
				New:     func(baseURL string) upstreamtest.Source { return source(baseURL, profile) },
				Healthy: door(profile, func(url.Values) string { return string(upstreamtest.File(t, "hub.json")) }),
				Part:    "가상전자",
				Secrets: []string{keyID, secret},
			})
		})
	}
}

func TestLatest(t *testing.T) {
	t.Parallel()
	var asked url.Values
	server := httptest.NewServer(door(naver.Hub, func(query url.Values) string {
		asked = query
		return string(upstreamtest.File(t, "hub.json"))
	}))
	t.Cleanup(server.Close)
	items, mark, err := source(server.URL, naver.Hub).Latest(t.Context(), "가상전자", "")
	if err != nil {
		t.Fatal(err)
	}
	upstreamtest.Golden(t, "hub", items)
	want := url.Values{"query": {"가상전자"}, "display": {"100"}, "start": {"1"}, "sort": {"date"}}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("query (-want +got):\n%s", diff)
	}
	if mark != "2026-11-23T08:57:00+09:00" {
		t.Errorf("bookmark %q, want the newest item less the overlap", mark)
	}
}

func TestNoHits(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(door(naver.Legacy, func(url.Values) string { return `{"total":0,"start":1,"display":0,"items":[]}` }))
	t.Cleanup(server.Close)
	items, mark, err := source(server.URL, naver.Legacy).Latest(t.Context(), "없는회사", "2026-11-23T08:00:00+09:00")
	if err != nil || len(items) != 0 || mark != "2026-11-23T08:00:00+09:00" {
		t.Errorf("%d items, bookmark %q, %v", len(items), mark, err)
	}
}

// world is a search with total articles, a minute apart, the newest at 09:14; it answers pages of at most 100.
func world(t *testing.T, total int, starts *[]int) http.Handler {
	return door(naver.Hub, func(query url.Values) string {
		start, err := strconv.Atoi(query.Get("start"))
		if err != nil {
			t.Error(err)
		}
		*starts = append(*starts, start)
		var items []map[string]string
		for n := start; n < start+100 && n <= total; n++ {
			at := now().Add(-time.Duration(n) * time.Minute)
			items = append(items, map[string]string{"title": fmt.Sprint("기사 ", n), "pubDate": at.Format(time.RFC1123Z),
				"originallink": fmt.Sprint("https://news.example.co.kr/", n)})
		}
		text, err := json.Marshal(map[string]any{"items": items})
		if err != nil {
			t.Error(err)
		}
		return string(text)
	})
}

func TestPages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		total  int
		mark   news.Bookmark
		starts []int
		items  int
	}{
		{"the first fetch reads one page", 5000, "", []int{1}, 100},
		{"a bookmark within the first page", 5000, mark(30), []int{1}, 100},
		{"a bookmark at the end of the first page", 5000, mark(100), []int{1}, 100},
		{"a bookmark on the third page", 5000, mark(250), []int{1, 101, 201}, 300},
		{"the list ends on its second page", 130, mark(3000), []int{1, 101}, 130},
		{"never past start 1000", 5000, mark(3000), []int{1, 101, 201, 301, 401, 501, 601, 701, 801, 901, 1000}, 1099},
		{"a bookmark that is not ours", 5000, "page=3", []int{1}, 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var starts []int
			server := httptest.NewServer(world(t, c.total, &starts))
			t.Cleanup(server.Close)
			items, next, err := source(server.URL, naver.Hub).Latest(t.Context(), "가상전자", c.mark)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.starts, starts); diff != "" {
				t.Errorf("pages asked for (-want +got):\n%s", diff)
			}
			if len(items) != c.items || next != "2026-11-23T08:59:00+09:00" {
				t.Errorf("%d items, want %d; bookmark %q", len(items), c.items, next)
			}
		})
	}
}

// mark is the bookmark at the age of article n of world.
func mark(n int) news.Bookmark {
	return news.Bookmark(now().Add(-time.Duration(n) * time.Minute).Format(time.RFC3339))
}

func TestTheBookmarkNeverGoesBack(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(door(naver.Hub, func(url.Values) string {
		return `{"items":[{"title":"먼 기사","link":"https://a.example.kr/1","pubDate":"Mon, 23 Nov 2099 09:12:00 +0900"},
			{"title":"옛 기사","link":"https://a.example.kr/2","pubDate":"Mon, 23 Nov 2026 07:00:00 +0900"}]}`
	}))
	t.Cleanup(server.Close)
	for prev, want := range map[news.Bookmark]news.Bookmark{
		"":                          "2026-11-23T06:45:00+09:00",
		"2026-11-23T08:00:00+09:00": "2026-11-23T08:00:00+09:00",
	} {
		if _, got, err := source(server.URL, naver.Hub).Latest(t.Context(), "가상전자", prev); err != nil || got != want {
			t.Errorf("after %q: bookmark %q, want %q: %v", prev, got, want, err)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	untilMidnight := 14*time.Hour + 45*time.Minute
	for _, c := range []struct {
		name   string
		status int
		body   string
		kind   fault.Kind
		wait   time.Duration
		says   string
	}{
		{"024, key good", 401, `{"errorMessage":"Scope Status Invalid : Authentication failed. (인증에 실패했습니다.)","errorCode":"024"}`, fault.Unauthorized, 0, "not subscribed to Search"},
		{"024", 401, `{"errorMessage":"Not Exist Client ID: Authentication failed. (인증에 실패했습니다.)","errorCode":"024"}`, fault.Unauthorized, 0, "not interchangeable"},
		{"hub 200", 401, `{"error":{"errorCode":"200","message":"Authentication Failed","details":"Invalid authentication information."}}`, fault.Unauthorized, 0, "code 200, Authentication Failed Invalid"},
		{"hub 401 as a number", 401, `{"error":{"errorCode":401,"message":"요청한 API는 사용할 수 없습니다"}}`, fault.Unauthorized, 0, "subscribed"},
		{"gateway 210", 401, `{"error":{"errorCode":"210","message":"Permission Denied","details":"A subscription to the API is required."}}`, fault.Unauthorized, 0, "subscription"},
		{"012", 429, `{"errorMessage":"Rate limit exceeded. (속도 제한을 초과했습니다.)","errorCode":"012"}`, fault.Limited, time.Second, "too fast"},
		{"010", 429, `{"errorMessage":"Query limit exceeded","errorCode":"010"}`, fault.Limited, untilMidnight, "quota"},
		{"010 with 200", 200, `{"errorMessage":"Query limit exceeded","errorCode":"010"}`, fault.Limited, untilMidnight, "quota"},
		{"024 with 200 beside items", 200, `{"errorMessage":"no","errorCode":"024","items":[]}`, fault.Unauthorized, 0, "024"},
		{"SE01", 400, `{"errorMessage":"Incorrect query request","errorCode":"SE01"}`, fault.Invalid, 0, "SE01"},
		{"SE02", 400, `{"errorMessage":"Invalid display value","errorCode":"SE02"}`, fault.Invalid, 0, "SE02"},
		{"SE03", 400, `{"errorMessage":"Invalid start value","errorCode":"SE03"}`, fault.Invalid, 0, "SE03"},
		{"SE04", 400, `{"errorMessage":"Invalid sort value","errorCode":"SE04"}`, fault.Invalid, 0, "SE04"},
		{"SE05", 404, `{"errorMessage":"Invalid search api","errorCode":"SE05"}`, fault.NotFound, 0, "no such search"},
		{"SE99", 500, `{"errorMessage":"System Error","errorCode":"SE99"}`, fault.Unavailable, 0, "SE99"},
		{"an unknown code with 200", 200, `{"errorMessage":"?","errorCode":"X1"}`, fault.Unavailable, 0, "X1"},
		{"an unknown code with 403", 403, `{"errorMessage":"?","errorCode":"X1"}`, fault.Forbidden, 0, "X1"},
		{"plain http", 403, `Forbidden`, fault.Forbidden, 0, "403"},
		{"429 without a body", 429, ``, fault.Limited, 0, "429"},
		{"an echoed key", 401, `{"errorMessage":"unknown client ` + secret + `","errorCode":"024"}`, fault.Unauthorized, 0, "unknown client ***"},
		{"no items", 200, `{"total":3}`, fault.Unavailable, 0, "no items"},
		{"items of another form", 200, `{"items":[1]}`, fault.Unavailable, 0, "JSON"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			}))
			t.Cleanup(server.Close)
			items, next, err := source(server.URL, naver.Hub).Latest(t.Context(), "가상전자", "kept")
			if len(items) != 0 || next != "kept" {
				t.Errorf("%d items, bookmark %q", len(items), next)
			}
			if fault.KindOf(err) != c.kind || fault.RetryAfterOf(err) != c.wait {
				t.Errorf("kind %s after %s, want %s after %s: %v", fault.KindOf(err), fault.RetryAfterOf(err), c.kind, c.wait, err)
			}
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), `naver: "가상전자": `) || strings.Contains(err.Error(), secret) {
				t.Errorf("message %v, want it to say %q", err, c.says)
			}
		})
	}
}

func TestUnknownProfile(t *testing.T) {
	t.Parallel()
	if _, _, err := source("http://unused", "maps").Latest(t.Context(), "가상전자", ""); fault.KindOf(err) != fault.Invalid {
		t.Errorf("%v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(upstreamtest.File(f, "hub.json"), 200)
	f.Add([]byte(`{"error":{"errorCode":401,"message":"no"}}`), 401)
	f.Add([]byte(`{"errorCode":"010"}`), 429)
	f.Add([]byte(`{"items":[{"pubDate":"x","link":"://"}]}`), 200)
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		items, err := source("", naver.Hub).Read(&upstream.Response{Status: status, Body: body}, nil)
		if err != nil && len(items) > 0 {
			t.Fatalf("%d items beside %v", len(items), err)
		}
		if err != nil && fault.KindOf(err) == fault.Internal {
			t.Errorf("an error without a kind: %v", err)
		}
		for _, item := range items {
			if item.ExternalID == "" || item.PublishedAt.IsZero() {
				t.Errorf("%+v", item)
			}
		}
	})
}
