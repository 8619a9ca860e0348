package handlers

import (
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/store"
)

// instant is written as RFC 3339 in KST.
type instant time.Time

// MarshalJSON writes "2026-11-23T10:00:00+09:00", with a fraction where there is one.
func (t instant) MarshalJSON() ([]byte, error) {
	return []byte(time.Time(t).In(market.KST).Format(`"` + time.RFC3339Nano + `"`)), nil
}

// maybe is null for the zero time.
func maybe(t time.Time) *instant {
	if t.IsZero() {
		return nil
	}
	i := instant(t)
	return &i
}

// date is a trading day, written as "2026-11-23".
type date market.Day

// MarshalJSON writes the day in quotes.
func (d date) MarshalJSON() ([]byte, error) { return []byte(`"` + market.Day(d).String() + `"`), nil }

// maybeDate is null for no day.
func maybeDate(d market.Day) *date {
	if d == 0 {
		return nil
	}
	day := date(d)
	return &day
}

// pct is a share or a percentage; null when it is not a finite number.
type pct float64

// MarshalJSON writes at most six decimals.
func (p pct) MarshalJSON() ([]byte, error) { return p.append(nil), nil }

// stockRef names a stock.
type stockRef struct {
	Code market.Code `json:"code" doc:"Six-character code; leading zeros count."`
	Name string      `json:"name" doc:"The company's name; the code when none is known."`
}

func nameOf(names map[market.Code]string, code market.Code) stockRef {
	if name := names[code]; name != "" {
		return stockRef{Code: code, Name: name}
	}
	return stockRef{Code: code, Name: string(code)}
}

// modelRef names the model that made something, so that its text and numbers can be marked as a machine's.
type modelRef struct {
	ID      int64  `json:"id" doc:"The model's id."`
	Name    string `json:"name" doc:"The model's name."`
	Kind    string `json:"kind" doc:"baseline, lexicon, analogue, llm or pool. What an llm wrote must be marked as written by AI."`
	Version string `json:"version" doc:"Of its code, prompt and settings."`
	Role    string `json:"role" enum:"champion,challenger,retired" doc:"What its predictions are used for now."`
}

func toModelRef(m forecast.Model) modelRef {
	return modelRef{ID: m.ID, Name: m.Name, Kind: m.Kind, Version: m.Version, Role: string(m.Role)}
}

// signal is the champion's word on a stock for one horizon, in short.
type signal struct {
	PredictionID int64       `json:"prediction_id" doc:"The whole of it."`
	StoryID      int64       `json:"story_id" doc:"The story that it is about."`
	Code         market.Code `json:"code" doc:"The stock."`
	Horizon      int         `json:"horizon" doc:"Trading days ahead."`
	Probability  pct         `json:"probability" doc:"Of a positive excess return, 0 to 1."`
	BaseRate     pct         `json:"base_rate" doc:"What would be said without the story, 0 to 1."`
	Direction    int         `json:"direction" enum:"-1,0,1" doc:"The sign of probability minus base rate."`
	Neighbours   int         `json:"neighbours" doc:"How many past articles it rests on."`
	Late         bool        `json:"late" doc:"Made after its target session opened."`
	AsOf         instant     `json:"as_of" doc:"When the story became available; nothing later was looked at."`
}

func toSignal(i store.PredictionItem) signal {
	p := i.Prediction
	return signal{PredictionID: p.ID, StoryID: p.StoryID, Code: p.Code, Horizon: p.Horizon, Probability: pct(p.Probability),
		BaseRate: pct(p.BaseRate), Direction: p.Direction(), Neighbours: i.Neighbours, Late: p.Late, AsOf: instant(p.AsOf)}
}

// outcome is what a stock did after a story.
type outcome struct {
	Horizon   int     `json:"horizon" doc:"Trading days."`
	Version   int     `json:"version" doc:"Raised by each later correction of a price."`
	BaseDay   date    `json:"base_day" doc:"The day whose close the return is measured from."`
	TargetDay date    `json:"target_day" doc:"The day whose close it is measured to."`
	ReturnPct pct     `json:"return_pct" doc:"The stock's return, percent."`
	ExcessPct pct     `json:"excess_pct" doc:"Less the mean of the other tracked stocks, percent."`
	SigmaPct  pct     `json:"sigma_pct" doc:"The stock's daily sigma as of the story, percent; 0 when unknown."`
	Flat      bool    `json:"flat" doc:"Within the band that is called no move."`
	Void      string  `json:"void" doc:"Why there is no label; empty when there is one."`
	KnownAt   instant `json:"known_at" doc:"When the closing price was known."`
	Right     *bool   `json:"right" doc:"Whether the sign of the excess return is the predicted one; null when void or nothing was said."`
}

func toOutcome(o forecast.Outcome, direction int) outcome {
	out := outcome{Horizon: o.Horizon, Version: o.Version, BaseDay: date(o.BaseDay), TargetDay: date(o.TargetDay),
		ReturnPct: pct(o.ReturnPct), ExcessPct: pct(o.ExcessPct), SigmaPct: pct(o.SigmaPct), Flat: o.Flat, Void: o.Void,
		KnownAt: instant(o.KnownAt)}
	if o.Void == "" && direction != 0 {
		right := o.ExcessPct > 0 == (direction > 0)
		out.Right = &right
	}
	return out
}
