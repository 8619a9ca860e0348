package forecast

import (
	"math"

	"tickerwire/internal/fault"
)

// Local returns the predictor of a kind of model that is computed here, without a network; ok is false for every
// other kind. A predictor returns one prediction per horizon, in the order of Horizons, with everything set but ID,
// ModelID, CallID, Generation, MadeAt, Late and Origin, which its caller knows.
func Local(kind string) (predict func(Query) ([]Prediction, error), ok bool) {
	switch kind {
	case KindBaseline:
		return Baseline, true
	case KindAnalogue:
		return Analogue, true
	case KindLexicon:
		return Lexicon, true
	}
	return nil, false
}

// Notes that a prediction can carry; two are joined by "; ".
const (
	NoteNoComparable = "no comparable past news"
	NoteNoSigma      = "volatility unknown"
)

// intervalZ times sigma*sqrt(h) is half the width of an 80 % interval.
const intervalZ = 1.2816

// Baseline says the base rate, whatever the story. It checks q as every model does, and returns Invalid for a query
// that looks ahead or has no base rate.
func Baseline(q Query) ([]Prediction, error) {
	if err := check(q); err != nil {
		return nil, err
	}
	made := make([]Prediction, 0, len(Horizons))
	for _, h := range Horizons {
		made = append(made, blank(q, h))
	}
	return made, nil
}

// blank is the prediction of somebody who knows the panel but not the story: the base rate, no expected excess return,
// and an 80 % interval of +-1.2816*sigma*sqrt(h). Without a sigma the interval is 0 to 0 and the note says so.
func blank(q Query, horizon int) Prediction {
	base := q.Features.BaseRate[horizon]
	half := intervalZ * q.Features.SigmaPct * math.Sqrt(float64(horizon))
	p := Prediction{StoryID: q.StoryID, Code: q.Code, Horizon: horizon, AsOf: q.AsOf, Probability: base, BaseRate: base,
		LowPct: -half, HighPct: half,
		Evidence: Evidence{Query: q.ArticleID, Embedder: q.Embedder, PanelDays: q.Features.PanelDays}}
	if half == 0 {
		p.LowPct = 0 // never -0
		p.Note = NoteNoSigma
	}
	return p
}

// check is the second line of defence against looking ahead, behind the store's own predicate.
func check(q Query) error {
	for _, h := range Horizons {
		if base, ok := q.Features.BaseRate[h]; !ok || !(base > 0 && base < 1) {
			return fault.InvalidField("base_rate", "story %d, %s: %v is no base rate for %d days", q.StoryID, q.Code, base, h)
		}
	}
	if sigma := q.Features.SigmaPct; !(sigma >= 0) || math.IsInf(sigma, 1) {
		return fault.InvalidField("sigma_pct", "story %d, %s: %v", q.StoryID, q.Code, sigma)
	}
	for i := range q.Past {
		if err := checkPast(q, &q.Past[i]); err != nil {
			return err
		}
	}
	return nil
}

func checkPast(q Query, past *PastMove) error {
	switch {
	case !past.At.Before(q.AsOf):
		return fault.InvalidField("past", "article %d of %s is not before the query's as_of %s", past.ArticleID, past.At, q.AsOf)
	case past.Embedder != "" && q.Embedder != "" && past.Embedder != q.Embedder:
		return fault.InvalidField("past", "article %d was embedded by %s, the query by %s", past.ArticleID, past.Embedder, q.Embedder)
	case math.IsNaN(past.Cosine):
		return fault.InvalidField("past", "article %d has no cosine", past.ArticleID)
	}
	for h, m := range past.Moves {
		switch {
		case m.KnownAt.After(q.AsOf):
			return fault.InvalidField("past", "the %d-day outcome of article %d, %s, was known at %s, after the query's as_of %s",
				h, past.ArticleID, past.Code, m.KnownAt, q.AsOf)
		case math.IsNaN(m.ExcessPct-m.ExcessPct) || math.IsNaN(m.SigmaUnits-m.SigmaUnits):
			return fault.InvalidField("past", "the %d-day outcome of article %d, %s, is not finite", h, past.ArticleID, past.Code)
		}
	}
	return nil
}
