package backtest_test

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	cmpdiff "github.com/google/go-cmp/cmp"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"tickerwire/internal/archive"
	"tickerwire/internal/backtest"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/servers"
	"tickerwire/internal/simulator"
	"tickerwire/store"
	"tickerwire/store/storetest"
	"tickerwire/tasks"
)

// wire is a source that shows an archive's items as the clock reaches them.
type wire struct {
	clock func() time.Time
	items []shown
}

type shown struct {
	at time.Time
	news.Item
}

func (w *wire) Name() string { return "wire" }

func (w *wire) Latest(context.Context, string, news.Bookmark) ([]news.Item, news.Bookmark, error) {
	var list []news.Item
	for _, i := range w.items {
		if !i.at.After(w.clock()) {
			list = append(list, i.Item)
		}
	}
	return list, "", nil
}

// TestABacktestOfWhatWasSeenLiveIsTheSame replays an archive through a live worker's queue, the wire crawled at hours of
// the test's own choice, and walks a backtest through what the replay recorded.
func TestABacktestOfWhatWasSeenLiveIsTheSame(t *testing.T) {
	t.Parallel()
	live := openLive(t)
	live.replay(t)
	want := rows(t, live.db, forecast.Live)
	if len(want) == 0 || neighbours(want) == 0 {
		t.Fatalf("%d live predictions, %d of them with neighbours", len(want), neighbours(want))
	}
	db := storetest.New(t)
	walk := backtest.Walk{Worker: newWorker(db), Models: enlist(t, db)}
	_, err := walk.Run(t.Context(), live.recorded(t))
	must(t, err)
	got := rows(t, db, forecast.Backtest)
	if diff := cmpdiff.Diff(want, got); diff != "" {
		t.Errorf("live (-) and in the backtest (+):\n%s", diff)
	}
	t.Logf("%d predictions are the same to the last bit, %d of them from neighbours", len(got), neighbours(got))
}

// live is a program in small: a worker on a real queue, and a clock that is set.
type live struct {
	db     *store.DB
	worker *tasks.Worker
	queue  *tasks.Queue
	redis  *redis.Client
	wire   *wire
	bars   []market.Bar
	end    time.Time

	mu  sync.Mutex
	now time.Time
}

func (l *live) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *live) set(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = now
}

func openLive(t *testing.T) *live {
	t.Helper()
	l := &live{db: storetest.New(t)}
	enlist(t, l.db)
	l.wire = &wire{clock: l.clock}
	dir := filepath.Join(t.TempDir(), "archive")
	must(t, simulator.WriteGenerated(dir, simulator.ArchiveOptions{Seed: 12, Articles: 130}))
	folder, err := archive.Open(dir)
	must(t, err)
	history, err := backtest.ReadHistory(folder, market.NewCalendar(), func(e *archive.LineError) { t.Error(e) })
	must(t, err)
	l.bars = history.Bars
	codes := make(map[string]market.Code)
	for _, s := range history.Stocks {
		codes[s.Name] = s.Code
	}
	_, err = folder.Articles(archive.Sink[archive.Article]{Take: func(a archive.Article, _ archive.Place) error {
		l.wire.items = append(l.wire.items, shown{a.FirstSeenAt, a.Item(codes)})
		if a.FirstSeenAt.After(l.end) {
			l.end = a.FirstSeenAt
		}
		return nil
	}})
	must(t, err)
	must(t, l.db.AddStocks(t.Context(), history.Stocks))
	must(t, l.db.DeclareSources(t.Context(), []string{"wire"}))

	server, err := servers.StartRedis(t.Context(), servers.RedisOptions{Dir: t.TempDir(), Ephemeral: true})
	must(t, err)
	options, err := redis.ParseURL(server.URL())
	must(t, err)
	rdb := redis.NewClient(options)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second)
		defer cancel()
		rdb.Close()
		if err := server.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	l.worker, l.queue, l.redis = newWorker(l.db), tasks.NewQueue(rdb), rdb
	l.worker.Queue, l.worker.Now, l.worker.BarsFrom = l.queue, l.clock, 60
	l.worker.Sources = []tasks.Source{{NewsSource: l.wire, Every: time.Minute}}
	l.worker.Process = tasks.NewProcess(l.db, rdb, "worker", "test", l.worker.Log)
	must(t, l.worker.Process.Register(t.Context()))
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() {
		_, err := l.worker.Serve(ctx, rdb)
		done <- err
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l
}

// replay moves the clock from one look at the wire to the next: every six hours of its own time, in the middle of
// minutes. Closes are brought when they become known, and what followed is labelled then.
func (l *live) replay(t *testing.T) {
	t.Helper()
	byKnown := make(map[time.Time][]market.Bar)
	var known []time.Time
	for _, b := range l.bars {
		if byKnown[b.KnownAt] == nil {
			known = append(known, b.KnownAt)
		}
		byKnown[b.KnownAt] = append(byKnown[b.KnownAt], b)
	}
	slices.SortFunc(known, time.Time.Compare)
	at := l.wire.items[0].at.Truncate(time.Hour).Add(17 * time.Minute)
	for ; !at.After(l.end.Add(6 * time.Hour)); at = at.Add(6 * time.Hour) {
		for len(known) > 0 && !known[0].After(at) {
			l.set(known[0])
			_, err := l.db.SaveBars(t.Context(), byKnown[known[0]])
			must(t, err)
			for n := 1; n > 0; {
				n, err = l.worker.EvaluateDue(t.Context(), known[0])
				must(t, err)
			}
			known = known[1:]
		}
		l.set(at)
		must(t, l.queue.Ring(t.Context(), tasks.CrawlNews{Source: "wire"}))
		l.settle(t)
	}
}

// settle waits until everything that the wire shows is kept, embedded and predicted, and until no crawl is to come that would
// look at the wire when the clock has gone on.
func (l *live) settle(t *testing.T) {
	t.Helper()
	want := map[string]bool{}
	for _, i := range l.wire.items {
		if !i.at.After(l.clock()) {
			want[i.ExternalID] = true
		}
	}
	deadline := time.After(3 * time.Minute)
	tick, again := time.NewTicker(10*time.Millisecond), time.NewTicker(time.Second)
	defer tick.Stop()
	defer again.Stop()
	for {
		var seen, raw, due int
		must(t, l.db.Bun().NewRaw(`
			select (select count(*) from sightings), (select count(*) from articles where embedded_at is null),
				(select count(*) from model_calls where state = 'due')`).Scan(t.Context(), &seen, &raw, &due))
		crawls := l.crawls(t)
		if seen == len(want) && raw == 0 && due == 0 && crawls == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-again.C: // the ring met the crawl before it, which was not quite over; here is no sweep that would see to it
			if crawls == 0 {
				must(t, l.queue.Ring(t.Context(), tasks.CrawlNews{Source: "wire"}))
			}
		case <-deadline:
			t.Fatalf("at %s: %d of %d seen, %d not embedded, %d calls due, %d crawls", l.clock(), seen, len(want), raw, due, crawls)
		}
	}
}

// crawls is how many crawls wait or run.
func (l *live) crawls(t *testing.T) int {
	t.Helper()
	info, err := asynq.NewInspectorFromRedisClient(l.redis).GetQueueInfo(tasks.CrawlNews{Source: "wire"}.Queue())
	if errors.Is(err, asynq.ErrQueueNotFound) {
		return 0
	}
	must(t, err)
	return info.Pending + info.Active + info.Scheduled + info.Retry
}

// recorded is what the replay knew, and since when.
func (l *live) recorded(t *testing.T) backtest.History {
	t.Helper()
	var h backtest.History
	var err error
	h.Stocks, err = l.db.Stocks(t.Context(), false)
	must(t, err)
	h.Bars, err = l.db.Bars(t.Context(), store.BarFilter{To: market.DayOf(l.end) + 10, KnownBy: l.clock()})
	must(t, err)
	var ids []int64
	must(t, l.db.Bun().NewRaw(`select id from articles order by id`).Scan(t.Context(), &ids))
	h.Articles, err = l.db.ArticlesByID(t.Context(), ids)
	must(t, err)
	for i := range h.Articles {
		a := &h.Articles[i]
		a.ID, a.StoryID, a.Cosine = 0, 0, 0
	}
	slices.SortStableFunc(h.Articles, func(a, b news.Article) int { return cmp.Compare(a.AvailableAt.UnixMicro(), b.AvailableAt.UnixMicro()) })
	return h
}
