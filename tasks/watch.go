package tasks

import (
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/store"
)

// Seen is everything that one model's predictions about one stock of one story rest on, and what they came to.
type Seen struct {
	Call         store.Call
	Query        forecast.Query              // what the model was told: features with the base rates, past moves, words
	Prompt       []byte                      // what a language model was asked, to the byte; nil for any other kind
	Calibrations map[int]store.CalibrationOf // per horizon, as known then; a horizon without one is missing
	Made         []forecast.Prediction       // one per horizon, recalibrated, as they are about to be kept
}

// told is what one call's model was told of each stock.
type told map[market.Code]Seen

// listen returns where what a model is told is noted; nil when nobody watches.
func (w *Worker) listen() told {
	if w.Watch == nil {
		return nil
	}
	return make(told)
}

func (t told) note(q forecast.Query, prompt []byte) {
	if t != nil {
		t[q.Code] = Seen{Query: q, Prompt: prompt}
	}
}

// show hands on what was noted of a call, stock by stock.
func (w *Worker) show(q question, calibrations map[int]store.CalibrationOf, made []forecast.Prediction) {
	for _, code := range q.story.Codes {
		if seen, ok := q.told[code]; ok {
			seen.Call, seen.Calibrations, seen.Made = q.call, calibrations, predictionsOf(made, code)
			w.Watch(seen)
		}
	}
}

// Fitting is everything that a fit of one model's calibration rests on, and what it came to.
type Fitting struct {
	Model       forecast.Model
	Horizon     int                  // trading days
	AsOf        time.Time            // no outcome that was known later may be looked at
	Record      []store.Judged       // what was looked at, in any order
	Calibration forecast.Calibration // the zero one of a record that is too short
}
