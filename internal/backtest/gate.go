package backtest

import (
	"cmp"
	"context"
	"slices"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/notice"
	"tickerwire/store"
	"tickerwire/tasks"
)

// Signal is what the alert gate would have decided of one model's predictions for one story and stock, had the model been
// the champion. Send is what it would have told; its own id stands in for an alert's.
type Signal struct {
	notice.Alert
	ModelID   int64
	Horizon   int // of the prediction that speaks for the story; 0 when there is none
	Direction int
	BaseRate  float64
}

// gate decides on the calls of a walk, one after the other, and remembers what that comes to.
type gate struct {
	signals    []Signal
	candidates map[int64][]notice.Candidate // by model, in their order
	alerted    map[cluster][]notice.Earlier
}

// cluster is the stories that echo one, as one model was alerted of them.
type cluster struct{ model, root int64 }

func (g *gate) decide(ctx context.Context, w *tasks.Worker, call store.CallRef, story news.Story) error {
	if call.ModelKind == forecast.KindBaseline {
		return nil // it never has anything to say
	}
	if g.alerted == nil {
		g.alerted, g.candidates = make(map[cluster][]notice.Earlier), make(map[int64][]notice.Candidate)
	}
	in := cluster{call.ModelID, cmp.Or(story.EchoOf, story.ID)}
	alerts, made, err := w.Rehearse(ctx, tasks.Rehearsal{Call: call, Before: g.before(call.ModelID, story), Earlier: g.alerted[in]})
	if err != nil {
		return err
	}
	var told []notice.Earlier
	for _, a := range alerts {
		a.ID = int64(len(g.signals) + 1)
		s := Signal{Alert: a, ModelID: call.ModelID}
		for _, p := range made {
			if p.ID == a.PredictionID {
				s.Horizon, s.Direction, s.BaseRate = p.Horizon, p.Direction(), p.BaseRate
			}
		}
		g.signals = append(g.signals, s)
		if a.Send || a.Digest {
			article, err := w.DB.Article(ctx, a.ArticleID)
			if err != nil {
				return err
			}
			told = append(told, notice.Earlier{Code: a.Code, Title: article.Title, Direction: s.Direction})
		}
		if a.Candidate {
			g.candidates[call.ModelID] = append(g.candidates[call.ModelID], s.candidate())
		}
	}
	g.alerted[in] = append(g.alerted[in], told...)
	return nil
}

func (s Signal) candidate() notice.Candidate {
	return notice.Candidate{AlertID: s.ID, Code: s.Code, Day: market.DayOf(s.DecidedAt), ScorePct: s.ScorePct, SigmaPct: s.SigmaPct}
}

// before returns a model's candidates of the days that the floor of a story's day is taken from.
func (g *gate) before(model int64, story news.Story) []notice.Candidate {
	today := market.DayOf(story.AvailableAt)
	all := g.candidates[model]
	from, _ := slices.BinarySearchFunc(all, today-store.GateReach, func(c notice.Candidate, d market.Day) int { return cmp.Compare(c.Day, d) })
	to, _ := slices.BinarySearchFunc(all, today, func(c notice.Candidate, d market.Day) int { return cmp.Compare(c.Day, d) })
	return all[from:to]
}
