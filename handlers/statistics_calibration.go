package handlers

import (
	"context"

	"tickerwire/internal/forecast/score"
	"tickerwire/store"
)

// reliabilityItem is how a record's probabilities and frequencies go together.
type reliabilityItem struct {
	recordRef
	StockDays     int                `json:"stock_days" doc:"Stock-days that the record has."`
	Bins          []binItem          `json:"bins" doc:"Stock-days of about one probability, as many in each, from low to high; empty while collecting."`
	ECE           *pct               `json:"ece" doc:"Mean distance between probability and frequency over the bins; to be read beside ece_null95 only."`
	ECENull       *pct               `json:"ece_null95" doc:"What a perfectly calibrated forecaster's ece stays below 95 times of a hundred."`
	Murphy        *murphyBody        `json:"murphy" doc:"The Brier score in parts; null while collecting."`
	Intercept     *estimate          `json:"intercept" doc:"Of the fit of outcomes to the probabilities' logits: 0 when calibrated."`
	Slope         *estimate          `json:"slope" doc:"Of that fit: 1 when calibrated, below 1 when too bold."`
	InTheLarge    *pct               `json:"in_the_large_z" doc:"Sum of outcome minus probability in its standard deviations; beyond 3 the whole is off."`
	Recalibration *recalibrationBody `json:"recalibration" doc:"What predictions apply now; null when the record is too short for one."`
}

type binItem struct {
	StockDays int `json:"stock_days" doc:"How many there are."`
	Mean      pct `json:"mean" doc:"Their mean probability."`
	Frequency pct `json:"frequency" doc:"Share that rose."`
	Low       pct `json:"low" doc:"Lower end of the band in which 95 of a hundred calibrated forecasters' frequencies lie."`
	High      pct `json:"high" doc:"Upper end of it."`
}

type murphyBody struct {
	Reliability pct `json:"reliability" doc:"What miscalibration costs."`
	Resolution  pct `json:"resolution" doc:"What telling apart gains."`
	Uncertainty pct `json:"uncertainty" doc:"What the outcomes themselves bring."`
	Within      pct `json:"within" doc:"What is lost by putting forecasts into bins: brier = reliability - resolution + uncertainty + within."`
}

type recalibrationBody struct {
	KnownAt   instant `json:"known_at" doc:"It rests on outcomes that were known then."`
	Intercept pct     `json:"intercept" doc:"In logits."`
	Slope     pct     `json:"slope" doc:"What a distance from the base rate is worth: 0 nothing, 1 all of it."`
	Low       pct     `json:"slope_low" doc:"Lower end of the slope's 80 percent interval."`
	High      pct     `json:"slope_high" doc:"Upper end of it."`
	StockDays int     `json:"stock_days" doc:"Stock-days that it was fitted on."`
	Proven    bool    `json:"proven" doc:"The interval lies above 0: predictions may become alerts."`
	Drifting  bool    `json:"drifting" doc:"The loss has got worse lately: the slope was halved and counts as unproven."`
}

func (a *api) listCalibration(ctx context.Context, call Call, req statisticsRequest) (page[reliabilityItem], error) {
	newest, err := a.DB.NewestCalibrations(ctx, a.Now())
	if err != nil {
		return page[reliabilityItem]{}, err
	}
	byRecord := make(map[store.RecordOf]store.CalibrationOf, len(newest))
	for _, c := range newest {
		byRecord[store.RecordOf{ModelID: c.ModelID, Horizon: c.Horizon, Origin: c.Origin}] = c
	}
	return pageOfRecords(ctx, a, call, req, func(r judgedRecord) reliabilityItem {
		item := toReliability(r)
		if c, ok := byRecord[r.RecordOf]; ok {
			item.Recalibration = toRecalibration(c)
		}
		return item
	})
}

func toReliability(j judgedRecord) reliabilityItem {
	r := j.Report
	item := reliabilityItem{recordRef: j.ref(), StockDays: r.StockDays, Intercept: toEstimate(r.Intercept), Slope: toEstimate(r.Slope),
		Bins: showAll(r.Reliability.Bins, func(b score.Bin) binItem {
			return binItem{StockDays: b.StockDays, Mean: pct(b.Mean), Frequency: pct(b.Frequency), Low: pct(b.Low), High: pct(b.High)}
		})}
	if r.Skill.Known {
		m := r.Reliability.Murphy
		item.ECE, item.ECENull, item.InTheLarge = share(r.Reliability.ECE), share(r.Reliability.ECENull), share(r.InTheLarge)
		item.Murphy = &murphyBody{pct(m.Reliability), pct(m.Resolution), pct(m.Uncertainty), pct(m.Within)}
	}
	return item
}

func toRecalibration(c store.CalibrationOf) *recalibrationBody {
	return &recalibrationBody{KnownAt: instant(c.KnownAt), Intercept: pct(c.Intercept), Slope: pct(c.Slope), Low: pct(c.SlopeLow),
		High: pct(c.SlopeHigh), StockDays: c.StockDays, Proven: c.Proven(), Drifting: c.Drifting}
}
