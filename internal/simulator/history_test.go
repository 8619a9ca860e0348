package simulator_test

import (
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"tickerwire/internal/archive"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/simulator"
)

// past is what an importer reads of a market's history: nothing of how it was made.
type past struct {
	calendar  *market.Calendar
	articles  []archive.Article
	companies []archive.Stock
	days      []market.Day
	closes    map[market.Code]map[market.Day]float64
}

// told is a story as it shows in the archive: the first article of a kind about a company within a few days.
type told struct {
	archive.Article
	code market.Code
	kind simulator.Kind
	base market.Day
	vec  []float32
}

// kindByWord tells kinds by a word that all their wordings share; the first match counts.
var kindByWord = []struct {
	word string
	kind simulator.Kind
	sign float64 // the planted direction, 0 for none
}{
	{"공급계약", simulator.SupplyContract, 1}, {"깜짝 실적", simulator.EarningsBeat, 1}, {"실적 쇼크", simulator.EarningsMiss, -1},
	{"리콜", simulator.Recall, -1}, {"소송", simulator.Lawsuit, -1}, {"유상증자", simulator.CapitalRaise, -1},
	{"기업설명회", simulator.RoutineIR, 0}, {"신제품", simulator.NewProduct, 1},
}

// writtenPast returns the history of seed 1, which the tests share: none changes it.
func writtenPast(t *testing.T) past {
	t.Helper()
	p, err := readPast()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var readPast = sync.OnceValues(func() (p past, err error) {
	m, err := simulator.NewMarket(simulator.MarketOptions{Seed: 1})
	if err != nil {
		return p, err
	}
	dir, err := os.MkdirTemp("", "past-*")
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := m.WriteArchive(dir); err != nil {
		return p, err
	}
	folder, err := archive.Open(dir)
	if err != nil {
		return p, err
	}
	p = past{calendar: market.NewCalendar(), closes: map[market.Code]map[market.Day]float64{}}
	var refused []error
	refuse := func(e *archive.LineError) { refused = append(refused, e) }
	_, err = folder.Articles(archive.Sink[archive.Article]{Refuse: refuse, Take: func(a archive.Article, _ archive.Place) error {
		p.articles = append(p.articles, a)
		return nil
	}})
	if err != nil {
		return p, err
	}
	_, err = folder.Stocks(archive.Sink[archive.Stock]{Refuse: refuse, Take: func(s archive.Stock, _ archive.Place) error {
		p.companies = append(p.companies, s)
		return nil
	}})
	if err != nil {
		return p, err
	}
	_, err = folder.Bars(archive.Sink[archive.Bar]{Refuse: refuse, Take: func(b archive.Bar, _ archive.Place) error {
		if p.closes[b.Code] == nil {
			p.closes[b.Code] = map[market.Day]float64{}
		}
		p.closes[b.Code][b.Day] = float64(b.Close)
		if !slices.Contains(p.days, b.Day) {
			p.days = append(p.days, b.Day)
		}
		return nil
	}})
	slices.Sort(p.days)
	return p, errors.Join(append(refused, err)...)
})

// excess returns the return of a stock over h sessions from a base day less the mean of the others, in percent.
func (p past) excess(code market.Code, base market.Day, h int) (float64, bool) {
	i, ok := slices.BinarySearch(p.days, base)
	if !ok || i+h >= len(p.days) {
		return 0, false
	}
	end := p.days[i+h]
	own, rest := 0.0, 0.0
	for c, closes := range p.closes {
		r := market.ReturnPct(closes[base], closes[end])
		if c == code {
			own = r
		} else {
			rest += r
		}
	}
	return own - rest/float64(len(p.closes)-1), true
}

func (p past) stories(t *testing.T) []told {
	t.Helper()
	last := map[string]archive.Article{}
	var out []told
	for _, a := range p.articles {
		if a.Source == archive.SourceDART {
			continue
		}
		for _, k := range kindByWord {
			if !strings.Contains(a.Title, k.word) && !strings.Contains(a.Summary, k.word) {
				continue
			}
			code := p.codeIn(a.Title)
			key := string(code) + string(k.kind)
			if before, ok := last[key]; code != "" && (!ok || a.FirstSeenAt.Sub(before.FirstSeenAt).Hours() > 24) {
				last[key] = a
				base, err := p.calendar.BaseDay(a.FirstSeenAt)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, told{a, code, k.kind, base, news.Embed(a.Title, a.Summary)})
			}
			break
		}
	}
	return out
}

func (p past) codeIn(title string) market.Code {
	for _, c := range p.companies {
		if strings.Contains(title, c.Name) {
			return c.Code
		}
	}
	return ""
}

// TestMovingKindsMovePrices checks what the demonstration stands on: after stories of a moving kind the next session's
// excess return lies well apart from 0, in the planted direction, and after a routine meeting it does not.
func TestMovingKindsMovePrices(t *testing.T) {
	t.Parallel()
	p := writtenPast(t)
	returns := map[simulator.Kind][]float64{}
	for _, s := range p.stories(t) {
		if r, ok := p.excess(s.code, s.base, 1); ok {
			returns[s.kind] = append(returns[s.kind], r)
		}
	}
	for _, k := range kindByWord {
		rs := returns[k.kind]
		mean, tValue := meanAndT(rs)
		up := 0
		for _, r := range rs {
			if r > 0 {
				up++
			}
		}
		t.Logf("%-18s n %3d  mean %+.2f %%  t %+.1f  up %.2f", k.kind, len(rs), mean, tValue, float64(up)/float64(len(rs)))
		switch {
		case len(rs) < 40:
			t.Errorf("%s: only %d stories", k.kind, len(rs))
		case k.sign == 0 && math.Abs(tValue) > 3:
			t.Errorf("%s: t = %.1f, a kind without effect moves the price", k.kind, tValue)
		case k.kind == simulator.NewProduct: // planted weakly, not to be found with certainty
		case k.sign != 0 && tValue*k.sign <= 3:
			t.Errorf("%s: t = %.1f, want beyond 3 in direction %+.0f", k.kind, tValue, k.sign)
		}
	}
}

func meanAndT(xs []float64) (mean, t float64) {
	for _, x := range xs {
		mean += x / float64(len(xs))
	}
	var square float64
	for _, x := range xs {
		square += (x - mean) * (x - mean)
	}
	sd := math.Sqrt(square / float64(len(xs)-1))
	return mean, mean / (sd / math.Sqrt(float64(len(xs))))
}

// analogue predicts P(excess > 0) of a story from stories whose outcome was known before it: the built-in predictor's
// own formula, with the gate at cosine .25, at most 30 neighbours, one per stock and day, and 50 pseudo-counts.
func (p past) analogue(stories []told, q told, h int, base float64) (prob float64, neighbours int) {
	type hit struct {
		told
		cos, r float64
	}
	var hits []hit
	for _, s := range stories {
		i, _ := slices.BinarySearch(p.days, s.base)
		if i+h >= len(p.days) {
			continue
		}
		known, err := p.calendar.BarKnownAt(p.days[i+h])
		if err != nil || known.After(q.FirstSeenAt) {
			continue
		}
		if cos := news.Cosine(q.vec, s.vec); cos >= .25 {
			r, _ := p.excess(s.code, s.base, h)
			hits = append(hits, hit{s, cos, r})
		}
	}
	slices.SortFunc(hits, func(a, b hit) int { return int(math.Copysign(1, b.cos-a.cos)) })
	seen := map[string]bool{}
	var sum, squares, up float64
	for _, s := range hits {
		key := string(s.code) + s.base.String()
		if seen[key] || neighbours == 30 {
			continue
		}
		seen[key] = true
		neighbours++
		w := s.cos * s.cos * math.Exp(-q.FirstSeenAt.Sub(s.FirstSeenAt).Hours()/24/180)
		sum, squares = sum+w, squares+w*w
		if s.r > 0 {
			up += w
		}
	}
	if sum == 0 {
		return base, 0
	}
	n := sum * sum / squares
	return (50*base + n*up/sum) / (50 + n), neighbours
}

// TestAnaloguesFindTheDirection walks the last weeks of the history forward: similar past stories alone move the
// probability of the strong kinds away from the base rate, the planted way, by what an alert needs (.05).
func TestAnaloguesFindTheDirection(t *testing.T) {
	t.Parallel()
	p := writtenPast(t)
	stories := p.stories(t)
	split := p.days[len(p.days)-40]
	for _, k := range kindByWord {
		switch k.kind {
		case simulator.SupplyContract, simulator.EarningsBeat, simulator.EarningsMiss, simulator.Recall, simulator.CapitalRaise:
		default:
			continue
		}
		var shift float64
		n, neighbours, alerting := 0, 0, 0
		for _, q := range stories {
			if q.kind != k.kind || q.base < split {
				continue
			}
			prob, found := p.analogue(stories, q, 1, .47)
			n, neighbours, shift = n+1, neighbours+found, shift+(prob-.47)*k.sign
			if (prob-.47)*k.sign >= .05 {
				alerting++
			}
		}
		t.Logf("%-18s queries %3d  neighbours %.1f  mean shift %+.3f  at least .05: %d", k.kind, n, float64(neighbours)/float64(n), shift/float64(n), alerting)
		if n < 10 || shift/float64(n) < .05 {
			t.Errorf("%s: over %d stories the probability moves by %+.3f on average, want .05", k.kind, n, shift/float64(n))
		}
	}
}
