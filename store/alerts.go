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
	Digest       bool      `bun:"digest"`
}

type alertOptionRow struct {
	bun.BaseModel `bun:"table:alert_options,alias:o"`

	PredictionID int64   `bun:"prediction_id,pk"`
	AlertID      int64   `bun:"alert_id"`
	Horizon      int     `bun:"horizon"`
	Shift        float64 `bun:"shift"`
	ScorePct     float64 `bun:"score_pct"`
	Reason       string  `bun:"reason"`
}

func alertRowOf(a notice.Alert) alertRow {
	return alertRow{Kind: string(a.Kind), StoryID: a.StoryID, ArticleID: a.ArticleID, Code: string(a.Code), PredictionID: a.PredictionID,
		Topic: a.Topic, Send: a.Send, Reason: a.Reason, DecidedAt: a.DecidedAt,
		ScorePct: a.ScorePct, SigmaPct: a.SigmaPct, Candidate: a.Candidate, Digest: a.Digest}
}

func (r alertRow) toNoun() notice.Alert {
	return notice.Alert{ID: r.ID, Kind: notice.Kind(r.Kind), StoryID: r.StoryID, ArticleID: r.ArticleID, Code: market.Code(r.Code),
		PredictionID: r.PredictionID, Topic: r.Topic, Send: r.Send, Reason: r.Reason, DecidedAt: r.DecidedAt,
		ScorePct: r.ScorePct, SigmaPct: r.SigmaPct, Candidate: r.Candidate, Digest: r.Digest}
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
// no, which the champion of another horizon may turn into a yes or into something for digests. What each prediction came to
// is kept in any case.
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
		Set("prediction_id = excluded.prediction_id, topic = excluded.topic, send = excluded.send, reason = excluded.reason, decided_at = excluded.decided_at").
		Set("score_pct = excluded.score_pct, sigma_pct = excluded.sigma_pct, candidate = excluded.candidate, digest = excluded.digest").
		Where("not a.send and not a.digest and (excluded.send or excluded.digest)").
		Returning("id, kind, story_id, article_id, code, prediction_id, topic, send, reason, decided_at, score_pct, sigma_pct, candidate, digest").Exec(ctx, &kept)
	if err != nil {
		return nil, err
	}
	saved := make([]notice.Alert, len(kept))
	for i, r := range kept {
		saved[i] = r.toNoun()
	}
	return saved, saveOptions(ctx, tx, d.Alerts, saved)
}

// saveOptions keeps what each prediction came to. One that may be told of, but of a story that was decided on before, came
// too late.
func saveOptions(ctx context.Context, tx bun.Tx, decided, saved []notice.Alert) error {
	type key struct {
		kind  notice.Kind
		story int64
		code  market.Code
	}
	fresh := make(map[key]bool, len(saved))
	for _, a := range saved {
		fresh[key{a.Kind, a.StoryID, a.Code}] = true
	}
	for _, a := range decided {
		for _, o := range a.Options {
			if !fresh[key{a.Kind, a.StoryID, a.Code}] && (a.Send || a.Digest) {
				o.Reason = notice.ReasonAlerted
			}
			_, err := tx.ExecContext(ctx, `
				insert into alert_options (prediction_id, alert_id, horizon, shift, score_pct, reason)
				select ?, id, ?, ?, ?, ? from alerts where kind = ? and story_id = ? and code = ? on conflict (prediction_id) do nothing`,
				o.PredictionID, o.Horizon, o.Shift, o.ScorePct, o.Reason, string(a.Kind), a.StoryID, string(a.Code))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Alert returns one decision, with its options, by horizon, and its cluster; NotFound when there is none.
func (db *DB) Alert(ctx context.Context, id int64) (notice.Alert, error) {
	var row struct {
		alertRow
		Cluster int64 `bun:"cluster"`
	}
	err := db.bun.NewRaw(`
		select `+alertColumns+`, coalesce(s.echo_of, s.id) as cluster from alerts a join stories s on s.id = a.story_id where a.id = ?`, id).Scan(ctx, &row)
	if err != nil {
		return notice.Alert{}, failOne(err, "alert %d", id)
	}
	options, err := db.optionsOf(ctx, []int64{id})
	a := row.toNoun()
	a.Cluster, a.Options = row.Cluster, options[id]
	return a, err
}

// AlertsToSend returns the alerts to send, or for digests, whose recipients are not all settled and that were decided longer ago than
// olderThan (wall clock), oldest first.
func (db *DB) AlertsToSend(ctx context.Context, olderThan time.Duration, limit int) ([]int64, error) {
	var ids []int64
	err := db.bun.NewRaw(`
		select id from alerts where (send or digest) and told_at is null and created_at < now() - make_interval(secs => ?)
		order by id limit ?`, olderThan.Seconds(), limit).Scan(ctx, &ids)
	return ids, fail(err, "alerts to send")
}

// MarkTold notes that every recipient of an alert is settled, unless one is not. Who is to be tried again later is nothing to
// wait for.
func (db *DB) MarkTold(ctx context.Context, alertID int64) error {
	_, err := db.bun.ExecContext(ctx, `
		update alerts set told_at = now() where id = ? and told_at is null
			and not exists (select from notices n where n.alert_id = alerts.id and n.state in ('due', 'failed', 'claimed') and `+tryNow+`)`, alertID)
	return fail(err, "mark alert %d told", alertID)
}

// EarlierAlerts returns what was alerted, if only in digests, of other stories of a story's echo cluster: the first one and
// all that echo it.
func (db *DB) EarlierAlerts(ctx context.Context, storyID int64) ([]notice.Earlier, error) {
	var rows []struct {
		Code      string
		Title     string
		Direction int
	}
	err := db.bun.NewRaw(`
		with root as (select coalesce(echo_of, id) as id from stories where id = ?0),
		cluster as (select id from root union select s.id from stories s join root r on s.echo_of = r.id)
		select a.code, t.title, coalesce(sign(p.probability - p.base_rate), 0)::int as direction
		from alerts a join cluster c on c.id = a.story_id join articles t on t.id = a.article_id left join predictions p on p.id = a.prediction_id
		where (a.send or a.digest) and a.story_id <> ?0 order by a.id limit 100`, storyID).Scan(ctx, &rows)
	list := make([]notice.Earlier, len(rows))
	for i, r := range rows {
		list[i] = notice.Earlier{Code: market.Code(r.Code), Title: r.Title, Direction: r.Direction}
	}
	return list, fail(err, "alerts of the echoes of story %d", storyID)
}
