package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tickerwire/store"
)

type listBody struct {
	Items []map[string]any `json:"items"`
	Next  *string          `json:"next_cursor"`
}

// walk pages through a list to its end and returns its items' ids in order.
func (s *site) walk(token, path, key string) []any {
	s.Helper()
	var out []any
	for cursor := ""; ; {
		var page listBody
		s.get(token, path+cursor).want(http.StatusOK).into(&page)
		for _, item := range page.Items {
			out = append(out, item[key])
		}
		if page.Next == nil {
			return out
		}
		cursor = "&cursor=" + url.QueryEscape(*page.Next)
		if len(out) > 1000 {
			s.Fatalf("%s never ends", path)
		}
	}
}

func TestPagingGivesEachRowOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	w := seed(t, s.db, 21)
	for i := range 7 {
		must(t, s.db.RecordFailure(t.Context(), store.Failure{Kind: "k", Key: string(rune('a' + i)), Queue: "q", Fingerprint: "f", Error: "e"}))
		if _, _, err := s.db.OrderRun(t.Context(), store.Run{Kind: "crawl", Key: string(rune('a' + i))}); err != nil {
			t.Fatal(err)
		}
	}
	admin := s.as("admin")
	for _, c := range []struct {
		path, key string
		want      int
	}{
		{"/api/news?limit=4", "story_id", 21},
		{"/api/news?limit=1", "id", 21},
		{"/api/news?fold=false&limit=4", "id", 21},
		{"/api/news?code=100001&limit=3", "story_id", 11},
		{"/api/news?fold=false&code=100002&limit=3", "id", 10},
		{"/api/stocks/100001/news?limit=2", "story_id", 11},
		{"/api/predictions?limit=7", "id", 21 * 6},
		{"/api/predictions?limit=7&horizon=3&model=1", "id", 21},
		{"/api/stocks/100002/predictions?limit=20", "id", 60},
		{"/api/alerts?limit=1", "id", 2},
		{"/api/stocks?limit=1", "code", 3},
		{"/api/models?limit=1", "id", 2},
		{"/api/sources?limit=1", "name", 2},
		{"/api/tasks?limit=3", "id", 7},
		{"/api/failures?limit=1", "fingerprint", 1},
		{"/api/failures/f?limit=3", "id", 8},
	} {
		got := s.walk(admin, c.path, c.key)
		seen := map[any]bool{}
		for _, id := range got {
			seen[id] = true
		}
		if len(got) != c.want || len(seen) != c.want {
			t.Errorf("%s: %d rows, %d different, want %d", c.path, len(got), len(seen), c.want)
		}
	}
	if len(w.stories) != 21 {
		t.Fatalf("seeded %d stories", len(w.stories))
	}
}

func TestCursorsAreOfTheirListOnly(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 6)
	admin := s.as("admin")
	var page listBody
	s.get(admin, "/api/news?limit=2&code=100001").want(http.StatusOK).into(&page)
	good := url.QueryEscape(*page.Next)
	s.get(admin, "/api/news?limit=1&code=100001&cursor="+good).want(http.StatusOK)
	for name, path := range map[string]string{
		"another filter": "/api/news?limit=2&code=100002&cursor=" + good,
		"another list":   "/api/predictions?code=100001&cursor=" + good,
		"forged":         "/api/news?code=100001&cursor=" + good[:len(good)-1] + "_",
		"moved":          "/api/news?code=100001&cursor=AQ" + strings.Repeat("A", len(good)-2),
		"no base64":      "/api/news?cursor=%25%25%25",
		"short":          "/api/news?cursor=AQ",
		"NUL":            "/api/news?cursor=%00",
	} {
		if got := s.get(admin, path).field(); got != "cursor" {
			t.Errorf("%s: field %q", name, got)
		}
	}
}

func TestETags(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 3)
	token := s.as("user")
	first := s.get(token, "/api/news").want(http.StatusOK)
	tag := first.header.Get("ETag")
	if !strings.HasPrefix(tag, `W/"`) || first.header.Get("Cache-Control") != "private, no-cache" {
		t.Fatalf("ETag %q, Cache-Control %q", tag, first.header.Get("Cache-Control"))
	}
	for _, header := range []string{tag, `"other", ` + tag, strings.TrimPrefix(tag, "W/"), "*"} {
		got := s.do(request{method: "GET", path: "/api/news", token: token, header: map[string]string{"If-None-Match": header}}).want(http.StatusNotModified)
		if len(got.body) != 0 {
			t.Errorf("a 304 has a body: %s", got.body)
		}
	}
	s.do(request{method: "GET", path: "/api/news?limit=1", token: token, header: map[string]string{"If-None-Match": tag}}).want(http.StatusOK)
	if got := s.get("", "/api/news").want(http.StatusUnauthorized); got.header.Get("ETag") != "" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("a problem may be cached: %v", got.header)
	}
}
