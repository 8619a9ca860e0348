package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
)

type alertRow struct {
	bun.BaseModel `bun:"table:alerts,alias:a"`

	ID           int64     `bun:"id,pk,autoincrement"`
	Kind         string    `bun:"kind"`
	StoryID      int64     `bun:"story_id"`
	ArticleID    int64     `bun:"article_id"`
	Code         string    `bun:"code"`
	PredictionID int64     `bun:"prediction_id,nullzero"`
	Topic        string    `bun:"topic"`
	Send         bool      `bun:"send"`
	Reason       string    `bun:"reason"`
	DecidedAt    time.Time `bun:"decided_at"`
	ScorePct     float64   `bun:"score_pct"`
	SigmaPct     float64   `bun:"sigma_pct"`
	Candidate    bool      `bun:"candidate"`
}

func alertRowOf(a notice.Alert) alertRow {
	return alertRow{Kind: string(a.Kind), StoryID: a.StoryID, ArticleID: a.ArticleID, Code: string(a.Code), PredictionID: a.PredictionID,
		Topic: a.Topic, Send: a.Send, Reason: a.Reason, DecidedAt: a.DecidedAt,
		ScorePct: a.ScorePct, SigmaPct: a.SigmaPct, Candidate: a.Candidate}
}

func (r alertRow) toNoun() notice.Alert {
	return notice.Alert{ID: r.ID, Kind: notice.Kind(r.Kind), StoryID: r.StoryID, ArticleID: r.ArticleID, Code: market.Code(r.Code),
		PredictionID: r.PredictionID, Topic: r.Topic, Send: r.Send, Reason: r.Reason, DecidedAt: r.DecidedAt,
		ScorePct: r.ScorePct, SigmaPct: r.SigmaPct, Candidate: r.Candidate}
}

// UndecidedCalls returns the live calls of champions and of who stands in for them that are done, of which nobody has
// decided whom to alert, and that ended longer ago than olderThan (wall clock), oldest first.
func (db *DB) UndecidedCalls(ctx context.Context, olderThan time.Duration, limit int) ([]CallRef, error) {
	var rows []callRow
	err := db.bun.NewRaw(`
		select c.id, c.story_id, c.model_id, m.kind, c.generation, c.origin
		from model_calls c join models m on m.id = c.model_id
		where c.state = 'done' and c.decided_at is null and c.origin = 'live' and (m.role = 'champion' or c.stands_for is not null)
			and c.done_at < now() - make_interval(secs => ?)
		order by c.id limit ?`, olderThan.Seconds(), limit).Scan(ctx, &rows)
	return callRefs(rows), fail(err, "undecided calls")
}

// UndecidedFilings returns the stories of filings of which nobody has decided whether they are urgent, opened longer
// ago than olderThan (wall clock), oldest first.
func (db *DB) UndecidedFilings(ctx context.Context, olderThan time.Duration, limit int) ([]int64, error) {
	var ids []int64
	err := db.bun.NewRaw(`
		select id from stories where filing_due and created_at < now() - make_interval(secs => ?)
		order by id limit ?`, olderThan.Seconds(), limit).Scan(ctx, &ids)
	return ids, fail(err, "undecided filings")
}

// Decisions are the answers, yes or no, that one call or one filing led to. Exactly one of CallID and FilingStory is set.
type Decisions struct {
	CallID      int64
	FilingStory int64
	Alerts      []notice.Alert
}

// SaveDecisions saves decisions and marks their call or filing as decided, in one transaction. Whoever comes second
// changes nothing. It returns the alerts that are new, with their ids. A story, stock and kind is decided once, but for a
// no, which the champion of another horizon may turn into a yes.
func (db *DB) SaveDecisions(ctx context.Context, d Decisions) ([]notice.Alert, error) {
	if (d.CallID == 0) == (d.FilingStory == 0) {
		return nil, fault.New(fault.Invalid, "decisions are of a call (%d) or of a filing's story (%d), one of them", d.CallID, d.FilingStory)
	}
	var saved []notice.Alert
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		saved, err = saveDecisions(ctx, tx, d)
		return err
	})
	if err != nil {
		return nil, fail(err, "save %d decisions of call %d, filing %d", len(d.Alerts), d.CallID, d.FilingStory)
	}
	return saved, nil
}

func saveDecisions(ctx context.Context, tx bun.Tx, d Decisions) ([]notice.Alert, error) {
	mark, id := `update model_calls set decided_at = now() where id = ? and state = 'done' and decided_at is null`, d.CallID
	if d.FilingStory != 0 {
		mark, id = `update stories set filing_due = false where id = ? and filing_due`, d.FilingStory
	}
	res, err := tx.ExecContext(ctx, mark, id)
	if err != nil {
		return nil, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 || len(d.Alerts) == 0 {
		return nil, err
	}
	rows := make([]alertRow, len(d.Alerts))
	for i, a := range d.Alerts {
		rows[i] = alertRowOf(a)
	}
	var kept []alertRow
	_, err = tx.NewInsert().Model(&rows).ExcludeColumn("id").
		On("conflict (kind, story_id, code) do update").
		Set("prediction_id = excluded.prediction_id, topic = excluded.topic, send = true, reason = excluded.reason, decided_at = excluded.decided_at").
		Set("score_pct = excluded.score_pct, sigma_pct = excluded.sigma_pct, candidate = excluded.candidate").
		Where("not a.send and excluded.send").
		Returning("id, kind, story_id, article_id, code, prediction_id, topic, send, reason, decided_at, score_pct, sigma_pct, candidate").Exec(ctx, &kept)
	if err != nil {
		return nil, err
	}
	saved := make([]notice.Alert, len(kept))
	for i, r := range kept {
		saved[i] = r.toNoun()
	}
	return saved, nil
}

// Alert returns one decision; NotFound when there is none.
func (db *DB) Alert(ctx context.Context, id int64) (notice.Alert, error) {
	var row alertRow
	if err := db.bun.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return notice.Alert{}, fail(err, "alert %d", id)
	}
	return row.toNoun(), nil
}

// AlertsToSend returns the alerts to send whose recipients are not all settled and that were decided longer ago than
// olderThan (wall clock), oldest first.
func (db *DB) AlertsToSend(ctx context.Context, olderThan time.Duration, limit int) ([]int64, error) {
	var ids []int64
	err := db.bun.NewRaw(`
		select id from alerts where send and told_at is null and created_at < now() - make_interval(secs => ?)
		order by id limit ?`, olderThan.Seconds(), limit).Scan(ctx, &ids)
	return ids, fail(err, "alerts to send")
}

// MarkTold notes that every recipient of an alert is settled, unless one is not.
func (db *DB) MarkTold(ctx context.Context, alertID int64) error {
	_, err := db.bun.ExecContext(ctx, `
		update alerts set told_at = now() where id = ? and told_at is null
			and not exists (select from notices where alert_id = alerts.id and state in ('due', 'failed', 'claimed'))`, alertID)
	return fail(err, "mark alert %d told", alertID)
}

// ClusterAlerted reports whether an alert to send was decided for another story of a story's echo cluster: the first one
// and all that echo it.
func (db *DB) ClusterAlerted(ctx context.Context, storyID int64) (yes bool, err error) {
	err = db.bun.NewRaw(`
		with root as (select coalesce(echo_of, id) as id from stories where id = ?0),
		cluster as (select id from root union select s.id from stories s join root r on s.echo_of = r.id)
		select exists (select from alerts a join cluster c on c.id = a.story_id where a.send and a.story_id <> ?0)`, storyID).Scan(ctx, &yes)
	return yes, fail(err, "alerts of the echoes of story %d", storyID)
}
