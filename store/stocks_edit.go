package store

import (
	"context"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

// CreateStock adds a stock to those that are tracked; Conflict when it is one of them.
func (db *DB) CreateStock(ctx context.Context, s market.Stock) error {
	row := stockRowOf(s)
	res, err := db.bun.NewInsert().Model(&row).On("conflict (code) do nothing").Returning("null").Exec(ctx)
	if err != nil {
		return fail(err, "create stock %s", s.Code)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return fail(err, "create stock %s", s.Code)
	}
	return fault.New(fault.Conflict, "stock %s is tracked already", s.Code)
}

// EditStock changes a stock by a function that may refuse, and returns it. NotFound when there is none.
func (db *DB) EditStock(ctx context.Context, code market.Code, edit func(*market.Stock) error) (market.Stock, error) {
	var stock market.Stock
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var row stockRow
		if err := tx.NewSelect().Model(&row).Where("code = ?", string(code)).For("update").Scan(ctx); err != nil {
			return err
		}
		stock = row.toNoun()
		if err := edit(&stock); err != nil {
			return err
		}
		row = stockRowOf(stock)
		_, err := tx.NewUpdate().Model(&row).WherePK().Set("name = ?", row.Name).Set("aliases = ?", pgdialect.Array(row.Aliases)).Set("priority = ?", row.Priority).
			Set("active = ?", row.Active).Set("updated_at = now()").Exec(ctx)
		return err
	})
	return stock, failOne(err, "stock %s", code)
}

// DeleteStock gives a stock up: one that news has named is no longer followed, another is deleted. NotFound when there is
// none.
func (db *DB) DeleteStock(ctx context.Context, code market.Code) (deleted bool, err error) {
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.ExecContext(ctx, `
			delete from stocks s where code = ? and not exists (select from matches m where m.code = s.code)`, string(code))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if deleted = n == 1; err != nil || deleted {
			return err
		}
		res, err = tx.ExecContext(ctx, `update stocks set active = false, updated_at = now() where code = ?`, string(code))
		if err != nil {
			return err
		}
		if n, err = res.RowsAffected(); err == nil && n == 0 {
			return notFound("stock %s", code)
		}
		return err
	})
	return deleted, failOne(err, "stock %s", code)
}
