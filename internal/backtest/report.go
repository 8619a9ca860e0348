package backtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/score"
	"tickerwire/internal/market"
	"tickerwire/store"
)

// Report is what a walk showed. The same walk always makes the same report, to the byte: nothing in it tells when, where
// or how fast it was made.
type Report struct {
	Archive     Extent   `json:"archive"`
	Until       string   `json:"until"` // RFC 3339; outcomes known by then are judged
	Records     []Record `json:"records"`
	NotEvidence []Record `json:"not_evidence"` // language models on news that they may have learned from: never scored as skill
	Alerts      []Alerts `json:"alerts"`
}

// Extent is how much history was walked through.
type Extent struct {
	Articles int    `json:"articles"`
	New      int    `json:"new"` // the others are second sights of one of these
	Refused  int    `json:"refused"`
	Stories  int    `json:"stories"` // that name a company
	Stocks   int    `json:"stocks"`
	Bars     int    `json:"bars"`
	Failed   int    `json:"failed_calls"`  // nobody outside answered
	Unasked  int    `json:"unasked_calls"` // no language model's budget had room for them
	From     string `json:"from"`          // KST days of the first and the last article
	To       string `json:"to"`
}

// Record is what one model said of one horizon, judged. Figures that the record is too short for are null.
type Record struct {
	Model          string   `json:"model"`
	Kind           string   `json:"kind"`
	Version        string   `json:"version"`
	Horizon        int      `json:"horizon"` // trading days
	Verdict        string   `json:"verdict"`
	Note           string   `json:"note"`
	Articles       int      `json:"articles"`
	StockDays      int      `json:"stock_days"`
	Days           int      `json:"days"`
	Void           int      `json:"void"`
	NeedsStockDays int      `json:"needs_stock_days"`
	NeedsDays      int      `json:"needs_days"`
	Coverage       *float64 `json:"coverage"` // share of stock-days of which something other than the base rate was said
	Skill          *Figure  `json:"skill"`    // Brier skill against the panel's base rate
	Brier          *float64 `json:"brier"`
	BaseBrier      *float64 `json:"base_brier"`
	Accuracy       *Figure  `json:"accuracy"` // of the direction against the base rate, of the stock-days of which one was said
	AUC            *Figure  `json:"auc"`
	IC             *Figure  `json:"ic"`
	ECE            *float64 `json:"ece"`
	ECENull        *float64 `json:"ece_null"` // what a calibrated forecaster stays below 95 times of a hundred
	Bins           []Bin    `json:"bins"`
	Trail          []Step   `json:"trail"`
}

// Figure is a number with its 95 % interval; without one Low and High are null.
type Figure struct {
	Value float64  `json:"value"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
}

// Bin is stock-days of about one probability. Low to High is where a calibrated forecaster's frequency would lie.
type Bin struct {
	StockDays int     `json:"stock_days"`
	Forecast  float64 `json:"forecast"`
	Frequency float64 `json:"frequency"`
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
}

// Step is one base day of a record, and the Brier skill of all days up to it; null before MinStockDays stock-days.
type Step struct {
	Day       string   `json:"day"`
	StockDays int      `json:"stock_days"`
	Skill     *float64 `json:"skill"`
}

// judgedMost is more predictions than any record has.
const judgedMost = 5_000_000

// Judge reports on a walk through a history, as its models' predictions stand in the database.
func Judge(ctx context.Context, db *store.DB, models []forecast.Model, h History, w Walked) (Report, error) {
	r := Report{Archive: extent(h, w), Until: w.End.In(market.KST).Format("2006-01-02T15:04:05-07:00"), Records: []Record{}, NotEvidence: []Record{}, Alerts: []Alerts{}}
	for _, m := range models {
		outcomes := make(outcomes)
		from, ok := forecast.EvidenceFrom(m, models, forecast.Backtest)
		for _, horizon := range forecast.Horizons {
			judged, err := db.Judged(ctx, store.JudgedFilter{ModelID: m.ID, Horizon: horizon, Origin: forecast.Backtest, KnownBy: w.End, Limit: judgedMost})
			if err != nil {
				return r, err
			}
			counts, known := score.Record{Horizon: horizon}, score.Record{Horizon: horizon}
			for _, j := range judged {
				if ok && market.DayOf(j.AsOf) >= from {
					counts.Items = append(counts.Items, j.Item)
					outcomes[outcomeKey{j.StoryID, j.Code, horizon}] = j.Item
				} else {
					known.Items = append(known.Items, j.Item)
				}
			}
			if len(known.Items) > 0 {
				r.NotEvidence = append(r.NotEvidence, record(m, known))
			}
			if len(known.Items) == 0 || len(counts.Items) > 0 {
				r.Records = append(r.Records, record(m, counts))
			}
		}
		if m.Kind != forecast.KindBaseline {
			r.Alerts = append(r.Alerts, alerts(m, w.Signals, outcomes))
		}
	}
	return r, nil
}

func extent(h History, w Walked) Extent {
	e := Extent{Articles: w.Articles, New: w.New, Stories: w.Stories, Stocks: len(h.Stocks), Bars: len(h.Bars), Failed: w.Failed, Unasked: w.Unasked}
	for i, a := range h.Articles {
		day := market.DayOf(a.AvailableAt).String()
		if i == 0 || day < e.From {
			e.From = day
		}
		e.To = max(e.To, day)
	}
	return e
}

func record(m forecast.Model, rec score.Record) Record {
	j := score.Judge(rec)
	r := Record{Model: m.Name, Kind: m.Kind, Version: m.Version, Horizon: rec.Horizon, Verdict: string(j.Verdict), Note: j.Note, Articles: j.Articles,
		StockDays: j.StockDays, Days: j.Days, Void: j.Void, NeedsStockDays: j.NeedsStockDays, NeedsDays: j.NeedsDays, Bins: []Bin{}, Trail: trail(rec)}
	if j.StockDays < score.MinStockDays {
		return r
	}
	r.Coverage, r.Brier, r.BaseBrier = number(j.Coverage), number(j.Brier), number(j.BaseBrier)
	r.Skill, r.Accuracy, r.AUC, r.IC = figure(j.Skill), figure(j.Accuracy), figure(j.AUC), figure(j.IC)
	r.ECE, r.ECENull = number(j.Reliability.ECE), number(j.Reliability.ECENull)
	for _, b := range j.Reliability.Bins {
		r.Bins = append(r.Bins, Bin{b.StockDays, round(b.Mean), round(b.Frequency), round(b.Low), round(b.High)})
	}
	return r
}

// trail adds up the days of a record.
func trail(rec score.Record) []Step {
	steps := []Step{}
	n, brier, base := 0, 0.0, 0.0
	for _, d := range score.JudgeDays(rec.Items) {
		n += d.StockDays
		brier += float64(d.StockDays) * d.Brier
		base += float64(d.StockDays) * d.BaseBrier
		s := Step{Day: d.Day.String(), StockDays: d.StockDays}
		if n >= score.MinStockDays {
			s.Skill = number(1 - brier/base)
		}
		steps = append(steps, s)
	}
	return steps
}

func figure(e score.Estimate) *Figure {
	if !e.Known {
		return nil
	}
	f := &Figure{Value: round(e.Value)}
	if e.Ranged {
		f.Low, f.High = number(e.Low), number(e.High)
	}
	return f
}

func number(v float64) *float64 {
	v = round(v)
	return &v
}

// round keeps six decimals: more would only look exact.
func round(v float64) float64 { return math.Round(v*1e6)/1e6 + 0 }

// WriteJSON writes the report as one JSON object.
func (r Report) WriteJSON(out io.Writer) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
