package store

import (
	"context"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
)

// Unamended is an alert of which more is known than its messages tell.
type Unamended struct {
	AlertID   int64
	Outlets   int
	FirstSeen time.Time
	Known     string // what is known, to be handed back to SaveAmended
	Outcomes  []forecast.Outcome
}

// UnamendedAlerts returns alerts that were decided on since an instant whose story has got further articles, or whose
// outcomes have become known by now, since their messages were amended last; the longest decided first, at most limit.
func (db *DB) UnamendedAlerts(ctx context.Context, since, now time.Time, limit int) ([]Unamended, error) {
	var rows []struct {
		ID          int64
		StoryID     int64
		Code        string
		Articles    int
		AvailableAt time.Time
		Known       string
		Horizon     int // 0: no outcome is known
		BaseDay     date
		TargetDay   date
		ExcessPct   float64
		Flat        bool
		Void        string
	}
	err := db.bun.NewRaw(`
		select k.*, coalesce(o.horizon, 0) as horizon, o.base_day, o.target_day, coalesce(o.excess_pct, 0) as excess_pct,
			coalesce(o.flat, false) as flat, coalesce(o.void, '') as void
		from (select * from (
				select a.id, a.story_id, a.code, a.decided_at, a.amended, s.articles, s.available_at, s.articles || coalesce((
					select string_agg(' ' || o.horizon || '@' || extract(epoch from o.known_at), '' order by o.horizon)
					from `+knownOutcomes("a.story_id", "a.code", "?1")+` o), '') as known
				from alerts a join stories s on s.id = a.story_id where a.send and a.decided_at >= ?0 and a.decided_at <= ?1) u
			where known <> amended order by decided_at, id limit ?2) k
		left join lateral `+knownOutcomes("k.story_id", "k.code", "?1")+` o on true
		order by k.decided_at, k.id, o.horizon`, since, now, limit).Scan(ctx, &rows)
	var list []Unamended
	for _, r := range rows {
		if len(list) == 0 || list[len(list)-1].AlertID != r.ID {
			list = append(list, Unamended{AlertID: r.ID, Outlets: r.Articles, FirstSeen: r.AvailableAt, Known: r.Known})
		}
		if last := &list[len(list)-1]; r.Horizon > 0 {
			last.Outcomes = append(last.Outcomes, forecast.Outcome{StoryID: r.StoryID, Code: market.Code(r.Code), Horizon: r.Horizon,
				BaseDay: market.Day(r.BaseDay), TargetDay: market.Day(r.TargetDay), ExcessPct: r.ExcessPct, Flat: r.Flat, Void: r.Void})
		}
	}
	return list, fail(err, "alerts to amend since %s", since)
}

// SentText is what some recipients of an alert were sent alike.
type SentText struct {
	Text      string
	Language  string
	Horizon   int // of the prediction that it speaks of; 0 for a filing
	Direction int
}

// SentTexts returns the different messages that an alert's recipients have.
func (db *DB) SentTexts(ctx context.Context, alertID int64) ([]SentText, error) {
	var list []SentText
	err := db.bun.NewRaw(`
		select distinct n.text, r.language, coalesce(p.horizon, 0) as horizon, coalesce(sign(p.probability - p.base_rate), 0)::int as direction
		from notices n join recipients r on r.id = n.recipient_id left join predictions p on p.id = n.prediction_id
		where n.alert_id = ? and n.state = 'sent' and n.text <> '' order by n.text, r.language`, alertID).Scan(ctx, &list)
	return list, fail(err, "sent texts of alert %d", alertID)
}

// Amended is a message's text and what is to stand in its place.
type Amended struct{ Old, New string }

// SaveAmended gives an alert's sent messages their new texts, as newer versions, and notes what they tell then. It returns
// how many messages are to be edited for it.
func (db *DB) SaveAmended(ctx context.Context, alertID int64, known string, texts []Amended) (edits int, err error) {
	for _, a := range texts {
		res, err := db.bun.ExecContext(ctx, `
			update notices set text = ?, version = version + 1 where alert_id = ? and state = 'sent' and text = ?`, legible(a.New), alertID, a.Old)
		if err != nil {
			return edits, fail(err, "amend messages of alert %d", alertID)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return edits, fail(err, "amend messages of alert %d", alertID)
		}
		edits += int(n)
	}
	// Last: whoever is stopped in between finds the alert again, and messages that are amended already are left alone.
	_, err = db.bun.ExecContext(ctx, `update alerts set amended = ? where id = ?`, known, alertID)
	return edits, fail(err, "note what alert %d tells", alertID)
}
