package measure

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

const (
	leastBand = 45 // pairs below this cosine, in percent, are not drawn
	topBand   = 80 // from here on all cosines are one band
	bandWidth = 5

	perBand      = 14 // pairs drawn of every band
	perNamedBand = 30 // of pairs that name a company, which are rarer and matter more
)

// pairsSince parts the archive: idf is fitted on what was available before, pairs are drawn from what came after.
var pairsSince = time.Date(2025, time.November, 4, 0, 0, 0, 0, market.KST)

// Pair is two articles at most news.StoryWindow apart that name the same set of companies, perhaps none.
type Pair struct {
	A, B   string // by archive.Article.ID, A < B
	Named  bool   // they name a tracked company
	Cosine float64
}

func (p Pair) key() string { return p.A + " " + p.B }

// band returns the lower end of the pair's band of cosines, in percent.
func (p Pair) band() int { return min(topBand, int(p.Cosine*100)/bandWidth*bandWidth) }

// vectored is an article of a corpus with its vector.
type vectored struct {
	id     string
	at     time.Time
	vector []float32
}

// Pairs returns every pair of undamaged articles available from since on whose cosine by embedder reaches the lowest
// band, in the order of the draw.
func (c Corpus) Pairs(embedder news.Embedder, since time.Time) []Pair {
	matcher := news.MatcherFrom(c.Stocks, nil)
	sets := map[string][]vectored{}
	for _, id := range c.Draw() {
		a := c.Articles[id]
		vector := embedder.Embed(a.Title, a.Summary)
		if a.Mojibake || vector == nil || a.AvailableAt.Before(since) {
			continue
		}
		var codes []string
		for _, m := range matcher.Match(a) {
			codes = append(codes, string(m.Code))
		}
		set := strings.Join(codes, " ")
		sets[set] = append(sets[set], vectored{id, a.AvailableAt, vector})
	}
	var pairs []Pair
	for set, list := range sets {
		for i, a := range list {
			for _, b := range list[i+1:] {
				cosine := news.Cosine(a.vector, b.vector)
				if cosine*100 >= leastBand && a.at.Sub(b.at).Abs() <= news.StoryWindow {
					pairs = append(pairs, Pair{A: min(a.id, b.id), B: max(a.id, b.id), Named: set != "", Cosine: cosine})
				}
			}
		}
	}
	slices.SortFunc(pairs, func(a, b Pair) int { return cmp.Compare(hashOf(a.key()), hashOf(b.key())) })
	return pairs
}

// Stratum is one band of one kind of pair: how many there are, and those that were drawn.
type Stratum struct {
	Named bool
	Band  int // the band's lower end, in percent
	Size  int
	Drawn []Pair
}

// Strata parts pairs by kind and band and draws some of each, the first in the order of the draw.
func Strata(pairs []Pair) []Stratum {
	var strata []Stratum
	for _, p := range pairs {
		i := slices.IndexFunc(strata, func(s Stratum) bool { return s.Named == p.Named && s.Band == p.band() })
		if i < 0 {
			i = len(strata)
			strata = append(strata, Stratum{Named: p.Named, Band: p.band()})
		}
		s := &strata[i]
		most := perBand
		if p.Named {
			most = perNamedBand
		}
		if s.Size++; len(s.Drawn) < most {
			s.Drawn = append(s.Drawn, p)
		}
	}
	slices.SortFunc(strata, func(a, b Stratum) int {
		if a.Named != b.Named {
			if a.Named {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Band, b.Band)
	})
	return strata
}

// FitBefore returns the fitted embedder of the articles that were available before an instant.
func (c Corpus) FitBefore(at time.Time) (news.Embedder, int) {
	var fit news.IDFFit
	for _, id := range c.Draw() {
		if a := c.Articles[id]; a.AvailableAt.Before(at) && !a.Mojibake {
			fit.Add(a.Title, a.Summary)
		}
	}
	return news.FittedEmbedder(fit.Freeze()), fit.Articles()
}

// neighboursDrawn is how many of those that follow it in the draw an article is compared with for the background.
const neighboursDrawn = 50

// Background returns the cosines of pairs drawn from all articles available from since on, in ascending order: how
// alike two articles are that have nothing to do with each other.
func (c Corpus) Background(embedder news.Embedder, since time.Time) []float64 {
	var vectors [][]float32
	for _, id := range c.Draw() {
		a := c.Articles[id]
		if vector := embedder.Embed(a.Title, a.Summary); vector != nil && !a.Mojibake && !a.AvailableAt.Before(since) {
			vectors = append(vectors, vector)
		}
	}
	var cosines []float64
	for i, a := range vectors {
		for _, b := range vectors[i+1 : min(len(vectors), i+1+neighboursDrawn)] {
			cosines = append(cosines, news.Cosine(a, b))
		}
	}
	slices.Sort(cosines)
	return cosines
}
