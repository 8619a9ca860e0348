package tasks_test

import (
	"context"
	"testing"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/tasks"
)

// registry answers the filers that it is told to.
type registry struct {
	filers []news.Filer
	err    error
}

func (l *registry) Filers(context.Context) ([]news.Filer, error) { return l.filers, l.err }

// numbered is a filing whose row names no stock, only its company's number.
func numbered(id, number string) news.Item {
	return news.Item{Source: "dart", ExternalID: id, Title: "[누리테크] 유상증자결정", PublishedAt: noon, TimeQuality: news.TimeDate,
		Kind: news.KindDisclosure, FilerNumber: number, ReportType: "유상증자결정"}
}

func TestAFilingIsNamedByItsFilersNumber(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.must(r.db.SaveStocks(t.Context(), []market.Stock{{Code: nuri, Name: "누리테크", Priority: 1, Active: true}}))
	s := &source{name: "dart", items: []news.Item{numbered("r-1", "00000001")}}
	list := &registry{filers: []news.Filer{{Number: "00000001", Code: nuri, Name: "누리테크"}}}
	w := r.worker(func(w *tasks.Worker) { w.Sources, w.Filers = []tasks.Source{{NewsSource: s}}, list })
	crawl := func() { r.must(w.Do(t.Context(), tasks.CrawlNews{Source: "dart"})) }

	crawl()
	if !r.holds(tasks.QueueCrawl, tasks.TaskID(tasks.RefreshFilers{}, 1)) {
		t.Fatalf("no filer is known, and the queue holds %v", r.counts(tasks.QueueCrawl))
	}
	list.err = fault.New(fault.Unavailable, "maintenance")
	if err := w.Do(t.Context(), tasks.RefreshFilers{}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a refresh that fails: %v", err)
	}
	list.err = nil
	r.must(w.Do(t.Context(), tasks.RefreshFilers{}))
	s.items = []news.Item{numbered("r-2", "00000001"), numbered("r-3", "99999999")}
	crawl()
	for id, want := range map[string]string{"r-1": "", "r-2": string(nuri), "r-3": ""} {
		if n := r.number(`select count(*) from articles where external_id = ? and filer = ?`, id, want); n != 1 {
			t.Errorf("%s is not filed by %q", id, want)
		}
	}
	if n := r.number(`select count(*) from matches m join articles a on a.id = m.article_id where a.external_id = 'r-2' and m.code = ? and m.field = 'filer'`, string(nuri)); n != 1 {
		t.Error("the filing names its filer nowhere")
	}
}

func TestWithoutASupervisorNothingIsRefreshed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := &source{name: "dart", items: []news.Item{numbered("r-1", "00000001")}}
	w := r.worker(func(w *tasks.Worker) { w.Sources = []tasks.Source{{NewsSource: s}} })
	r.must(w.Do(t.Context(), tasks.CrawlNews{Source: "dart"}))
	r.must(w.Do(t.Context(), tasks.RefreshFilers{}))
	if n := r.number(`select count(*) from filers`); n != 0 || r.holds(tasks.QueueCrawl, tasks.TaskID(tasks.RefreshFilers{}, 1)) {
		t.Errorf("%d filers, and the queue holds %v", n, r.counts(tasks.QueueCrawl))
	}
}
