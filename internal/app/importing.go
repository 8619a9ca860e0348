package app

import (
	"context"
	"fmt"
	"io"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/tasks"
)

// importBatch is how many articles are saved and embedded together.
const importBatch = 512

// importer brings an archive folder in as history: its articles count as seen when the archive saw them, and nobody is
// alerted about them. It may be stopped and started again: what is kept already is left alone.
type importer struct {
	folder   archive.Folder
	db       *store.DB
	worker   *tasks.Worker
	calendar *market.Calendar
	report   io.Writer // what was refused and why, one line each
	now      time.Time // outcomes known by then are labelled

	codes map[string]market.Code // by company name, for filings
}

// imported counts what an import brought in.
type imported struct {
	Stocks, Bars, Articles, Outcomes, Refused int
}

// importStep is one part of an import.
type importStep func(context.Context, *imported) error

// steps are the parts of a whole import, in their order.
func (im *importer) steps() []importStep {
	return []importStep{im.stocks, im.bars, im.articles, im.outcomes}
}

func (im *importer) run(ctx context.Context, steps ...importStep) (imported, error) {
	var total imported
	for _, step := range steps {
		if err := step(ctx, &total); err != nil {
			return total, fmt.Errorf("import: %w", err)
		}
	}
	return total, nil
}

func (im *importer) refuse(total *imported) func(*archive.LineError) {
	return func(err *archive.LineError) {
		total.Refused++
		fmt.Fprintln(im.report, err)
	}
}

func (im *importer) stocks(ctx context.Context, total *imported) error {
	var list []market.Stock
	im.codes = make(map[string]market.Code)
	_, err := im.folder.Stocks(archive.Sink[archive.Stock]{Refuse: im.refuse(total), Take: func(s archive.Stock, _ archive.Place) error {
		list = append(list, s.Stock)
		im.codes[s.Name] = s.Code
		return nil
	}})
	if err != nil {
		return err
	}
	total.Stocks = len(list)
	return im.db.AddStocks(ctx, list)
}

// bars are known from when the exchange's own row of the day would have been.
func (im *importer) bars(ctx context.Context, total *imported) error {
	batch := batcher[market.Bar]{size: 2000, flush: func(bars []market.Bar) error {
		n, err := im.db.SaveBars(ctx, bars)
		total.Bars += n
		return err
	}}
	_, err := im.folder.Bars(archive.Sink[archive.Bar]{Refuse: im.refuse(total), Take: func(b archive.Bar, at archive.Place) error {
		known, err := im.calendar.BarKnownAt(b.Day)
		if err != nil {
			im.refuse(total)(&archive.LineError{File: archive.BarsFile, Line: at.Line, Err: err})
			return nil
		}
		b.Source, b.KnownAt = "import", known
		if b.AdjFactor == 0 {
			b.AdjFactor = 1
		}
		return batch.add(b)
	}})
	if err != nil {
		return err
	}
	return batch.end()
}

func (im *importer) articles(ctx context.Context, total *imported) error {
	matcher, err := im.worker.Matcher(ctx)
	if err != nil {
		return err
	}
	batch := batcher[store.NewArticle]{size: importBatch, flush: func(articles []store.NewArticle) error {
		ids, err := im.db.SaveArticles(ctx, articles)
		if err != nil {
			return err
		}
		total.Articles += len(ids)
		_, err = im.worker.EmbedNow(ctx, ids)
		return err
	}}
	_, err = im.folder.Articles(archive.Sink[archive.Article]{Refuse: im.refuse(total), Take: func(a archive.Article, at archive.Place) error {
		cleaned := news.Clean(a.Item(im.codes), a.FirstSeenAt)
		if err := archive.Dated(cleaned, im.calendar); err != nil {
			im.refuse(total)(&archive.LineError{File: archive.ArticlesFile, Line: at.Line, Err: err})
			return nil
		}
		return batch.add(store.NewArticle{Article: cleaned, Matches: matcher.Match(cleaned), Origin: forecast.Backtest})
	}})
	if err != nil {
		return err
	}
	return batch.end()
}

func (im *importer) outcomes(ctx context.Context, total *imported) error {
	for {
		n, err := im.worker.EvaluateDue(ctx, im.now)
		total.Outcomes += n
		if err != nil || n == 0 {
			return err
		}
	}
}

// batcher collects rows and hands them on size at a time.
type batcher[T any] struct {
	size  int
	flush func([]T) error
	rows  []T
}

func (b *batcher[T]) add(row T) error {
	b.rows = append(b.rows, row)
	if len(b.rows) < b.size {
		return nil
	}
	return b.end()
}

func (b *batcher[T]) end() error {
	if len(b.rows) == 0 {
		return nil
	}
	rows := b.rows
	b.rows = nil
	return b.flush(rows)
}
