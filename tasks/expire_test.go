package tasks_test

import (
	"fmt"
	"testing"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/tasks"
)

// TestSummariesGoWhenTheirTimeIsOver has articles of a source with a time and of one without, on both sides of it.
func TestSummariesGoWhenTheirTimeIsOver(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	last := news.PolicyOf("naver").SummaryFor
	var articles []store.NewArticle
	add := func(source string, n int, seen time.Time) {
		for i := range n {
			articles = append(articles, store.NewArticle{Origin: forecast.Live, Article: news.Article{Source: source,
				ExternalID: fmt.Sprint(seen.Unix(), "-", i), Title: "누리테크 착공", Summary: "공장을 짓는다.", PublishedAt: seen,
				TimeQuality: news.TimeExact, FirstSeenAt: seen, AvailableAt: seen, Kind: news.KindNews}})
		}
	}
	add("naver", 2100, noon.Add(-last-time.Second)) // more than two statements remove
	add("naver", 3, noon.Add(-last))
	add("hanbit", 5, noon.Add(-10*last))
	if _, err := r.db.SaveArticles(t.Context(), articles); err != nil {
		t.Fatal(err)
	}
	w := r.worker(nil)
	for range 2 {
		r.must(w.Do(t.Context(), tasks.ExpireSummaries{}))
		for source, want := range map[string]int{"naver": 3, "hanbit": 5} {
			if n := r.number(`select count(*) from articles where source = ? and summary <> ''`, source); n != want {
				t.Errorf("%s: %d summaries are left, want %d", source, n, want)
			}
		}
		if n := r.number(`select count(*) from articles where title = '' or url = ''`); n != 0 {
			t.Errorf("%d articles lost more than their summary", n)
		}
	}
}
