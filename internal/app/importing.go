package app

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
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
// alerted about them. It may be stopped, or killed, and started again: it reads everything anew, leaves alone what is
// kept already, and finishes what was begun.
type importer struct {
	folder   archive.Folder
	db       *store.DB
	worker   *tasks.Worker
	calendar *market.Calendar
	progress io.Writer // how far it is
	report   io.Writer // in the end, what was refused and why
	refused  refusals
	now      time.Time // outcomes known by then are labelled

	codes map[string]market.Code // by company name, for filings
}

// imported counts what an import brought in. Known articles were there before it, or are further sightings of one. Repeated
// are the lines of any file that say what an earlier one has said.
type imported struct {
	Stocks, Bars, Levels, Articles, Known, Outcomes, Repeated int
}

// importStep is one part of an import.
type importStep func(context.Context, *imported) error

// steps are the parts of a whole import, in their order.
func (im *importer) steps() []importStep {
	return []importStep{im.stocks, im.bars, im.indices, im.articles, im.outcomes}
}

func (im *importer) run(ctx context.Context, steps ...importStep) (total imported, err error) {
	for _, step := range steps {
		if err = step(ctx, &total); err != nil {
			break
		}
	}
	im.refused.report(im.report)
	if err = errors.Join(err, im.refused.err); err != nil {
		return total, fmt.Errorf("import: %w", err)
	}
	return total, nil
}

func (im *importer) refuse(file string, at archive.Place, err error) error {
	im.refused.add(&archive.LineError{File: file, Line: at.Line, Err: err})
	return nil
}

// identity says what a row is of, and all that it says of it.
type identity[K comparable] struct {
	key  K
	says string
}

// whole is the identity of rows that say all that stands in them.
func whole[T any, K comparable](key func(T) K) func(T) identity[K] {
	return func(row T) identity[K] { return identity[K]{key(row), fmt.Sprintf("%+v", row)} }
}

// firstRow is the first of a key: its line, and a hash of what it says.
type firstRow struct {
	line int
	says uint64
}

// importFile streams one of the folder's files into take, and says how far it is. A row whose key stood in the file before
// is passed over when it says the same, and counted in again; it is refused when it does not: of two that differ none is
// righter, and brought in once more they would take turns.
func importFile[T any, K comparable](im *importer, file string, read func(archive.Sink[T]) (archive.Counts, error), of func(T) identity[K],
	again *int, take func(T, archive.Place) error) error {
	size := im.folder.Size(file)
	if size == 0 {
		fmt.Fprintln(im.progress, "no", file)
		return nil
	}
	rows, seed := make(map[K]firstRow), maphash.MakeSeed()
	bar := progress{out: im.progress, what: "of " + file, total: int(size), share: true}
	_, err := read(archive.Sink[T]{Refuse: im.refused.add, Take: func(row T, at archive.Place) error {
		bar.to(int(at.End))
		id := of(row)
		says := maphash.String(seed, id.says)
		first, known := rows[id.key]
		switch {
		case !known:
			rows[id.key] = firstRow{at.Line, says}
			return take(row, at)
		case first.says != says:
			return im.refuse(file, at, fmt.Errorf("it contradicts line %d", first.line))
		}
		*again++
		return nil
	}})
	if err == nil {
		bar.end()
	}
	return err
}

func (im *importer) stocks(ctx context.Context, total *imported) error {
	var list []market.Stock
	im.codes = make(map[string]market.Code)
	err := importFile(im, archive.StocksFile, im.folder.Stocks, whole(func(s archive.Stock) market.Code { return s.Code }), &total.Repeated,
		func(s archive.Stock, _ archive.Place) error {
			list = append(list, s.Stock)
			im.codes[s.Name] = s.Code
			return nil
		})
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
	type stockDay struct {
		code market.Code
		day  market.Day
	}
	err := importFile(im, archive.BarsFile, im.folder.Bars, whole(func(b archive.Bar) stockDay { return stockDay{b.Code, b.Day} }), &total.Repeated,
		func(b archive.Bar, at archive.Place) error {
			known, err := im.calendar.BarKnownAt(b.Day)
			if err != nil {
				return im.refuse(archive.BarsFile, at, err)
			}
			b.KnownAt = known
			return batch.add(b)
		})
	if err != nil {
		return err
	}
	return batch.end()
}

// indices are known when the day's bars are.
func (im *importer) indices(ctx context.Context, total *imported) error {
	batch := batcher[market.IndexDay]{size: 2000, flush: func(days []market.IndexDay) error {
		n, err := im.db.SaveIndexDays(ctx, days, im.now)
		total.Levels += n
		return err
	}}
	type indexDay struct {
		name string
		day  market.Day
	}
	err := importFile(im, archive.IndicesFile, im.folder.Indices, whole(func(x archive.Index) indexDay { return indexDay{x.Name, x.Day} }), &total.Repeated,
		func(x archive.Index, at archive.Place) error {
			known, err := im.calendar.BarKnownAt(x.Day)
			if err != nil {
				return im.refuse(archive.IndicesFile, at, err)
			}
			return batch.add(market.IndexDay{Name: market.IndexName(x.Name), Day: x.Day, Open: x.Open, High: x.High, Low: x.Low, Close: x.Close,
				Source: "import", KnownAt: known})
		})
	if err != nil {
		return err
	}
	return batch.end()
}

func (im *importer) articles(ctx context.Context, total *imported) error {
	if err := im.unfinished(ctx); err != nil {
		return err
	}
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
		total.Known += len(articles) - len(ids)
		_, err = im.worker.EmbedNow(ctx, ids)
		return err
	}}
	err = importFile(im, archive.ArticlesFile, im.folder.Articles, identityOf, &total.Repeated, func(a archive.Article, at archive.Place) error {
		cleaned := news.Clean(a.Item(im.codes), a.FirstSeenAt)
		if err := archive.Dated(cleaned, im.calendar); err != nil {
			return im.refuse(archive.ArticlesFile, at, err)
		}
		return batch.add(store.NewArticle{Article: cleaned, Matches: matcher.Match(cleaned), Origin: forecast.Backtest})
	})
	if err != nil {
		return err
	}
	return batch.end()
}

// identityOf is an article's. When it was seen first is no part of what it says: whoever writes an archive may have met it
// several times, and the first line counts.
func identityOf(a archive.Article) identity[string] {
	id := a.ID()
	a.FirstSeenAt, a.PublishedAt = time.Time{}, a.PublishedAt.UTC()
	return identity[string]{id, fmt.Sprintf("%+v", a)}
}

// unfinished embeds the articles that an import which was killed had saved and not yet joined to stories, before any
// others: stories come out as if it had not been.
func (im *importer) unfinished(ctx context.Context) error {
	for {
		ids, err := im.db.HistoryToEmbed(ctx, importBatch)
		if err != nil || len(ids) == 0 {
			return err
		}
		if _, err := im.worker.EmbedNow(ctx, ids); err != nil {
			return err
		}
	}
}

func (im *importer) outcomes(ctx context.Context, total *imported) error {
	for {
		n, err := im.worker.EvaluateDue(ctx, im.now)
		if total.Outcomes += n; n > 0 {
			fmt.Fprintln(im.progress, total.Outcomes, "outcomes")
		}
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
