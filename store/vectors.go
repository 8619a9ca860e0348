package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"tickerwire/internal/market"
)

type vectorRow struct {
	bun.BaseModel `bun:"table:vectors,alias:v"`

	ID          int64     `bun:"id,pk,autoincrement"`
	ArticleID   int64     `bun:"article_id"`
	Embedder    string    `bun:"embedder"`
	Codes       []string  `bun:"codes,array"`
	AvailableAt time.Time `bun:"available_at"`
	Floats      []byte    `bun:"floats"`
}

// Vector is a stored embedding with what a search filters by.
type Vector struct {
	ArticleID   int64
	Embedder    string
	Codes       []market.Code
	AvailableAt time.Time
	Values      []float32
}

// VectorPosition is a place in the order in which vectors were written: by transaction, then by row. The zero position
// is the beginning.
type VectorPosition struct {
	Transaction int64
	Row         int64
}

// VectorPage is a part of the vectors in written order.
type VectorPage struct {
	Vectors []Vector
	Next    VectorPosition // to go on reading behind the page
	Safe    VectorPosition // to start the next reading from: whatever is not yet visible will appear behind it
	Removed []int64        // articles whose vectors were removed for good behind the position of the reading
}

// VectorsAfter returns at most limit vectors, of articles that name a company, of an embedder version behind a position,
// in written order. Rows become
// visible in the order of commits, so neither the highest row seen nor the highest transaction seen is a safe place to
// start from next time: a lower one may still be under way. Safe is: every transaction before it has ended. A reader
// takes Safe of its first page, reads on from Next until a page is short, and starts from that Safe the next time; it
// will meet again what was written behind Safe, and must know rows by their article.
func (db *DB) VectorsAfter(ctx context.Context, embedder string, after VectorPosition, limit int) (VectorPage, error) {
	// A row with a transaction id that this server has yet to hand out was restored from a dump: the first reading takes
	// it, later ones would take it again and again.
	var rows []struct {
		vectorRow
		Written, Safe int64
		Removed       []int64 `bun:",array"`
	}
	err := db.bun.NewRaw(`
		select x.safe, x.removed, v.*
		from (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as safe,
			array(select r.article_id from vector_removals r where r.embedder = ?0 and r.written >= ?1::text::xid8) as removed) x
		left join (
			select id, article_id, embedder, codes, available_at, floats, written::text::bigint as written
			from vectors
			where embedder = ?0 and codes <> '{}' and (vectors.written, id) > (?1::text::xid8, ?2)
				and (?3 or vectors.written < pg_snapshot_xmax(pg_current_snapshot()))
			order by vectors.written, id limit ?4) v on true
		order by v.written, v.id`,
		embedder, after.Transaction, after.Row, after.Transaction == 0, limit).Scan(ctx, &rows)
	if err != nil {
		return VectorPage{}, fail(err, "vectors of %s", embedder)
	}
	page := VectorPage{Next: after, Safe: VectorPosition{Transaction: rows[0].Safe}, Removed: rows[0].Removed}
	for _, r := range rows {
		if r.ID == 0 { // the outer join's empty side: nothing new
			continue
		}
		page.Next = VectorPosition{Transaction: r.Written, Row: r.ID}
		page.Vectors = append(page.Vectors, Vector{ArticleID: r.ArticleID, Embedder: r.Embedder, Codes: codes(r.Codes),
			AvailableAt: r.AvailableAt, Values: unpackFloats(r.Floats)})
	}
	return page, nil
}

// Vector returns an article's embedding; NotFound when there is none.
func (db *DB) Vector(ctx context.Context, embedder string, articleID int64) ([]float32, error) {
	var raw []byte
	err := db.bun.NewRaw(`select floats from vectors where article_id = ? and embedder = ?`, articleID, embedder).Scan(ctx, &raw)
	if err != nil {
		return nil, fail(err, "vector of article %d by %s", articleID, embedder)
	}
	return unpackFloats(raw), nil
}
