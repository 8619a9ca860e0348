package forecast

import (
	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

// Pooled returns the mean of what several models said of q's story and stock, in log-odds, one per horizon; expected
// returns and intervals are plain means. members holds the predictions of each. It is Invalid unless each of them has said
// something of every horizon, of the same story, stock and instant.
func Pooled(q Query, members [][]Prediction) ([]Prediction, error) {
	if err := check(q); err != nil {
		return nil, err
	}
	if len(members) == 0 {
		return nil, fault.InvalidField("members", "nobody has said anything")
	}
	made := make([]Prediction, 0, len(Horizons))
	for _, h := range Horizons {
		p := blank(q, h)
		odds, low, high, expected := 0.0, 0.0, 0.0, 0.0
		for _, said := range members {
			m, ok := of(said, q.Code, h)
			if !ok || m.StoryID != q.StoryID || !m.AsOf.Equal(q.AsOf) {
				return nil, fault.InvalidField("members", "one has said nothing of %s in %d days", q.Code, h)
			}
			odds += Logit(m.Probability) - Logit(p.BaseRate)
			low, high, expected = low+m.LowPct, high+m.HighPct, expected+m.ExpectedPct
		}
		n := float64(len(members))
		if odds != 0 { // else nobody has said anything, and rounding must not say it for them
			p.Probability = reach(Logistic(Logit(p.BaseRate)+odds/n), p.BaseRate)
		}
		p.ExpectedPct, p.LowPct, p.HighPct = expected/n, low/n, high/n
		made = append(made, p)
	}
	return made, nil
}

func of(said []Prediction, code market.Code, horizon int) (Prediction, bool) {
	for _, p := range said {
		if p.Code == code && p.Horizon == horizon {
			return p, true
		}
	}
	return Prediction{}, false
}
