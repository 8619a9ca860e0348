package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"tickerwire/internal/config"
	"tickerwire/internal/fault"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/vectors"
)

// refillPage is how many articles are embedded by the new version at once. A transaction holds them.
const refillPage = 500

// EmbedderMove says to which embedder version an installation moves.
type EmbedderMove struct {
	To  string // a version that is kept; "" with Fit
	Fit bool   // fit and freeze an idf on the articles there are; a move that is under way goes on instead
}

// MoveEmbedder moves a running installation to another embedder version: it embeds every article anew beside the old
// vectors, while the workers use the old version and embed what arrives by both, and then has every process change to
// the new one at once. Old vectors stay, so that what predictions rest on still resolves. It may be stopped and started
// again with the same words, and goes on where it was. The progress stands on out.
func MoveEmbedder(ctx context.Context, cfg config.Config, move EmbedderMove, out io.Writer) (err error) {
	var index vectors.Index // nil: the exact index reads Postgres by itself
	if cfg.MilvusAddress != "" {
		milvus, err := openMilvus(ctx, cfg)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, milvus.Close()) }()
		index = milvus
	}
	c := change{"tickerctl vectors rebuild", move.To, map[string]any{"to": move.To, "fit": move.Fit}}
	return changing(ctx, cfg, c, func(db *store.DB) error { return moveEmbedder(ctx, db, index, move, out) })
}

func moveEmbedder(ctx context.Context, db *store.DB, index vectors.Index, move EmbedderMove, out io.Writer) error {
	version, err := aim(ctx, db, move, out)
	if err != nil {
		return err
	}
	embedder, err := db.Embedder(ctx, version)
	if err != nil {
		return err
	}
	if err := refill(ctx, db, index, embedder, out); err != nil {
		return err
	}
	if err := db.SwitchEmbedding(ctx, version); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is in use\n", version)
	return nil
}

// aim begins the move, or finds the one that is under way, and returns its version.
func aim(ctx context.Context, db *store.DB, move EmbedderMove, out io.Writer) (string, error) {
	now, err := db.Embedding(ctx)
	if err != nil {
		return "", err
	}
	version := move.To
	switch {
	case move.Fit && now.Target != "":
		version = now.Target
		fmt.Fprintf(out, "going on with %s\n", version)
	case move.Fit:
		table, articles, err := fitIDF(ctx, db)
		if err != nil {
			return "", err
		}
		if err := db.SaveIDF(ctx, table, articles); err != nil {
			return "", err
		}
		version = table.Version()
		fmt.Fprintf(out, "%s: fitted on %d articles\n", version, articles)
	}
	return version, db.AimEmbedding(ctx, version)
}

// fitIDF fits an idf on every news article; Invalid when there are fewer than news.IDFArticles.
func fitIDF(ctx context.Context, db *store.DB) (*news.IDF, int, error) {
	fit := new(news.IDFFit)
	for after := int64(0); ; {
		page, err := db.Texts(ctx, after, rebuildPage)
		if err != nil {
			return nil, 0, err
		}
		for _, t := range page {
			fit.Add(t.Title, t.Summary)
		}
		if len(page) < rebuildPage {
			break
		}
		after = page[len(page)-1].ArticleID
	}
	if fit.Articles() < news.IDFArticles {
		return nil, 0, fault.New(fault.Invalid, "an idf is fitted on %d articles at least, here are %d", news.IDFArticles, fit.Articles())
	}
	return fit.Freeze(), fit.Articles(), nil
}

// refill embeds every article that has no vector of the version that is being filled.
func refill(ctx context.Context, db *store.DB, index vectors.Index, embedder news.Embedder, out io.Writer) error {
	now, err := db.Embedding(ctx)
	if err != nil {
		return err
	}
	total, err := db.Unfilled(ctx)
	if err != nil {
		return err
	}
	bar := progress{out: out, what: "embedded", total: total}
	for after := int64(0); ; {
		page, err := db.Refills(ctx, now, after, refillPage)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			bar.end()
			return nil
		}
		if err := refillWith(ctx, db, index, now, embedder, page); err != nil {
			return err
		}
		after = page[len(page)-1].ArticleID
		bar.add(len(page))
	}
}

// refillWith embeds a page of articles. The index is written first, so that Postgres never says of a vector that it is
// there before it can be found; what was taken down meanwhile is taken out of it again.
func refillWith(ctx context.Context, db *store.DB, index vectors.Index, now store.Embedding, embedder news.Embedder, page []store.Refill) error {
	made, found := embedAll(embedder, page)
	if index != nil {
		if err := index.Upsert(ctx, entriesOf(found)); err != nil {
			return err
		}
	}
	gone, err := db.AddVectors(ctx, now, made)
	if err != nil || index == nil {
		return err
	}
	return index.Delete(ctx, now.Target, gone)
}

// embedAll returns the vectors of articles, and those of them that an index holds: of articles that name a company.
func embedAll(embedder news.Embedder, page []store.Refill) (made, found []store.Vector) {
	for _, r := range page {
		v := r.Vector
		if v.Values = embedder.Embed(r.Title, r.Summary); v.Values == nil {
			continue
		}
		made = append(made, v)
		if len(v.Codes) > 0 {
			found = append(found, v)
		}
	}
	return made, found
}
