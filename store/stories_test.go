package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

const (
	nuri  market.Code = "900010"
	garam market.Code = "900020"
)

func TestJoinStoriesOpensJoinsEchoes(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	a := save(t, db, article(0), article(1), article(2), article(3), article(4))
	got := join(t, db, embedded(a[2], 53, nuri), embedded(a[0], 0, nuri), embedded(a[1], 10, nuri), embedded(a[3], 0, garam), embedded(a[4], 100))
	first := got[0].StoryID
	if !got[0].Opened || got[1].Opened || got[1].StoryID != first || !got[2].Opened || got[2].StoryID == first {
		t.Fatalf("got %+v: want the first to open, the second to join it, the third to open an echo", got)
	}
	if got[3].StoryID == first || got[4].StoryID == first {
		t.Fatalf("got %+v: other companies must not join", got)
	}
	story, err := db.Story(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	want := news.Story{ID: first, FirstID: a[0].ID, Codes: []market.Code{nuri}, AvailableAt: a[0].AvailableAt, Title: a[0].Title, Articles: 2}
	if diff := cmp.Diff(want, story); diff != "" {
		t.Error(diff)
	}
	if echo, err := db.Story(t.Context(), got[2].StoryID); err != nil || echo.EchoOf != first {
		t.Errorf("the third story is %+v, %v; want an echo of %d", echo, err, first)
	}
	if len(got[0].Calls) != 2 || len(got[4].Calls) != 0 || len(got[1].Calls) != 0 {
		t.Errorf("calls %v, %v, %v: want one per model for an opened story of a company, none without a company or when joining", got[0].Calls, got[4].Calls, got[1].Calls)
	}
	kept, err := db.ArticlesByID(t.Context(), []int64{a[0].ID, a[1].ID})
	if err != nil {
		t.Fatal(err)
	}
	if !kept[0].FirstOfStory || kept[0].Cosine != 1 || kept[1].FirstOfStory || kept[1].Cosine < .98 || kept[1].Cosine >= 1 || kept[1].StoryID != first {
		t.Errorf("articles are %+v", kept)
	}
	if due, err := db.ArticlesToEmbed(t.Context(), "k", 0, 10); err != nil || len(due) != 0 {
		t.Errorf("articles to embed: %v, %v; want none", due, err)
	}
}

func TestJoinStoriesTwice(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	a := save(t, db, article(0), article(1), filing(2, nuri))
	batch := []store.Embedded{embedded(a[0], 0, nuri), embedded(a[1], 5, nuri), embedded(a[2], 5, nuri)}
	first := join(t, db, batch...)
	if !first[2].Opened || !first[2].FilingDue || first[2].StoryID == first[0].StoryID {
		t.Fatalf("the filing: %+v, want a story of its own that is due", first[2])
	}
	second := join(t, db, batch...)
	for i := range second {
		if second[i].StoryID != first[i].StoryID || second[i].Opened {
			t.Errorf("article %d: first %+v, second %+v", i, first[i], second[i])
		}
	}
	if diff := cmp.Diff(first[0].Calls, second[0].Calls); diff != "" || len(second[0].Calls) != 2 || !second[2].FilingDue {
		t.Errorf("the second answer must repeat what is due: %+v", second)
	}
	if n := count(t, db, `select sum(articles) from stories`); n != 3 {
		t.Errorf("stories count %d articles, want 3", n)
	}
}

func TestJoinStoriesWithoutVector(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	a := save(t, db, article(0))
	e := embedded(a[0], 0, nuri)
	e.Vector = nil
	got := join(t, db, e, embedded(news.Article{ID: 999, AvailableAt: noon, Kind: news.KindNews}, 0, nuri))
	if diff := cmp.Diff([]store.Joined{{ArticleID: a[0].ID}}, got); diff != "" {
		t.Error(diff)
	}
	if due, err := db.ArticlesToEmbed(t.Context(), "k", 0, 10); err != nil || len(due) != 0 || count(t, db, `select count(*) from stories`) != 0 {
		t.Errorf("want the article marked and no story: due %v, %v", due, err)
	}
}

func TestJoinStoriesCandidates(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	old, edge, near, backtest := article(0), article(1), article(2), article(3)
	old.FirstSeenAt, old.AvailableAt = noon.Add(-news.StoryWindow-time.Second), noon.Add(-news.StoryWindow-time.Second)
	edge.FirstSeenAt, edge.AvailableAt = noon.Add(-news.StoryWindow), noon.Add(-news.StoryWindow)
	near.FirstSeenAt, near.AvailableAt = noon.Add(time.Hour), noon.Add(time.Hour)
	backtest.FirstSeenAt, backtest.AvailableAt, backtest.Origin = noon, noon, forecast.Backtest
	query := article(4)
	query.FirstSeenAt, query.AvailableAt = noon, noon
	a := save(t, db, old, edge, backtest, query, near)
	back := embedded(a[2], 180, nuri)
	joined := join(t, db, embedded(a[0], 0, nuri), embedded(a[1], 90, nuri), back, embedded(a[4], 270, nuri))
	var offered []int64
	_, err := db.JoinStories(t.Context(), []store.Embedded{embedded(a[3], 45, nuri)}, func(_ news.Article, _ []float32, cs []news.Candidate) news.Placement {
		for _, c := range cs {
			offered = append(offered, c.StoryID)
		}
		return news.Placement{Cosine: 1}
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{joined[3].StoryID, joined[1].StoryID}, offered); diff != "" {
		t.Errorf("want the later and the one at the window's edge, newest first: %s", diff)
	}
	if back := joined[2]; !back.Opened || len(back.Calls) != 0 {
		t.Errorf("a story of a backtest gets no calls: %+v", back)
	}
}

func TestJoinStoriesRefusesForeignPlacement(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	a := save(t, db, article(0))
	_, err := db.JoinStories(t.Context(), []store.Embedded{embedded(a[0], 0, nuri)},
		func(news.Article, []float32, []news.Candidate) news.Placement { return news.Placement{StoryID: 77} })
	if fault.KindOf(err) != fault.Invalid || count(t, db, `select count(*) from vectors`) != 0 {
		t.Fatalf("got %v, want Invalid and nothing written", err)
	}
}

func TestJoinStoriesConcurrently(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	const workers, each = 8, 6
	var all []store.NewArticle
	for i := range workers * each {
		all = append(all, article(i))
	}
	a := save(t, db, all...)
	opened := make([]int, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			var batch []store.Embedded
			for i := w; i < len(a); i += workers {
				codes := [][]market.Code{{nuri}, {garam}, {nuri, garam}}[i%3]
				batch = append(batch, embedded(a[i], float64(i)/4, codes...))
			}
			batch = append(batch, embedded(a[0], 0, nuri)) // everybody also has this one
			joined, err := db.JoinStories(t.Context(), batch, place)
			if err != nil {
				t.Error(err)
			}
			for _, j := range joined {
				if j.Opened {
					opened[w]++
				}
			}
		})
	}
	wg.Wait()
	total := 0
	for _, n := range opened {
		total += n
	}
	if stories := count(t, db, `select count(*) from stories`); total != 3 || stories != 3 {
		t.Errorf("%d stories opened, %d in the table; want one per company set", total, stories)
	}
	if n := count(t, db, `select sum(articles) from stories`); n != workers*each {
		t.Errorf("stories count %d articles, want %d", n, workers*each)
	}
	if n := count(t, db, `select count(*) from model_calls`); n != 6 {
		t.Errorf("%d calls, want two models for each of three stories", n)
	}
}

func TestDueCallsAndCall(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	exec(t, db, `update models set role = 'retired' where name = 'baseline'`)
	a := save(t, db, article(0))
	joined := join(t, db, embedded(a[0], 0, nuri))
	due, err := db.DueCalls(t.Context(), "k", 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(joined[0].Calls, due); diff != "" || len(due) != 1 {
		t.Fatalf("due calls %+v, want the one of the model in use: %s", due, diff)
	}
	if later, err := db.DueCalls(t.Context(), "k", time.Hour, 10); err != nil || len(later) != 0 {
		t.Errorf("calls due for an hour: %v, %v; want none", later, err)
	}
	call, err := db.Call(t.Context(), due[0].StoryID, due[0].ModelID, 1)
	want := store.Call{CallRef: due[0], State: store.CallStateDue, CreatedAt: call.CreatedAt,
		Model: forecast.Model{ID: due[0].ModelID, Name: "analogue", Kind: "analogue", Role: forecast.Champion,
			Horizons: []int{1, 3, 5}, Version: "analogue-1"}}
	if diff := cmp.Diff(want, call); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := db.Call(t.Context(), due[0].StoryID, due[0].ModelID, 2); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a call that was never ordered: %v, want NotFound", err)
	}
}

func BenchmarkJoinStories(b *testing.B) {
	db := storetest.New(b)
	n := 0
	for b.Loop() {
		b.StopTimer()
		var batch []store.NewArticle
		for range 64 {
			n++
			batch = append(batch, article(n))
		}
		a := save(b, db, batch...)
		var es []store.Embedded
		for i, x := range a {
			e := embedded(x, 0)
			e.Vector = make([]float32, 512)
			e.Vector[(n+i)%512] = 1
			if i%4 == 0 {
				e.Codes = []market.Code{nuri, garam}
			}
			es = append(es, e)
		}
		b.StartTimer()
		join(b, db, es...)
	}
}
