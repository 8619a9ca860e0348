package handlers_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/news"
	"tickerwire/store"
)

type takedown struct {
	ID       int64
	URL      string
	Reason   string
	Articles []int64
	Complete bool
	Proof    []struct {
		Place         string
		Removed, Left int
	}
}

func (s *site) takeDown(token, url string, want int) (t takedown) {
	s.Helper()
	s.do(request{method: "POST", path: "/api/takedowns", token: token, body: map[string]string{"url": url, "reason": "기자 요청"}}).want(want).into(&t)
	return t
}

func TestTakedowns(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 4)
	admin := s.as("admin")
	var list struct {
		Items []struct {
			ID    int64
			URL   string
			Title string
		}
	}
	s.get(admin, "/api/news?fold=false").want(http.StatusOK).into(&list)
	target := list.Items[0]
	if target.URL == "" || target.Title == "" {
		t.Fatalf("the newest article has no address or title: %+v", target)
	}
	s.queue.down = true // the sweep will ring
	first := s.takeDown(admin, target.URL+"#x", http.StatusAccepted)
	if first.Complete || first.URL != target.URL || first.Reason != "기자 요청" || !cmp.Equal([]int64{target.ID}, first.Articles) || len(first.Proof) < 8 {
		t.Errorf("%+v", first)
	}
	for i, place := range first.Proof {
		index := i == len(first.Proof)-1
		if place.Left != 0 && !index || index && (place.Place != store.PlaceIndex || place.Left != 1) {
			t.Errorf("%+v", place)
		}
	}
	s.get(admin, fmt.Sprint("/api/news/", target.ID)).want(http.StatusNotFound)
	s.queue.down = false
	if again := s.takeDown(admin, target.URL, http.StatusAccepted); again.ID != first.ID || !cmp.Equal(first, again) || !cmp.Equal([]int64{first.ID}, s.queue.takedowns) {
		t.Errorf("again: %+v, rung for %v", again, s.queue.takedowns)
	}
	expect(t, s.row(admin, "/api/takedowns", "url", target.URL), true, "index_due")
	must(t, s.db.MarkIndexPurged(t.Context(), first.ID, 1))
	if done := s.takeDown(admin, target.URL, http.StatusOK); !done.Complete || done.Proof[len(done.Proof)-1].Left != 0 {
		t.Errorf("done: %+v", done)
	}
	if none := s.takeDown(admin, "https://nobody.example.kr/1", http.StatusOK); !none.Complete || none.Articles == nil {
		t.Errorf("an address that was never seen: %+v", none)
	}
	items := s.walk(admin, "/api/takedowns?limit=1", "url")
	if want := []any{"https://nobody.example.kr/1", target.URL}; !cmp.Equal(want, items) {
		t.Errorf("listed %v, want %v", items, want)
	}
	line := s.row(admin, "/api/takedowns", "url", target.URL)
	expect(t, line, 1.0, "articles")
	expect(t, line, "기자 요청", "reason")
	expect(t, line, false, "index_due")
	after, err := s.db.ArticleList(t.Context(), store.StoryFilter{Limit: 100})
	must(t, err)
	for _, a := range after {
		if a.Article.URL == news.CanonicalURL(target.URL) {
			t.Errorf("still listed: %+v", a)
		}
	}
}

func TestTakedownInput(t *testing.T) {
	t.Parallel()
	s := open(t)
	admin := s.as("admin")
	for body, field := range map[string]string{
		`{"reason":"x"}`:                            "url",
		`{"url":"https://a.example.kr/1"}`:          "reason",
		`{"url":"","reason":"x"}`:                   "url",
		`{"url":"a.example.kr/1","reason":"x"}`:     "url",
		`{"url":"https://localhost","reason":"x"}`:  "url",
		`{"url":"https://a.kr","reason":"x","b":1}`: "b",
	} {
		if got := s.do(request{method: "POST", path: "/api/takedowns", token: admin, body: body}).field(); got != field {
			t.Errorf("%s: field %q, want %q", body, got, field)
		}
	}
}
