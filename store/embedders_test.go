package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// fitted keeps a fitted version and returns it.
func fitted(t testing.TB, db *store.DB, words ...string) string {
	t.Helper()
	var fit news.IDFFit
	for _, w := range words {
		fit.Add(w, "")
	}
	table := fit.Freeze()
	for range 2 { // keeping it again changes nothing
		if err := db.SaveIDF(t.Context(), table, fit.Articles()); err != nil {
			t.Fatal(err)
		}
	}
	return table.Version()
}

// beside gives an embedded article a vector of another version.
func beside(e store.Embedded, version string, degrees float64) store.Embedded {
	e.Beside = append(e.Beside, store.Vector{Embedder: version, Values: direction(degrees)})
	return e
}

func inUse(t testing.TB, db *store.DB) store.Embedding {
	t.Helper()
	now, err := db.Embedding(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return now
}

func TestEmbeddersAreKept(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	if diff := cmp.Diff(store.Embedding{Joins: news.EmbedderVersion, Searches: news.EmbedderVersion}, inUse(t, db)); diff != "" {
		t.Error(diff)
	}
	version := fitted(t, db, "누리테크 실적", "가람전자 수주")
	e, err := db.Embedder(t.Context(), version)
	if err != nil || e.Version() != version {
		t.Errorf("%s, %v", e.Version(), err)
	}
	if e, err := db.Embedder(t.Context(), news.EmbedderVersion); err != nil || e.Version() != news.EmbedderVersion {
		t.Errorf("the flat one: %s, %v", e.Version(), err)
	}
	if _, err := db.Embedder(t.Context(), "nobody's"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown one: %v", err)
	}
	exec(t, db, `update embedders set idf = set_byte(idf, 5, 255 - get_byte(idf, 5)) where version = ?`, version)
	if _, err := db.Embedder(t.Context(), version); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a changed table: %v", err)
	}
	if list, err := db.Embedders(t.Context()); err != nil || len(list) != 2 || list[0] != news.EmbedderVersion {
		t.Errorf("%v, %v", list, err)
	}
}

func TestOneVersionIsFilledAtATime(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	first, second := fitted(t, db, "누리테크"), fitted(t, db, "가람전자")
	aim := func(version string, want fault.Kind) {
		t.Helper()
		if err := db.AimEmbedding(t.Context(), version); (err == nil) != (want == fault.Internal) || err != nil && fault.KindOf(err) != want {
			t.Errorf("%s: %v, want %s", version, err, want)
		}
	}
	aim("nobody's", fault.NotFound)
	aim(news.EmbedderVersion, fault.Conflict)
	aim(first, fault.Internal)
	aim(first, fault.Internal)
	aim(second, fault.Conflict)
	if err := db.SwitchEmbedding(t.Context(), second); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a switch to what is not filled: %v", err)
	}
	if diff := cmp.Diff([]string{news.EmbedderVersion, first}, inUse(t, db).Versions()); diff != "" {
		t.Error(diff)
	}
	if err := db.SwitchEmbedding(t.Context(), first); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(store.Embedding{Joins: first, Searches: first}, inUse(t, db)); diff != "" {
		t.Error(diff)
	}
	aim(first, fault.Conflict)
	aim(news.EmbedderVersion, fault.Internal) // and back
}

func TestArticlesAreEmbeddedByEveryVersionInUse(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	a := save(t, db, article(0), article(1), article(2), article(3), article(4))
	join(t, db, embedded(a[0], 0, nuri))
	version := fitted(t, db, "누리테크")
	if err := db.AimEmbedding(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]store.Embedded{
		"the old version alone": embedded(a[1], 5, nuri),
		"the new one alone":     {Article: a[1], Embedder: version, Vector: direction(5), BaseDay: 20000},
		"another one beside":    beside(embedded(a[1], 5, nuri), "nobody's", 5),
	} {
		if _, err := db.JoinStories(t.Context(), []store.Embedded{e}, place); !errors.Is(err, store.ErrEmbeddersChanged) {
			t.Errorf("%s: %v, want ErrEmbeddersChanged", name, err)
		}
	}
	blank := embedded(a[2], 0, nuri)
	blank.Vector = nil
	join(t, db, beside(embedded(a[1], 5, nuri), version, 90), blank)

	now := inUse(t, db)
	if err := db.SwitchEmbedding(t.Context(), version); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a switch while one is missing: %v", err)
	}
	refills, err := db.Refills(t.Context(), now, 0, 10)
	if err != nil || len(refills) != 1 || refills[0].ArticleID != a[0].ID || refills[0].Title != a[0].Title || refills[0].Codes[0] != nuri {
		t.Fatalf("refills %+v, %v", refills, err)
	}
	if list, err := db.Refills(t.Context(), now, a[0].ID, 10); err != nil || len(list) != 0 {
		t.Errorf("behind the last one: %+v, %v", list, err)
	}
	refills[0].Values = direction(0)
	for range 2 {
		if gone, err := db.AddVectors(t.Context(), now, []store.Vector{refills[0].Vector}); err != nil || len(gone) != 0 {
			t.Fatalf("%v, %v", gone, err)
		}
	}
	if err := db.SwitchEmbedding(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, `select count(*) from (select from vectors group by article_id, embedder having count(*) > 1) d`); n != 0 {
		t.Errorf("%d articles have two vectors of one version", n)
	}

	// A story's first article is now compared by the new version: by the old one a[3] would be far from it.
	got := join(t, db, store.Embedded{Article: a[3], Codes: []market.Code{nuri}, Embedder: version, Vector: direction(1), BaseDay: 20000})
	if first, err := db.Article(t.Context(), a[0].ID); err != nil || got[0].StoryID != first.StoryID {
		t.Errorf("joined %d, want %d (%v)", got[0].StoryID, first.StoryID, err)
	}
	if _, err := db.JoinStories(t.Context(), []store.Embedded{embedded(a[4], 0, nuri)}, place); !errors.Is(err, store.ErrEmbeddersChanged) {
		t.Errorf("a batch by the old version: %v", err)
	}
	if _, err := db.AddVectors(t.Context(), now, []store.Vector{refills[0].Vector}); !errors.Is(err, store.ErrEmbeddersChanged) {
		t.Errorf("vectors of a move that is over: %v", err)
	}
	if v, err := db.Vector(t.Context(), news.EmbedderVersion, a[0].ID); err != nil || v[0] != 1 {
		t.Errorf("the old vector: %v, %v", v, err)
	}
}

func TestWhatWasTakenDownIsNotRefilled(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	a := save(t, db, article(0), article(1))
	join(t, db, embedded(a[0], 0, nuri), embedded(a[1], 90, nuri))
	version := fitted(t, db, "누리테크")
	if err := db.AimEmbedding(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	now := inUse(t, db)
	exec(t, db, `delete from vectors where article_id = ?`, a[0].ID)
	gone, err := db.AddVectors(t.Context(), now, []store.Vector{{ArticleID: a[0].ID, Values: direction(0)}, {ArticleID: a[1].ID, Values: direction(9)}})
	if diff := cmp.Diff([]int64{a[0].ID}, gone); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if n := count(t, db, `select count(*) from vectors where embedder = ?`, version); n != 1 {
		t.Errorf("%d vectors of the new version, want 1", n)
	}
}

func TestTextsAreThoseOfUndamagedNews(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	damaged := article(2)
	damaged.Article.Mojibake = true
	a := save(t, db, article(0), article(1), damaged, filing(3, nuri))
	first, err := db.Texts(t.Context(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	rest, err := db.Texts(t.Context(), first[0].ArticleID, 10)
	if diff := cmp.Diff([]store.Text{{ArticleID: a[0].ID, Title: a[0].Title, Summary: a[0].Summary}}, first); diff != "" {
		t.Error(diff)
	}
	if err != nil || len(rest) != 1 || rest[0].ArticleID != a[1].ID {
		t.Errorf("%+v, %v", rest, err)
	}
}
