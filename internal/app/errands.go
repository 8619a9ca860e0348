package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"tickerwire/internal/archive"
	"tickerwire/internal/config"
	"tickerwire/store"
)

// withDB opens the configured database for an errand.
func withDB(ctx context.Context, cfg config.Config, do func(*store.DB) error) (err error) {
	if err := cfg.ForRole("tickerctl"); err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Options{URL: string(cfg.DatabaseURL), MaxConns: 4})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(db)
}

// Migrate brings the schema up to date and names what it applied on out; with check it only says whether it is.
func Migrate(ctx context.Context, cfg config.Config, check bool, out io.Writer) error {
	return withDB(ctx, cfg, func(db *store.DB) error {
		if check {
			return db.CheckSchema(ctx)
		}
		applied, err := db.Migrate(ctx)
		for _, name := range applied {
			fmt.Fprintln(out, "applied", name)
		}
		switch {
		case err != nil:
			return err
		case len(applied) == 0:
			fmt.Fprintln(out, "up to date")
			return nil
		}
		// A schema without the log cannot hold a row of what is to become of it: this one is written after it.
		return audited(ctx, db, change{"tickerctl migrate", applied[len(applied)-1], map[string]any{"applied": len(applied)}}, func() error { return nil })
	})
}

// ImportOptions say what of an archive folder is brought in.
type ImportOptions struct {
	Dir        string
	StocksOnly bool
	Refused    string // a file that gets every refused line with why; "" for none
}

// Import brings an archive folder in as history, reporting on out how far it is, what it refused and why. Stopped at any
// moment and started again, it goes on; what was brought in before is left as it is.
func Import(ctx context.Context, cfg config.Config, o ImportOptions, out io.Writer) (err error) {
	if err := cfg.ForRole("worker"); err != nil {
		return err
	}
	folder, err := archive.Open(o.Dir)
	if err != nil {
		return err
	}
	r, err := openRole(ctx, cfg, "tickerctl", newLog(cfg.LogLevel, "tickerctl"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	index, err := r.openIndex(ctx)
	if err != nil {
		return err
	}
	im := importer{folder: folder, db: r.db, worker: r.worker(index, outside{}), calendar: r.calendar, progress: out, report: out, now: r.clock.now()}
	if o.Refused != "" {
		file, failed := os.Create(o.Refused)
		if failed != nil {
			return fmt.Errorf("import: %w", failed)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		im.refused.all = file
	}
	steps := im.steps()
	if o.StocksOnly {
		steps = steps[:1]
	}
	var got imported
	c := change{"tickerctl import", o.Dir, map[string]any{"only_stocks": o.StocksOnly}}
	err = audited(ctx, r.db, c, func() (err error) {
		got, err = im.run(ctx, steps...)
		return err
	})
	fmt.Fprintf(out, "%d stocks, %d bars, %d index levels, %d articles and %d known before, %d outcomes; %d lines repeated, %d lines refused\n",
		got.Stocks, got.Bars, got.Levels, got.Articles, got.Known, got.Outcomes, got.Repeated, im.refused.count)
	return err
}

// VerifyReceipts computes the chain of seals again from the predictions as they are, and says on out what holds. Its error
// names the first link that does not.
func VerifyReceipts(ctx context.Context, cfg config.Config, out io.Writer) error {
	return withDB(ctx, cfg, func(db *store.DB) error {
		v, err := db.VerifySeals(ctx, func(number int64) {
			if number%1000 == 0 {
				fmt.Fprintln(out, number, "seals hold")
			}
		})
		fmt.Fprintf(out, "%d seals over %d predictions hold; head %x\n", v.Seals, v.Predictions, v.Head)
		return err
	})
}
