package forecast_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
)

var asOf = day(60).At(10, 0)

func query(past ...forecast.PastMove) forecast.Query {
	return forecast.Query{StoryID: 500, ArticleID: 501, Embedder: "hash-c23-v1/flat", Code: code(0), AsOf: asOf,
		Features: forecast.Features{BaseRate: map[int]float64{1: .42, 3: .43, 5: .44}, SigmaPct: 2, PanelDays: 120, PanelStock: 49},
		Past:     past}
}

// past is neighbour number i: an article, story, cluster and target day of its own, 18 days old unless changed.
func past(i int, cosine, excess float64) forecast.PastMove {
	return forecast.PastMove{ArticleID: int64(i), StoryID: int64(i), Cluster: int64(i), Code: code(i), Embedder: "hash-c23-v1/flat",
		Cosine: cosine, At: asOf.Add(-18 * 24 * time.Hour), Moves: map[int]forecast.Move{1: {TargetDay: day(40), ExcessPct: excess,
			SigmaUnits: excess / 1.5, KnownAt: day(40).At(16, 5)}}}
}

func predict(t *testing.T, q forecast.Query) forecast.Prediction {
	t.Helper()
	made, err := forecast.Analogue(q)
	if err != nil {
		t.Fatal(err)
	}
	if len(made) != len(forecast.Horizons) {
		t.Fatalf("got %d predictions, want one per horizon", len(made))
	}
	return made[0]
}

// Two neighbours of equal age with cosines .6 and .3: w = .36e and .09e with e = exp(-.1), so n = .45^2/(.36^2+.09^2) =
// 1.470588 and the share of positive moves is .8.
func TestAnalogueByHand(t *testing.T) {
	t.Parallel()
	p := predict(t, query(past(1, 0.6, 3), past(2, 0.3, -6)))
	n := 25.0 / 17
	near(t, "effective neighbours", p.Evidence.Effective, n)
	near(t, "probability", p.Probability, (50*0.42+n*0.8)/(50+n))
	// In sigmas: +2, and -4 clipped to -3: (.36*2 - .09*3)/.45 = 1, rescaled by the stock's own 2 %.
	near(t, "expected", p.ExpectedPct, n/(n+50)*2*1)
	near(t, "low", p.LowPct, p.ExpectedPct-1.2816*2)
	near(t, "high", p.HighPct, p.ExpectedPct+1.2816*2)
	near(t, "weight", p.Evidence.Neighbours[0].Weight, 0.36*math.Exp(-0.1))
	want := forecast.Prediction{StoryID: 500, Code: code(0), Horizon: 1, AsOf: asOf, Probability: p.Probability, BaseRate: .42,
		ExpectedPct: p.ExpectedPct, LowPct: p.LowPct, HighPct: p.HighPct,
		Evidence: forecast.Evidence{Query: 501, Embedder: "hash-c23-v1/flat", Effective: p.Evidence.Effective, PanelDays: 120,
			Neighbours: []forecast.Neighbour{
				{ArticleID: 1, StoryID: 1, Code: code(1), Cosine: .6, Weight: p.Evidence.Neighbours[0].Weight, TargetDay: day(40), ExcessPct: 3, KnownAt: day(40).At(16, 5)},
				{ArticleID: 2, StoryID: 2, Code: code(2), Cosine: .3, Weight: p.Evidence.Neighbours[1].Weight, TargetDay: day(40), ExcessPct: -6, KnownAt: day(40).At(16, 5)}}}}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
}

func TestAnalogueIntervalGrowsWithTheRootOfTheHorizon(t *testing.T) {
	t.Parallel()
	made, err := forecast.Analogue(query())
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range forecast.Horizons {
		near(t, "high", made[i].HighPct, 1.2816*2*math.Sqrt(float64(h)))
	}
}

func TestAnalogueFallsBackToTheBaseRate(t *testing.T) {
	t.Parallel()
	unresolved := past(3, 0.9, 1)
	unresolved.Moves = nil
	for name, q := range map[string]forecast.Query{
		"no past":             query(),
		"nothing alike":       query(past(1, 0.2499, 5), past(2, -1, 5)),
		"nothing with a move": query(unresolved),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := predict(t, q)
			if p.Probability != .42 || p.ExpectedPct != 0 || p.Note != forecast.NoteNoComparable || p.Evidence.Neighbours != nil || p.Direction() != 0 {
				t.Errorf("got %+v", p)
			}
		})
	}
	made, err := forecast.Analogue(query(past(1, 0.5, 5)))
	if err != nil {
		t.Fatal(err)
	}
	for i, note := range []string{"", forecast.NoteNoComparable, forecast.NoteNoComparable} {
		if made[i].Note != note {
			t.Errorf("%d days: note %q, want %q: a horizon falls back alone", made[i].Horizon, made[i].Note, note)
		}
	}
}

func TestUnknownSigma(t *testing.T) {
	t.Parallel()
	q := query(past(1, 0.5, -5))
	q.Features.SigmaPct = 0
	p := predict(t, q)
	if p.ExpectedPct != 0 || p.LowPct != 0 || p.HighPct != 0 || p.Note != forecast.NoteNoSigma || p.Probability >= .42 {
		t.Errorf("got %+v", p)
	}
	q.Past = nil
	if p := predict(t, q); p.Note != forecast.NoteNoComparable+"; "+forecast.NoteNoSigma {
		t.Errorf("got note %q", p.Note)
	}
	unscaled := past(1, 0.5, 1) // its own sigma was unknown: measured with the target's, 1 % is half a sigma
	m := unscaled.Moves[1]
	m.SigmaUnits = 0
	unscaled.Moves[1] = m
	near(t, "expected", predict(t, query(unscaled)).ExpectedPct, 1.0/51*2*0.5)
}

func TestOneNeighbourPerClusterAndStockDay(t *testing.T) {
	t.Parallel()
	want := predict(t, query(past(1, 0.6, 3), past(2, 0.5, -2)))
	echo := past(3, 0.55, 9)
	echo.Cluster = 1
	sameDay := past(4, 0.45, 9)
	sameDay.Code = code(2)
	var crowd []forecast.PastMove
	for i := range 20 {
		copied := past(100+i, 0.4, 9)
		copied.Cluster, copied.Code = 2, code(50+i)
		crowd = append(crowd, copied)
	}
	got := predict(t, query(append(crowd, past(1, 0.6, 3), echo, past(2, 0.5, -2), sameDay)...))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("duplicates count: %s", diff)
	}
}

func TestOfAnArticlesStocksTheQueriedOneCounts(t *testing.T) {
	t.Parallel()
	other, own := past(1, 0.6, 3), past(1, 0.6, -3)
	other.Code, own.Code = "000001", code(0)
	p := predict(t, query(other, own))
	if len(p.Evidence.Neighbours) != 1 || p.Evidence.Neighbours[0].Code != code(0) {
		t.Errorf("got %+v, want only %s", p.Evidence.Neighbours, code(0))
	}
}

func TestEquallyNearNeighboursHaveAnOrder(t *testing.T) {
	t.Parallel()
	first, second := past(1, 0.6, 3), past(2, 0.6, -3)
	second.Cluster, second.Code = first.Cluster, "000001"
	for _, q := range []forecast.Query{query(first, second), query(second, first)} {
		if p := predict(t, q); len(p.Evidence.Neighbours) != 1 || p.Evidence.Neighbours[0].ArticleID != 1 {
			t.Errorf("got %+v, want article 1 alone", p.Evidence.Neighbours)
		}
	}
}

func TestThirtyNearestCount(t *testing.T) {
	t.Parallel()
	var list []forecast.PastMove
	for i := 1; i <= 45; i++ {
		list = append(list, past(i, 0.3+float64(i)/100, 1))
	}
	p := predict(t, query(list...))
	if n := len(p.Evidence.Neighbours); n != 30 {
		t.Fatalf("got %d neighbours, want 30", n)
	}
	if first, last := p.Evidence.Neighbours[0].ArticleID, p.Evidence.Neighbours[29].ArticleID; first != 45 || last != 16 {
		t.Errorf("got articles %d to %d, want 45 to 16", first, last)
	}
}

func TestAnalogueRefusesTheFuture(t *testing.T) {
	t.Parallel()
	changed := func(change func(*forecast.PastMove)) forecast.Query {
		bad := past(77, 0.01, 1) // even where the gate would drop it
		change(&bad)
		return query(past(1, 0.6, 3), bad)
	}
	outcome := func(change func(*forecast.Move)) forecast.Query {
		return changed(func(p *forecast.PastMove) {
			m := p.Moves[1]
			change(&m)
			p.Moves[1] = m
		})
	}
	noBase := query()
	noBase.Features.BaseRate = map[int]float64{1: .4, 3: .4}
	noSigma := query()
	noSigma.Features.SigmaPct = math.NaN()
	for name, c := range map[string]struct {
		q     forecast.Query
		names string
	}{
		"article at as_of":        {changed(func(p *forecast.PastMove) { p.At = asOf }), "article 77"},
		"article after as_of":     {changed(func(p *forecast.PastMove) { p.At = asOf.Add(1) }), "article 77"},
		"outcome known later":     {outcome(func(m *forecast.Move) { m.KnownAt = asOf.Add(1) }), "article 77"},
		"outcome not a number":    {outcome(func(m *forecast.Move) { m.ExcessPct = math.NaN() }), "article 77"},
		"outcome infinite":        {outcome(func(m *forecast.Move) { m.SigmaUnits = math.Inf(1) }), "article 77"},
		"vectors of another kind": {changed(func(p *forecast.PastMove) { p.Embedder = "other" }), "article 77"},
		"cosine not a number":     {changed(func(p *forecast.PastMove) { p.Cosine = math.NaN() }), "article 77"},
		"base rate missing":       {noBase, "base_rate"},
		"sigma not a number":      {noSigma, "sigma_pct"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, kind := range []string{forecast.KindAnalogue, forecast.KindBaseline} {
				model, ok := forecast.Local(kind)
				if !ok {
					t.Fatalf("no model %q", kind)
				}
				made, err := model(c.q)
				if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.names) || made != nil {
					t.Errorf("%s: got %d predictions, %v; want an Invalid fault that names %s", kind, len(made), err, c.names)
				}
			}
		})
	}
	onTime := outcome(func(m *forecast.Move) { m.KnownAt = asOf })
	if _, err := forecast.Analogue(onTime); err != nil {
		t.Errorf("an outcome known at as_of is known: %v", err)
	}
}

func TestAnalogueProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	for round := range 400 {
		q := query()
		q.Features.SigmaPct = r.Float64() * 4
		for _, h := range forecast.Horizons {
			q.Features.BaseRate[h] = 0.02 + r.Float64()*0.96
		}
		sign := [3]float64{1, -1, 0}[round%3] // all up, all down, mixed
		for i := range r.IntN(80) {
			p := past(i, r.Float64()*1.2-0.2, 0)
			p.At = asOf.Add(-time.Duration(1 + r.Int64N(int64(900*24*time.Hour))))
			p.Cluster, p.Code = int64(r.IntN(60)), code(r.IntN(20))
			for _, h := range forecast.Horizons {
				excess := r.NormFloat64() * 4
				if sign != 0 {
					excess = sign * (0.01 + math.Abs(excess))
				}
				p.Moves[h] = forecast.Move{TargetDay: day(r.IntN(50)), ExcessPct: excess, SigmaUnits: excess / 2, KnownAt: asOf}
			}
			q.Past = append(q.Past, p)
		}
		made, err := forecast.Analogue(q)
		if err != nil {
			t.Fatal(err)
		}
		r.Shuffle(len(q.Past), func(i, j int) { q.Past[i], q.Past[j] = q.Past[j], q.Past[i] })
		again, err := forecast.Analogue(q)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(made, again); diff != "" {
			t.Fatalf("the order of the past matters: %s", diff)
		}
		for _, p := range made {
			checkBounds(t, p, sign)
		}
	}
}

func checkBounds(t *testing.T, p forecast.Prediction, sign float64) {
	t.Helper()
	if p.Probability < 0 || p.Probability > 1 || math.Abs(p.Probability-p.BaseRate) > 0.15+1e-12 {
		t.Errorf("probability %v is out of reach of the base rate %v", p.Probability, p.BaseRate)
	}
	if p.LowPct > p.ExpectedPct || p.HighPct < p.ExpectedPct {
		t.Errorf("expected %v outside of %v to %v", p.ExpectedPct, p.LowPct, p.HighPct)
	}
	if n := p.Evidence.Effective; len(p.Evidence.Neighbours) > 30 || n > float64(len(p.Evidence.Neighbours))+1e-9 {
		t.Errorf("%v effective of %d neighbours", n, len(p.Evidence.Neighbours))
	}
	seen := make(map[int64]bool)
	for _, n := range p.Evidence.Neighbours {
		if seen[n.ArticleID] || n.Cosine < 0.25 {
			t.Errorf("neighbour %+v", n)
		}
		seen[n.ArticleID] = true
	}
	if len(p.Evidence.Neighbours) == 0 || sign == 0 {
		return
	}
	if float64(p.Direction()) != sign || p.ExpectedPct*sign < 0 {
		t.Errorf("every neighbour went %v, yet p = %v against %v, expected %v", sign, p.Probability, p.BaseRate, p.ExpectedPct)
	}
}

func TestBaselineSaysTheBaseRate(t *testing.T) {
	t.Parallel()
	made, err := forecast.Baseline(query(past(1, 0.9, 5)))
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range forecast.Horizons {
		p := made[i]
		if p.Horizon != h || p.Probability != p.BaseRate || p.ExpectedPct != 0 || p.Direction() != 0 || len(p.Evidence.Neighbours) != 0 {
			t.Errorf("got %+v", p)
		}
		near(t, "low", p.LowPct, -1.2816*2*math.Sqrt(float64(h)))
	}
}

func TestLocal(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]bool{"baseline": true, "analogue": true, "llm": false, "": false} {
		if _, ok := forecast.Local(kind); ok != want {
			t.Errorf("Local(%q) is %t, want %t", kind, ok, want)
		}
	}
}

func TestRecalibrate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		c       forecast.Calibration
		p, want float64
	}{
		"zero is the identity":         {forecast.Calibration{}, 0.57, 0.57},
		"fitted slope 1":               {forecast.Calibration{Slope: 1, StockDays: 900}, 0.57, 0.57},
		"fitted slope 0 is the base":   {forecast.Calibration{StockDays: 900}, 0.57, 0.42},
		"negative slope turns it over": {forecast.Calibration{Slope: -1, StockDays: 900}, 0.5, 0.1764 / (0.1764 + 0.3364)}, // odds .42^2 to .58^2
		"certainty stays finite":       {forecast.Calibration{StockDays: 900}, 1, 0.42},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			near(t, "p", forecast.Recalibrate(c.p, 0.42, c.c), c.want)
		})
	}
	said := predict(t, query(past(1, 0.6, 3)))
	for name, c := range map[string]struct {
		c       forecast.Calibration
		p, want float64
		raw     float64
	}{
		"no calibration":       {forecast.Calibration{}, 0.47, 0.47, 0},
		"without skill":        {forecast.Calibration{StockDays: 900}, 0.47, 0.42, 0.47},
		"beyond its reach":     {forecast.Calibration{Slope: 500, StockDays: 900}, 0.47, 0.57, 0.47},
		"nothing was said":     {forecast.Calibration{Intercept: 1, Slope: 1, StockDays: 900}, 0.42, 0.42, 0},
		"what leans too far":   {forecast.Calibration{Intercept: 0.1, Slope: 0, StockDays: 900}, 0.30, 0.4445, 0.30},
		"a slope of one clips": {forecast.Calibration{Slope: 1, StockDays: 900}, 0.90, 0.57, 0.90},
	} {
		said.Probability = c.p
		got := forecast.Recalibrated(said, c.c)
		if math.Abs(got.Probability-c.want) > 1e-4 || got.Raw != c.raw || got.BaseRate != said.BaseRate || got.ExpectedPct != said.ExpectedPct {
			t.Errorf("%s: %v of %v, want %v of %v", name, got.Probability, got.Raw, c.want, c.raw)
		}
	}
}
