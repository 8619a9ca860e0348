package handlers

import (
	"context"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/store"
)

type pricesRequest struct {
	codeRequest
	Interval string      `query:"interval" enum:"day,minute" default:"day" doc:"How long a bar is. There are minutes of watched stocks only."`
	From     *market.Day `query:"from" doc:"The first day; when absent, 180 days before the last one, of minutes 6."`
	To       *market.Day `query:"to" doc:"The last day, included; today when absent."`
}

type pricesAnswer struct {
	stockRef
	Interval    string             `json:"interval" enum:"day,minute" doc:"How long a bar is."`
	Bars        []barItem          `json:"bars" doc:"Days, oldest first; empty where minutes were asked for."`
	Minutes     []minuteItem       `json:"minutes" doc:"The exchange's minutes that had a trade, oldest first; empty where days were asked for."`
	News        []newsMarker       `json:"news" doc:"How many stories each trading day had, oldest first."`
	Predictions []predictionMarker `json:"predictions" doc:"The champion's predictions, newest first, at most 200."`
}

type barItem struct {
	Day       date    `json:"day" doc:"The trading day."`
	Open      *int64  `json:"open" doc:"Won, as traded; null when the source gives a close only."`
	High      *int64  `json:"high" doc:"Won."`
	Low       *int64  `json:"low" doc:"Won."`
	Close     int64   `json:"close" doc:"Won."`
	Volume    int64   `json:"volume" doc:"Shares."`
	AdjFactor float64 `json:"adj_factor" doc:"Multiply prices by it to compare across splits."`
}

type minuteItem struct {
	At     instant `json:"at" doc:"When the minute begins."`
	Open   int64   `json:"open" doc:"Won, as traded."`
	High   int64   `json:"high" doc:"Won."`
	Low    int64   `json:"low" doc:"Won."`
	Close  int64   `json:"close" doc:"Won."`
	Volume int64   `json:"volume" doc:"Shares."`
}

type newsMarker struct {
	Day     date  `json:"day" doc:"The trading day from whose open until the next open the news came."`
	Stories int   `json:"stories" doc:"How many."`
	StoryID int64 `json:"story_id" doc:"The newest of them."`
}

type predictionMarker struct {
	signal
	Origin  string   `json:"origin" enum:"live,backtest" doc:"Live, or from a walk through history."`
	BaseDay *date    `json:"base_day" doc:"Where it stands on the chart."`
	Outcome *outcome `json:"outcome" doc:"What happened; null while it is open."`
}

// The span of a chart: by default, and at most.
const (
	defaultSpan = 180
	longestSpan = 1100
	mostMarkers = 200
	minuteSpan  = 6 // as long as minutes are given at once
)

func (r pricesRequest) span(today market.Day) (from, to market.Day, err error) {
	to = today
	if r.To != nil {
		to = min(*r.To, today)
	}
	span, most := market.Day(defaultSpan), market.Day(longestSpan)
	if r.Interval == "minute" {
		span, most = minuteSpan, minuteSpan
	}
	from = to - span
	if r.From != nil {
		from = *r.From
	}
	switch {
	case from > to:
		return 0, 0, fault.InvalidField("from", "it lies after the last day")
	case to-from > most:
		return 0, 0, fault.InvalidField("from", "at most %d days are given at once", most)
	}
	return from, to, nil
}

func (a *api) getPrices(ctx context.Context, _ Call, req pricesRequest) (pricesAnswer, error) {
	now := a.Now()
	from, to, err := req.span(market.DayOf(now))
	if err != nil {
		return pricesAnswer{}, err
	}
	chart, err := a.DB.Chart(ctx, store.ChartFilter{Code: req.Code, From: from, To: to, KnownBy: now, Days: longestSpan, Markers: mostMarkers})
	if err != nil {
		return pricesAnswer{}, err
	}
	out := pricesAnswer{stockRef: stockRef{Code: chart.Stock.Code, Name: chart.Stock.Name}, Interval: req.Interval, Bars: []barItem{}, Minutes: []minuteItem{},
		News: showAll(chart.News, func(m store.NewsMarker) newsMarker {
			return newsMarker{Day: date(m.Day), Stories: m.Stories, StoryID: m.StoryID}
		}),
		Predictions: showAll(chart.Predictions, toMarker)}
	if req.Interval != "minute" {
		out.Bars = showAll(chart.Bars, toBar)
		return out, nil
	}
	minutes, err := a.DB.Minutes(ctx, store.MinuteFilter{Code: req.Code, Venue: market.KRX, From: from.At(0, 0), To: (to + 1).At(0, 0), KnownBy: now})
	if err != nil {
		return pricesAnswer{}, err
	}
	out.Minutes = showAll(minutes, toMinute)
	return out, nil
}

func toMarker(i store.PredictionItem) predictionMarker {
	m := predictionMarker{signal: toSignal(i), Origin: string(i.Prediction.Origin), BaseDay: maybeDate(i.BaseDay)}
	if i.Outcome != nil {
		o := toOutcome(*i.Outcome, i.Prediction.Direction())
		m.Outcome = &o
	}
	return m
}

func toBar(b market.Bar) barItem {
	item := barItem{Day: date(b.Day), Close: b.Close, Volume: b.Volume, AdjFactor: b.AdjFactor}
	if b.Open > 0 {
		item.Open, item.High, item.Low = &b.Open, &b.High, &b.Low
	}
	return item
}

func toMinute(m market.Minute) minuteItem {
	return minuteItem{At: instant(m.At), Open: m.Open, High: m.High, Low: m.Low, Close: m.Close, Volume: m.Volume}
}
