package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// plainSearch finds stories, or articles, by reading every title from the newest on.
func plainSearch(t *testing.T, db *store.DB, stories bool, f store.StoryFilter) (ids []int64) {
	t.Helper()
	from := "articles o left join stories s on s.id = o.story_id where o.taken_down_at is null"
	at, id, has := "o.available_at", "o.id", "%s"
	if stories {
		from = "stories s join articles a on a.id = s.first_article_id where a.taken_down_at is null"
		at, id, has = "s.available_at", "s.id", "exists (select from articles o where o.story_id = s.id and %s)"
	}
	var conditions []string
	for _, word := range strings.Fields(f.Query) {
		conditions = append(conditions, "o.title like '%"+word+"%'")
	}
	query := "select " + id + " from " + from + " and " + fmt.Sprintf(has, strings.Join(conditions, " and "))
	if f.Code != "" && stories {
		query += " and s.codes @> array['" + string(f.Code) + "']"
	} else if f.Code != "" {
		query += " and exists (select from matches m where m.article_id = o.id and m.code = '" + string(f.Code) + "')"
	}
	if f.Press != "" {
		query += " and " + fmt.Sprintf(has, "o.press = '"+f.Press+"'")
	}
	stamp := func(at time.Time) string { return "'" + at.Format(time.RFC3339Nano) + "'" }
	if !f.From.IsZero() {
		query += " and " + at + " >= " + stamp(f.From)
	}
	if !f.To.IsZero() {
		query += " and " + at + " < " + stamp(f.To)
	}
	if f.After != (store.Position{}) {
		query += fmt.Sprintf(" and (%s, %s) < (%s, %d)", at, id, stamp(f.After.At), f.After.ID)
	}
	query += fmt.Sprintf(" order by %s desc, %s desc limit %d", at, id, f.Limit)
	if err := db.Bun().NewRaw(query).Scan(t.Context(), &ids); err != nil {
		t.Fatal(err)
	}
	return ids
}

// TestSearchFindsWhatAPlainLookFinds: however rare a word is, old or new, alone, with another, or of one stock, the same is
// found in the same order, on every page.
func TestSearchFindsWhatAPlainLookFinds(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	bulk(t, db, 5000) // the first is the newest: one a minute
	for every, word := range map[int]string{2: "가나라", 17: "다라마", 90: "마바", 300: "사아자", 700: "카타"} {
		exec(t, db, `update articles set title = title || ' ' || ? where id % ? = 1`, word+"에서", every)
	}
	exec(t, db, `update articles set title = title || ' 옛말' where id > 3000 and id % 3 = 0`)
	exec(t, db, `update articles set title = title || ' 새말' where id < 30`)
	exec(t, db, `update articles set title = '누리 ' || id where id % 11 = 3`) // found by no company's word
	// Later articles of a story have words that its first has not, as early and as late as they may be.
	exec(t, db, `
		insert into articles (source, external_id, press, title, published_at, time_quality, first_seen_at, available_at, kind, embedded_at, story_id, cosine)
		select 'again', id::text, 'p9', '또 나온 덧말 ' || case when id % 4 = 0 then '마바' else '' end, at, 'exact', at, at, 'news', now(), id, .7
		from stories, lateral (select available_at + case when id % 2 = 0 then 1 else -1 end * make_interval(hours => ?) as at) x where id % 13 = 0`, int(news.StoryWindow.Hours()))
	exec(t, db, `update articles set taken_down_at = now() where id % 29 = 1`)
	for n := 1; n > 0; {
		var err error
		if n, err = db.IndexWords(t.Context(), 4000); err != nil {
			t.Fatal(err)
		}
	}
	exec(t, db, `analyze`)
	found := 0
	compare := func(name string, f store.StoryFilter) {
		t.Helper()
		for page := range 3 {
			stories, err := db.StoryList(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, s := range stories {
				got = append(got, s.Story.ID)
			}
			if diff := cmp.Diff(plainSearch(t, db, true, f), got); diff != "" {
				t.Errorf("%s, page %d: stories (-plain +found):\n%s", name, page, diff)
			}
			found += len(got)
			if len(stories) < f.Limit {
				break
			}
			last := stories[len(stories)-1].Story
			f.After = store.Position{At: last.AvailableAt, ID: last.ID}
		}
		f.After = store.Position{}
		for range 2 {
			articles, err := db.ArticleList(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, a := range articles {
				got = append(got, a.Article.ID)
			}
			if diff := cmp.Diff(plainSearch(t, db, false, f), got); diff != "" {
				t.Errorf("%s: articles (-plain +found):\n%s", name, diff)
			}
			if len(articles) < f.Limit {
				break
			}
			last := articles[len(articles)-1].Article
			f.After = store.Position{At: last.AvailableAt, ID: last.ID}
		}
	}
	for _, words := range []string{"가나라", "나라", "다라마", "마바", "사아자", "카타", "옛말", "새말", "덧말", "없는말", "가나라 다라마", "마바 누리", "다라마 카타", "가나라 옛말"} {
		compare(words, store.StoryFilter{Query: words, Limit: 21})
		compare(words+" of live news", store.StoryFilter{Query: words, Origin: forecast.Live, Limit: 51})
		compare(words+" of a stock", store.StoryFilter{Query: words, Code: market.Code("000001"), Limit: 6})
		compare(words+" of a press", store.StoryFilter{Query: words, Press: "p1", Limit: 6})
		compare(words+" of a period", store.StoryFilter{Query: words, From: noon.Add(-50 * time.Hour), To: noon.Add(-10 * time.Hour), Limit: 21})
	}
	if found < 1000 {
		t.Errorf("%d stories were found", found)
	}
}
