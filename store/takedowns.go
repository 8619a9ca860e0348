package store

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/fault"
	"tickerwire/internal/news"
)

// TakedownOrder asks for everything of one address to be removed. By is the user who orders it, 0 for the command line.
type TakedownOrder struct {
	URL, Reason string
	By          int64
}

// Takedown is an order that was carried out, and the proof. Articles stay as empty rows.
type Takedown struct {
	ID          int64
	URL, Reason string // of the first order of the address; the address is canonical
	OrderedAt   time.Time
	Articles    []int64
	Proof       []Removal
	IndexDue    bool // the vector index has yet to be looked at
}

// Complete reports whether every place was looked at and nothing is left there.
func (t Takedown) Complete() bool {
	return !t.IndexDue && !slices.ContainsFunc(t.Proof, func(r Removal) bool { return r.Left > 0 })
}

// Removal says what was removed from one place, over all orders of the address, and what a query finds there now.
type Removal struct {
	Place         string
	Removed, Left int
}

// PlaceIndex is the place of a Takedown's proof that is not in Postgres: the vector index.
const PlaceIndex = "vector index"

// TakeDown removes every word that is kept of an address, in one transaction, and leaves a tombstone, so that no crawl
// brings it back; predictions, their hashes and the calls' stay. The vector index is left to do, see Takedown.IndexDue.
// Ordered again it removes what came since, which is nothing, and answers the proof as it stands. Errors: Invalid when
// the address is none.
func (db *DB) TakeDown(ctx context.Context, o TakedownOrder) (Takedown, error) {
	canonical := news.CanonicalURL(o.URL)
	if canonical == "" {
		return Takedown{}, fault.InvalidField("url", "%.200q is no absolute http or https address", o.URL)
	}
	var id int64
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		// Whoever saves articles holds it shared: either he sees the tombstone, or we see his article.
		if _, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock(hashtext(current_schema()), ?)`, takedownLock); err != nil {
			return err
		}
		err := tx.NewRaw(`
			insert into takedowns as t (url, reason, ordered_by) values (?, ?, nullif(?, 0))
			on conflict (url) do update set url = t.url returning id`, canonical, legible(o.Reason), o.By).Scan(ctx, &id)
		if err != nil {
			return err
		}
		return takeDown(ctx, tx, id, canonical, o.URL)
	})
	if err != nil {
		return Takedown{}, fail(err, "take down %.200s", canonical)
	}
	return db.Takedown(ctx, id)
}

// takeDown removes what there is of an address. Articles go by their own address and by a source's name for them, which
// may be the address as it was written.
func takeDown(ctx context.Context, tx bun.Tx, id int64, canonical, written string) error {
	var ids []int64
	err := tx.NewRaw(`
		select id from articles where id in (
			select id from articles where url = ?0 union select article_id from sightings where external_id in (?0, ?1))
		order by id for update`, canonical, written).Scan(ctx, &ids)
	if err != nil || len(ids) == 0 {
		return err
	}
	// Also for versions of which Postgres has none: the index may have been written and the row not yet.
	_, err = tx.ExecContext(ctx, `
		insert into vector_removals (article_id, embedder)
		select a.id, e.embedder from unnest(?0::bigint[]) as a (id)
		cross join (select embedder from vectors where article_id = any(?0) union select version from embedders) as e
		on conflict (article_id, embedder) do nothing`, pgdialect.Array(ids))
	if err != nil {
		return err
	}
	removed := map[string]int{}
	for _, p := range places() {
		res, err := tx.ExecContext(ctx, p.remove, pgdialect.Array(ids))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		removed[p.name] = int(n)
	}
	return noteRemoved(ctx, tx, id, ids, removed)
}

// noteRemoved adds up what the orders of an address removed.
func noteRemoved(ctx context.Context, tx bun.Tx, id int64, ids []int64, removed map[string]int) error {
	row := takedownRow{ID: id}
	if err := tx.NewSelect().Model(&row).WherePK().Scan(ctx); err != nil {
		return err
	}
	for name, n := range row.Removed {
		removed[name] += n
	}
	row.IndexDue = row.IndexDue || row.IndexAt.IsZero() || !slices.Equal(row.ArticleIDs, ids)
	row.ArticleIDs, row.Removed = ids, removed
	_, err := tx.NewUpdate().Model(&row).Column("article_ids", "removed", "index_due").WherePK().Exec(ctx)
	return err
}

type takedownRow struct {
	bun.BaseModel `bun:"table:takedowns,alias:t"`

	ID           int64          `bun:"id,pk"`
	URL          string         `bun:"url"`
	Reason       string         `bun:"reason"`
	OrderedAt    time.Time      `bun:"ordered_at"`
	ArticleIDs   []int64        `bun:"article_ids,array"`
	Removed      map[string]int `bun:"removed,type:jsonb"`
	IndexDue     bool           `bun:"index_due"`
	IndexRemoved int            `bun:"index_removed"`
	IndexAt      time.Time      `bun:"index_at,nullzero"`
}

// Takedown returns a take-down with its proof, queried now; NotFound when there is none. The index's line says that one
// vector per article may be left while it has yet to be looked at.
func (db *DB) Takedown(ctx context.Context, id int64) (Takedown, error) {
	var row takedownRow
	if err := db.bun.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return Takedown{}, failOne(err, "take-down %d", id)
	}
	t := Takedown{ID: row.ID, URL: row.URL, Reason: row.Reason, OrderedAt: row.OrderedAt, Articles: row.ArticleIDs, IndexDue: row.IndexDue}
	for _, p := range places() {
		r := Removal{Place: p.name, Removed: row.Removed[p.name]}
		if err := db.bun.NewRaw(p.left, pgdialect.Array(t.Articles)).Scan(ctx, &r.Left); err != nil {
			return Takedown{}, fail(err, "proof of take-down %d: %s", id, p.name)
		}
		t.Proof = append(t.Proof, r)
	}
	last := Removal{Place: PlaceIndex, Removed: row.IndexRemoved}
	if row.IndexDue {
		last.Left = len(t.Articles)
	}
	t.Proof = append(t.Proof, last)
	return t, nil
}

// RemovedVectors returns, by embedder version, the articles of a take-down whose vectors must be in no index.
func (db *DB) RemovedVectors(ctx context.Context, articleIDs []int64) (map[string][]int64, error) {
	var rows []struct {
		ArticleID int64
		Embedder  string
	}
	err := db.bun.NewRaw(`select article_id, embedder from vector_removals where article_id = any(?) order by embedder, article_id`,
		pgdialect.Array(articleIDs)).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "removed vectors of %d articles", len(articleIDs))
	}
	removed := map[string][]int64{}
	for _, r := range rows {
		removed[r.Embedder] = append(removed[r.Embedder], r.ArticleID)
	}
	return removed, nil
}

// MarkIndexPurged notes that the vector index was seen to hold nothing of a take-down, after so many were removed.
func (db *DB) MarkIndexPurged(ctx context.Context, id int64, removed int) error {
	_, err := db.bun.ExecContext(ctx, `
		update takedowns set index_due = false, index_at = now(), index_removed = index_removed + ? where id = ?`, removed, id)
	return failOne(err, "take-down %d", id)
}

// DueTakedowns returns the take-downs that the vector index has yet to follow, oldest first.
func (db *DB) DueTakedowns(ctx context.Context, olderThan time.Duration, limit int) ([]int64, error) {
	var ids []int64
	err := db.bun.NewRaw(`
		select id from takedowns where index_due and ordered_at < now() - make_interval(secs => ?) order by id limit ?`,
		olderThan.Seconds(), limit).Scan(ctx, &ids)
	return ids, fail(err, "due take-downs")
}

// TakedownLine is a take-down as lists show it, without the proof, which costs a query per place.
type TakedownLine struct {
	ID          int64
	URL, Reason string
	OrderedAt   time.Time // wall clock
	OrderedBy   int64     // 0: the command line
	Articles    int
	IndexDue    bool
}

// Takedowns returns take-downs, the newest first, those with an id below before (0: any).
func (db *DB) Takedowns(ctx context.Context, before int64, limit int) ([]TakedownLine, error) {
	var rows []struct {
		ID        int64
		URL       string `bun:"url"`
		Reason    string
		OrderedAt time.Time
		OrderedBy int64
		Articles  int
		IndexDue  bool
	}
	err := db.bun.NewRaw(`
		select id, url, reason, ordered_at, coalesce(ordered_by, 0) as ordered_by, cardinality(article_ids) as articles, index_due
		from takedowns where ?0 = 0 or id < ?0 order by id desc limit ?1`, before, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "take-downs")
	}
	list := make([]TakedownLine, len(rows))
	for i, r := range rows {
		list[i] = TakedownLine(r)
	}
	return list, nil
}
