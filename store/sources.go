package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/news"
)

// Crawl is one attempt at one part of a source. At is on the application clock; New counts the articles that were not
// known before; Err is "" for a success. A silence of the source is counted from QuietSince at the earliest; zero: from
// whenever it began.
type Crawl struct {
	Source, Part string
	At           time.Time
	Mark         news.Bookmark
	New          int
	Err          string
	QuietSince   time.Time
}

// SourceState is how fresh a source is. Times are on the application clock, those of the breaker on the wall, and zero
// when the thing never happened.
type SourceState struct {
	Name          string
	Configured    bool // it can be crawled; false for one that once was
	Off           bool // an admin has switched it off
	LastAttemptAt time.Time
	LastSuccessAt time.Time
	LastItemAt    time.Time // when it last showed something new
	Items         int64     // new items over its life
	LastError     string    // the newest error, also after later successes
	LastErrorAt   time.Time
	ErrorsInRow   int // failed attempts since the last success
	Breaker       Breaker
	BreakerState  BreakerState // of now, on the database's wall clock
}

// crawlRow is what an attempt says of a source.
type crawlRow struct {
	bun.BaseModel `bun:"table:sources,alias:s"`

	Name          string    `bun:"name,pk"`
	LastAttemptAt time.Time `bun:"last_attempt_at,nullzero"`
	LastSuccessAt time.Time `bun:"last_success_at,nullzero"`
	LastItemAt    time.Time `bun:"last_item_at,nullzero"`
	Items         int64     `bun:"items"`
	LastError     string    `bun:"last_error"`
	LastErrorAt   time.Time `bun:"last_error_at,nullzero"`
	ErrorsInRow   int       `bun:"errors_in_row"`
}

// sourceRow is all that is known of a source, and the database's wall clock.
type sourceRow struct {
	crawlRow
	breakerColumns

	Configured bool      `bun:"configured"`
	Off        bool      `bun:"off"`
	Now        time.Time `bun:"now"`
}

// Bookmark returns what a part of a source wants to be reminded of, "" when there is nothing.
func (db *DB) Bookmark(ctx context.Context, source, part string) (news.Bookmark, error) {
	var mark string
	err := db.bun.NewRaw(`select mark from bookmarks where source = ? and part = ?`, source, part).Scan(ctx, &mark)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return news.Bookmark(mark), fail(err, "bookmark of %s/%s", source, part)
}

// Bookmarks returns the bookmarks of a source by part.
func (db *DB) Bookmarks(ctx context.Context, source string) (map[string]news.Bookmark, error) {
	var rows []struct{ Part, Mark string }
	if err := db.bun.NewRaw(`select part, mark from bookmarks where source = ?`, source).Scan(ctx, &rows); err != nil {
		return nil, fail(err, "bookmarks of %s", source)
	}
	marks := make(map[string]news.Bookmark, len(rows))
	for _, r := range rows {
		marks[r.Part] = news.Bookmark(r.Mark)
	}
	return marks, nil
}

// SaveCrawl notes an attempt: freshness, errors and breaker of the source and, for a success, its silence and the part's
// bookmark.
func (db *DB) SaveCrawl(ctx context.Context, c Crawl) error {
	row := crawlRow{Name: c.Source, LastAttemptAt: c.At, Items: int64(c.New)}
	if c.Err == "" {
		row.LastSuccessAt = c.At
	} else {
		row.LastError, row.LastErrorAt, row.ErrorsInRow = legible(c.Err), c.At, 1
	}
	if c.New > 0 {
		row.LastItemAt = c.At
	}
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := saveSilence(ctx, tx, c); err != nil {
			return err
		}
		// greatest() passes over nulls: times only move forward, also when attempts are noted out of order.
		_, err := tx.NewInsert().Model(&row).On("conflict (name) do update").
			Set("last_attempt_at = greatest(s.last_attempt_at, excluded.last_attempt_at)").
			Set("last_success_at = greatest(s.last_success_at, excluded.last_success_at)").
			Set("last_item_at = greatest(s.last_item_at, excluded.last_item_at)").
			Set("items = s.items + excluded.items").
			Set("last_error = coalesce(nullif(excluded.last_error, ''), s.last_error)").
			Set("last_error_at = greatest(s.last_error_at, excluded.last_error_at)").
			Set("errors_in_row = case when excluded.errors_in_row = 0 then 0 else s.errors_in_row + 1 end").
			Exec(ctx)
		if err == nil {
			err = changeBreaker(ctx, tx, c.Source, func(b Breaker, now time.Time) Breaker { return b.Note(c.Err != "", now) })
		}
		if err != nil || c.Err != "" {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			insert into bookmarks as b (source, part, mark) values (?, ?, ?)
			on conflict (source, part) do update set mark = excluded.mark where b.mark <> excluded.mark`,
			c.Source, c.Part, legible(string(c.Mark)))
		return err
	})
	return fail(err, "save crawl of %s/%s", c.Source, c.Part)
}

// DeclareSources writes down which sources can be crawled, so that whoever has none of their keys knows, too. Those that
// are not named can no longer be; what is known of them stays.
func (db *DB) DeclareSources(ctx context.Context, names []string) error {
	_, err := db.bun.ExecContext(ctx, `
		with gone as (update sources set configured = false where configured and name <> all (?0::text[]))
		insert into sources (name, configured) select distinct n, true from unnest(?0::text[]) as n
		on conflict (name) do update set configured = true`, pgdialect.Array(append([]string{}, names...)))
	return fail(err, "declare %d sources", len(names))
}

// Sources returns the state of every source that can be or ever was crawled, by name.
func (db *DB) Sources(ctx context.Context) ([]SourceState, error) {
	var rows []sourceRow
	err := db.bun.NewRaw(`select *, clock_timestamp() as now from sources order by name collate "C"`).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "sources")
	}
	list := make([]SourceState, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list, nil
}

func (r sourceRow) toNoun() SourceState {
	s := SourceState{Name: r.Name, Configured: r.Configured, Off: r.Off, LastAttemptAt: r.LastAttemptAt, LastSuccessAt: r.LastSuccessAt,
		LastItemAt: r.LastItemAt, Items: r.Items, LastError: r.LastError, LastErrorAt: r.LastErrorAt, ErrorsInRow: r.ErrorsInRow,
		Breaker: r.breakerColumns.toNoun()}
	s.BreakerState = s.Breaker.State(r.Now)
	return s
}
