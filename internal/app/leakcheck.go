package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/backtest"
	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/prompt"
	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/store/vectors"
	"tickerwire/tasks"
)

// leaksShown is how many leaks are shown one by one.
const leaksShown = 50

// LeakCheck predicts every story of an archive twice, by every kind of model, and fits the calibrations of its evenings, with
// the future cut off and with it present, and says on out what differs. Its error says so, too. It works on a private server that is thrown away. Of a language
// model the prompt is compared; nobody is asked.
func LeakCheck(ctx context.Context, dir string, out io.Writer) (err error) {
	started := time.Now()
	folder, err := archive.Open(dir)
	if err != nil {
		return err
	}
	var refused refusals
	h, err := backtest.ReadHistory(folder, market.NewCalendar(), refused.add)
	if err != nil {
		return err
	}
	refused.report(out)
	address, stop, err := privatePostgres(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop(context.WithoutCancel(ctx))) }()
	bar := progress{out: out, what: "articles, twice", total: 2 * len(h.Articles)}
	cut, closeCut, err := leakWalk(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeCut()) }()
	whole, closeWhole, err := leakWalk(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeWhole()) }()
	moved := make(chan int)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for n := range moved {
			bar.add(n)
		}
		bar.end()
	}()
	for _, w := range []*backtest.Walk{cut, whole} {
		before := 0
		w.Moved = func(done, _ int) {
			moved <- done - before
			before = done
		}
	}
	shown := leaks{db: cut.Worker.DB, of: make(map[string]int)}
	sum, err := backtest.FindLeaks(ctx, cut, whole, h, func(l backtest.Leak) { shown.add(ctx, l) })
	close(moved)
	<-ended
	if err := errors.Join(err, shown.err); err != nil {
		return fmt.Errorf("leakcheck: %w", err)
	}
	for _, line := range shown.lines {
		fmt.Fprintln(out, line)
	}
	if more := sum.Leaks - len(shown.lines); more > 0 {
		fmt.Fprintf(out, "and %d more\n", more)
	}
	for _, what := range slices.Sorted(maps.Keys(shown.of)) {
		fmt.Fprintf(out, "%d of %s\n", shown.of[what], what)
	}
	fmt.Fprintf(out, "%d stories, %d predictions, %d fits of calibrations, %d values compared in %s; %d differ\n", sum.Stories, sum.Predictions, sum.Fits,
		sum.Values, time.Since(started).Round(100*time.Millisecond), sum.Leaks)
	if sum.Leaks > 0 {
		return fault.New(fault.Invalid, "leakcheck: %d values depend on the future", sum.Leaks)
	}
	return nil
}

// leaks words the first leaks and counts all.
type leaks struct {
	db    *store.DB
	lines []string
	of    map[string]int // by what differs
	err   error
}

func (l *leaks) add(ctx context.Context, found backtest.Leak) {
	l.of[found.What]++
	if len(l.lines) == leaksShown || l.err != nil {
		return
	}
	about := "every story"
	if found.ArticleID != 0 {
		article, err := l.db.Article(ctx, found.ArticleID)
		if err != nil {
			l.err = err
			return
		}
		about = fmt.Sprintf("%q (%s), %s", article.Title, article.URL, found.Code)
	}
	horizon := ""
	if found.Horizon > 0 {
		horizon = fmt.Sprintf(" over %d days", found.Horizon)
	}
	l.lines = append(l.lines, fmt.Sprintf("leak: %s, %s by %s%s: %s is %s without the future, %s with it", found.AsOf.In(market.KST).Format(time.RFC3339),
		about, found.Model, horizon, found.What, found.Cut, found.Whole))
}

// leakWalk opens a walk on a database of its own, with a model of every kind.
func leakWalk(ctx context.Context, address string) (w *backtest.Walk, discard func() error, err error) {
	db, err := store.OpenScratch(ctx, store.Options{URL: address, MaxConns: 8})
	if err != nil {
		return nil, nil, err
	}
	discard = func() error { return db.Discard(context.WithoutCancel(ctx)) }
	models, err := everyKind(ctx, db.DB)
	if err != nil {
		return nil, nil, errors.Join(err, discard())
	}
	return &backtest.Walk{Models: models, Worker: &tasks.Worker{DB: db.DB, Index: vectors.NewExact(db.DB), Predictors: predictors(),
		LLM: backtest.Echo{}, Calendar: market.NewCalendar(), Log: slog.New(slog.DiscardHandler)}}, discard, nil
}

// everyKind registers a model of each kind that the registry lacks, and returns all.
func everyKind(ctx context.Context, db *store.DB) ([]forecast.Model, error) {
	models, err := db.Models(ctx)
	if err != nil {
		return nil, err
	}
	byKind := make(map[string]forecast.Model)
	for _, m := range models {
		byKind[m.Kind] = m
	}
	for _, m := range []forecast.Model{
		{Name: "lexicon", Kind: forecast.KindLexicon},
		{Name: "language model", Kind: forecast.KindLLM,
			Language: forecast.LanguageModel{Name: "echo", PromptVersion: prompt.Newest(), MaxTokens: forecast.PlainTokens}},
		{Name: "pool", Kind: forecast.KindPool},
	} {
		if _, there := byKind[m.Kind]; there {
			continue
		}
		if m.Kind == forecast.KindPool {
			m.Members = []int64{byKind[forecast.KindAnalogue].ID, byKind[forecast.KindLexicon].ID}
		}
		m.Role, m.Version = forecast.Challenger, forecast.VersionOf(m)
		made, err := db.CreateModel(ctx, m)
		if err != nil {
			return nil, err
		}
		byKind[m.Kind] = made
	}
	return db.Models(ctx)
}
