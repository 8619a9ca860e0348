package store

import (
	"cmp"
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// CauseHours is over how many hours a cause's failures are counted, the one that runs included.
const CauseHours = 24

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

	SeenAt       time.Time       // its first failure that is remembered, whatever the filter
	CameBackAt   time.Time       // when it failed anew after all of it had been resolved; zero if it never did
	Hours        [CauseHours]int // failed attempts and crashes of all its work in each whole hour, the last one being under way
	Note         string
	NotedBy      int64 // 0: nobody
	NotedAt      time.Time
	IgnoredUntil time.Time // zero unless it lies ahead
	IgnoredBy    int64     // 0: nobody
}

// CauseFilter narrows a list of causes to those that have such failures; open ones where no state is named, unless
// Resolved counts the others too. Ignored narrows it to those that operators ignore now, or to the others. The list goes on
// behind LastAt and Fingerprint of After.
type CauseFilter struct {
	FailureMatch
	Resolved bool
	Ignored  *bool
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
	if f.Ignored != nil {
		groups = groups.Where("(f.fingerprint in (select fingerprint from failure_causes where ignored_until > now())) = ?", *f.Ignored)
	}
	if f.After.Fingerprint != "" {
		groups = groups.Having("(max(f.last_at) < ?0 or max(f.last_at) = ?0 and f.fingerprint > ?1)", f.After.LastAt, f.After.Fingerprint)
	}
	var rows []causeRow
	err := db.bun.NewSelect().TableExpr("(?) as g", groups).ColumnExpr("g.*, e.error").
		ColumnExpr("coalesce(c.seen_at, g.first_at) as seen_at, case when c.begun_at > c.seen_at then c.begun_at end as came_back_at").
		ColumnExpr("coalesce(c.note, '') as note, c.noted_by, c.noted_at").
		ColumnExpr("case when c.ignored_until > now() then c.ignored_until end as ignored_until, case when c.ignored_until > now() then c.ignored_by end as ignored_by").
		Join("cross join lateral (select x.error from failures x where x.fingerprint = g.fingerprint order by x.last_at desc, x.id desc limit 1) as e").
		Join("left join failure_causes as c on c.fingerprint = g.fingerprint").
		OrderExpr("g.last_at desc, g.fingerprint").Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "causes of failures")
	}
	list := make([]Cause, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list, db.addHours(ctx, list)
}

type causeRow struct {
	Fingerprint, Kind                       string
	Queues                                  []string `bun:"queues,array"`
	Error                                   string
	Count                                   int
	Retrying, GaveUp, Quarantined, Resolved int
	Attempts, Crashes                       int
	FirstAt, LastAt, SeenAt                 time.Time
	CameBackAt                              time.Time `bun:",nullzero"`
	Note                                    string
	NotedBy                                 int64     `bun:",nullzero"`
	NotedAt                                 time.Time `bun:",nullzero"`
	IgnoredUntil                            time.Time `bun:",nullzero"`
	IgnoredBy                               int64     `bun:",nullzero"`
}

func (r causeRow) toNoun() Cause {
	return Cause{Fingerprint: r.Fingerprint, Kind: r.Kind, Queues: r.Queues, Error: r.Error, Count: r.Count, Retrying: r.Retrying, GaveUp: r.GaveUp,
		Quarantined: r.Quarantined, Resolved: r.Resolved, Attempts: r.Attempts, Crashes: r.Crashes, FirstAt: r.FirstAt, LastAt: r.LastAt,
		SeenAt: r.SeenAt, CameBackAt: r.CameBackAt, Note: r.Note, NotedBy: r.NotedBy, NotedAt: r.NotedAt, IgnoredUntil: r.IgnoredUntil, IgnoredBy: r.IgnoredBy}
}

// addHours fills Hours of all causes at once.
func (db *DB) addHours(ctx context.Context, list []Cause) error {
	places := make(map[string]int, len(list))
	names := make([]string, len(list))
	for i, c := range list {
		places[c.Fingerprint], names[i] = i, c.Fingerprint
	}
	var rows []struct {
		Fingerprint string
		Ago, Failed int
	}
	err := db.bun.NewRaw(`
		select fingerprint, (extract(epoch from date_trunc('hour', now()) - hour) / 3600)::int as ago, sum(failed) as failed
		from failure_hours
		where fingerprint = any(?) and hour > date_trunc('hour', now()) - make_interval(hours => ?) and hour <= now()
		group by fingerprint, hour`, pgdialect.Array(names), CauseHours).Scan(ctx, &rows)
	for _, r := range rows {
		list[places[r.Fingerprint]].Hours[CauseHours-1-r.Ago] = r.Failed
	}
	return fail(err, "failures per hour of %d causes", len(list))
}

// countCause notes a failure with its cause. What it comes back from is that all of it was resolved and that other work fails
// of it now: work that is open, and fails of something else from one attempt to the next, makes nothing come back. The
// statement's arguments 0, 1 and 4 must be kind, key and fingerprint.
const countCause = `
	cause as (
		insert into failure_causes (fingerprint)
		select ?4 where not exists (select from failures where fingerprint = ?4 and state <> 'resolved')
		on conflict (fingerprint) do update set begun_at = now()
		where not exists (select from failures where kind = ?0 and key = ?1 and state <> 'resolved')),
	counted as (
		insert into failure_hours as h (fingerprint, hour, part) values (?4, date_trunc('hour', now()), pg_backend_pid() % 16)
		on conflict (fingerprint, hour, part) do update set failed = h.failed + 1)`

// CauseEdit is what an operator changes of a cause; nil leaves it.
type CauseEdit struct {
	Note        *string    // "" takes it away
	IgnoreUntil *time.Time // on the wall clock; zero: from now on it counts again
}

// EditCause changes what is noted of a cause; NotFound when no failure has it.
func (db *DB) EditCause(ctx context.Context, fingerprint string, e CauseEdit, by int64) error {
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		found, err := tx.NewRaw(`
			insert into failure_causes (fingerprint, seen_at, begun_at)
			select fingerprint, min(first_at), min(first_at) from failures where fingerprint = ? group by fingerprint
			on conflict (fingerprint) do update set seen_at = failure_causes.seen_at`, fingerprint).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := found.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return notFound("failure cause %s", fingerprint)
		}
		if e.Note != nil {
			_, err = tx.ExecContext(ctx, `
				update failure_causes set note = ?1, noted_by = case when ?1 <> '' then ?2 end, noted_at = case when ?1 <> '' then now() end
				where fingerprint = ?0`, fingerprint, legible(*e.Note), by)
		}
		if err == nil && e.IgnoreUntil != nil {
			_, err = tx.ExecContext(ctx, `update failure_causes set ignored_until = ?1, ignored_by = ?2 where fingerprint = ?0`,
				fingerprint, bun.NullTime{Time: *e.IgnoreUntil}, by)
		}
		return err
	})
	return fail(err, "edit failure cause %s", fingerprint)
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
