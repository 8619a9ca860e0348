package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/vectors"
)

// TestTakedownFromTheCommandLine takes one of two articles down, in Postgres and in Milvus, twice.
func TestTakedownFromTheCommandLine(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	_, err := db.Migrate(t.Context())
	fatal(t, err)
	name, _, _ := strings.Cut(db.url[strings.LastIndex(db.url, "/")+1:], "?")
	milvus, err := vectors.OpenMilvus(t.Context(), vectors.MilvusOptions{Address: setting(t, "TEST_MILVUS_ADDRESS"), Prefix: name})
	fatal(t, err)
	t.Cleanup(func() { milvus.Close() })
	at := time.Date(2026, 3, 4, 3, 0, 0, 0, time.UTC)
	var articles []store.NewArticle
	for i := range 2 {
		articles = append(articles, store.NewArticle{Origin: forecast.Live, Article: news.Article{Source: "hanbit", ExternalID: fmt.Sprint(i),
			URL: fmt.Sprintf("https://news.example.kr/%d", i), Title: fmt.Sprintf("누리테크, 공장 %d호 착공", i), PublishedAt: at, TimeQuality: news.TimeExact,
			FirstSeenAt: at, AvailableAt: at, Kind: news.KindNews}})
	}
	ids, err := db.SaveArticles(t.Context(), articles)
	fatal(t, err)
	kept, err := db.ArticlesByID(t.Context(), ids)
	fatal(t, err)
	var batch []store.Embedded
	var entries []vectors.Entry
	for _, a := range kept {
		e := store.Embedded{Article: a, Codes: []market.Code{"900001"}, Embedder: news.EmbedderVersion, Vector: news.Embed(a.Title, ""), BaseDay: market.DayOf(at)}
		batch = append(batch, e)
		entries = append(entries, vectors.Entry{ArticleID: a.ID, Embedder: e.Embedder, Codes: e.Codes, AvailableAt: at, Values: e.Vector})
	}
	_, err = db.JoinStories(t.Context(), batch, func(news.Article, []float32, []news.Candidate) news.Placement { return news.Placement{Cosine: 1} })
	fatal(t, err)
	fatal(t, milvus.Upsert(t.Context(), entries))

	env := []string{"DATABASE_URL=" + db.url, "MILVUS_ADDRESS=" + setting(t, "TEST_MILVUS_ADDRESS"), "MILVUS_PREFIX=" + name}
	for range 2 {
		p := command{name: "tickerctl", args: []string{"takedown", "--reason", "요청", kept[0].URL + "?utm_source=x"}, env: env}.run(t)
		fatal(t, p.ends(t, patience))
		for _, line := range []string{kept[0].URL + ": 1 articles\n", "article texts 1 removed 0 left", "vectors 1 removed 0 left", "vector index 1 removed 0 left"} {
			if said := strings.Join(strings.Fields(p.out.String()), " "); !strings.Contains(said, strings.TrimSpace(line)) {
				t.Errorf("tickerctl does not say %q:\n%s", line, p.out)
			}
		}
	}
	if _, err := milvus.Vector(t.Context(), news.EmbedderVersion, kept[0].ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Milvus still has its vector: %v", err)
	}
	hits, err := milvus.Nearest(t.Context(), vectors.Search{Embedder: news.EmbedderVersion, Query: news.Embed(kept[0].Title, ""), MinCosine: -1, Limit: 10})
	if err != nil || len(hits) != 1 || hits[0].ArticleID != kept[1].ID {
		t.Errorf("Milvus finds %v, %v; want the other article only", hits, err)
	}
	if _, err := db.Article(t.Context(), kept[1].ID); err != nil {
		t.Errorf("the other article: %v", err)
	}
	command{name: "tickerctl", args: []string{"takedown", "nowhere"}, env: env}.run(t).refuses(t, "no absolute http or https address")
	command{name: "tickerctl", args: []string{"takedown"}, env: env}.run(t).refuses(t, "name one address")
}
