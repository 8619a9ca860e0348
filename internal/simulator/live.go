package simulator

import (
	"math/rand/v2"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/market"
)

const (
	// burst is how long after the start news comes as fast as a demonstration wants it: an article every 3 s or so.
	burst = 30 * time.Minute
	// Between two stories, in seconds. A story has two to three articles.
	burstLeast, burstMost = 4, 10
	dayLeast, dayMost     = 40, 80 // from 07:00 to 20:00
	nightLeast, nightMost = 600, 1200
)

// live draws what happens from the market's start on. It goes through all pairs of a company and a kind in a shuffled
// order before any pair comes again, so that new stories stay new.
type live struct {
	seed      int64
	start     time.Time
	companies []Company
	deck      []pair
	round     int
}

type pair struct {
	company Company
	kind    kindRow
}

func newLive(seed int64, start time.Time, companies []Company) *live {
	return &live{seed: seed, start: start, companies: companies}
}

// draw takes the next pair.
func (l *live) draw() pair {
	if len(l.deck) == 0 {
		r := source(l.seed, "deck", l.round)
		l.round++
		for _, kind := range kindTable() {
			for _, c := range l.companies {
				l.deck = append(l.deck, pair{c, kind})
			}
		}
		r.Shuffle(len(l.deck), func(i, j int) { l.deck[i], l.deck[j] = l.deck[j], l.deck[i] })
	}
	p := l.deck[0]
	l.deck = l.deck[1:]
	return p
}

// drawKind takes the next pair of the given kind.
func (l *live) drawKind(kind Kind) pair {
	var aside []pair
	for {
		p := l.draw()
		if p.kind.kind == kind {
			l.deck = append(aside, l.deck...)
			return p
		}
		aside = append(aside, p)
	}
}

// day returns a day's stories, and the filings that come without one.
func (l *live) day(day market.Day, t *teller) ([]story, []archive.Article) {
	r := source(l.seed, "live", int(day))
	var stories []story
	var filings []archive.Article
	at := day.At(0, 0)
	if day == market.DayOf(l.start) {
		stories = l.opening(r)
		filings = l.halts(r, t)
		at = l.start
	}
	for at = at.Add(l.gap(r, at)); at.Before((day + 1).At(0, 0)); at = at.Add(l.gap(r, at)) {
		stories = append(stories, l.story(r, l.draw(), at))
	}
	return stories, filings
}

// opening is what there is to see at once: a rights issue with its filing, and stories of three moving kinds.
func (l *live) opening(r *rand.Rand) []story {
	var out []story
	for _, o := range []struct {
		kind  Kind
		after time.Duration
	}{{CapitalRaise, 0}, {SupplyContract, 400 * time.Millisecond}, {EarningsBeat, 900 * time.Millisecond}, {Recall, 1700 * time.Millisecond}} {
		s := l.story(r, l.drawKind(o.kind), l.start.Add(o.after))
		s.size = 1
		out = append(out, s)
	}
	return out
}

// halts are urgent filings of no story: one at the start itself, others in the first minutes.
func (l *live) halts(r *rand.Rand, t *teller) []archive.Article {
	var out []archive.Article
	for _, h := range []struct {
		report string
		after  time.Duration
	}{{"주권매매거래정지(투자자 보호)", 0}, {"횡령ㆍ배임혐의발생", 2 * time.Minute}, {"주요사항보고서(회사합병결정)", 5 * time.Minute}} {
		t.add(&out, t.filing(pick(r, l.companies), h.report, h.after == 5*time.Minute, l.start.Add(h.after)))
	}
	return out
}

func (l *live) story(r *rand.Rand, p pair, at time.Time) story {
	return story{company: p.company, kind: p.kind, at: at, size: 0.6 + 0.8*r.Float64(), pace: [2]int{3, 20}, lag: [2]int{0, 2},
		values: values(r, p.company, p.kind.kind, at)}
}

// gap draws how long it is from a story at a given time to the next one.
func (l *live) gap(r *rand.Rand, at time.Time) time.Duration {
	least, most := nightLeast, nightMost
	switch hour := at.In(market.KST).Hour(); {
	case at.Sub(l.start) < burst:
		least, most = burstLeast, burstMost
	case hour >= 7 && hour < 20:
		least, most = dayLeast, dayMost
	}
	return time.Duration(between(r, least*1000, most*1000)) * time.Millisecond
}
