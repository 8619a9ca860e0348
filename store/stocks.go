package store

import (
	"context"

	"github.com/uptrace/bun"

	"tickerwire/internal/market"
)

type stockRow struct {
	bun.BaseModel `bun:"table:stocks,alias:s"`

	Code     string   `bun:"code,pk"`
	Name     string   `bun:"name"`
	Aliases  []string `bun:"aliases,array"`
	Priority int      `bun:"priority"`
	Active   bool     `bun:"active"`
}

func stockRowOf(s market.Stock) stockRow {
	return stockRow{Code: string(s.Code), Name: s.Name, Aliases: append([]string{}, s.Aliases...), Priority: s.Priority, Active: s.Active}
}

func (r stockRow) toNoun() market.Stock {
	return market.Stock{Code: market.Code(r.Code), Name: r.Name, Aliases: append([]string(nil), r.Aliases...), Priority: r.Priority, Active: r.Active}
}

// Stocks returns the stocks that the program tracks, by code; all of them, or only the active ones.
func (db *DB) Stocks(ctx context.Context, onlyActive bool) ([]market.Stock, error) {
	var rows []stockRow
	q := db.bun.NewSelect().Model(&rows).Order("code")
	if onlyActive {
		q = q.Where("active")
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fail(err, "stocks")
	}
	list := make([]market.Stock, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list, nil
}

// prioritySearched is the priority of stocks that are searched for whether somebody lists them or not.
const prioritySearched = 1

// Searched returns the active stocks about which a search engine may be asked, by code: what is watched (see Watched), what
// is of the first priority, and every active stock as soon as some active recipient hears of all of them, whatever his
// list says. A search engine's own listing is never rebuilt for its own sake.
func (db *DB) Searched(ctx context.Context) ([]market.Stock, error) {
	var rows []stockRow
	err := db.bun.NewSelect().Model(&rows).Where("s.active").
		Where("s.priority = ? or exists (select from recipients r where r.active and (r.watch_all or s.code = any(r.codes)))", prioritySearched).
		Order("s.code").Scan(ctx)
	if err != nil {
		return nil, fail(err, "stocks to search for")
	}
	list := make([]market.Stock, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list, nil
}

// Stock returns one tracked stock; NotFound when there is none.
func (db *DB) Stock(ctx context.Context, code market.Code) (market.Stock, error) {
	var row stockRow
	if err := db.bun.NewSelect().Model(&row).Where("code = ?", string(code)).Scan(ctx); err != nil {
		return market.Stock{}, failOne(err, "stock %s", code)
	}
	return row.toNoun(), nil
}

// SaveStocks inserts stocks and overwrites those that exist.
func (db *DB) SaveStocks(ctx context.Context, stocks []market.Stock) error {
	if len(stocks) == 0 {
		return nil
	}
	rows := make([]stockRow, len(stocks))
	for i, s := range stocks {
		rows[i] = stockRowOf(s)
	}
	rows = dedupe(rows, func(r stockRow) string { return r.Code })
	_, err := db.bun.NewInsert().Model(&rows).On("conflict (code) do update").
		Set("name = excluded.name").Set("aliases = excluded.aliases").Set("priority = excluded.priority").
		Set("active = excluded.active").Set("updated_at = now()").
		Where("(s.name, s.aliases, s.priority, s.active) is distinct from (excluded.name, excluded.aliases, excluded.priority, excluded.active)").
		Exec(ctx)
	return fail(err, "save %d stocks", len(rows))
}

// AddStocks inserts the stocks that are missing. Those that exist keep everything but their name, and get aliases only
// where they have none: what an operator has set is his.
func (db *DB) AddStocks(ctx context.Context, stocks []market.Stock) error {
	if len(stocks) == 0 {
		return nil
	}
	rows := make([]stockRow, len(stocks))
	for i, s := range stocks {
		rows[i] = stockRowOf(s)
	}
	rows = dedupe(rows, func(r stockRow) string { return r.Code })
	const aliases = "case when s.aliases = '{}' then excluded.aliases else s.aliases end"
	_, err := db.bun.NewInsert().Model(&rows).On("conflict (code) do update").
		Set("name = excluded.name").Set("aliases = " + aliases).Set("updated_at = now()").
		Where("(s.name, s.aliases) is distinct from (excluded.name, " + aliases + ")").
		Exec(ctx)
	return fail(err, "add %d stocks", len(rows))
}

type listingRow struct {
	bun.BaseModel `bun:"table:listings,alias:l"`

	Code   string `bun:"code,pk"`
	Name   string `bun:"name"`
	Market string `bun:"market"`
}

// Listings returns every listed name, by code.
func (db *DB) Listings(ctx context.Context) ([]market.Listing, error) {
	var rows []listingRow
	if err := db.bun.NewSelect().Model(&rows).Order("code").Scan(ctx); err != nil {
		return nil, fail(err, "listings")
	}
	list := make([]market.Listing, len(rows))
	for i, r := range rows {
		list[i] = market.Listing{Code: market.Code(r.Code), Name: r.Name, Market: r.Market}
	}
	return list, nil
}

// SaveListings inserts listings and overwrites those that changed; it deletes none. A tracked stock that bore its
// listing's old name takes the new one and keeps the old as an alias; one that an operator has named otherwise keeps his
// name and gets the listing's as an alias.
func (db *DB) SaveListings(ctx context.Context, listings []market.Listing) error {
	if len(listings) == 0 {
		return nil
	}
	rows := make([]listingRow, len(listings))
	for i, l := range listings {
		rows[i] = listingRow{Code: string(l.Code), Name: legible(l.Name), Market: l.Market}
	}
	rows = dedupe(rows, func(r listingRow) string { return r.Code })
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(renameStocks, tx.NewValues(&rows)).Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewInsert().Model(&rows).On("conflict (code) do update").
			Set("name = excluded.name").Set("market = excluded.market").Set("updated_at = now()").
			Where("(l.name, l.market) is distinct from (excluded.name, excluded.market)").
			Exec(ctx)
		return err
	})
	return fail(err, "save %d listings", len(rows))
}

// renameStocks looks at listings whose name changed. A listing that is new says nothing of a stock's name.
const renameStocks = `
	with n (code, name, market) as (?),
	renamed as (select n.code, l.name as old, n.name as new from n join listings l on l.code = n.code where l.name <> n.name)
	update stocks s set updated_at = now(),
		name = case when s.name = r.old then r.new else s.name end,
		aliases = case when s.name = r.old then
				case when r.old = any(s.aliases) then s.aliases else s.aliases || r.old end
			when s.name = r.new or r.new = any(s.aliases) then s.aliases else s.aliases || r.new end
	from renamed r where s.code = r.code`

// NamesRevision returns a text that changes whenever a stock or a listing does.
func (db *DB) NamesRevision(ctx context.Context) (string, error) {
	// The sum, not the latest: a change that is committed late may bear an earlier time than one already seen.
	var revision string
	err := db.bun.NewRaw(`
		select concat_ws(' ', (select count(*) from stocks), (select sum(extract(epoch from updated_at)) from stocks),
			(select count(*) from listings), (select sum(extract(epoch from updated_at)) from listings))`).Scan(ctx, &revision)
	return revision, fail(err, "revision of names")
}
