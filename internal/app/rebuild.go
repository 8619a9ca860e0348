package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"tickerwire/internal/config"
	"tickerwire/store"
	"tickerwire/store/vectors"
)

// rebuildPage is how many vectors are written to the index at once.
const rebuildPage = 1000

// RebuildVectors writes every vector that Postgres keeps, of every embedder version, into the configured Milvus: after
// Milvus was added to a running installation, or lost. It ends when searches go through all of them by the graph. Doing
// it again, or beside running workers, is harmless.
func RebuildVectors(ctx context.Context, cfg config.Config, out io.Writer) (err error) {
	if cfg.MilvusAddress == "" {
		return errors.New("MILVUS_ADDRESS: is not set; the exact index reads Postgres by itself")
	}
	index, err := openMilvus(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	return changing(ctx, cfg, change{action: "tickerctl vectors rebuild", of: cfg.MilvusPrefix}, func(db *store.DB) error {
		versions, err := db.Embedders(ctx)
		if err != nil {
			return err
		}
		for _, version := range versions {
			total, err := copyVectors(ctx, db, index, version)
			if err != nil {
				return err
			}
			if err := index.Settle(ctx, version); err != nil {
				return err
			}
			fmt.Fprintf(out, "%d vectors of %s\n", total, version)
		}
		return nil
	})
}

func openMilvus(ctx context.Context, cfg config.Config) (*vectors.Milvus, error) {
	return vectors.OpenMilvus(ctx, vectors.MilvusOptions{Address: cfg.MilvusAddress, Prefix: cfg.MilvusPrefix})
}

// copyVectors writes every vector of a version into the index and returns how many there are. While a page is written the
// next is read.
func copyVectors(ctx context.Context, db *store.DB, index vectors.Index, version string) (total int, err error) {
	group, ctx := errgroup.WithContext(ctx)
	pages := make(chan []store.Vector, 1)
	group.Go(func() error {
		defer close(pages)
		var at store.VectorPosition
		for {
			page, err := db.VectorsAfter(ctx, version, at, rebuildPage)
			if err != nil {
				return err
			}
			select {
			case pages <- page.Vectors:
			case <-ctx.Done():
				return ctx.Err()
			}
			if len(page.Vectors) < rebuildPage {
				return nil
			}
			at = page.Next
		}
	})
	group.Go(func() error {
		for page := range pages {
			if err := index.Upsert(ctx, entriesOf(page)); err != nil {
				return err
			}
			total += len(page)
		}
		return nil
	})
	err = group.Wait()
	return total, err
}

func entriesOf(list []store.Vector) []vectors.Entry {
	entries := make([]vectors.Entry, len(list))
	for i, v := range list {
		entries[i] = vectors.Entry(v)
	}
	return entries
}
