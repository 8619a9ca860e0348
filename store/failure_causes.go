package store

import (
	"cmp"
	"context"
	"time"

	"github.com/uptrace/bun"
)

// Cause is all failures of one cause: equal kind, and errors that differ in numbers and names only. Times are on the wall
// clock.
type Cause struct {
	Fingerprint, Kind                       string
	Queues                                  []string
	Error                                   string // the newest
	Count                                   int
	Retrying, GaveUp, Quarantined, Resolved int
	Attempts, Crashes                       int // over all of them
	FirstAt, LastAt                         time.Time
}

// CauseFilter narrows a list of causes to those that have such failures; open ones where no state is named, unless
// Resolved counts the others too. The list goes on behind LastAt and Fingerprint of After.
type CauseFilter struct {
	FailureMatch
	Resolved bool
	After    Cause
	Limit    int // 0 means 50
}

// Causes returns what failures come down to, the one that failed last first. Counts are of the failures that match.
func (db *DB) Causes(ctx context.Context, f CauseFilter) ([]Cause, error) {
	groups := f.where(db.bun.NewSelect().TableExpr("failures as f")).Group("f.fingerprint").
		ColumnExpr("f.fingerprint, min(f.kind) as kind, array_agg(distinct f.queue) as queues, count(*) as count").
		ColumnExpr("count(*) filter (where f.state = 'retrying') as retrying, count(*) filter (where f.state = 'gave_up') as gave_up").
		ColumnExpr("count(*) filter (where f.state = 'quarantined') as quarantined, count(*) filter (where f.state = 'resolved') as resolved").
		ColumnExpr("sum(f.attempts) as attempts, sum(f.crashes) as crashes, min(f.first_at) as first_at, max(f.last_at) as last_at").
		OrderExpr("max(f.last_at) desc, f.fingerprint").Limit(int64(cmp.Or(f.Limit, listLimit)))
	if f.State == "" && !f.Resolved {
		groups = groups.Where("f.state <> ?", FailureResolved)
	}
	if f.After.Fingerprint != "" {
		groups = groups.Having("(max(f.last_at) < ?0 or max(f.last_at) = ?0 and f.fingerprint > ?1)", f.After.LastAt, f.After.Fingerprint)
	}
	var rows []struct {
		Fingerprint, Kind                       string
		Queues                                  []string `bun:"queues,array"`
		Error                                   string
		Count                                   int
		Retrying, GaveUp, Quarantined, Resolved int
		Attempts, Crashes                       int
		FirstAt, LastAt                         time.Time
	}
	err := db.bun.NewSelect().TableExpr("(?) as g", groups).ColumnExpr("g.*, e.error").
		Join("cross join lateral (select x.error from failures x where x.fingerprint = g.fingerprint order by x.last_at desc, x.id desc limit 1) as e").
		OrderExpr("g.last_at desc, g.fingerprint").Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "causes of failures")
	}
	list := make([]Cause, len(rows))
	for i, r := range rows {
		list[i] = Cause(r)
	}
	return list, nil
}

// FailureMatch says which failures are meant; a zero field means any. Error is a part of the newest error, in any case;
// From is inclusive, To is exclusive, both are about the last failed attempt.
type FailureMatch struct {
	State, Kind, Queue, Fingerprint string
	Error                           string
	From, To                        time.Time
}

// where narrows a query over failures as f.
func (m FailureMatch) where(q *bun.SelectQuery) *bun.SelectQuery {
	for _, c := range []struct{ column, value string }{{"state", m.State}, {"kind", m.Kind}, {"queue", m.Queue}, {"fingerprint", m.Fingerprint}} {
		if c.value != "" {
			q = q.Where("f.? = ?", bun.Ident(c.column), c.value)
		}
	}
	if m.Error != "" {
		q = q.Where("strpos(lower(f.error), lower(?)) > 0", m.Error)
	}
	if !m.From.IsZero() {
		q = q.Where("f.last_at >= ?", m.From)
	}
	if !m.To.IsZero() {
		q = q.Where("f.last_at < ?", m.To)
	}
	return q
}
