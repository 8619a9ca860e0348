package bench

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/simulator"
	"tickerwire/store"
	"tickerwire/store/vectors"
)

const (
	pastSpan  = 175 * 24 * time.Hour // over which the past's articles are spread
	pastSpare = 1.8                  // lines generated per article wanted: repeated filings and unknown companies are left out
	pastChunk = 4096
	lastKept  = 60
)

// past is what an installation has read for half a year: generated articles that name a company, matched, cleaned and
// embedded by the program's own code, each a story of its own.
type past struct {
	n     int
	first int64 // id of the first article and story; the others follow in the order of time
	files string
	index *vectors.Exact  // all of it, in this process
	last  []vectors.Entry // a few of the newest
}

// still is a tail on which nothing is ever written.
type still struct{}

// VectorsAfter returns nothing.
func (still) VectorsAfter(context.Context, string, store.VectorPosition, int) (store.VectorPage, error) {
	return store.VectorPage{}, nil
}

// invent makes a past of n articles that ends just before end.
func (e *Env) invent(ctx context.Context, n int, end time.Time, companies []simulator.Company) (_ *past, err error) {
	p := &past{n: n, first: 1_000_000, files: filepath.Join(e.dir, fmt.Sprintf("past-%d", n)), index: vectors.NewExact(still{})}
	if err := simulator.WriteGenerated(p.files, simulator.ArchiveOptions{Seed: worldSeed, Articles: int(float64(n) * pastSpare)}); err != nil {
		return nil, err
	}
	folder, err := archive.Open(p.files)
	if err != nil {
		return nil, err
	}
	w, err := newPastWriter(p, end, companies)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	seen := make(map[string]bool, n)
	_, err = folder.Articles(archive.Sink[archive.Article]{Take: func(a archive.Article, _ archive.Place) error {
		if w.taken == n || seen[a.ID()] {
			return nil
		}
		seen[a.ID()] = true
		return w.take(ctx, shown{a.FirstSeenAt, news.Item{Source: a.Source, ExternalID: a.ID(), Press: a.Press, Title: a.Title, Summary: a.Summary,
			PublishedAt: a.PublishedAt, TimeQuality: a.TimeQuality, Kind: news.KindNews}})
	}})
	if err == nil {
		err = w.flush(ctx)
	}
	if err == nil && w.taken < n {
		err = fmt.Errorf("of the generated articles only %d name a company, and %d are wanted", w.taken, n)
	}
	return p, err
}

// pastWriter writes articles and vectors as Postgres reads them fastest, and into the index.
type pastWriter struct {
	*past
	end     time.Time
	matcher *news.Matcher
	outs    []*os.File
	rows    [2]*csv.Writer // articles, vectors
	buffers [2]*bufio.Writer
	chunk   []shown
	taken   int
}

// shown is an item as its source shows it.
type shown struct {
	at   time.Time
	item news.Item
}

const (
	articlesFile = "articles.csv"
	vectorsFile  = "vectors.csv"
)

func newPastWriter(p *past, end time.Time, companies []simulator.Company) (*pastWriter, error) {
	var names []market.Stock
	for _, c := range companies {
		if !c.Halted {
			names = append(names, market.Stock{Code: c.Code, Name: c.Name, Active: true})
		}
	}
	w := &pastWriter{past: p, end: end, matcher: news.MatcherFrom(names, nil)}
	for i, name := range []string{articlesFile, vectorsFile} {
		f, err := os.Create(filepath.Join(p.files, name))
		if err != nil {
			return nil, errors.Join(err, w.close())
		}
		w.outs, w.buffers[i] = append(w.outs, f), bufio.NewWriterSize(f, 1<<20)
		w.rows[i] = csv.NewWriter(w.buffers[i])
	}
	return w, nil
}

func (w *pastWriter) close() error {
	var errs []error
	for i, f := range w.outs {
		w.rows[i].Flush()
		errs = append(errs, w.rows[i].Error(), w.buffers[i].Flush(), f.Close())
	}
	return errors.Join(errs...)
}

func (w *pastWriter) take(ctx context.Context, s shown) error {
	if w.chunk = append(w.chunk, s); len(w.chunk) < pastChunk {
		return nil
	}
	return w.flush(ctx)
}

// flush cleans, embeds and matches what has gathered, on every processor, and writes it.
func (w *pastWriter) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	articles, entries := make([]news.Article, len(w.chunk)), make([]vectors.Entry, len(w.chunk))
	var group sync.WaitGroup
	for part := range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := part; i < len(w.chunk); i += runtime.GOMAXPROCS(0) {
				a := news.Clean(w.chunk[i].item, w.chunk[i].at)
				articles[i] = a
				entries[i].Values = news.Embed(a.Title, a.Summary)
				for _, m := range w.matcher.Match(a) {
					entries[i].Codes = append(entries[i].Codes, m.Code)
				}
			}
		})
	}
	group.Wait()
	kept := entries[:0]
	for i, e := range entries {
		if len(e.Codes) == 0 || e.Values == nil || w.taken == w.n {
			continue
		}
		e.ArticleID, e.Embedder = w.first+int64(w.taken), news.EmbedderVersion
		e.AvailableAt = w.end.Add(-pastSpan / time.Duration(w.n) * time.Duration(w.n-w.taken)).Truncate(time.Microsecond)
		w.taken++
		if err := w.write(articles[i], e); err != nil {
			return err
		}
		kept = append(kept, e)
		if w.n-w.taken < lastKept {
			w.last = append(w.last, e)
		}
	}
	w.chunk = w.chunk[:0]
	return w.index.Upsert(ctx, kept)
}

func (w *pastWriter) write(a news.Article, e vectors.Entry) error {
	id, at := strconv.FormatInt(e.ArticleID, 10), e.AvailableAt.UTC().Format(time.RFC3339Nano)
	codes := make([]string, len(e.Codes))
	for i, c := range e.Codes {
		codes[i] = string(c)
	}
	packed := make([]byte, 0, 4*len(e.Values))
	for _, v := range e.Values {
		packed = binary.LittleEndian.AppendUint32(packed, math.Float32bits(v))
	}
	return errors.Join(
		w.rows[0].Write([]string{id, a.Source, "past-" + id, a.Press, a.Title, a.Summary, at, string(news.TimeExact), at, at, string(news.KindNews), "backtest", id, at}),
		w.rows[1].Write([]string{id, e.Embedder, "{" + strings.Join(codes, ",") + "}", at, `\x` + hex.EncodeToString(packed)}))
}

// fillPast are the statements that bring a past in; the files' names come first. What followed each article is drawn from
// its number.
func fillPast(p *past) []string {
	file := func(name string) string { return "'" + filepath.Join(p.files, name) + "'" }
	return []string{
		`set local session_replication_role = replica`, // no look for each row's article and story: they come together
		`copy articles (id, source, external_id, press, title, summary, published_at, time_quality, first_seen_at, available_at, kind, origin,
			story_id, embedded_at) from ` + file(articlesFile) + ` (format csv)`,
		`copy vectors (article_id, embedder, codes, available_at, floats) from ` + file(vectorsFile) + ` (format csv)`,
		fmt.Sprintf(`insert into stories (id, first_article_id, codes, available_at, origin) overriding system value
			select article_id, article_id, codes, available_at, 'backtest' from vectors where article_id >= %d`, p.first),
		fmt.Sprintf(`insert into story_codes (story_id, code, available_at, base_day, resolved)
			select id, unnest(codes), available_at, (available_at at time zone 'Asia/Seoul')::date, 3 from stories where id >= %d`, p.first),
		fmt.Sprintf(`insert into outcomes (story_id, code, horizon, base_day, target_day, return_pct, excess_pct, sigma_pct, flat, known_at)
			select story_id, code, h, base_day, base_day + h + 2, x, x, 2, false, available_at + make_interval(days => h + 3)
			from story_codes, unnest(array[1, 3, 5]) h, lateral (select (story_id * (7 + h) %% 1000 - 500) / 100.0) d (x) where story_id >= %d`, p.first),
	}
}

// bring writes the past into a database, as if it had been lived.
func (s *stage) bring(ctx context.Context, p *past) error {
	tx, err := s.db.Bun().BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("the past: %w", err)
	}
	for _, statement := range fillPast(p) {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return errors.Join(fmt.Errorf("the past: %.40s: %w", statement, err), tx.Rollback())
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("the past: %w", err)
	}
	_, err = s.db.Bun().ExecContext(ctx, `analyze`)
	return err
}
