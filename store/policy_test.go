package store_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/news"
	"tickerwire/store/storetest"
)

// TestNoMoreIsKeptThanThePolicyAllows hands the store what no cleaning has touched.
func TestNoMoreIsKeptThanThePolicyAllows(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	long := article(1)
	long.Summary = strings.Repeat("가", 301)
	long.Matches = []news.Match{{Code: nuri, Field: news.FieldTitle, End: 4, Text: "누리테크"},
		{Code: garam, Field: news.FieldSummary, Start: 298, End: 301, Text: "가가가"}}
	kept := save(t, db, long)[0]
	if want := strings.Repeat("가", 300); kept.Summary != want || kept.Title != long.Title {
		t.Errorf("title %q and %d runes of the summary are kept", kept.Title, len([]rune(kept.Summary)))
	}
	matches, err := db.Matches(t.Context(), []int64{kept.ID})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(long.Matches[:1], matches[kept.ID]); diff != "" {
		t.Errorf("a match outlived its text: %s", diff)
	}
	if len(long.Matches) != 2 || long.Matches[1].Code != garam {
		t.Error("the caller's matches were changed")
	}
}
