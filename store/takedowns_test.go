package store_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tickerwire/internal/fault"
	"tickerwire/internal/news"
	"tickerwire/internal/notice"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// takeDown takes an address down.
func takeDown(t *testing.T, db *store.DB, url string) store.Takedown {
	t.Helper()
	down, err := db.TakeDown(t.Context(), store.TakedownOrder{URL: url, Reason: "정정 요청", By: 0})
	if err != nil {
		t.Fatal(err)
	}
	return down
}

// proof turns a take-down's proof into lines.
func proof(down store.Takedown) []string {
	var lines []string
	for _, r := range down.Proof {
		lines = append(lines, fmt.Sprint(r.Place, " ", r.Removed, "/", r.Left))
	}
	return lines
}

// TestTakeDown takes an article down of which everything is kept that can be: a story of two, predictions and texts of
// one model, a due call of the other, an alert that was told and one that was not, a second source's sighting.
func TestTakeDown(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	champion, challenger := championCall(t, db, 0)
	story, err := db.Story(t.Context(), champion.StoryID)
	if err != nil {
		t.Fatal(err)
	}
	other := save(t, db, article(1))[0]
	join(t, db, embedded(other, 5, nuri))
	again := article(0)
	again.Source, again.ExternalID = "하늬신문", "h-7"
	if ids, err := db.SaveArticles(t.Context(), []store.NewArticle{again}); err != nil || len(ids) != 0 {
		t.Fatal(ids, err)
	}
	exec(t, db, `insert into matches values (?, ?, 'title', 0, 4, '누리테크')`, story.FirstID, string(nuri))
	if _, err := db.SavePredictions(t.Context(), store.CallDone{CallID: champion.CallID}, predictionsOf(champion, nuri)); err != nil {
		t.Fatal(err)
	}
	exec(t, db, `update model_calls set prompt_hash = 'f00d' where id = ?`, champion.CallID)
	const left = `select count(*) from model_texts where prompt || reply <> ''`
	ask := func(call store.CallRef, quoted ...int64) {
		t.Helper()
		id, err := db.ReserveRequest(t.Context(), store.ModelRequest{CallID: call.CallID, ModelID: call.ModelID, Code: "900001", PromptVersion: "ko-1",
			PromptHash: "hash", Prompt: "누리테크, 신규 공장", Quoted: quoted})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.EndRequest(t.Context(), store.RequestEnd{ID: id, State: store.RequestAnswered, Reply: `{"p":0.5}`}); err != nil {
			t.Fatal(err)
		}
	}
	ask(champion, other.ID, story.FirstID)
	if n := count(t, db, left); n != 1 {
		t.Fatalf("%d texts of the call", n)
	}
	for i, told := range []bool{true, false} {
		exec(t, db, `insert into alerts (id, kind, story_id, article_id, code, send, reason, decided_at, told_at) overriding system value
			values (?, 'signal', ?, ?, ?, true, 'passed', now(), case when ? then now() end)`, i+1, story.ID, story.FirstID, fmt.Sprint("90000", i), told)
	}
	recipient, err := db.SaveRecipient(t.Context(), notice.Recipient{ChatID: 7, Language: "ko", Active: true, Rule: notice.DefaultRule()})
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, `insert into notices (alert_id, recipient_id, state, text, day) values (1, ?, 'sent', '누리테크, 신규 공장', '2026-03-04'),
		(2, ?, 'failed', '누리테크, 신규 공장', '2026-03-04')`, recipient, recipient)
	sealed := func() string {
		t.Helper()
		var sum string
		err := db.Bun().NewRaw(`
			select md5(string_agg(p::text, E'\n' order by p.id)) || ' ' || max(c.prompt_hash) || ' ' || max(c.state)
			from predictions p join model_calls c on c.id = p.call_id`).Scan(t.Context(), &sum)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	before := sealed()

	const written = "HTTPS://news.example:443/0?utm_source=x#top"
	down := takeDown(t, db, written)
	want := []string{"article texts 1/0", "matches 1/0", "vectors 1/0", "prompts and replies 1/0", "messages to be worded anew 0/0", "message texts 2/0",
		"alerts held for digests 0/0", "alerts not yet told 1/0", "filings not yet judged 0/0", "model calls not yet made 1/0", "vector index 0/1"}
	if diff := cmp.Diff(want, proof(down)); diff != "" || down.URL != "https://news.example/0" || !slices.Equal(down.Articles, []int64{story.FirstID}) || !down.IndexDue {
		t.Errorf("%+v: %s", down, diff)
	}
	if after := sealed(); after != before {
		t.Errorf("predictions or their call changed: %s, was %s", after, before)
	}
	if n := count(t, db, left); n != 0 {
		t.Errorf("%d texts of the call", n)
	}
	ask(challenger, story.FirstID)
	if n := count(t, db, left); n != 0 {
		t.Error("a text that comes after the take-down is kept")
	}
	if call, err := db.Call(t.Context(), challenger.StoryID, challenger.ModelID, 1); err != nil || call.State != store.CallStateSkipped {
		t.Errorf("the due call: %+v, %v", call, err)
	}
	goneFromReads(t, db, story, other)

	removed, err := db.RemovedVectors(t.Context(), down.Articles)
	if diff := cmp.Diff(map[string][]int64{embedder: down.Articles}, removed); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if again, err := db.FailedNotices(t.Context(), 10); err != nil || len(again) != 0 {
		t.Errorf("alerts to be sent again: %v, %v", again, err)
	}
	if due, err := db.DueTakedowns(t.Context(), 0, 10); err != nil || !slices.Equal(due, []int64{down.ID}) {
		t.Errorf("due: %v, %v", due, err)
	}
	if err := db.MarkIndexPurged(t.Context(), down.ID, 1); err != nil {
		t.Fatal(err)
	}
	second := takeDown(t, db, "https://news.example/0")
	want[len(want)-1] = "vector index 1/0"
	if diff := cmp.Diff(want, proof(second)); diff != "" || second.ID != down.ID || second.IndexDue {
		t.Errorf("ordered again: %+v %s", second, diff)
	}
	if due, err := db.DueTakedowns(t.Context(), 0, 10); err != nil || len(due) != 0 {
		t.Errorf("due: %v, %v", due, err)
	}
}

// goneFromReads looks for a story's first article everywhere that its words were shown.
func goneFromReads(t *testing.T, db *store.DB, story news.Story, other news.Article) {
	t.Helper()
	if a, err := db.Article(t.Context(), story.FirstID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the article: %+v, %v", a, err)
	}
	for name, read := range map[string]func() ([]store.ArticleItem, error){
		"articles": func() ([]store.ArticleItem, error) {
			return db.ArticleList(t.Context(), store.StoryFilter{Limit: 10})
		},
		"the story's articles": func() ([]store.ArticleItem, error) { return db.ArticlesOfStory(t.Context(), story.ID, 10) },
	} {
		list, err := read()
		if err != nil || len(list) != 1 || list[0].Article.ID != other.ID {
			t.Errorf("%s: %+v, %v; want the other article", name, list, err)
		}
	}
	if stories, err := db.StoryList(t.Context(), store.StoryFilter{Limit: 10}); err != nil || len(stories) != 0 {
		t.Errorf("stories: %+v, %v", stories, err)
	}
	if left, err := db.Story(t.Context(), story.ID); err != nil || left.Title != "" || left.FirstID != story.FirstID {
		t.Errorf("the story's own row: %+v, %v", left, err)
	}
	if stories, _, err := db.CountRepredict(t.Context(), store.RepredictFilter{StoryIDs: []int64{story.ID}}); err != nil || stories != 0 {
		t.Errorf("%d stories to predict again, %v", stories, err)
	}
	if n := count(t, db, `select count(*) from articles where embedded_at is null`); n != 0 {
		t.Errorf("%d articles are to be embedded", n)
	}
}

// TestATakenDownAddressStaysDown crawls it again: from the same source, from another, and one that was never seen before.
func TestATakenDownAddressStaysDown(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	kept := save(t, db, article(0))[0]
	takeDown(t, db, kept.URL)
	unseen := takeDown(t, db, "https://news.example/1")
	if unseen.IndexDue || len(unseen.Articles) != 0 {
		t.Errorf("of an address without an article: %+v", unseen)
	}
	for n := range 2 {
		for _, source := range []string{"한빛신문", "하늬신문"} {
			a := article(n)
			a.Source, a.ExternalID = source, fmt.Sprint(source, n)
			if ids, err := db.SaveArticles(t.Context(), []store.NewArticle{a}); err != nil || len(ids) != 0 {
				t.Errorf("address %d from %s came back as %v, %v", n, source, ids, err)
			}
		}
	}
	if n := count(t, db, `select count(*) from articles where title <> ''`); n != 0 {
		t.Errorf("%d articles have words", n)
	}
	// The embedding of what was loaded before the take-down comes too late.
	if joined := join(t, db, embedded(kept, 0, nuri)); len(joined) != 0 || count(t, db, `select count(*) from vectors`) != 0 {
		t.Errorf("joined %+v after the take-down", joined)
	}
	named := article(2)
	named.URL, named.ExternalID = "", "https://news.example/named?b=1&a=2"
	save(t, db, named)
	if down := takeDown(t, db, named.ExternalID); len(down.Articles) != 1 {
		t.Errorf("an article known by its address as a source wrote it: %+v", down)
	}
	for _, url := range []string{"", "news.example/1", "ftp://news.example/1", "javascript:alert(1)"} {
		if _, err := db.TakeDown(t.Context(), store.TakedownOrder{URL: url}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", url, err)
		}
	}
	if _, err := db.Takedown(t.Context(), 99); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no such take-down: %v", err)
	}
}

// TestTakeDownBesideCrawls orders while others save and embed the same address.
func TestTakeDownBesideCrawls(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	for n := range 25 {
		var group sync.WaitGroup
		for _, source := range []string{"a", "b", "c"} {
			group.Go(func() {
				a := article(n)
				a.Source = source
				ids, err := db.SaveArticles(t.Context(), []store.NewArticle{a})
				if err != nil {
					t.Error(err)
				}
				for _, id := range ids {
					a.Article.ID = id
					if _, err := db.JoinStories(t.Context(), []store.Embedded{embedded(a.Article, 0, nuri)}, place); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for range 2 {
			group.Go(func() {
				if _, err := db.TakeDown(t.Context(), store.TakedownOrder{URL: article(n).URL}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
	left := count(t, db, `select (select count(*) from articles where title <> '') + (select count(*) from vectors)
		+ (select count(*) from model_calls where state = 'due')`)
	if left != 0 || count(t, db, `select count(*) from takedowns`) != 25 {
		t.Errorf("%d things are left", left)
	}
}

func TestVectorsAfterTellsWhatWasRemoved(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	a := save(t, db, article(0))[0]
	join(t, db, embedded(a, 0, nuri))
	first, err := db.VectorsAfter(t.Context(), embedder, store.VectorPosition{}, 10)
	if err != nil || len(first.Vectors) != 1 || len(first.Removed) != 0 {
		t.Fatalf("%+v, %v", first, err)
	}
	takeDown(t, db, a.URL)
	second, err := db.VectorsAfter(t.Context(), embedder, first.Safe, 10)
	if diff := cmp.Diff(store.VectorPage{Next: first.Safe, Removed: []int64{a.ID}}, second, cmpopts.IgnoreFields(store.VectorPage{}, "Safe")); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	third, err := db.VectorsAfter(t.Context(), embedder, second.Safe, 10)
	if err != nil || third.Safe.Transaction < second.Safe.Transaction {
		t.Errorf("%+v, %v", third, err)
	}
}
