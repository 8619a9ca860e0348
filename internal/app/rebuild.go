package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"tickerwire/internal/config"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/vectors"
)

// rebuildPage is how many vectors are written to the index at once.
const rebuildPage = 1000

// RebuildVectors writes every vector that Postgres keeps into the configured Milvus: after Milvus was added to a
// running installation, or lost. Doing it again, or beside running workers, is harmless.
func RebuildVectors(ctx context.Context, cfg config.Config, out io.Writer) (err error) {
	if cfg.MilvusAddress == "" {
		return errors.New("MILVUS_ADDRESS: is not set; the exact index reads Postgres by itself")
	}
	index, err := vectors.OpenMilvus(ctx, vectors.MilvusOptions{Address: cfg.MilvusAddress, Prefix: cfg.MilvusPrefix})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	return withDB(ctx, cfg, func(db *store.DB) error {
		var at store.VectorPosition
		for total := 0; ; {
			page, err := db.VectorsAfter(ctx, news.EmbedderVersion, at, rebuildPage)
			if err != nil {
				return err
			}
			if err := index.Upsert(ctx, entriesOf(page.Vectors)); err != nil {
				return err
			}
			total += len(page.Vectors)
			if len(page.Vectors) < rebuildPage {
				fmt.Fprintf(out, "%d vectors of %s\n", total, news.EmbedderVersion)
				return nil
			}
			at = page.Next
		}
	})
}

func entriesOf(list []store.Vector) []vectors.Entry {
	entries := make([]vectors.Entry, len(list))
	for i, v := range list {
		entries[i] = vectors.Entry(v)
	}
	return entries
}
