package forecast

import (
	"cmp"
	"math"
	"slices"
	"time"

	"tickerwire/internal/market"
)

// The analogue predictor's settings. They are part of the model's version: changing one makes another model.
const (
	analogueCosine = 0.25                 // less alike than this is not alike: beyond the 99th percentile of random pairs
	analogueCount  = 30                   // neighbours per horizon
	analogueAge    = 180 * 24 * time.Hour // after which a neighbour's weight has fallen to 1/e
	analoguePrior  = 50                   // effective neighbours that the base rate is worth
	analogueReach  = 0.15                 // farthest from the base rate, until the record proves more
	sigmaClip      = 3                    // a neighbour's move counts as at most so many of its own sigmas
)

// Analogue predicts from what followed similar earlier news. Per horizon it takes the nearest analogueCount of those
// with a known outcome, one per stock and target day and one per cluster of duplicates, weighs them by
// cos^2 * exp(-age/180 d) and shrinks towards the base rate by n0 = 50:
//
//	p    = (n0*base + n*share) / (n0 + n)    share = sum of w over positive moves / sum of w, n = (sum w)^2 / sum w^2
//	E[r] = n/(n0+n) * sigma*sqrt(h) * weighted mean of the moves in sigmas, each clipped to +-3
//
// that is, weights are scaled to sum to n: unscaled, cosines of .3 would pull p below the base rate even if every
// neighbour rose. p is clipped to base +-.15. The 80 % interval is E[r] +- 1.2816*sigma*sqrt(h).
// A horizon without a neighbour says the base rate with NoteNoComparable. Without a sigma, E[r] and the interval are 0
// with NoteNoSigma. The order of q.Past does not matter. Invalid names a neighbour that looks ahead.
func Analogue(q Query) ([]Prediction, error) {
	if err := check(q); err != nil {
		return nil, err
	}
	near := nearest(q)
	made := make([]Prediction, 0, len(Horizons))
	for _, h := range Horizons {
		made = append(made, analogue(q, h, choose(near, h)))
	}
	return made, nil
}

// nearest returns the past moves that pass the gate, the nearest first. Of one article's stocks the query's own comes
// first: only one of them will be used.
func nearest(q Query) []*PastMove {
	near := make([]*PastMove, 0, len(q.Past))
	for i := range q.Past {
		if q.Past[i].Cosine >= analogueCosine {
			near = append(near, &q.Past[i])
		}
	}
	slices.SortFunc(near, func(a, b *PastMove) int {
		if c := cmp.Or(cmp.Compare(b.Cosine, a.Cosine), cmp.Compare(a.ArticleID, b.ArticleID)); c != 0 {
			return c
		}
		if own := a.Code == q.Code; own != (b.Code == q.Code) {
			if own {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Code, b.Code)
	})
	return near
}

// choose returns the neighbours of one horizon: those with a known outcome, one per stock and target day and one per
// cluster of duplicates.
func choose(near []*PastMove, horizon int) []*PastMove {
	type stockDay struct {
		code   market.Code
		target market.Day
	}
	days := make(map[stockDay]bool, analogueCount)
	clusters := make(map[int64]bool, analogueCount)
	var chosen []*PastMove
	for _, past := range near {
		move, ok := past.Moves[horizon]
		key := stockDay{past.Code, move.TargetDay}
		if !ok || days[key] || clusters[past.Cluster] {
			continue
		}
		days[key], clusters[past.Cluster] = true, true
		if chosen = append(chosen, past); len(chosen) == analogueCount {
			break
		}
	}
	return chosen
}

func analogue(q Query, horizon int, chosen []*PastMove) Prediction {
	p := blank(q, horizon)
	if len(chosen) == 0 {
		p.Note = joinNotes(NoteNoComparable, p.Note)
		return p
	}
	scale := q.Features.SigmaPct * math.Sqrt(float64(horizon))
	var sum, squares, up, move float64
	for _, past := range chosen {
		m, w := past.Moves[horizon], weight(past, q.AsOf)
		sum += w
		squares += w * w
		move += w * sigmas(m, scale)
		if m.ExcessPct > 0 {
			up += w
		}
		p.Evidence.Neighbours = append(p.Evidence.Neighbours, Neighbour{ArticleID: past.ArticleID, StoryID: past.StoryID,
			Code: past.Code, Cosine: past.Cosine, Weight: w, TargetDay: m.TargetDay, ExcessPct: m.ExcessPct, KnownAt: m.KnownAt})
	}
	if !(squares > 0) { // every neighbour so old that its weight is nothing
		p.Evidence.Neighbours = nil
		p.Note = joinNotes(NoteNoComparable, p.Note)
		return p
	}
	n := sum * sum / squares
	p.Probability = reach((analoguePrior*p.BaseRate+n*up/sum)/(analoguePrior+n), p.BaseRate)
	if scale > 0 {
		p.ExpectedPct = n / (n + analoguePrior) * scale * move / sum
		p.LowPct += p.ExpectedPct
		p.HighPct += p.ExpectedPct
	}
	p.Evidence.Effective = n
	slices.SortStableFunc(p.Evidence.Neighbours, func(a, b Neighbour) int { return cmp.Compare(b.Weight, a.Weight) })
	return p
}

func weight(past *PastMove, asOf time.Time) float64 {
	return past.Cosine * past.Cosine * math.Exp(-float64(asOf.Sub(past.At))/float64(analogueAge))
}

// sigmas returns the move in sigmas, clipped. Where the neighbour's own sigma was unknown it is measured with the
// target's, scale = sigma*sqrt(h) in percent.
func sigmas(m Move, scale float64) float64 {
	u := m.SigmaUnits
	if u == 0 && scale > 0 {
		u = m.ExcessPct / scale
	}
	return min(max(u, -sigmaClip), sigmaClip)
}

// reach clips p to the base rate +-analogueReach and to 0..1.
func reach(p, base float64) float64 {
	return min(max(p, base-analogueReach, 0), base+analogueReach, 1)
}

func joinNotes(first, second string) string {
	if second == "" {
		return first
	}
	return first + "; " + second
}
