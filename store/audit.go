package store

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"
)

// AuditEntry is one change that somebody asked for. At is on the wall clock; Input is a JSON object without secrets;
// Status is the HTTP status that was answered, 0 when the process died before.
type AuditEntry struct {
	ID        int64
	At        time.Time
	ActorID   int64  // 0 for what was done from the command line
	Actor     string // the user's address, read only; from the command line "tickerctl:" and the account of the system
	Action    string // the route, as "PATCH /api/limits/{key}", or the command, as "tickerctl import"
	Path      string
	Input     json.RawMessage
	Status    int
	RequestID string
	Address   string
}

type auditRow struct {
	bun.BaseModel `bun:"table:audit,alias:t"`

	ID        int64           `bun:"id,pk,autoincrement"`
	At        time.Time       `bun:"at,scanonly"`
	ActorID   int64           `bun:"actor_id,nullzero"`
	Operator  string          `bun:"operator"`
	Actor     string          `bun:"actor,scanonly"`
	Action    string          `bun:"action"`
	Path      string          `bun:"path"`
	Input     json.RawMessage `bun:"input,type:json"`
	Status    int             `bun:"status,nullzero"`
	RequestID string          `bun:"request_id"`
	Address   string          `bun:"address"`
}

// BeginAudit writes down what is about to be changed and returns the entry's number. ID, At and Status are not used, nor is
// Actor where ActorID says who it is.
func (db *DB) BeginAudit(ctx context.Context, e AuditEntry) (int64, error) {
	if len(e.Input) == 0 {
		e.Input = json.RawMessage("{}")
	}
	row := auditRow{ActorID: e.ActorID, Action: legible(e.Action), Path: legible(e.Path), Input: e.Input, RequestID: e.RequestID, Address: e.Address}
	if e.ActorID == 0 {
		row.Operator = legible(e.Actor)
	}
	if _, err := db.bun.NewInsert().Model(&row).ExcludeColumn("id").Returning("id").Exec(ctx); err != nil {
		return 0, fail(err, "begin the audit of %s", e.Action)
	}
	return row.ID, nil
}

// EndAudit notes what was answered; the first word counts.
func (db *DB) EndAudit(ctx context.Context, id int64, status int) error {
	_, err := db.bun.ExecContext(ctx, `update audit set status = ? where id = ? and status is null`, status, id)
	return fail(err, "end audit %d", id)
}

// AuditFilter narrows the audit log; a zero field means any. From is inclusive, To is exclusive. Before is an id that the
// list goes on behind.
type AuditFilter struct {
	ActorID  int64
	Action   string
	From, To time.Time
	Limit    int // 0 means 50
	Before   int64
}

// Audit returns entries, newest first.
func (db *DB) Audit(ctx context.Context, f AuditFilter) ([]AuditEntry, error) {
	var rows []auditRow
	q := db.bun.NewSelect().Model(&rows).ColumnExpr("?TableColumns, t.at, coalesce(u.email, t.operator) as actor").Join("left join users u on u.id = t.actor_id").
		Order("t.id desc").Limit(int64(cmp.Or(f.Limit, listLimit)))
	if f.ActorID != 0 {
		q = q.Where("t.actor_id = ?", f.ActorID)
	}
	if f.Action != "" {
		q = q.Where("t.action = ?", f.Action)
	}
	if !f.From.IsZero() {
		q = q.Where("t.at >= ?", f.From)
	}
	if !f.To.IsZero() {
		q = q.Where("t.at < ?", f.To)
	}
	if f.Before > 0 {
		q = q.Where("t.id < ?", f.Before)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fail(err, "audit log")
	}
	list := make([]AuditEntry, len(rows))
	for i, r := range rows {
		list[i] = AuditEntry{ID: r.ID, At: r.At, ActorID: r.ActorID, Actor: r.Actor, Action: r.Action, Path: r.Path, Input: r.Input,
			Status: r.Status, RequestID: r.RequestID, Address: r.Address}
	}
	return list, nil
}
