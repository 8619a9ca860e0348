package notice_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/notice"
)

var noon = market.NewDay(2026, 3, 11).At(12, 0)

func prediction(id int64, horizon int, p float64) forecast.Prediction {
	return forecast.Prediction{ID: id, StoryID: 8, Code: "900001", Horizon: horizon, Probability: p, BaseRate: 0.45, Origin: forecast.Live}
}

func TestGate(t *testing.T) {
	t.Parallel()
	changed := func(p forecast.Prediction, change func(*forecast.Prediction)) forecast.Prediction {
		change(&p)
		return p
	}
	for name, c := range map[string]struct {
		p      forecast.Prediction
		sigma  float64
		cfg    notice.GateConfig
		score  float64
		reason string
	}{
		"passes upwards":          {prediction(1, 1, 0.55), 2, notice.GateConfig{}, 0.32, "passed"},
		"passes downwards":        {prediction(1, 1, 0.35), 2, notice.GateConfig{}, 0.32, "passed"},
		"grows with the root":     {prediction(1, 3, 0.55), 2, notice.GateConfig{}, 0.32 * math.Sqrt(3), "passed"},
		"exactly the least shift": {prediction(1, 1, 0.50), 4, notice.GateConfig{}, 0.32, "passed"},
		"too near to the base":    {prediction(1, 5, 0.4999), 9, notice.GateConfig{}, 2 * 0.0499 * 0.8 * 9 * math.Sqrt(5), "below_threshold"},
		"does not pay its cost":   {prediction(1, 1, 0.55), 1.8, notice.GateConfig{}, 0.288, "below_cost"},
		"volatility unknown":      {prediction(1, 1, 0.60), 0, notice.GateConfig{}, 0, "below_cost"},
		"nothing to say":          {prediction(1, 1, 0.45), 3, notice.GateConfig{}, 0, "no_evidence"},
		"late":                    {changed(prediction(1, 1, 0.55), func(p *forecast.Prediction) { p.Late = true }), 2, notice.GateConfig{}, 0.32, "late"},
		"history":                 {changed(prediction(1, 1, 0.55), func(p *forecast.Prediction) { p.Origin = forecast.Backtest }), 2, notice.GateConfig{}, 0.32, "backtest"},
		"a stricter shift":        {prediction(1, 1, 0.55), 2, notice.GateConfig{MinShift: 0.12}, 0.32, "below_threshold"},
		"a stricter cost":         {prediction(1, 1, 0.55), 2, notice.GateConfig{MinScorePct: 0.5}, 0.32, "below_cost"},
		"a laxer gate":            {prediction(1, 1, 0.46), 1, notice.GateConfig{MinShift: 0.01, MinScorePct: 0.01}, 0.016, "passed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			score, send, reason := notice.Gate(c.p, c.sigma, c.cfg)
			if math.Abs(score-c.score) > 1e-9 || reason != c.reason || send != (c.reason == "passed") {
				t.Errorf("got %v, %t, %q; want %v, %q", score, send, reason, c.score, c.reason)
			}
		})
	}
}

// What passes keeps passing when the stock swings more, and what fails by score fails at any smaller sigma.
func TestGateIsMonotonic(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		p := prediction(1, forecast.Horizons[r.IntN(3)], r.Float64())
		sigma := r.Float64() * 5
		score, send, _ := notice.Gate(p, sigma, notice.GateConfig{})
		more, still, _ := notice.Gate(p, sigma*1.5, notice.GateConfig{})
		if send && !still || more < score {
			t.Fatalf("p %v: %t at sigma %v, %t at 1.5 times that", p.Probability, send, sigma, still)
		}
	}
}

func TestDecideSignal(t *testing.T) {
	t.Parallel()
	strong := []forecast.Prediction{prediction(11, 1, 0.52), prediction(13, 3, 0.56), prediction(15, 5, 0.56)}
	late := prediction(17, 5, 0.60)
	late.Late = true
	again := []notice.Earlier{{Code: "900001", Title: "가온전자 수주", Direction: 1}}
	other := prediction(19, 5, 0.60)
	other.Code = "900002"
	for name, c := range map[string]struct {
		change func(*notice.SignalInput)
		id     int64
		reason string
	}{
		"nothing is proven":           {func(in *notice.SignalInput) { in.Proven = nil }, 15, "unproven"},
		"only one horizon is proven":  {func(in *notice.SignalInput) { in.Proven = map[int]bool{3: true} }, 13, "passed"},
		"numbers come before a proof": {func(in *notice.SignalInput) { in.Proven, in.SigmaPct = nil, 0.5 }, 15, "below_cost"},
		"lately there were better":    {func(in *notice.SignalInput) { in.FloorPct = 1 }, 15, "below_floor"},
		"as good as the best":         {func(in *notice.SignalInput) { in.FloorPct = 2 * 0.11 * 0.8 * 2.5 * math.Sqrt(5) }, 15, "passed"},
		"the best horizon":            {func(*notice.SignalInput) {}, 15, "passed"},
		"the best of those that pass": {func(in *notice.SignalInput) { in.Predictions = append([]forecast.Prediction{late}, strong[:2]...) }, 13, "passed"},
		"of noes the highest score":   {func(in *notice.SignalInput) { in.SigmaPct = 0.5 }, 15, "below_cost"},
		"a tie goes to the shorter":   {func(in *notice.SignalInput) { in.SigmaPct = 0 }, 11, "below_cost"},
		"other stocks do not count":   {func(in *notice.SignalInput) { in.Predictions = []forecast.Prediction{other} }, 0, "no_evidence"},
		"no prediction":               {func(in *notice.SignalInput) { in.Predictions = nil }, 0, "no_evidence"},
		"late":                        {func(in *notice.SignalInput) { in.Predictions = []forecast.Prediction{late} }, 17, "late"},
		"company not in the title":    {func(in *notice.SignalInput) { in.InTitle = false; in.Earlier = again }, 15, "company_not_in_title"},
		"echo of an alerted story":    {func(in *notice.SignalInput) { in.Earlier = again }, 15, "echo_of_alerted"},
		"old news":                    {func(in *notice.SignalInput) { in.Stale = true; in.InTitle = false; in.Earlier = again }, 15, "stale"},
		"an echo of a filing": {func(in *notice.SignalInput) {
			in.Earlier = []notice.Earlier{{Code: "900001", Title: "유상증자결정"}}
		}, 15, "echo_of_alerted"},
		"an echo of another stock's alert": {func(in *notice.SignalInput) {
			in.Earlier = []notice.Earlier{{Code: "900002", Title: "가온전자 수주", Direction: -1}}
		}, 15, "echo_of_alerted"},
		"an echo that points the other way": {func(in *notice.SignalInput) {
			in.Earlier = []notice.Earlier{{Code: "900001", Title: "가온전자 수주", Direction: -1}}
		}, 15, "material_change"},
		"an echo of both ways": {func(in *notice.SignalInput) {
			in.Earlier = []notice.Earlier{{Code: "900001", Title: "가온전자 수주", Direction: -1}, {Code: "900001", Title: "가온전자 수주", Direction: 1}}
		}, 15, "echo_of_alerted"},
		"an echo that takes it back": {func(in *notice.SignalInput) { in.Earlier, in.Title = again, "가온전자 \"수주설 사실무근\"" }, 15, "material_change"},
		"an echo of what was taken back": {func(in *notice.SignalInput) {
			in.Earlier, in.Title = []notice.Earlier{{Code: "900001", Title: "가온전자, 수주 철회", Direction: 1}}, "가온전자 수주 철회 공식화"
		}, 15, "echo_of_alerted"},
		"the gate's no comes first": {func(in *notice.SignalInput) { in.SigmaPct = 0.5; in.InTitle = false; in.Stale = true }, 15, "below_cost"},
		"a stricter gate":           {func(in *notice.SignalInput) { in.Gate.MinScorePct = 5 }, 15, "below_cost"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := notice.SignalInput{StoryID: 8, ArticleID: 9, Code: "900001", At: noon, SigmaPct: 2.5, Predictions: strong, InTitle: true,
				Proven: map[int]bool{1: true, 3: true, 5: true}}
			c.change(&in)
			want := notice.Alert{Kind: notice.Signal, Topic: notice.TopicSignal, StoryID: 8, ArticleID: 9, Code: "900001", PredictionID: c.id,
				Send: c.reason == "passed" || c.reason == "material_change", Digest: c.reason == "unproven", Reason: c.reason, DecidedAt: noon, SigmaPct: in.SigmaPct}
			if c.reason == notice.ReasonMaterial {
				want.Topic = notice.TopicReversal
			}
			for _, p := range in.Predictions {
				if p.ID == c.id {
					want.ScorePct, _, _ = notice.Gate(p, in.SigmaPct, in.Gate)
					want.Candidate = !p.Late && in.InTitle && !in.Stale && c.reason != notice.ReasonEcho
				}
			}
			if diff := cmp.Diff(want, notice.DecideSignal(in), cmpopts.EquateApprox(0, 1e-12), cmpopts.IgnoreFields(notice.Alert{}, "Options")); diff != "" {
				t.Error(diff)
			}
			for i, j := 0, len(in.Predictions)-1; i < j; i, j = i+1, j-1 {
				in.Predictions = append([]forecast.Prediction(nil), in.Predictions...)
				in.Predictions[i], in.Predictions[j] = in.Predictions[j], in.Predictions[i]
			}
			if diff := cmp.Diff(want, notice.DecideSignal(in), cmpopts.EquateApprox(0, 1e-12), cmpopts.IgnoreFields(notice.Alert{}, "Options")); diff != "" {
				t.Errorf("the order of predictions matters: %s", diff)
			}
		})
	}
}

func TestQuietHoursOfAllSettings(t *testing.T) {
	t.Parallel()
	midnight := market.NewDay(2026, 3, 11).At(0, 0)
	for from := range 24 {
		for to := range 24 {
			r := notice.Rule{QuietFrom: from, QuietTo: to}
			quiet := make(map[int]bool)
			for h := from; h != to; h = (h + 1) % 24 { // walk the clock from one to the other
				quiet[h] = true
			}
			for h := range 24 {
				for _, minutes := range []time.Duration{0, 59} {
					at := midnight.Add(time.Duration(h)*time.Hour + minutes*time.Minute)
					if got := r.Quiet(at.UTC()); got != quiet[h] {
						t.Fatalf("quiet %d-%d at %s: got %t", from, to, at.Format("15:04"), got)
					}
				}
			}
		}
	}
}

func TestStale(t *testing.T) {
	t.Parallel()
	day := func(back int) time.Time { return (market.DayOf(noon) - market.Day(back)).At(0, 0) }
	for name, c := range map[string]struct {
		article news.Article
		want    bool
	}{
		"just out":                        {news.Article{PublishedAt: noon.Add(-time.Minute), TimeQuality: news.TimeExact}, false},
		"two hours old":                   {news.Article{PublishedAt: noon.Add(-2 * time.Hour), TimeQuality: news.TimeExact}, false},
		"older":                           {news.Article{PublishedAt: noon.Add(-2*time.Hour - time.Second), TimeQuality: news.TimeExact}, true},
		"without a time":                  {news.Article{PublishedAt: noon, TimeQuality: news.TimeCrawl}, false},
		"of today, without an hour":       {news.Article{PublishedAt: day(0), TimeQuality: news.TimeDate}, false},
		"of last week, without an hour":   {news.Article{PublishedAt: day(7), TimeQuality: news.TimeDate}, true},
		"a filing of yesterday":           {news.Article{PublishedAt: day(1), TimeQuality: news.TimeDate, Kind: news.KindDisclosure}, false},
		"a filing of the day before that": {news.Article{PublishedAt: day(2), TimeQuality: news.TimeDate, Kind: news.KindDisclosure}, true},
		"a filing of this morning":        {news.Article{PublishedAt: noon.Add(-3 * time.Hour), TimeQuality: news.TimeExact, Kind: news.KindDisclosure}, false},
	} {
		c.article.AvailableAt = noon
		if got := notice.Stale(c.article); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
