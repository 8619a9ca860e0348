package store_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
)

// noon is a fixed instant in session, at microsecond precision as Postgres keeps it.
var noon = time.Date(2026, 3, 4, 3, 0, 0, 0, time.UTC)

const embedder = news.EmbedderVersion // the one in use in a new schema

// article makes the n-th invented article, first seen n minutes after noon.
func article(n int) store.NewArticle {
	at := noon.Add(time.Duration(n) * time.Minute)
	return store.NewArticle{Origin: forecast.Live, Article: news.Article{
		Source: "한빛신문", ExternalID: fmt.Sprintf("a-%d", n), URL: fmt.Sprintf("https://news.example/%d", n), Press: "한빛신문",
		Title: fmt.Sprintf("누리테크, 신규 공장 %d호 착공", n), Summary: "생산 능력이 두 배로 늘어난다.",
		PublishedAt: at.Add(-time.Minute), TimeQuality: news.TimeExact, FirstSeenAt: at, AvailableAt: at, Kind: news.KindNews}}
}

// filing makes the n-th invented filing of a company.
func filing(n int, code market.Code) store.NewArticle {
	a := article(n)
	a.ExternalID, a.URL, a.Kind, a.Filer, a.ReportType = fmt.Sprintf("f-%d", n), "", news.KindDisclosure, code, "주요사항보고서(유상증자결정)"
	return a
}

// save saves articles and returns them as they are kept, in the order of (AvailableAt, ID).
func save(t testing.TB, db *store.DB, articles ...store.NewArticle) []news.Article {
	t.Helper()
	ids, err := db.SaveArticles(t.Context(), articles)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := db.ArticlesByID(t.Context(), ids)
	if err != nil || len(kept) != len(articles) {
		t.Fatalf("saved %d articles, kept %d: %v", len(articles), len(kept), err)
	}
	return kept
}

// embedded gives an article a vector that points in a direction (degrees) and companies.
func embedded(a news.Article, degrees float64, codes ...market.Code) store.Embedded {
	return store.Embedded{Article: a, Codes: codes, Embedder: embedder, Vector: direction(degrees), BaseDay: market.DayOf(a.AvailableAt)}
}

// direction is a unit vector in the first two of four dimensions.
func direction(degrees float64) []float32 {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return []float32{float32(cos), float32(sin), 0, 0}
}

// place is a placement rule by the thresholds: the nearest candidate decides.
func place(a news.Article, v []float32, candidates []news.Candidate) news.Placement {
	best, cosine := int64(0), -1.0
	for _, c := range candidates {
		dot := 0.0
		for i := range v {
			dot += float64(v[i]) * float64(c.Vector[i])
		}
		if dot > cosine {
			best, cosine = c.StoryID, dot
		}
	}
	switch {
	case cosine >= news.StoryCosine:
		return news.Placement{StoryID: best, Cosine: cosine}
	case cosine >= news.EchoCosine:
		return news.Placement{EchoOf: best, Cosine: cosine}
	}
	return news.Placement{Cosine: 1}
}

// join joins a batch and fails the test on an error.
func join(t testing.TB, db *store.DB, batch ...store.Embedded) []store.Joined {
	t.Helper()
	joined, err := db.JoinStories(t.Context(), batch, place)
	if err != nil {
		t.Fatal(err)
	}
	return joined
}

// count runs a select of one number.
func count(t testing.TB, db *store.DB, query string, args ...any) int {
	t.Helper()
	var n int
	if err := db.Bun().NewRaw(query, args...).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// exec runs statements that no method offers, to arrange a state.
func exec(t testing.TB, db *store.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Bun().ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", strings.TrimSpace(query), err)
	}
}
