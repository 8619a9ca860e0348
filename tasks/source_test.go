package tasks_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/feed"
	"tickerwire/store"
	"tickerwire/tasks"
)

func TestAnOpenBreakerPutsCrawlsBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	down, well := &source{name: "down", err: fault.New(fault.Unavailable, "status 503")}, &source{name: "well", items: items(1)}
	w := r.worker(func(w *tasks.Worker) { w.Sources = []tasks.Source{{NewsSource: down}, {NewsSource: well}} })
	crawl := func(name string, want fault.Kind) error {
		t.Helper()
		err := w.Do(t.Context(), tasks.CrawlNews{Source: name})
		if fault.KindOf(err) != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
		return err
	}
	halfOpen := func() { r.exec(`update sources set open_until = now() - interval '1 second' where name = 'down'`) }
	for range 5 {
		crawl("down", fault.Unavailable)
	}
	err := crawl("down", fault.Limited)
	if wait := fault.RetryAfterOf(err); down.calls.Load() != 5 || wait <= 0 || wait > 10*time.Second || tasks.Verdict(err, 1) != "put back" {
		t.Errorf("while it is open: asked %d times, back in %s (%s)", down.calls.Load(), wait, tasks.Verdict(err, 1))
	}
	crawl("well", 0)
	if n := r.number(`select errors_in_row from sources where name = 'down'`); n != 5 {
		t.Errorf("%d errors in a row: who was put back is no error", n)
	}
	halfOpen()
	down.err = fault.After(fault.Limited, time.Second, "our own limit")
	crawl("down", fault.Limited) // it never asked: another one may try
	down.err = context.Canceled
	crawl("down", fault.Internal)
	down.err = fault.New(fault.Unavailable, "status 503")
	crawl("down", fault.Unavailable)
	crawl("down", fault.Limited)
	halfOpen()
	down.err = nil
	for range 2 {
		crawl("down", 0)
	}
	if n := down.calls.Load(); n != 10 {
		t.Errorf("asked %d times, want 10", n)
	}
	states, err := r.db.Sources(t.Context())
	r.must(err)
	for _, s := range states {
		if s.BreakerState != store.BreakerClosed || s.ErrorsInRow != 0 {
			t.Errorf("%+v", s)
		}
	}
}

func TestACrawlThatTriesAndNeverComesBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := &source{name: "down", err: fault.New(fault.Unavailable, "status 503")}
	w := r.worker(func(w *tasks.Worker) { w.Sources = []tasks.Source{{NewsSource: s}} })
	for range 5 {
		if err := w.Do(t.Context(), tasks.CrawlNews{Source: "down"}); fault.KindOf(err) != fault.Unavailable {
			t.Fatal(err)
		}
	}
	r.exec(`update sources set open_until = now() - interval '1 second'`)
	if _, wait, err := r.db.EnterSource(t.Context(), "down"); wait != 0 || err != nil { // its worker dies
		t.Fatal(wait, err)
	}
	s.err = nil
	if err := w.Do(t.Context(), tasks.CrawlNews{Source: "down"}); fault.KindOf(err) != fault.Limited {
		t.Errorf("while it may yet come back: %v", err)
	}
	r.exec(`update sources set probe_until = now() - interval '1 second'`)
	r.must(w.Do(t.Context(), tasks.CrawlNews{Source: "down"}))
}

func TestASourceThatIsOffIsNotAsked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.must(r.db.SaveStocks(t.Context(), []market.Stock{{Code: nuri, Name: "누리테크", Priority: 1, Active: true}}))
	r.must(r.db.DeclareSources(t.Context(), []string{"hanbit", "search"}))
	one, many := &source{name: "hanbit", items: items(1)}, &source{name: "search", items: items(1)}
	w := r.worker(func(w *tasks.Worker) {
		w.Sources = []tasks.Source{{NewsSource: one}, {NewsSource: many, PerStock: true}}
	})
	off := false
	for _, name := range []string{"hanbit", "search"} {
		r.must(r.db.EditSource(t.Context(), name, store.SourceEdit{On: &off}, 0))
		r.must(w.Do(t.Context(), tasks.CrawlNews{Source: name}))
	}
	r.must(w.Do(t.Context(), tasks.CrawlNews{Source: "search", Part: "누리테크"}))
	if one.calls.Load()+many.calls.Load() != 0 || r.count(tasks.QueueSearch, "pending") != 0 {
		t.Errorf("asked %d and %d times, %v wait", one.calls.Load(), many.calls.Load(), r.counts(tasks.QueueSearch))
	}
	on := true
	r.must(r.db.EditSource(t.Context(), "hanbit", store.SourceEdit{On: &on}, 0))
	r.must(w.Do(t.Context(), tasks.CrawlNews{Source: "hanbit"}))
	if one.calls.Load() != 1 {
		t.Error("switched on again, it is not asked")
	}
}

func TestAnOpenSourceIsNotSplit(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.must(r.db.SaveStocks(t.Context(), []market.Stock{{Code: nuri, Name: "누리테크", Priority: 1, Active: true}}))
	s := &source{name: "search", err: fault.New(fault.Unavailable, "status 503")}
	w := r.worker(func(w *tasks.Worker) { w.Sources = []tasks.Source{{NewsSource: s, PerStock: true}} })
	part := tasks.CrawlNews{Source: "search", Part: "누리테크"}
	for range 5 {
		if err := w.Do(t.Context(), part); fault.KindOf(err) != fault.Unavailable {
			t.Fatal(err)
		}
	}
	if err := w.Do(t.Context(), tasks.CrawlNews{Source: "search"}); fault.KindOf(err) != fault.Limited || r.count(tasks.QueueSearch, "pending") != 0 {
		t.Errorf("while it is open: %v, %v", err, r.counts(tasks.QueueSearch))
	}
	r.exec(`update sources set open_until = now() - interval '1 second'`)
	r.must(w.Do(t.Context(), tasks.CrawlNews{Source: "search"}))
	s.err = nil
	r.must(w.Do(t.Context(), part)) // the split has left it to its parts
}

// publisher serves a feed with validators and notes which conditions it was asked with and what it answered.
type publisher struct {
	mu      sync.Mutex
	asked   []string
	version int
}

func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	tag := fmt.Sprintf(`"v%d"`, p.version)
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		p.asked = append(p.asked, tag+" 304")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	p.asked = append(p.asked, r.Header.Get("If-None-Match")+" 200")
	var list strings.Builder
	for i := range 2 + p.version {
		fmt.Fprintf(&list, "<item><title>%s</title><link>https://news.example/%d</link><pubDate>Wed, 04 Mar 2026 11:%02d:00 +0900</pubDate></item>", sentences[i], i, i)
	}
	fmt.Fprintf(w, `<?xml version="1.0"?><rss version="2.0"><channel><title>한빛신문</title>%s</channel></rss>`, list.String())
}

// TestValidatorsMoveAfterTheItems crashes between the saving of items and the moving of their validators: the feed is
// fetched whole again, and nothing is kept twice.
func TestValidatorsMoveAfterTheItems(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	p := &publisher{}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	workers := make([]*tasks.Worker, 2) // any worker uses what another one has kept
	for i := range workers {
		workers[i] = r.worker(func(w *tasks.Worker) {
			w.Sources = []tasks.Source{{NewsSource: &feed.Source{SourceName: "hanbit", URL: server.URL, Client: &upstream.Client{}, Now: r.clock.Now}}}
		})
	}
	crawl := func(i int) error { return workers[i].Do(t.Context(), tasks.CrawlNews{Source: "hanbit"}) }
	stored := func(want int) {
		t.Helper()
		if n := r.number(`select count(*) from articles`); n != want {
			t.Errorf("%d articles, want %d", n, want)
		}
	}
	r.exec(`alter table bookmarks rename to bookmarks_away`)
	r.exec(`create view bookmarks as select * from bookmarks_away where false`) // can be read, and not written
	r.exec(`create rule away as on insert to bookmarks do instead select 1/0`)
	if err := crawl(0); err == nil {
		t.Fatal("a crawl whose bookmark is lost says nothing")
	}
	stored(2)
	r.exec(`drop view bookmarks`)
	r.exec(`alter table bookmarks_away rename to bookmarks`)
	r.must(crawl(1))
	stored(2)
	r.clock.advance(time.Minute)
	r.must(crawl(0))
	states, err := r.db.Sources(t.Context())
	r.must(err)
	if s := states[0]; !s.LastSuccessAt.Equal(noon.Add(time.Minute)) || s.ErrorsInRow != 0 {
		t.Errorf("nothing new is a success: %+v", s)
	}
	p.version = 1
	r.must(crawl(1))
	r.must(crawl(0))
	stored(3)
	if diff := cmp.Diff([]string{" 200", " 200", `"v0" 304`, `"v0" 200`, `"v1" 304`}, p.asked); diff != "" {
		t.Error(diff)
	}
}
