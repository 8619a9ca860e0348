package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"tickerwire/internal/fault"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// TestBreaker plays attempts: "+" succeeded, "-" failed, a digit lets so many tens of seconds pass, "?" asks to enter.
// What it answers is noted: "p" may pass, "w" must wait.
func TestBreaker(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, play, asked string
		want              store.BreakerState
	}{
		{"new", "?", "p", store.BreakerClosed},
		{"all is well", "+++++?", "p", store.BreakerClosed},
		{"four in a row", "----?", "p", store.BreakerClosed},
		{"five in a row", "-----?", "w", store.BreakerOpen},
		{"five, not in a row", "----+-?", "p", store.BreakerClosed},
		{"nine of twenty", strings.Repeat("-+", 9) + "++?", "p", store.BreakerClosed},
		{"ten of twenty", strings.Repeat("-+", 9) + "-?", "w", store.BreakerOpen},
		{"thirty percent for long", strings.Repeat("-++-+++-++", 8) + "?", "p", store.BreakerClosed},
		{"a success does not open", strings.Repeat("+-", 9) + "+++?", "p", store.BreakerClosed},
		{"its time is over", "-----1", "", store.BreakerHalfOpen},
		{"one may try", "-----1??", "pw", store.BreakerHalfOpen},
		{"who tries does not come back", "-----1?6?", "pp", store.BreakerHalfOpen},
		{"and succeeds", "-----1?+??", "ppp", store.BreakerClosed},
		{"and fails", "-----1?-?", "pw", store.BreakerOpen},
		{"for longer", "-----1?-1?", "pw", store.BreakerOpen},
		{"twice as long", "-----1?-2?", "pp", store.BreakerHalfOpen},
		{"at most five minutes", "-----1?-2?-4?-8?-9999?-9999?-999?3?", "ppppppwp", store.BreakerHalfOpen},
		{"closed, it forgets why", "-----1?+----?", "pp", store.BreakerClosed},
		{"and opens again as at first", "-----1?-2?+-----1?", "ppp", store.BreakerHalfOpen},
		{"a straggler that succeeds does not close it", "-----+?", "w", store.BreakerOpen},
		{"nor makes one that fails it last longer", "------1?", "p", store.BreakerHalfOpen},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var b store.Breaker
			now, asked := noon, ""
			for _, step := range c.play {
				switch step {
				case '+', '-':
					b = b.Note(step == '-', now)
				case '?':
					var wait time.Duration
					if b, wait = b.Enter(now); wait > 0 {
						asked += "w"
					} else {
						asked += "p"
					}
				default:
					now = now.Add(time.Duration(step-'0') * 10 * time.Second)
				}
			}
			if got := b.State(now); got != c.want || asked != c.asked {
				t.Errorf("%s: asked %q, want %q; %s, want %s: %+v", c.play, asked, c.asked, got, c.want, b)
			}
		})
	}
}

func TestErrorRate(t *testing.T) {
	t.Parallel()
	for play, want := range map[string]float64{"": 0, "+": 0, "-": 1, "-+-+": .5, strings.Repeat("-", 40): 1, strings.Repeat("-", 40) + strings.Repeat("+", 24): .25} {
		var b store.Breaker
		for _, step := range play {
			b = b.Note(step == '-', noon)
		}
		if got := b.ErrorRate(); got != want {
			t.Errorf("%s: %v, want %v", play, got, want)
		}
	}
}

// TestSourcesAreEnteredByTheFleet takes one source through its breaker on the database's clock, which is moved by moving
// what is kept.
func TestSourcesAreEnteredByTheFleet(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	enter := func(name string) time.Duration {
		t.Helper()
		off, wait, err := db.EnterSource(t.Context(), name)
		if err != nil || off {
			t.Fatalf("%s: off %t, %v", name, off, err)
		}
		return wait
	}
	crawl := func(name, err string) {
		t.Helper()
		if err := db.SaveCrawl(t.Context(), store.Crawl{Source: name, At: noon, Err: err}); err != nil {
			t.Fatal(err)
		}
	}
	state := func() store.BreakerState {
		t.Helper()
		all, err := db.Sources(t.Context())
		if err != nil || len(all) != 2 || all[0].BreakerState != store.BreakerClosed {
			t.Fatalf("the other source must be well: %+v, %v", all, err)
		}
		return all[1].BreakerState
	}
	if enter("down") != 0 {
		t.Error("a source that nobody knows yet must be let in")
	}
	crawl("another", "")
	for range 5 {
		crawl("down", "status 503")
	}
	if wait := enter("down"); wait <= 5*time.Second || wait > 10*time.Second || state() != store.BreakerOpen {
		t.Errorf("after five failures: wait %s, %s", wait, state())
	}
	if enter("another") != 0 {
		t.Error("one source's outage shuts another one out")
	}
	past := func() {
		exec(t, db, `update sources set open_until = now() - interval '1 second' where open_until is not null`)
	}
	past()
	if state() != store.BreakerHalfOpen {
		t.Errorf("when its time is over: %s", state())
	}
	if enter("down") != 0 || enter("down") == 0 {
		t.Error("one, and only one, may try it")
	}
	if err := db.LeaveSource(t.Context(), "down"); err != nil || enter("down") != 0 {
		t.Errorf("who left made no room: %v", err)
	}
	crawl("down", "status 503")
	if wait := enter("down"); wait <= 15*time.Second || state() != store.BreakerOpen {
		t.Errorf("after another failure: wait %s, %s", wait, state())
	}
	past()
	if enter("down") != 0 {
		t.Error("nobody may try it again")
	}
	crawl("down", "")
	if enter("down") != 0 || state() != store.BreakerClosed {
		t.Errorf("after a success: %s", state())
	}
}

func TestEditSource(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	if err := db.DeclareSources(t.Context(), []string{"feed", "bare"}); err != nil {
		t.Fatal(err)
	}
	schedule := store.Schedule{Name: store.CrawlSchedule("feed"), Kind: "news:crawl", Payload: []byte(`{}`), Queue: "crawl", Cron: "@every 1m0s",
		Misfire: store.MisfireOnce, MaxLate: time.Hour}
	if err := db.DeclareSchedules(t.Context(), []store.Schedule{schedule}); err != nil {
		t.Fatal(err)
	}
	no, yes, every := false, true, 90*time.Second
	check := func(off bool, period time.Duration) {
		t.Helper()
		got, _, err := db.EnterSource(t.Context(), "feed")
		if err != nil || got != off {
			t.Errorf("off %t, want %t: %v", got, off, err)
		}
		fresh, err := db.Freshness(t.Context(), noon)
		if err != nil || fresh["feed"].Every != period {
			t.Errorf("crawled every %s, want %s: %v", fresh["feed"].Every, period, err)
		}
	}
	check(false, time.Minute)
	for _, c := range []struct {
		edit   store.SourceEdit
		off    bool
		period time.Duration
	}{
		{store.SourceEdit{On: &no}, true, time.Minute},
		{store.SourceEdit{Every: &every}, true, every},
		{store.SourceEdit{On: &yes}, false, every},
	} {
		if err := db.EditSource(t.Context(), "feed", c.edit, 0); err != nil {
			t.Fatal(err)
		}
		check(c.off, c.period)
	}
	if err := db.DeclareSchedules(t.Context(), []store.Schedule{schedule}); err != nil {
		t.Fatal(err)
	}
	check(false, every) // a restart declares its own period in vain
	kinds := []fault.Kind{fault.KindOf(db.EditSource(t.Context(), "nowhere", store.SourceEdit{On: &no}, 0)),
		fault.KindOf(db.EditSource(t.Context(), "bare", store.SourceEdit{On: &no, Every: &every}, 0))}
	if diff := cmp.Diff([]fault.Kind{fault.NotFound, fault.Conflict}, kinds); diff != "" {
		t.Error(diff)
	}
	if off, _, err := db.EnterSource(t.Context(), "bare"); off || err != nil {
		t.Errorf("half of an edit was kept: off %t, %v", off, err)
	}
}

// TestCrawlsOfOneSourceAtOnce: many workers note their crawls of one source's parts, and none stands in another's way.
func TestCrawlsOfOneSourceAtOnce(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	var group errgroup.Group
	for worker := range 12 {
		group.Go(func() error {
			for i := range 15 {
				at := noon.Add(time.Duration(i) * time.Hour) // of each hour the longest silence is kept
				err := db.SaveCrawl(t.Context(), store.Crawl{Source: "s", Part: fmt.Sprint(worker), At: at, Mark: news.Bookmark(fmt.Sprint(i)), New: 1})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	list, err := db.Sources(t.Context())
	if err != nil || len(list) != 1 || list[0].Items != 12*15 {
		t.Errorf("%+v, %v", list, err)
	}
}
