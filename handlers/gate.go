package handlers

import (
	"context"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

// gateBody is what a prediction must come to before it is an alert.
type gateBody struct {
	MinShift    float64      `json:"min_shift" doc:"Least distance of the probability from the base rate."`
	MinScorePct float64      `json:"min_score_pct" doc:"The expected favourable move must exceed it, percent: the cost of a round trip."`
	PerDay      int          `json:"per_day" doc:"Alerts a day that the floor is to come to."`
	FloorPct    pct          `json:"floor_pct" doc:"What the expected move must reach now, percent: so many candidates a day did lately. 0 while there is too little to go by."`
	Horizons    []gateOpened `json:"horizons" doc:"Per horizon, whether the champion's record opens the gate."`
	EditedBy    *int64       `json:"edited_by" doc:"The user who changed it last; null for nobody."`
	EditedAt    *instant     `json:"edited_at" doc:"When that was; null for never."`
}

type gateOpened struct {
	Horizon       int                `json:"horizon" doc:"Trading days."`
	Open          bool               `json:"open" doc:"The 80 percent interval of the recalibration's slope lies above 0; else predictions are unproven."`
	Recalibration *recalibrationBody `json:"recalibration" doc:"The champion's; null when its record is too short for one."`
}

type patchGateRequest struct {
	MinShift    *float64 `json:"min_shift" min:"0.01" max:"0.5" doc:"Least distance of the probability from the base rate."`
	MinScorePct *float64 `json:"min_score_pct" min:"0.01" max:"30" doc:"What the expected favourable move must exceed, percent."`
	PerDay      *int     `json:"per_day" min:"1" max:"100" doc:"Alerts a day that the floor is to come to."`
}

func (a *api) getGate(ctx context.Context, _ Call, _ nothing) (gateBody, error) {
	gate, err := a.DB.AlertGate(ctx)
	if err != nil {
		return gateBody{}, err
	}
	candidates, err := a.DB.CandidatesBefore(ctx, market.DayOf(a.Now()))
	if err != nil {
		return gateBody{}, err
	}
	body := gateBody{MinShift: gate.MinShift, MinScorePct: gate.MinScorePct, PerDay: gate.PerDay, FloorPct: pct(notice.Floor(candidates, gate.PerDay)),
		EditedBy: maybeID(gate.EditedBy), EditedAt: maybe(gate.EditedAt)}
	body.Horizons, err = a.gateHorizons(ctx)
	return body, err
}

func (a *api) gateHorizons(ctx context.Context) ([]gateOpened, error) {
	models, err := a.DB.Models(ctx)
	if err != nil {
		return nil, err
	}
	known := map[int]store.CalibrationOf{}
	for _, m := range models {
		if m.Role != forecast.Champion {
			continue
		}
		fitted, err := a.DB.Calibrations(ctx, m.ID, forecast.Live, a.Now())
		if err != nil {
			return nil, err
		}
		for _, h := range m.Horizons {
			if c, ok := fitted[h]; ok {
				known[h] = c
			}
		}
	}
	return showAll(forecast.Horizons[:], func(h int) gateOpened {
		c, ok := known[h]
		if !ok {
			return gateOpened{Horizon: h}
		}
		return gateOpened{Horizon: h, Open: c.Proven(), Recalibration: toRecalibration(c)}
	}), nil
}

// patchGate changes the gate for every decision from now on. What a record does not prove no parameter opens.
func (a *api) patchGate(ctx context.Context, call Call, req patchGateRequest) (gateBody, error) {
	gate, err := a.DB.AlertGate(ctx)
	if err != nil {
		return gateBody{}, err
	}
	if req.MinShift != nil {
		gate.MinShift = *req.MinShift
	}
	if req.MinScorePct != nil {
		gate.MinScorePct = *req.MinScorePct
	}
	if req.PerDay != nil {
		gate.PerDay = *req.PerDay
	}
	if err := a.DB.SaveAlertGate(ctx, gate.GateConfig, call.Actor.UserID); err != nil {
		return gateBody{}, err
	}
	return a.getGate(ctx, call, nothing{})
}
