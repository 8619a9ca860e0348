package measure_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/archive"
	"tickerwire/internal/market"
	"tickerwire/internal/measure"
	"tickerwire/internal/news"
)

func TestWilson(t *testing.T) {
	t.Parallel()
	// Values of R's prop.test(..., correct = FALSE).
	for _, c := range []struct {
		share     measure.Share
		low, high float64
	}{
		{measure.Share{Hits: 19, N: 20}, 0.7638664, 0.9911189},
		{measure.Share{Hits: 5, N: 10}, 0.2365931, 0.7634069},
		{measure.Share{Hits: 0, N: 10}, 0, 0.2775328},
		{measure.Share{Hits: 10, N: 10}, 0.7224672, 1},
		{measure.Share{}, 0, 1},
	} {
		low, high := c.share.Wilson()
		if math.Abs(low-c.low) > 1e-4 || math.Abs(high-c.high) > 1e-4 {
			t.Errorf("%+v: [%.7f, %.7f], want [%.7f, %.7f]", c.share, low, high, c.low, c.high)
		}
	}
	if got := (measure.Share{Hits: 19, N: 20}).String(); got != "0.950 [0.764, 0.991] (19 of 20)" {
		t.Error(got)
	}
}

func TestMatchCountsPairsOfArticleAndCompany(t *testing.T) {
	t.Parallel()
	title := func(s string) news.Article { return news.Article{Kind: news.KindNews, Title: s} }
	c := measure.Corpus{Articles: map[string]news.Article{
		"a": title("가람차와 다솔칩, 손잡다"), "b": title("다솔칩 급등"), "c": title("날씨")}}
	matcher := news.NewMatcher([]news.Name{{Text: "가람차", Code: "990910"}, {Text: "다솔칩", Code: "990920"}})
	got := c.Match(matcher, []measure.Reading{{ID: "a", Codes: []market.Code{"990910"}}, {ID: "b", Codes: []market.Code{"990920", "990930"}}, {ID: "c"}})
	want := measure.Matching{Articles: 3, Precision: measure.Share{Hits: 2, N: 3}, Recall: measure.Share{Hits: 2, N: 3},
		Misses: []measure.Miss{{ID: "a", Code: "990920"}, {ID: "b", Code: "990930", Missed: true}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestASampleOfAnotherArchiveIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := (measure.Corpus{}).Readings("matching-1.txt"); err == nil {
		t.Error("readings of articles that are not there")
	}
}

func TestLoadLeavesFilingsAndRepeatsOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, err := archive.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	article := archive.Article{Source: "naver", Press: "새벽", Title: "가람차 신차 - 새벽", TimeQuality: news.TimeCrawl}
	filing := article
	filing.Source = archive.SourceDART
	for _, a := range []archive.Article{article, article, filing} {
		if err := w.Article(a); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Stock(archive.Stock{Stock: market.Stock{Code: "990910", Name: "가람차", Priority: 1, Active: true}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	folder, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := measure.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{article.ID()}, c.Draw()); diff != "" {
		t.Error(diff)
	}
	if got := c.Articles[article.ID()].Title; got != "가람차 신차" || len(c.Stocks) != 1 {
		t.Errorf("title %q, stocks %v", got, c.Stocks)
	}
}
