package app_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/vectors"
)

// TestTheEmbedderMovesUnderLoad fits an idf on a running program that has some three thousand articles, while more
// arrive, and kills the errand in the middle. Nothing is lost, no version embeds twice, each prediction is by one
// version, the fleet changes without a restart, and what predictions of before rest on still resolves. It runs by
// itself: its load would break the promises that other tests time.
func TestTheEmbedderMovesUnderLoad(t *testing.T) {
	db := newDatabase(t)
	env := append(settings(openDir(t)), "DATABASE_URL="+db.url, "REDIS_URL="+newRedis(t), "BARS_DAYS=30")
	p := command{name: "standalone", env: env}.run(t)
	welcomed(t, p)
	awaitPredictions(t, db, news.EmbedderVersion)
	stopLoad := load(t, db)
	rebuild := func() *program {
		return command{name: "tickerctl", args: []string{"vectors", "rebuild", "--fit"}, env: []string{"DATABASE_URL=" + db.url}}.run(t)
	}

	release := holdVectors(t, db) // the errand stops before the last of the old articles
	first := rebuild()
	version := first.says(t, `(hash-c23-v1/idf-[0-9a-f]{12}): fitted on \d+ articles`)[0]
	until(t, patience, func() error {
		if n := db.number(t, `select count(*) from vectors where embedder = ?`, version); n < 1000 {
			return fmt.Errorf("%d vectors of %s", n, version)
		}
		return nil
	})
	fatal(t, first.process.Kill())
	if first.ends(t, patience) == nil {
		t.Error("the errand ended well, though it was killed")
	}
	began := db.number(t, `select count(*) from articles`)
	until(t, patience, func() error { // by both versions, while predictions are by the old one
		if n := db.number(t, `select count(*) from articles where embedded_at is not null`); n < began+100 {
			return fmt.Errorf("%d articles are embedded, of %d that were there", n, began)
		}
		return nil
	})
	if n := db.number(t, `select count(*) from predictions where evidence->>'embedder' <> ?`, news.EmbedderVersion); n != 0 {
		t.Errorf("%d predictions are by the new version before the switch", n)
	}
	if err := db.SwitchEmbedding(t.Context(), version); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a switch in the middle: %v", err)
	}

	release()
	second := rebuild()
	if err := second.ends(t, patience); err != nil {
		t.Fatalf("rebuild: %v\n%s", err, second.out)
	}
	for _, said := range []string{"going on with " + version, "100 %", version + " is in use"} {
		if !strings.Contains(second.out.String(), said) {
			t.Errorf("the second rebuild does not say %q:\n%s", said, second.out)
		}
	}
	awaitPredictions(t, db, version)
	saved := stopLoad()
	awaitEmbedded(t, db)
	p.stops(t)
	checkMove(t, db, version, saved)
}

// awaitPredictions waits for live predictions that rest on neighbours found by an embedder version.
func awaitPredictions(t *testing.T, db database, version string) {
	t.Helper()
	until(t, patience, func() error {
		n := db.number(t, `
			select count(*) from predictions
			where origin = 'live' and evidence->>'embedder' = ? and jsonb_array_length(coalesce(evidence->'neighbours', '[]')) > 0`, version)
		if n < 3 {
			return fmt.Errorf("%d predictions by %s have neighbours", n, version)
		}
		return nil
	})
}

func awaitEmbedded(t *testing.T, db database) {
	t.Helper()
	until(t, patience, func() error {
		if n := db.number(t, `select count(*) from articles where embedded_at is null`); n > 0 {
			return fmt.Errorf("%d articles wait to be embedded", n)
		}
		return nil
	})
}

// holdVectors locks the vector of the newest article, so that who refills waits before it, until release is called.
func holdVectors(t *testing.T, db database) (release func()) {
	t.Helper()
	tx, err := db.Bun().BeginTx(t.Context(), nil)
	fatal(t, err)
	_, err = tx.ExecContext(t.Context(), `select from vectors order by article_id desc limit 1 for update`)
	fatal(t, err)
	release = sync.OnceFunc(func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(release)
	return release
}

// load saves live news of every stock as fast as a busy wire until stop is called, which returns how many it saved.
func load(t *testing.T, db database) (stop func() int) {
	t.Helper()
	stocks, err := db.Stocks(t.Context(), true)
	fatal(t, err)
	var at time.Time
	fatal(t, db.Bun().NewRaw(`select max(available_at) from articles`).Scan(t.Context(), &at))
	ctx, cancel := context.WithCancel(t.Context())
	saved, done := 0, make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			s := stocks[n%len(stocks)]
			article := news.Article{Source: "load", ExternalID: fmt.Sprint(n), URL: fmt.Sprintf("https://load.example.kr/%d", n), Press: "누리일보",
				Title: fmt.Sprintf("%s %d호 공장 착공", s.Name, n), Summary: fmt.Sprintf("%s가 %d번째 설비에 %d억원을 들인다.", s.Name, n, 7*n),
				PublishedAt: at, TimeQuality: news.TimeExact, FirstSeenAt: at, AvailableAt: at, Kind: news.KindNews}
			ids, err := db.SaveArticles(ctx, []store.NewArticle{{Article: article, Origin: forecast.Live,
				Matches: []news.Match{{Code: s.Code, Field: news.FieldTitle, End: len([]rune(s.Name)), Text: s.Name}}}})
			if err != nil {
				if ctx.Err() == nil {
					t.Error(err)
				}
				return
			}
			saved += len(ids)
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	stop = sync.OnceValue(func() int {
		cancel()
		<-done
		return saved
	})
	t.Cleanup(func() { stop() })
	return stop
}

// checkMove holds what is kept against what the move promises.
func checkMove(t *testing.T, db database, version string, saved int) {
	t.Helper()
	if n := db.number(t, `select count(*) from articles where source = 'load' and story_id is not null`); n < saved {
		t.Errorf("%d of %d articles that arrived are in a story", n, saved)
	}
	for what, query := range map[string]string{
		"articles without a vector of the new version": `
			select count(*) from articles a where a.story_id is not null
				and not exists (select from vectors v where v.article_id = a.id and v.embedder = '` + version + `')`,
		"articles with two vectors of a version": `
			select count(*) from (select from vectors group by article_id, embedder having count(*) > 1) d`,
		"predictions by neither version": `
			select count(*) from predictions where evidence->>'embedder' not in ('` + version + `', '` + news.EmbedderVersion + `')`,
		"articles of evidence that do not resolve by its version": `
			select count(*) from predictions p cross join lateral (
				select (p.evidence->>'query')::bigint as id
				union all
				select (n->>'article_id')::bigint from jsonb_array_elements(coalesce(p.evidence->'neighbours', '[]')) n) e
			where not exists (select from vectors v where v.article_id = e.id and v.embedder = p.evidence->>'embedder')`,
		"calls whose predictions are by two versions": `
			select count(*) from (select from predictions group by call_id having count(distinct evidence->>'embedder') > 1) d`,
		"failures": `select count(*) from failures where kind in ('article:embed', 'story:predict')`,
	} {
		if n := db.number(t, query); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
	t.Logf("%d articles arrived, %d vectors of the old version, %d of the new one; %d and %d predictions", saved,
		db.number(t, `select count(*) from vectors where embedder = ?`, news.EmbedderVersion), db.number(t, `select count(*) from vectors where embedder = ?`, version),
		db.number(t, `select count(*) from predictions where evidence->>'embedder' = ?`, news.EmbedderVersion),
		db.number(t, `select count(*) from predictions where evidence->>'embedder' = ?`, version))
}

// TestAnIDFNeedsArticles: a fit on too few is refused with their number, and nothing begins.
func TestAnIDFNeedsArticles(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	_, err := db.Migrate(t.Context())
	fatal(t, err)
	env := []string{"DATABASE_URL=" + db.url}
	command{name: "tickerctl", args: []string{"vectors", "rebuild", "--fit"}, env: env}.run(t).refuses(t, "2000 articles", "here are 0")
	command{name: "tickerctl", args: []string{"vectors", "rebuild", "--to", "hash-c23-v1/idf-none"}, env: env}.run(t).refuses(t, "hash-c23-v1/idf-none", "does not exist")
	command{name: "tickerctl", args: []string{"vectors", "rebuild", "--to", news.EmbedderVersion}, env: env}.run(t).refuses(t, "in use already")
	command{name: "tickerctl", args: []string{"vectors", "rebuild", "--fit", "--to", "x"}, env: env}.run(t).refuses(t, "not both")
	if now, err := db.Embedding(t.Context()); err != nil || now != (store.Embedding{Joins: news.EmbedderVersion, Searches: news.EmbedderVersion}) {
		t.Errorf("%+v, %v", now, err)
	}
}

// TestTheEmbedderMovesInMilvus moves articles that lie in Milvus to another version and back, and fills a Milvus that has
// lost everything: both versions resolve there.
func TestTheEmbedderMovesInMilvus(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	_, err := db.Migrate(t.Context())
	fatal(t, err)
	options := vectors.MilvusOptions{Address: setting(t, "TEST_MILVUS_ADDRESS"), Prefix: "app" + strings.ToLower(rand.Text()[:8])}
	index, err := vectors.OpenMilvus(t.Context(), options)
	fatal(t, err)
	t.Cleanup(func() {
		if err := index.Close(); err != nil {
			t.Error(err)
		}
	})
	var fit news.IDFFit
	fit.Add("누리테크 실적", "")
	table := fit.Freeze()
	fatal(t, db.SaveIDF(t.Context(), table, fit.Articles()))
	ids := embedThree(t, db)
	tickerctl := func(args ...string) {
		t.Helper()
		env := []string{"DATABASE_URL=" + db.url, "MILVUS_ADDRESS=" + options.Address, "MILVUS_PREFIX=" + options.Prefix}
		p := command{name: "tickerctl", args: append([]string{"vectors", "rebuild"}, args...), env: env}.run(t)
		if err := p.ends(t, patience); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, p.out)
		}
	}
	holds := func(when string, versions ...string) {
		t.Helper()
		for _, version := range versions {
			for _, id := range ids {
				want, err := db.Vector(t.Context(), version, id)
				fatal(t, err)
				if v, err := index.Vector(t.Context(), version, id); err != nil || news.Cosine(v, want) < .9999 {
					t.Errorf("%s: article %d by %s: %d dimensions, %v", when, id, version, len(v), err)
				}
			}
		}
	}
	tickerctl()
	holds("filled", news.EmbedderVersion)
	tickerctl("--to", table.Version())
	holds("moved", news.EmbedderVersion, table.Version())
	for _, version := range []string{news.EmbedderVersion, table.Version()} {
		fatal(t, index.Delete(t.Context(), version, ids))
	}
	tickerctl()
	holds("filled again", news.EmbedderVersion, table.Version())
	tickerctl("--to", news.EmbedderVersion)
	if now, err := db.Embedding(t.Context()); err != nil || now.Searches != news.EmbedderVersion || now.Target != "" {
		t.Errorf("back: %+v, %v", now, err)
	}
}

// embedThree saves three articles with vectors of the version in use and returns their ids.
func embedThree(t *testing.T, db database) []int64 {
	t.Helper()
	var saved []store.NewArticle
	noon := time.Date(2026, 3, 4, 3, 0, 0, 0, time.UTC)
	for i, title := range []string{"누리테크 증설", "누리테크 수주 공시", "누리테크 신임 대표"} {
		saved = append(saved, store.NewArticle{Origin: forecast.Backtest, Article: news.Article{Source: "hanbit", ExternalID: fmt.Sprint(i), Title: title,
			URL: fmt.Sprintf("https://news.example.kr/%d", i), PublishedAt: noon, FirstSeenAt: noon, AvailableAt: noon, TimeQuality: news.TimeExact, Kind: news.KindNews}})
	}
	ids, err := db.SaveArticles(t.Context(), saved)
	fatal(t, err)
	articles, err := db.ArticlesByID(t.Context(), ids)
	fatal(t, err)
	var batch []store.Embedded
	for _, a := range articles {
		batch = append(batch, store.Embedded{Article: a, Codes: []market.Code{"900010"}, Embedder: news.EmbedderVersion,
			Vector: news.Embed(a.Title, a.Summary), BaseDay: market.DayOf(noon)})
	}
	_, err = db.JoinStories(t.Context(), batch, news.Place)
	fatal(t, err)
	return ids
}
