package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/fault"
	"tickerwire/internal/news"
)

// ErrEmbeddersChanged is returned for work that was prepared with embedder versions that are no longer those in use: a
// rebuild began or ended meanwhile. The caller reads them again and prepares the work anew.
var ErrEmbeddersChanged = errors.New("the embedder versions in use have changed")

// Embedding says which embedder versions are in use.
type Embedding struct {
	Joins    string // compares articles with stories; always one of our own
	Searches string // finds the neighbours of a prediction
	Target   string // is being filled to take the place of both; "" when no rebuild is under way
}

// Versions returns every version of which a new article gets a vector, Joins first, none twice.
func (e Embedding) Versions() []string {
	list := []string{e.Joins}
	for _, version := range []string{e.Searches, e.Target} {
		if version != "" && !slices.Contains(list, version) {
			list = append(list, version)
		}
	}
	return list
}

// Embedding returns the versions in use now.
func (db *DB) Embedding(ctx context.Context) (Embedding, error) {
	e, err := readEmbedding(ctx, db.bun)
	return e, fail(err, "the embedder versions in use")
}

func readEmbedding(ctx context.Context, from bun.IDB) (Embedding, error) {
	var e Embedding
	err := from.NewRaw(`select joins, searches, coalesce(target, '') as target from embedding`).Scan(ctx, &e)
	return e, err
}

// holdEmbedding returns the versions in use and keeps them from changing until the transaction ends.
func holdEmbedding(ctx context.Context, tx bun.Tx) (Embedding, error) {
	// Two statements: the second one's snapshot must be taken when the lock is held.
	if _, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock_shared(hashtext(current_schema()), ?)`, embeddingLock); err != nil {
		return Embedding{}, err
	}
	return readEmbedding(ctx, tx)
}

// changeEmbedding runs change while no transaction holds the versions.
func (db *DB) changeEmbedding(ctx context.Context, change func(context.Context, bun.Tx, Embedding) error) error {
	return db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock(hashtext(current_schema()), ?)`, embeddingLock); err != nil {
			return err
		}
		now, err := readEmbedding(ctx, tx)
		if err != nil {
			return err
		}
		return change(ctx, tx, now)
	})
}

// Embedders returns every version that was ever in use or aimed at, the oldest first.
func (db *DB) Embedders(ctx context.Context) ([]string, error) {
	var list []string
	err := db.bun.NewRaw(`select version from embedders order by created_at, version`).Scan(ctx, &list)
	return list, fail(err, "embedder versions")
}

// SaveIDF keeps the frozen table of a fitted version; one that is kept already stays.
func (db *DB) SaveIDF(ctx context.Context, table *news.IDF, articles int) error {
	_, err := db.bun.ExecContext(ctx, `insert into embedders (version, idf, articles) values (?, ?, ?) on conflict (version) do nothing`,
		table.Version(), table.Bytes(), articles)
	return fail(err, "save the idf of %s", table.Version())
}

// Embedder returns the built-in embedder of a version; NotFound for one that is not kept, or is none of ours.
func (db *DB) Embedder(ctx context.Context, version string) (news.Embedder, error) {
	if version == news.EmbedderVersion {
		return news.Embedder{}, nil
	}
	var raw []byte
	err := db.bun.NewRaw(`select idf from embedders where version = ? and idf is not null`, version).Scan(ctx, &raw)
	if err != nil {
		return news.Embedder{}, failOne(err, "the embedder %s", version)
	}
	table, err := news.ReadIDF(version, raw)
	if err != nil {
		return news.Embedder{}, failOne(err, "the embedder %s", version)
	}
	return news.FittedEmbedder(table), nil
}

// AimEmbedding begins to fill a version: from now on every article that is embedded gets its vector too. Doing it again
// is harmless; Conflict when another version is being filled, or this one is in use, NotFound when it is not kept.
func (db *DB) AimEmbedding(ctx context.Context, version string) error {
	err := db.changeEmbedding(ctx, func(ctx context.Context, tx bun.Tx, now Embedding) error {
		switch {
		case now.Target == version:
			return nil
		case now.Target != "":
			return fault.New(fault.Conflict, "%s is being filled already", now.Target)
		case now.Joins == version && now.Searches == version:
			return fault.New(fault.Conflict, "%s is in use already", version)
		}
		var known bool
		if err := tx.NewRaw(`select exists (select from embedders where version = ?)`, version).Scan(ctx, &known); err != nil {
			return err
		}
		if !known {
			return sql.ErrNoRows
		}
		_, err := tx.ExecContext(ctx, `update embedding set target = ?, changed_at = now()`, version)
		return err
	})
	return failOne(err, "the embedder %s", version)
}

// SwitchEmbedding puts the version that is being filled into the place of those in use, for every process at once. It
// is Conflict while an article with a vector of the old version has none of the new one: then nothing is changed.
func (db *DB) SwitchEmbedding(ctx context.Context, version string) error {
	// Asked before the lock is taken, as nobody can embed while it is held: since the version was aimed at no article
	// has been added without it, so that whoever finds none missing will find none later.
	missing, err := db.Unfilled(ctx)
	if err != nil {
		return err
	}
	err = db.changeEmbedding(ctx, func(ctx context.Context, tx bun.Tx, now Embedding) error {
		switch {
		case now.Target != version:
			return fault.New(fault.Conflict, "it is not being filled, %q is", now.Target)
		case missing > 0:
			return fault.New(fault.Conflict, "%d articles have no vector of it yet", missing)
		}
		_, err := tx.ExecContext(ctx, `update embedding set joins = target, searches = target, target = null, changed_at = now()`)
		return err
	})
	return fail(err, "switch to the embedder %s", version)
}

// Unfilled returns how many articles lack a vector of the version that is being filled; 0 when there is none.
func (db *DB) Unfilled(ctx context.Context) (int, error) {
	var n int
	err := db.bun.NewRaw(`
		select count(*) from embedding e join vectors v on v.embedder = e.joins
		where e.target is not null
			and not exists (select from vectors t where t.article_id = v.article_id and t.embedder = e.target)`).Scan(ctx, &n)
	return n, fail(err, "articles without a vector of the version that is being filled")
}

// Text is what of an article is embedded.
type Text struct {
	ArticleID      int64
	Title, Summary string
}

// Texts returns at most limit undamaged news articles behind an article id, by id: what an idf is fitted on. Filings are
// left out, as they are written in forms.
func (db *DB) Texts(ctx context.Context, after int64, limit int) ([]Text, error) {
	var list []Text
	err := db.bun.NewRaw(`
		select id as article_id, title, summary from articles
		where id > ? and kind = 'news' and not mojibake and taken_down_at is null
		order by id limit ?`, after, limit).Scan(ctx, &list)
	return list, fail(err, "texts of articles")
}

// Refill is an article that lacks a vector of the version that is being filled.
type Refill struct {
	Vector         // Values are to be made; the rest stands as in the version in use
	Title, Summary string
}

// Refills returns at most limit articles behind an article id that have a vector of the version in use and none of the
// one that is being filled, by id.
func (db *DB) Refills(ctx context.Context, now Embedding, after int64, limit int) ([]Refill, error) {
	var rows []struct {
		vectorRow
		Title, Summary string
	}
	err := db.bun.NewRaw(`
		select v.article_id, v.codes, v.available_at, a.title, a.summary
		from vectors v join articles a on a.id = v.article_id
		where v.embedder = ? and v.article_id > ?
			and not exists (select from vectors t where t.article_id = v.article_id and t.embedder = ?)
		order by v.article_id limit ?`, now.Joins, after, now.Target, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "articles without a vector of %s", now.Target)
	}
	list := make([]Refill, len(rows))
	for i, r := range rows {
		list[i] = Refill{Vector: Vector{ArticleID: r.ArticleID, Embedder: now.Target, Codes: codes(r.Codes), AvailableAt: r.AvailableAt},
			Title: r.Title, Summary: r.Summary}
	}
	return list, nil
}

// AddVectors keeps vectors of the version that is being filled, but never a second one of an article. It returns the
// articles that it left out because they lost their vector of the version in use meanwhile (a take-down).
// ErrEmbeddersChanged when now is over.
func (db *DB) AddVectors(ctx context.Context, now Embedding, list []Vector) (gone []int64, err error) {
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		held, err := holdEmbedding(ctx, tx)
		switch {
		case err != nil:
			return err
		case held != now:
			return ErrEmbeddersChanged
		}
		gone, err = addVectors(ctx, tx, now, list)
		return err
	})
	return gone, fail(err, "add %d vectors of %s", len(list), now.Target)
}

func addVectors(ctx context.Context, tx bun.Tx, now Embedding, list []Vector) (gone []int64, err error) {
	ids := make([]int64, len(list))
	for i, v := range list {
		ids[i] = v.ArticleID
	}
	// The lock keeps a take-down waiting, and gives the transaction its id before it draws one for a row, which
	// VectorsAfter relies on.
	var kept []int64
	err = tx.NewRaw(`select article_id from vectors where embedder = ? and article_id = any(?) order by article_id for key share`,
		now.Joins, pgdialect.Array(ids)).Scan(ctx, &kept)
	if err != nil {
		return nil, err
	}
	rows := make([]vectorRow, 0, len(list))
	for _, v := range list {
		if _, found := slices.BinarySearch(kept, v.ArticleID); !found {
			gone = append(gone, v.ArticleID)
			continue
		}
		rows = append(rows, vectorRow{ArticleID: v.ArticleID, Embedder: now.Target, Codes: texts(v.Codes), AvailableAt: v.AvailableAt,
			Floats: packFloats(v.Values)})
	}
	return gone, insertVectorRows(ctx, tx, rows)
}
