package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tickerwire/internal/forecast"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// found returns the ids of the articles that a query finds, ascending.
func found(t *testing.T, db *store.DB, query string) []int64 {
	t.Helper()
	rows, err := db.ArticleList(t.Context(), store.StoryFilter{Query: query, Limit: 50})
	if err != nil {
		t.Fatalf("%q: %v", query, err)
	}
	var ids []int64
	for _, r := range rows {
		ids = append(ids, r.Article.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestNewsIsFoundByPartsOfWords(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	titles := []string{"삼성누리가 새 공장을 연다", "기준금리를 동결했다", "성삼누리, 리금 상품을 낸다", "HBM4 양산, ㈜누리 웃다", "it's 100% \\ 'quoted' | text"}
	var items []store.NewArticle
	for i, title := range titles {
		items = append(items, store.NewArticle{Origin: forecast.Live, Article: news.Article{Source: "한빛신문", ExternalID: fmt.Sprint(i), Title: title,
			Summary: "요약은 따로 찾는다.", PublishedAt: noon, TimeQuality: news.TimeExact, FirstSeenAt: noon, AvailableAt: noon, Kind: news.KindNews}})
	}
	ids, err := db.SaveArticles(t.Context(), items)
	if err != nil {
		t.Fatal(err)
	}
	byTitle := map[string]int64{}
	kept, err := db.ArticlesByID(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range kept {
		byTitle[a.Title] = a.ID
	}
	for query, want := range map[string][]int{"삼성": {0}, "금리": {1}, "리금": {2}, "삼성누리": {0}, "누리": {0, 2, 3}, "누리 공장": {0}, "공장 금리": nil,
		"hbm": {3}, "ＨＢＭ4": {3}, "연": {0}, "다": {0, 1, 2, 3, 4}, "장을연": nil, "100": {4}, "quote": {4}, "요약은": {0, 1, 2, 3, 4}, "'": nil, "\\": nil, "%": nil, "& | !": nil} {
		var expected []int64
		for _, i := range want {
			expected = append(expected, byTitle[titles[i]])
		}
		slices.Sort(expected)
		if diff := cmp.Diff(expected, found(t, db, query), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
}

func TestOlderArticlesBecomeSearchable(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	exec(t, db, `insert into articles (source, external_id, title, summary, published_at, time_quality, first_seen_at, available_at, kind)
		select 's', i::text, '기준금리 ' || i, '요약문', ?0, 'exact', ?0, ?0, 'news' from generate_series(1, 25) i`, noon)
	if ids := found(t, db, "금리"); len(ids) != 0 {
		t.Fatalf("found before they were indexed: %v", ids)
	}
	for _, want := range []int{10, 10, 5, 0} {
		if n, err := db.IndexWords(t.Context(), 10); n != want || err != nil {
			t.Fatalf("%d indexed, %v; want %d", n, err, want)
		}
	}
	if ids := found(t, db, "금리"); len(ids) != 25 {
		t.Errorf("%d found", len(ids))
	}
	// A summary that may not be kept any longer is not found by, either.
	if _, err := db.ExpireSummaries(t.Context(), "s", noon.Add(time.Hour), 100); err != nil {
		t.Fatal(err)
	}
	if n := len(found(t, db, "요약")); n != 0 {
		t.Errorf("%d found by a summary that is gone", n)
	}
	if n, err := db.IndexWords(t.Context(), 100); n != 25 || err != nil {
		t.Errorf("%d indexed anew, %v", n, err)
	}
	if a, b := len(found(t, db, "금리")), len(found(t, db, "요약")); a != 25 || b != 0 {
		t.Errorf("%d by the title, %d by the summary", a, b)
	}
	exec(t, db, `update articles set url = 'https://news.example/' || id`)
	if _, err := db.TakeDown(t.Context(), store.TakedownOrder{URL: "https://news.example/1", Reason: "asked for"}); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, `select count(*) from articles where id = 1 and words = ''`); n != 1 {
		t.Error("what was taken down is still in the search index")
	}
	if n, err := db.IndexWords(t.Context(), 100); n != 0 || err != nil {
		t.Errorf("%d left to index, %v", n, err)
	}
}
