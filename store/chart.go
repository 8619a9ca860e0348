package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"tickerwire/internal/market"
)

// ChartFilter asks for a stock's bars of the days From to To, both included, and the markers of the time between them, as
// known by KnownBy. At most Markers predictions, and Days days with news, the newest.
type ChartFilter struct {
	Code     market.Code
	From, To market.Day
	KnownBy  time.Time
	Days     int
	Markers  int
}

// Chart is a stock's bars, as Bars gives them but without source and code, the days that had news, oldest first, and the
// champions' predictions, newest first, as far as their markers show them: without model and titles.
type Chart struct {
	Stock       market.Stock
	Bars        []market.Bar
	News        []NewsMarker
	Predictions []PredictionItem
}

// Chart reads a chart in one round trip; NotFound when the stock is not tracked.
func (db *DB) Chart(ctx context.Context, f ChartFilter) (Chart, error) {
	var stocks []market.Stock
	var bars []market.Bar
	var markers []NewsMarker
	var predictions []listPredictionRow
	err := db.read(ctx, "read the chart of "+string(f.Code),
		into(newQuery(`select name from stocks where code = ?`, string(f.Code)), &stocks, func(rows pgx.Rows, s *market.Stock) error {
			s.Code = f.Code
			return rows.Scan(&s.Name)
		}),
		into(chartBars(f), &bars, scanChartBar),
		into(newsMarkers(f.Code, f.From, f.To, f.Days), &markers, scanNewsMarker),
		into(chartPredictions(f), &predictions, scanChartPrediction))
	if err != nil {
		return Chart{}, err
	}
	if len(stocks) == 0 {
		return Chart{}, notFound("stock %s", f.Code)
	}
	return Chart{Stock: stocks[0], Bars: bars, News: oldestFirst(markers), Predictions: toPredictions(predictions)}, nil
}

func chartBars(f ChartFilter) *query {
	return newQuery(`
		select distinct on (b.day) b.day`+epoch+`, b.open, b.high, b.low, b.close, b.volume, b.adj_factor
		from bars b where b.code = ? and b.day >= ?::date and b.day <= ?::date and b.known_at <= ?
		order by b.day, b.known_at desc, b.id desc`, string(f.Code), f.From.String(), f.To.String(), f.KnownBy)
}

func scanChartBar(rows pgx.Rows, b *market.Bar) error {
	return rows.Scan((*int)(&b.Day), &b.Open, &b.High, &b.Low, &b.Close, &b.Volume, &b.AdjFactor)
}

func chartPredictions(f ChartFilter) *query {
	page := PredictionFilter{Code: f.Code, Champions: true, From: f.From.At(0, 0), To: (f.To + 1).At(0, 0), Limit: f.Markers}
	return pageOfPredictions(page).add("select "+signalColumns+", p.origin, coalesce(sc.base_day"+epoch+", 0), o.id is not null, "+selectOutcome+`
		from page p left join story_codes sc on sc.story_id = p.story_id and sc.code = p.code `+joinOutcome+" order by p.as_of desc, p.id desc", f.KnownBy)
}

func scanChartPrediction(rows pgx.Rows, r *listPredictionRow) error {
	return rows.Scan(&r.ID, &r.CallID, &r.StoryID, &r.Code, &r.ModelID, &r.Horizon, &r.Generation, &r.Probability, &r.BaseRate, &r.Neighbours, &r.Late, &r.AsOf, &r.Origin,
		&r.BaseDay, &r.Resolved,
		&r.OVersion, &r.OBaseDay, &r.OTargetDay, &r.OReturn, &r.OExcess, &r.OSigma, &r.OFlat, &r.OVoid, &r.OKnownAt)
}

// NewsMarker counts the stories of a stock that have the same base day, and names the newest.
type NewsMarker struct {
	Day     market.Day
	Stories int
	StoryID int64
}

// NewsMarkers returns the markers of a stock's news between two base days, both included, oldest first. At most limit,
// the newest ones.
func (db *DB) NewsMarkers(ctx context.Context, code market.Code, from, to market.Day, limit int) ([]NewsMarker, error) {
	var rows []NewsMarker
	err := db.read(ctx, "read the news markers of "+string(code), into(newsMarkers(code, from, to, limit), &rows, scanNewsMarker))
	return oldestFirst(rows), err
}

func newsMarkers(code market.Code, from, to market.Day, limit int) *query {
	return newQuery(`
		select base_day`+epoch+`, stories, newest from story_days where code = ? and base_day between ?::date and ?::date
		order by base_day desc limit `+strconv.Itoa(limit), string(code), from.String(), to.String())
}

func scanNewsMarker(rows pgx.Rows, m *NewsMarker) error {
	return rows.Scan((*int)(&m.Day), &m.Stories, &m.StoryID)
}

func oldestFirst(markers []NewsMarker) []NewsMarker {
	slices.Reverse(markers)
	return markers
}
