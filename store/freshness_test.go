package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

func TestSilences(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	crawl := func(at time.Time, fresh int, since time.Time, err string) {
		t.Helper()
		if err := db.SaveCrawl(t.Context(), store.Crawl{Source: "feed", At: at, New: fresh, QuietSince: since, Err: err}); err != nil {
			t.Fatal(err)
		}
	}
	past := func(at time.Time) []news.Quiet {
		t.Helper()
		fresh, err := db.Freshness(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		for i := range fresh["feed"].Past {
			fresh["feed"].Past[i].Hour = fresh["feed"].Past[i].Hour.UTC()
		}
		return fresh["feed"].Past
	}
	crawl(noon, 0, time.Time{}, "") // it never showed anything: no silence yet
	crawl(noon.Add(time.Minute), 3, time.Time{}, "")
	crawl(noon.Add(11*time.Minute), 0, time.Time{}, "")
	crawl(noon.Add(21*time.Minute), 2, time.Time{}, "") // 20 minutes passed before these
	crawl(noon.Add(26*time.Minute), 0, time.Time{}, "")
	crawl(noon.Add(59*time.Minute), 0, time.Time{}, "status 503") // who does not answer is not silent
	day := noon.Add(24 * time.Hour)
	crawl(day.Add(5*time.Minute), 0, day, "") // after a holiday: counted from its end only
	want := []news.Quiet{{Hour: noon.Truncate(time.Hour), Longest: 20 * time.Minute}, {Hour: day.Truncate(time.Hour), Longest: 5 * time.Minute}}
	if diff := cmp.Diff(want[:1], past(day)); diff != "" {
		t.Errorf("a day later: %s", diff)
	}
	if diff := cmp.Diff(want, past(day.Add(24*time.Hour+50*time.Minute))); diff != "" {
		t.Errorf("two days later: %s", diff)
	}
	if got := past(day.Add(25 * time.Hour)); len(got) != 0 {
		t.Errorf("at another hour: %v", got)
	}
	crawl(noon.Add(news.YieldMemory+2*time.Hour), 0, time.Time{}, "")
	if n := count(t, db, `select count(*) from source_hours where hour = ?`, noon.Truncate(time.Hour)); n != 0 {
		t.Error("what can no longer be compared is kept")
	}
}

func TestLag(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	if err := db.DeclareSources(t.Context(), []string{"한빛신문", "모아뉴스"}); err != nil {
		t.Fatal(err)
	}
	var list []store.NewArticle
	for i := range 21 { // 0 to 20 minutes late
		a := article(i)
		a.URL, a.TimeQuality, a.FirstSeenAt, a.AvailableAt = fmt.Sprintf("https://news.example/lag/%d", i), news.TimeExact, noon, noon
		a.PublishedAt = noon.Add(-time.Duration(i) * time.Minute)
		list = append(list, a)
	}
	list[20].TimeQuality = news.TimeDate      // not to be measured
	list[0].PublishedAt = noon.Add(time.Hour) // its clock is ahead of ours: no lag
	list[0].AvailableAt = noon.Add(time.Hour)
	save(t, db, list...)
	fresh, err := db.Freshness(t.Context(), noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]store.Freshness{"한빛신문": {Timed: 20, LagP50: 570 * time.Second, LagP95: 1083 * time.Second}, "모아뉴스": {}}
	if diff := cmp.Diff(want, fresh); diff != "" {
		t.Error(diff)
	}
	fresh, err = db.Freshness(t.Context(), noon.Add(26*time.Hour))
	if err != nil || fresh["한빛신문"].Timed != 0 {
		t.Errorf("a day later: %+v, %v", fresh, err)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	admin, err := db.CreateUser(t.Context(), store.User{Email: "admin@example.com", PasswordHash: "x", Role: "admin"})
	if err != nil {
		t.Fatal(err)
	}
	list := func() []store.Limit {
		t.Helper()
		all, err := db.Limits(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i := range all {
			if all[i].ChangedAt.IsZero() != (all[i].ChangedBy == 0) {
				t.Errorf("%+v", all[i])
			}
			all[i].ChangedAt = time.Time{}
		}
		return all
	}
	declare := func(limits ...store.Limit) {
		t.Helper()
		if err := db.DeclareLimits(t.Context(), limits); err != nil {
			t.Fatal(err)
		}
	}
	change := func(l store.Limit) {
		t.Helper()
		if err := db.SaveLimit(t.Context(), l, admin); err != nil {
			t.Fatal(err)
		}
	}
	declare(store.Limit{Key: "kis", PerSecond: 18}, store.Limit{Key: "*", PerMinute: 30, Burst: 2}, store.Limit{Key: "old", PerSecond: 1})
	change(store.Limit{Key: "kis", PerSecond: 9})
	change(store.Limit{Key: "feed.example", PerMinute: 6, PerDay: 1000})
	declare(store.Limit{Key: "kis", PerSecond: 20}, store.Limit{Key: "*", PerMinute: 60})
	want := []store.Limit{{Key: "*", PerMinute: 60}, {Key: "feed.example", PerMinute: 6, PerDay: 1000, ChangedBy: admin}, {Key: "kis", PerSecond: 9, ChangedBy: admin}}
	if diff := cmp.Diff(want, list()); diff != "" {
		t.Error(diff)
	}
	if err := db.SaveLimit(t.Context(), store.Limit{Key: "kis"}, admin); err == nil {
		t.Error("a limit that lets nothing pass was kept")
	}
}
