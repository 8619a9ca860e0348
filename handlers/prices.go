package handlers

import (
	"context"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/store"
)

type pricesRequest struct {
	codeRequest
	Interval string      `query:"interval" enum:"day" default:"day" doc:"How long a bar is."`
	From     *market.Day `query:"from" doc:"The first day; 180 days before the last one when absent."`
	To       *market.Day `query:"to" doc:"The last day, included; today when absent."`
}

type pricesAnswer struct {
	stockRef
	Interval    string             `json:"interval" enum:"day" doc:"How long a bar is."`
	Bars        []barItem          `json:"bars" doc:"Oldest first."`
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

type newsMarker struct {
	Day     date  `json:"day" doc:"The trading day from whose open until the next open the news came."`
	Stories int   `json:"stories" doc:"How many."`
	StoryID int64 `json:"story_id" doc:"The newest of them."`
}

type predictionMarker struct {
	signal
	BaseDay *date    `json:"base_day" doc:"Where it stands on the chart."`
	Outcome *outcome `json:"outcome" doc:"What happened; null while it is open."`
}

// The span of a chart: by default, and at most.
const (
	defaultSpan = 180
	longestSpan = 1100
	mostMarkers = 200
)

func (r pricesRequest) span(today market.Day) (from, to market.Day, err error) {
	to = today
	if r.To != nil {
		to = min(*r.To, today)
	}
	from = to - defaultSpan
	if r.From != nil {
		from = *r.From
	}
	switch {
	case from > to:
		return 0, 0, fault.InvalidField("from", "it lies after the last day")
	case to-from > longestSpan:
		return 0, 0, fault.InvalidField("from", "at most %d days are given at once", longestSpan)
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
	return pricesAnswer{stockRef: stockRef{Code: chart.Stock.Code, Name: chart.Stock.Name}, Interval: req.Interval, Bars: showAll(chart.Bars, toBar),
		News: showAll(chart.News, func(m store.NewsMarker) newsMarker {
			return newsMarker{Day: date(m.Day), Stories: m.Stories, StoryID: m.StoryID}
		}),
		Predictions: showAll(chart.Predictions, toMarker)}, nil
}

func toMarker(i store.PredictionItem) predictionMarker {
	m := predictionMarker{signal: toSignal(i), BaseDay: maybeDate(i.BaseDay)}
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
