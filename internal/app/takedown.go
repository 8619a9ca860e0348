package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"tickerwire/internal/config"
	"tickerwire/store"
	"tickerwire/store/vectors"
	"tickerwire/tasks"
)

// Takedown removes everything that is kept of an address, the vector index included, and prints the proof: place by
// place what was removed and what a query finds there now. Doing it again changes nothing.
func Takedown(ctx context.Context, cfg config.Config, address, reason string, out io.Writer) error {
	c := change{"tickerctl takedown", address, map[string]any{"url": address, "reason": reason}}
	return changing(ctx, cfg, c, func(db *store.DB) (err error) {
		t, err := db.TakeDown(ctx, store.TakedownOrder{URL: address, Reason: reason})
		if err != nil {
			return err
		}
		// Each process with the index in its memory follows by itself; Milvus has to be told.
		var index vectors.Index = vectors.NewExact(db)
		if cfg.MilvusAddress != "" {
			milvus, openErr := vectors.OpenMilvus(ctx, vectors.MilvusOptions{Address: cfg.MilvusAddress, Prefix: cfg.MilvusPrefix})
			if openErr != nil {
				return errors.Join(openErr, printProof(out, t))
			}
			defer func() { err = errors.Join(err, milvus.Close()) }()
			index = milvus
		}
		purged, err := tasks.Purge(ctx, db, index, t.ID)
		if err != nil {
			return errors.Join(err, printProof(out, t))
		}
		return printProof(out, purged)
	})
}

func printProof(out io.Writer, t store.Takedown) error {
	fmt.Fprintf(out, "%s: %d articles\n", t.URL, len(t.Articles))
	for _, r := range t.Proof {
		fmt.Fprintf(out, "  %-26s %6d removed %6d left\n", r.Place, r.Removed, r.Left)
	}
	if !t.Complete() {
		return fmt.Errorf("take-down %d is not complete; a worker goes on with it", t.ID)
	}
	return nil
}
