package store

import (
	"context"

	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/news"
)

// IndexWords makes articles that are not yet searchable so, the newest first, at most limit of them, and returns how many
// that were.
func (db *DB) IndexWords(ctx context.Context, limit int) (int, error) {
	var rows []struct {
		ID             int64
		Title, Summary string
	}
	err := db.bun.NewRaw(`select id, title, summary from articles where words is null order by id desc limit ?`, limit).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return 0, fail(err, "articles to index")
	}
	ids, titles, summaries, words := make([]int64, len(rows)), make([]string, len(rows)), make([]string, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		ids[i], titles[i], summaries[i], words[i] = r.ID, r.Title, r.Summary, news.SearchVector(r.Title, r.Summary)
	}
	// One whose text was taken away meanwhile is left to the next look.
	_, err = db.bun.ExecContext(ctx, `
		update articles a set words = n.words::tsvector
		from unnest(?::bigint[], ?::text[], ?::text[], ?::text[]) as n (id, title, summary, words)
		where a.id = n.id and a.words is null and a.title = n.title and a.summary = n.summary`,
		pgdialect.Array(ids), pgdialect.Array(titles), pgdialect.Array(summaries), pgdialect.Array(words))
	return len(rows), fail(err, "index %d articles", len(rows))
}
