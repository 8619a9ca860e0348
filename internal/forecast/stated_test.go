package forecast_test

import (
	"errors"
	"math"
	"testing"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
)

func TestStated(t *testing.T) {
	t.Parallel()
	q := query()
	shown := []forecast.PastMove{past(1, .5, 2)}
	said := map[int]forecast.Statement{1: {Probability: .99, ExpectedPct: 29}, 3: {Probability: .45, ExpectedPct: .5}, 5: {Probability: .42}}
	made, err := forecast.Stated(q, said, shown)
	if err != nil || len(made) != len(forecast.Horizons) {
		t.Fatalf("%+v, %v", made, err)
	}
	near(t, "clipped to its reach", made[0].Probability, made[0].BaseRate+.15)
	near(t, "clipped to three sigmas", made[0].ExpectedPct, 3*q.Features.SigmaPct)
	near(t, "as it was said", made[1].Probability, .45)
	near(t, "the interval lies around it", (made[1].LowPct+made[1].HighPct)/2, .5)
	if n := made[0].Evidence.Neighbours; len(n) != 1 || n[0].ArticleID != 1 || n[0].Weight != 0 {
		t.Errorf("evidence %+v", n)
	}
	for name, bad := range map[string]map[int]forecast.Statement{
		"a horizon is missing": {1: {Probability: .5}, 3: {Probability: .5}},
		"no probability":       {1: {Probability: math.NaN()}, 3: {Probability: .5}, 5: {Probability: .5}},
		"no number":            {1: {Probability: .5, ExpectedPct: math.Inf(1)}, 3: {Probability: .5}, 5: {Probability: .5}},
	} {
		if _, err := forecast.Stated(q, bad, shown); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
	ahead := past(2, .5, 2)
	ahead.At = q.AsOf
	if _, err := forecast.Stated(q, said, []forecast.PastMove{ahead}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an article of the same instant: %v, want Invalid", err)
	}
}

func TestModelCheck(t *testing.T) {
	t.Parallel()
	llm := forecast.Model{Name: "gpt", Kind: forecast.KindLLM, Language: forecast.LanguageModel{Name: "some-mini", MaxTokens: 1000, DailyBudget: 5000, InputPrice: 200, OutputPrice: 900}}
	edit := func(f func(*forecast.Model)) forecast.Model { m := llm; f(&m); return m }
	for name, c := range map[string]struct {
		m     forecast.Model
		field string
	}{
		"a language model":      {llm, ""},
		"a server of one's own": {edit(func(m *forecast.Model) { m.Language.BaseURL = "http://localhost:11434/v1" }), ""},
		"a baseline":            {forecast.Model{Name: "b", Kind: forecast.KindBaseline}, ""},
		"a pool":                {forecast.Model{Name: "p", Kind: forecast.KindPool, Members: []int64{1, 2}}, ""},
		"no name":               {forecast.Model{Kind: forecast.KindBaseline}, "name"},
		"a space":               {forecast.Model{Name: "b ", Kind: forecast.KindBaseline}, "name"},
		"no such kind":          {forecast.Model{Name: "b", Kind: "oracle"}, "kind"},
		"a priced baseline":     {forecast.Model{Name: "b", Kind: forecast.KindBaseline, Language: forecast.LanguageModel{InputPrice: 1}}, "kind"},
		"a pool of one":         {forecast.Model{Name: "p", Kind: forecast.KindPool, Members: []int64{1}}, "members"},
		"a pool of one, twice":  {forecast.Model{Name: "p", Kind: forecast.KindPool, Members: []int64{1, 1}}, "members"},
		"members of none":       {forecast.Model{Name: "b", Kind: forecast.KindBaseline, Members: []int64{1, 2}}, "members"},
		"nobody is asked":       {edit(func(m *forecast.Model) { m.Language.Name = "" }), "provider_model"},
		"a negative price":      {edit(func(m *forecast.Model) { m.Language.OutputPrice = -1 }), "output_price"},
		"a huge price":          {edit(func(m *forecast.Model) { m.Language.InputPrice = 1 << 60 }), "input_price"},
		"a huge budget":         {edit(func(m *forecast.Model) { m.Language.DailyBudget = 1 << 60 }), "daily_budget"},
		"an endless reply":      {edit(func(m *forecast.Model) { m.Language.MaxTokens = 1 << 30 }), "max_output_tokens"},
		"a key in the URL":      {edit(func(m *forecast.Model) { m.Language.BaseURL = "https://key@api.example/v1" }), "provider"},
		"a key in the query":    {edit(func(m *forecast.Model) { m.Language.BaseURL = "https://api.example/v1?key=1" }), "provider"},
		"a file":                {edit(func(m *forecast.Model) { m.Language.BaseURL = "file:///etc/passwd" }), "provider"},
		"no host":               {edit(func(m *forecast.Model) { m.Language.BaseURL = "http:///v1" }), "provider"},
	} {
		err := c.m.Check()
		var f *fault.Error
		got := ""
		if errors.As(err, &f) {
			got = f.Field
		}
		if got != c.field || (err == nil) != (c.field == "") {
			t.Errorf("%s: %v, want field %q", name, err, c.field)
		}
	}
}

func TestEvidenceFrom(t *testing.T) {
	t.Parallel()
	end := market.NewDay(2026, 1, 31)
	local := forecast.Model{ID: 1, Kind: forecast.KindAnalogue}
	dated := forecast.Model{ID: 2, Kind: forecast.KindLLM, Language: forecast.LanguageModel{TrainingCutoff: end}}
	undated := forecast.Model{ID: 3, Kind: forecast.KindLLM}
	registry := []forecast.Model{local, dated, undated}
	pool := func(members ...int64) forecast.Model {
		return forecast.Model{ID: 9, Kind: forecast.KindPool, Members: members}
	}
	for name, c := range map[string]struct {
		m      forecast.Model
		origin forecast.Origin
		day    market.Day
		ok     bool
	}{
		"a local model":                     {local, forecast.Backtest, 0, true},
		"a language model":                  {dated, forecast.Backtest, end + 1, true},
		"the same, live":                    {dated, forecast.Live, end + 1, true},
		"one of whom no end is known":       {undated, forecast.Backtest, 0, false},
		"the same, live: nobody knows yet":  {undated, forecast.Live, 0, true},
		"a pool of local models":            {pool(1), forecast.Backtest, 0, true},
		"a pool with a language model":      {pool(1, 2), forecast.Backtest, end + 1, true},
		"a pool with one that may know all": {pool(1, 2, 3), forecast.Backtest, 0, false},
	} {
		if day, ok := forecast.EvidenceFrom(c.m, registry, c.origin); day != c.day || ok != c.ok {
			t.Errorf("%s: from %s, %v; want %s, %v", name, day, ok, c.day, c.ok)
		}
	}
}

func TestLanguageModel(t *testing.T) {
	t.Parallel()
	l := forecast.LanguageModel{InputPrice: 200, OutputPrice: 900, TrainingCutoff: market.NewDay(2026, 1, 31)}
	if got := l.Cost(1_000_000, 1_000_000); got != 1100*1_000_000 {
		t.Errorf("a million tokens each way cost %d micro-won, want 1,100 won", got)
	}
	if l.CanBeAsked(l.TrainingCutoff) || !l.CanBeAsked(l.TrainingCutoff+1) || !(forecast.LanguageModel{}).CanBeAsked(1) {
		t.Error("it may be asked of what lies after its cutoff only, of all without one")
	}
}
