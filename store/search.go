package store

import (
	"context"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// The index of words knows no time: of a word that stands in every hundredth article it gives all there ever were, to be read
// and sorted for the newest fifty; and along the list every story would be read to the fiftieth that has it. So it is looked
// among the first of the list, and how many of them are found says how far back the rest will be: the index is asked for that
// time only. What is not found there either is rare, or was, and is looked for in all.

// found is the condition that an article o has all words of a query. One of no words finds nothing.
const found = "o.words @@ ?::tsquery"

const (
	searchAhead  = 600 // of the list that are looked at first
	searchMargin = 2   // times as far back as what was found says
	searchReach  = 20 * 365 * 24 * time.Hour
)

// look says where a list is looked for; the zero look is everywhere.
type look struct {
	ahead int       // only among so many of the list's first, whatever their words
	span  bool      // with ahead: how many these are, and from when to when
	since time.Time // only what became available then or later
}

// listSpan is how many there are ahead, and from when to when.
type listSpan struct {
	n            int
	newest, last *time.Time // nil of none
}

// list reads what f asks for. A search takes up to four statements; what it finds, and in which order, does not
// depend on how it was found.
func (db *DB) list(ctx context.Context, what string, f StoryFilter, find func(StoryFilter, look) *query,
	scan func(pgx.Rows, *listArticleRow) error) (rows []listArticleRow, err error) {
	if f.Query == "" || f.ArticleID != 0 {
		err = db.read(ctx, what, into(find(f, look{}), &rows, scan))
		return rows, err
	}
	if err = db.read(ctx, what, into(find(f, look{ahead: searchAhead}), &rows, scan)); err != nil || len(rows) == f.Limit {
		return rows, err
	}
	var spans []listSpan
	err = db.read(ctx, what, into(find(f, look{ahead: searchAhead, span: true}), &spans, func(rows pgx.Rows, s *listSpan) error {
		return rows.Scan(&s.n, &s.newest, &s.last)
	}))
	if err != nil || spans[0].n < searchAhead {
		return rows, err
	}
	if since, ok := spans[0].reach(f, len(rows)); ok {
		if err = db.read(ctx, what, into(find(f, look{since: since}), &rows, scan)); err != nil || len(rows) == f.Limit {
			return rows, err
		}
	}
	err = db.read(ctx, what, into(find(f, look{}), &rows, scan))
	return rows, err
}

// reach returns since when there should be enough, where so many were found ahead; not ok when that says nothing: where
// something else than the words is rare, or when it is for ever.
func (s listSpan) reach(f StoryFilter, found int) (since time.Time, ok bool) {
	if f.Code != "" || f.Source != "" || f.Press != "" || f.Kind != "" {
		return since, false
	}
	far := s.newest.Sub(*s.last).Seconds() * searchMargin * float64(f.Limit) / math.Max(1, float64(found))
	if far > searchReach.Seconds() {
		return since, false
	}
	since = s.newest.Add(-time.Duration(far * float64(time.Second)))
	return since, since.After(f.From)
}
