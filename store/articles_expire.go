package store

import (
	"context"
	"time"
)

// ExpireSummaries removes the summaries of a source's articles that were available before a time, at most limit of them,
// oldest first. It returns how many it removed.
func (db *DB) ExpireSummaries(ctx context.Context, source string, before time.Time, limit int) (int, error) {
	res, err := db.bun.ExecContext(ctx, `
		update articles set summary = '', words = null where id in (
			select id from articles where source = ? and available_at < ? and summary <> ''
			order by available_at, id limit ?)`, source, before, limit)
	if err != nil {
		return 0, fail(err, "expire summaries of %s", source)
	}
	n, err := res.RowsAffected()
	return int(n), fail(err, "expire summaries of %s", source)
}
