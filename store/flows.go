package store

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

type flowRow struct {
	bun.BaseModel `bun:"table:flows,alias:f"`

	Code               string    `bun:"code"`
	Day                date      `bun:"day,type:date"`
	PersonsShares      int64     `bun:"persons_shares"`
	PersonsWon         int64     `bun:"persons_won"`
	ForeignersShares   int64     `bun:"foreigners_shares"`
	ForeignersWon      int64     `bun:"foreigners_won"`
	InstitutionsShares int64     `bun:"institutions_shares"`
	InstitutionsWon    int64     `bun:"institutions_won"`
	Source             string    `bun:"source"`
	KnownAt            time.Time `bun:"known_at"`
}

func flowRowOf(f market.Flow) flowRow {
	return flowRow{Code: string(f.Code), Day: date(f.Day), PersonsShares: f.Persons.Shares, PersonsWon: f.Persons.Won,
		ForeignersShares: f.Foreigners.Shares, ForeignersWon: f.Foreigners.Won,
		InstitutionsShares: f.Institutions.Shares, InstitutionsWon: f.Institutions.Won, Source: f.Source, KnownAt: f.KnownAt}
}

func (r flowRow) toNoun() market.Flow {
	return market.Flow{Code: market.Code(r.Code), Day: market.Day(r.Day), Persons: market.NetBuying{Shares: r.PersonsShares, Won: r.PersonsWon},
		Foreigners:   market.NetBuying{Shares: r.ForeignersShares, Won: r.ForeignersWon},
		Institutions: market.NetBuying{Shares: r.InstitutionsShares, Won: r.InstitutionsWon}, Source: r.Source, KnownAt: r.KnownAt}
}

// SaveFlows saves flows that were read at an instant and returns how many rows that made. A flow equal to its source's
// newest revision of the day is not written again; a different one becomes the next revision, known from learnedAt: its
// first version was what could be known until then.
func (db *DB) SaveFlows(ctx context.Context, flows []market.Flow, learnedAt time.Time) (saved int, err error) {
	if len(flows) == 0 {
		return 0, nil
	}
	rows := make([]flowRow, len(flows))
	for i, f := range flows {
		if f.KnownAt.IsZero() {
			return 0, fault.New(fault.Invalid, "flow of %s on %s: it is not said when it was known", f.Code, f.Day)
		}
		rows[i] = flowRowOf(f)
	}
	type key struct {
		code, source string
		day          date
	}
	rows = dedupe(rows, func(r flowRow) key { return key{r.Code, r.Source, r.Day} })
	for chunk := range slices.Chunk(rows, saveChunk) {
		n, err := db.insertFlows(ctx, chunk, learnedAt)
		if err != nil {
			return saved, fail(err, "save %d flows", len(flows))
		}
		saved += n
	}
	return saved, nil
}

func (db *DB) insertFlows(ctx context.Context, rows []flowRow, learnedAt time.Time) (added int, err error) {
	err = db.bun.NewRaw(`
		with n (code, day, persons_shares, persons_won, foreigners_shares, foreigners_won, institutions_shares, institutions_won,
			source, known_at) as (?0),
		added as (
			insert into flows (code, day, persons_shares, persons_won, foreigners_shares, foreigners_won, institutions_shares,
				institutions_won, source, known_at, revision)
			select n.code, n.day, n.persons_shares, n.persons_won, n.foreigners_shares, n.foreigners_won, n.institutions_shares,
				n.institutions_won, n.source, case when o.revision is null then n.known_at else greatest(n.known_at, ?1) end,
				coalesce(o.revision, 0) + 1
			from n left join lateral (
				select * from flows f where f.code = n.code and f.day = n.day and f.source = n.source
				order by f.revision desc limit 1) o on true
			where (n.persons_shares, n.persons_won, n.foreigners_shares, n.foreigners_won, n.institutions_shares, n.institutions_won)
				is distinct from (o.persons_shares, o.persons_won, o.foreigners_shares, o.foreigners_won, o.institutions_shares, o.institutions_won)
			on conflict (code, day, source, revision) do nothing
			returning id)
		select count(*) from added`, db.bun.NewValues(&rows), learnedAt).Scan(ctx, &added)
	return added, err
}

// Flows returns one flow per stock and day: of all versions known by KnownBy the one that became known last. The order is
// by code, then day. A zero field of the filter means any, except that KnownBy must be set.
func (db *DB) Flows(ctx context.Context, f BarFilter) ([]market.Flow, error) {
	if f.KnownBy.IsZero() {
		return nil, fault.New(fault.Invalid, "flows are read as known by an instant, and none was given")
	}
	var rows []flowRow
	q := db.bun.NewSelect().Model(&rows).DistinctOn("f.code, f.day").Where("f.known_at <= ?", f.KnownBy).
		OrderExpr("f.code, f.day, f.known_at desc, f.id desc")
	if len(f.Codes) > 0 {
		q = q.Where("f.code = any(?)", pgdialect.Array(texts(f.Codes)))
	}
	if f.From != 0 {
		q = q.Where("f.day >= ?", date(f.From))
	}
	if f.To != 0 {
		q = q.Where("f.day <= ?", date(f.To))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fail(err, "flows known by %s", f.KnownBy)
	}
	list := make([]market.Flow, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list, nil
}
