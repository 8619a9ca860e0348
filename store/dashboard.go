package store

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// Counts is how much came in since a point in time, and how much work is due now. What is due is counted up to
// DueLimit.
type Counts struct {
	Articles, Stories, Predictions, Alerts int // live ones since then

	ToEmbed, ToPredict, ToDecide, ToSend int // due in Postgres, whether or not a task rings for them

	Retrying, GaveUp int // open failures
}

// DueLimit is how far due work is counted: the cost of a count stays flat when work piles up.
const DueLimit = 10000

// DayCounts counts what became available from since to now on the application clock, and what is due.
func (db *DB) DayCounts(ctx context.Context, since, now time.Time) (Counts, error) {
	var counts []Counts
	var predictions []int
	err := db.read(ctx, "count the day", into(dayCounts(since, now), &counts, scanCounts),
		into(newQuery(`select count(*) from predictions where as_of between ? and ? and origin = 'live'`, since, now), &predictions,
			func(rows pgx.Rows, n *int) error { return rows.Scan(n) }))
	if err != nil {
		return Counts{}, err
	}
	counts[0].Predictions = predictions[0]
	return counts[0], nil
}

// dayCounts counts all but the predictions.
func dayCounts(since, now time.Time) *query {
	most := " limit " + strconv.Itoa(DueLimit) + ") d)"
	return newQuery(`
		select (select count(*) from articles where available_at between ? and ? and origin = 'live'),
			(select count(*) from stories where available_at between ? and ? and origin = 'live'),
			(select count(*) from alerts where decided_at between ? and ? and send),
			(select count(*) from (select from articles where embedded_at is null`+most+`,
			(select count(*) from (select from model_calls where state = 'due'`+most+`,
			(select count(*) from (select from model_calls where state = 'done' and decided_at is null`+most+`
				+ (select count(*) from (select from stories where filing_due`+most+`,
			(select count(*) from (select from alerts where send and told_at is null`+most+`,
			(select count(*) from (select from failures where state <> 'resolved' and state = 'retrying'`+most+`,
			(select count(*) from (select from failures where state <> 'resolved' and state = 'gave_up'`+most,
		since, now, since, now, since, now)
}

func scanCounts(rows pgx.Rows, c *Counts) error {
	return rows.Scan(&c.Articles, &c.Stories, &c.Alerts, &c.ToEmbed, &c.ToPredict, &c.ToDecide, &c.ToSend, &c.Retrying, &c.GaveUp)
}

// ModelDay is what a model did since a point in time: Predictions are its live predictions of stories since then,
// Judged are its live predictions whose outcome became known since then.
type ModelDay struct {
	ModelID     int64
	Predictions int
	Judged      int
}

// ModelDays returns what each model did from since to now, by id; a model that did nothing is left out.
func (db *DB) ModelDays(ctx context.Context, since, now time.Time) ([]ModelDay, error) {
	var days []ModelDay
	err := db.read(ctx, "count the models' day", into(modelDays(since, now), &days, scanModelDay))
	return days, err
}

func modelDays(since, now time.Time) *query {
	return newQuery(`
		select model_id, sum(made)::bigint, sum(judged)::bigint
		from (
			select model_id, count(*) as made, 0 as judged from predictions
			where as_of between ? and ? and origin = 'live' group by model_id
			union all
			select p.model_id, 0, count(*)
			from outcomes o join predictions p on p.story_id = o.story_id and p.code = o.code and p.horizon = o.horizon and p.origin = 'live'
			where o.known_at between ? and ? and o.void = '' and o.version = 1 group by p.model_id) t
		group by model_id order by model_id`, since, now, since, now)
}

func scanModelDay(rows pgx.Rows, d *ModelDay) error {
	return rows.Scan(&d.ModelID, &d.Predictions, &d.Judged)
}

// DashboardFilter asks for a dashboard at Now on the application clock: the counts since DayStart, so many of the top
// signals since SignalsSince, and so many of the latest alerts.
type DashboardFilter struct {
	Now, DayStart, SignalsSince time.Time
	Signals, Alerts             int
}

// Dashboard is what everybody sees first.
type Dashboard struct {
	Counts    Counts
	ModelDays []ModelDay
	Signals   []PredictionItem
	Alerts    []AlertItem
	Freshness map[string]Freshness
}

// Dashboard reads a dashboard: everything at once, and then what the top signals show.
func (db *DB) Dashboard(ctx context.Context, f DashboardFilter) (d Dashboard, err error) {
	var (
		counts   []Counts
		found    []top
		alerts   alertPage
		lags     []sourceLag
		silences []sourceSilence
	)
	list := append(alerts.reads(AlertFilter{KnownBy: f.Now, Limit: f.Alerts}),
		into(dayCounts(f.DayStart, f.Now), &counts, scanCounts),
		into(modelDays(f.DayStart, f.Now), &d.ModelDays, scanModelDay),
		into(topSignals(f.SignalsSince, f.Now, f.Signals, boldest), &found, scanTop(f.Signals)),
		into(lagsOf(f.Now), &lags, scanLag),
		into(silencesOf(f.Now), &silences, scanSilence))
	if err := db.read(ctx, "read the dashboard", list...); err != nil {
		return Dashboard{}, err
	}
	d.Counts, d.Alerts, d.Freshness = counts[0], alerts.items(), toFreshness(lags, silences)
	for _, m := range d.ModelDays {
		d.Counts.Predictions += m.Predictions
	}
	d.Signals, err = db.showTop(ctx, found, f.SignalsSince, f.Now, f.Signals)
	return d, err
}
