package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

type filerRow struct {
	bun.BaseModel `bun:"table:filers,alias:f"`

	Number string `bun:"number,pk"`
	Code   string `bun:"code"`
	Name   string `bun:"name"`
}

// SaveFilers inserts filers and overwrites those that changed; it deletes none. It returns how many rows it wrote.
func (db *DB) SaveFilers(ctx context.Context, filers []news.Filer) (written int, err error) {
	rows := make([]filerRow, len(filers))
	for i, f := range filers {
		rows[i] = filerRow{Number: legible(f.Number), Code: string(f.Code), Name: legible(f.Name)}
	}
	rows = dedupe(rows, func(r filerRow) string { return r.Number })
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		written = 0
		for chunk := range slices.Chunk(rows, saveChunk) {
			res, err := tx.NewInsert().Model(&chunk).On("conflict (number) do update").
				Set("code = excluded.code").Set("name = excluded.name").Set("updated_at = now()").
				Where("(f.code, f.name) is distinct from (excluded.code, excluded.name)").Exec(ctx)
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			if err != nil {
				return err
			}
			written += int(n)
		}
		return nil
	})
	return written, fail(err, "save %d filers", len(filers))
}

// FilerCodes returns the stocks of the numbers that are known.
func (db *DB) FilerCodes(ctx context.Context, numbers []string) (map[string]market.Code, error) {
	found := map[string]market.Code{}
	if len(numbers) == 0 {
		return found, nil
	}
	var rows []filerRow
	err := db.bun.NewSelect().Model(&rows).Where("number = any(?)", pgdialect.Array(numbers)).Order("number").Scan(ctx)
	if err != nil {
		return nil, fail(err, "stocks of %d filers", len(numbers))
	}
	for _, r := range rows {
		found[r.Number] = market.Code(r.Code)
	}
	return found, nil
}

// KnowsFilers reports whether any filer is kept.
func (db *DB) KnowsFilers(ctx context.Context) (known bool, err error) {
	err = db.bun.NewRaw(`select exists (select from filers)`).Scan(ctx, &known)
	return known, fail(err, "filers")
}
