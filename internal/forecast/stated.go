package forecast

import (
	"math"
	"slices"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

// Statement is what somebody who was asked said of one horizon.
type Statement struct {
	Probability float64 // of a positive excess return, 0..1
	ExpectedPct float64 // expected excess return, percent
}

// Stated makes predictions of what was said of q, one per horizon, in the order of Horizons. shown are the past moves that
// whoever was asked was shown; they are kept as evidence, without a weight. A probability is clipped to base +-.15 and an
// expected return to 3 sigmas, as those of other models are: nobody is trusted further until the record proves more.
// Invalid names a past move that looks ahead, and a horizon of which nothing, or no number, was said.
func Stated(q Query, said map[int]Statement, shown []PastMove) ([]Prediction, error) {
	if err := check(q); err != nil {
		return nil, err
	}
	for i := range shown {
		if err := checkPast(q, &shown[i]); err != nil {
			return nil, err
		}
	}
	made := make([]Prediction, 0, len(Horizons))
	for _, h := range Horizons {
		s, ok := said[h]
		if !ok || !(s.Probability >= 0 && s.Probability <= 1) || math.IsNaN(s.ExpectedPct-s.ExpectedPct) {
			return nil, fault.InvalidField("answer", "of %d days it says %v", h, s)
		}
		made = append(made, stated(q, h, s, shown))
	}
	return made, nil
}

func stated(q Query, h int, s Statement, shown []PastMove) Prediction {
	p := blank(q, h)
	p.Probability = reach(s.Probability, p.BaseRate)
	widest := sigmaClip * q.Features.SigmaPct * math.Sqrt(float64(h))
	p.ExpectedPct = min(max(s.ExpectedPct, -widest), widest) + 0 // never -0
	p.LowPct += p.ExpectedPct
	p.HighPct += p.ExpectedPct
	for _, past := range shown {
		if m, ok := past.Moves[h]; ok {
			p.Evidence.Neighbours = append(p.Evidence.Neighbours, Neighbour{ArticleID: past.ArticleID, StoryID: past.StoryID,
				Code: past.Code, Cosine: past.Cosine, TargetDay: m.TargetDay, ExcessPct: m.ExcessPct, KnownAt: m.KnownAt})
		}
	}
	if len(p.Evidence.Neighbours) == 0 {
		p.Note = joinNotes(NoteNoComparable, p.Note)
	}
	return p
}

// Comparable returns the past moves that are alike enough to be compared with q's story, nearest first, at most limit: one
// per cluster of duplicates, none of q's own story, each with an outcome of some horizon. Of an article's stocks q's own
// comes first. Invalid names one that looks ahead.
func Comparable(q Query, limit int) ([]PastMove, error) {
	if err := check(q); err != nil {
		return nil, err
	}
	seen := make(map[int64]bool)
	var list []PastMove
	for _, past := range nearest(q) {
		if seen[past.Cluster] || past.StoryID == q.StoryID || len(past.Moves) == 0 {
			continue
		}
		seen[past.Cluster] = true
		if list = append(list, *past); len(list) == limit {
			break
		}
	}
	return list, nil
}

// EvidenceFrom returns the first day of which what m says is evidence of skill, 0 for any: a language model may know what
// followed stories up to the end of its training, and a pool says what its members say. In a walk through history a language
// model of which no end of training is known is never evidence, which ok says: live it answers before anybody can know.
func EvidenceFrom(m Model, registry []Model, origin Origin) (day market.Day, ok bool) {
	if m.Kind == KindLLM {
		if m.Language.TrainingCutoff == 0 {
			return 0, origin == Live
		}
		return m.Language.TrainingCutoff + 1, true
	}
	for _, member := range registry {
		if !slices.Contains(m.Members, member.ID) {
			continue
		}
		from, ok := EvidenceFrom(member, nil, origin)
		if !ok {
			return 0, false
		}
		day = max(day, from)
	}
	return day, true
}

// CanBeAsked reports whether a story that became available on a day lies after all that the language model learned from:
// of an earlier one it may know what followed.
func (l LanguageModel) CanBeAsked(day market.Day) bool {
	return l.TrainingCutoff == 0 || day > l.TrainingCutoff
}
