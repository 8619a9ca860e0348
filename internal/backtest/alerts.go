package backtest

import (
	"cmp"
	"slices"

	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/score"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
)

// The choosers whose picks of a day are compared.
const (
	ChooserSent   = "sent"   // what the gate would have let pass: only a model with a proven record
	ChooserScore  = "score"  // the day's candidates with the best score, whether or not the record is proven
	ChooserRandom = "random" // silent control: the day's candidates at random
	ChooserSigma  = "sigma"  // silent control: the day's candidates that move most
)

// Alerts is what would have been told, had the model been the champion of every horizon.
type Alerts struct {
	Model      string         `json:"model"`
	Decided    int            `json:"decided"`    // on stocks of stories of which the model said something
	Candidates int            `json:"candidates"` // of them, decided by their numbers alone
	Sent       int            `json:"sent"`
	Reasons    map[string]int `json:"reasons"`
	Picks      []Picks        `json:"picks"`
}

// Picks is how a chooser's first k picks a day came out.
type Picks struct {
	Chooser    string   `json:"chooser"`
	K          int      `json:"k"`
	Picks      int      `json:"picks"`
	Days       int      `json:"days"`
	Right      int      `json:"right"`
	Precision  *Figure  `json:"precision"`
	BaseRate   *float64 `json:"base_rate"`    // of the directions that were said
	NetMeanPct *Figure  `json:"net_mean_pct"` // mean excess return in the direction that was said, less the cost of a round trip
}

type outcomeKey struct {
	story   int64
	code    market.Code
	horizon int
}

// outcomes are those that count as evidence.
type outcomes map[outcomeKey]score.Item

func alerts(m forecast.Model, all []Signal, known outcomes) Alerts {
	a := Alerts{Model: m.Name, Reasons: map[string]int{}, Picks: []Picks{}}
	chosen := make(map[string][]Signal)
	byDay := make(map[market.Day][]notice.Candidate)
	byID := make(map[int64]Signal)
	var days []market.Day
	for _, s := range all {
		if s.ModelID != m.ID {
			continue
		}
		a.Decided++
		a.Reasons[s.Reason]++
		byID[s.ID] = s
		if s.Send {
			a.Sent++
			chosen[ChooserSent] = append(chosen[ChooserSent], s)
		}
		if !s.Candidate {
			continue
		}
		a.Candidates++
		chosen[ChooserScore] = append(chosen[ChooserScore], s)
		c := s.candidate()
		if byDay[c.Day] == nil {
			days = append(days, c.Day)
		}
		byDay[c.Day] = append(byDay[c.Day], c)
	}
	picks := map[string][]score.Pick{ChooserSent: ranked(chosen[ChooserSent], known), ChooserScore: ranked(chosen[ChooserScore], known)}
	for _, day := range days {
		random, sigma := notice.Controls(day, byDay[day])
		for chooser, list := range map[string][]notice.Candidate{ChooserRandom: random, ChooserSigma: sigma} {
			for i, c := range list {
				picks[chooser] = pick(picks[chooser], byID[c.AlertID], i+1, known)
			}
		}
	}
	longest := slices.Max(forecast.Horizons[:])
	for _, chooser := range []string{ChooserSent, ChooserScore, ChooserRandom, ChooserSigma} {
		for _, k := range []int{1, 3, 5} {
			p := score.PrecisionAt(picks[chooser], k, longest)
			row := Picks{Chooser: chooser, K: k, Picks: p.Picks, Days: p.Days, Right: p.Right}
			if p.Picks > 0 {
				row.Precision, row.BaseRate, row.NetMeanPct = figure(p.Hits), number(p.Base), figure(p.NetMeanPct)
			}
			a.Picks = append(a.Picks, row)
		}
	}
	return a
}

// ranked is the signals of each day by their score, a stock once a day.
func ranked(list []Signal, known outcomes) []score.Pick {
	list = slices.Clone(list)
	day := func(s Signal) market.Day { return market.DayOf(s.DecidedAt) }
	slices.SortStableFunc(list, func(a, b Signal) int {
		return cmp.Or(cmp.Compare(day(a), day(b)), cmp.Compare(b.ScorePct, a.ScorePct), cmp.Compare(a.ID, b.ID))
	})
	var picks []score.Pick
	seen := make(map[market.Code]bool)
	for i, s := range list {
		if i == 0 || day(s) != day(list[i-1]) {
			clear(seen)
		}
		if !seen[s.Code] {
			seen[s.Code] = true
			picks = pick(picks, s, len(seen), known)
		}
	}
	return picks
}

// pick adds a signal whose outcome is known; a void one, or one that is no evidence, keeps its rank for itself.
func pick(picks []score.Pick, s Signal, rank int, known outcomes) []score.Pick {
	o, ok := known[outcomeKey{s.StoryID, s.Code, s.Horizon}]
	if !ok || o.Void {
		return picks
	}
	return append(picks, score.Pick{Day: market.DayOf(s.DecidedAt), Rank: rank, Direction: s.Direction, BaseRate: s.BaseRate, ExcessPct: o.ExcessPct})
}
