package backtest

import (
	"cmp"
	"time"

	"tickerwire/internal/market"
	"tickerwire/tasks"
)

// sight is what one walk shows at one point of its way: what one model said of one stock of a story, or how one
// calibration was fitted.
type sight struct {
	at          time.Time
	story       int64 // 0 of a fit, and so are article and code
	article     int64
	model       int64
	name        string // the model's
	code        market.Code
	horizon     int // of a fit; 0 of predictions, which are of all
	predictions int
	facts       []fact
}

func sightOf(s tasks.Seen) sight {
	return sight{at: s.Query.AsOf, story: s.Call.StoryID, article: s.Query.ArticleID, model: s.Call.ModelID, name: s.Call.Model.Name,
		code: s.Query.Code, predictions: len(s.Made), facts: factsOf(s)}
}

func sightOfFit(f tasks.Fitting) sight {
	return sight{at: f.AsOf, model: f.Model.ID, name: f.Model.Name, horizon: f.Horizon, facts: factsOfFit(f)}
}

// inOrder orders what walks show: a fit comes before the predictions of its instant.
func inOrder(a, b sight) int {
	return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.story, b.story), cmp.Compare(a.model, b.model), cmp.Compare(a.code, b.code),
		cmp.Compare(a.horizon, b.horizon))
}

// comparison goes through what two walks show.
type comparison struct {
	sum     *Compared
	found   func(Leak)
	stories map[int64]bool // of the instant at hand
	at      time.Time
}

// run pairs what is of the same point. Both come in the same order; what one of them lacks is a leak, too.
func (c *comparison) run(cut, whole <-chan sight) {
	a, moreA := <-cut
	b, moreB := <-whole
	for moreA || moreB {
		order := 0
		switch {
		case !moreB:
			order = -1
		case !moreA:
			order = 1
		default:
			order = inOrder(a, b)
		}
		switch {
		case order < 0:
			c.leak(a, a.itself(), "made", "none")
		case order > 0:
			c.leak(b, b.itself(), "none", "made")
		default:
			c.compare(a, b)
		}
		if order <= 0 {
			a, moreA = <-cut
		}
		if order >= 0 {
			b, moreB = <-whole
		}
	}
}

// itself is what is missing when only one of the walks shows a sight.
func (s sight) itself() fact {
	if s.story == 0 {
		return fact{what: "calibration's fit", horizon: s.horizon}
	}
	return fact{what: "prediction"}
}

func (c *comparison) compare(a, b sight) {
	c.count(a)
	for i := range max(len(a.facts), len(b.facts)) {
		c.sum.Values++
		switch {
		case i >= len(b.facts):
			c.leak(a, a.facts[i], a.facts[i].value, "none")
		case i >= len(a.facts):
			c.leak(b, b.facts[i], "none", b.facts[i].value)
		case a.facts[i] != b.facts[i]:
			left, right := parting(a.facts[i].value, b.facts[i].value)
			if a.facts[i].what != b.facts[i].what {
				left, right = a.facts[i].what+" "+left, b.facts[i].what+" "+right
			}
			c.leak(a, a.facts[i], left, right)
		}
	}
}

func (c *comparison) count(s sight) {
	if s.story == 0 {
		c.sum.Fits++
		return
	}
	if !s.at.Equal(c.at) {
		clear(c.stories)
		c.at = s.at
	}
	if !c.stories[s.story] {
		c.stories[s.story] = true
		c.sum.Stories++
	}
	c.sum.Predictions += s.predictions
}

func (c *comparison) leak(s sight, f fact, cut, whole string) {
	c.sum.Leaks++
	c.found(Leak{AsOf: s.at, StoryID: s.story, ArticleID: s.article, Code: s.code, Model: s.name, Horizon: f.horizon, What: f.what, Cut: cut, Whole: whole})
}
