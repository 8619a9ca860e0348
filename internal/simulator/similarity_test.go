package simulator_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

// TestSentencesAreAsSimilarAsNeeded measures the history with the built-in embedder: stories of one kind resemble each
// other across companies, tellings of one story mostly merge, and stories of different companies hardly ever would.
func TestSentencesAreAsSimilarAsNeeded(t *testing.T) {
	t.Parallel()
	p := writtenPast(t)
	stories := p.stories(t)
	var same, cross []float64
	for i, a := range stories {
		for _, b := range stories[:i] {
			cos := news.Cosine(a.vec, b.vec)
			switch {
			case a.code != b.code && a.kind == b.kind:
				same = append(same, cos)
			case a.code != b.code:
				cross = append(cross, cos)
			}
		}
	}
	var retold []float64
	for i, s := range stories {
		for _, a := range p.articles {
			if a.Source == archive.SourceDART || !a.FirstSeenAt.After(s.FirstSeenAt) || a.FirstSeenAt.Sub(s.FirstSeenAt) > 4*time.Hour || p.codeIn(a.Title) != s.code {
				continue
			}
			retold = append(retold, news.Cosine(stories[i].vec, news.Embed(a.Title, a.Summary)))
		}
	}
	for _, g := range []struct {
		name string
		cos  []float64
		ok   func(cos []float64) bool
	}{
		{"one kind, two companies", same, func(c []float64) bool { return share(c, .25) > .95 && share(c, news.StoryCosine) < .02 }},
		{"two kinds, two companies", cross, func(c []float64) bool { return share(c, .25) < .02 }},
		{"one story, two presses", retold, func(c []float64) bool { return share(c, news.StoryCosine) > .5 && share(c, news.EchoCosine) < 1 }},
	} {
		slices.Sort(g.cos)
		at := func(q float64) float64 { return g.cos[int(q*float64(len(g.cos)-1))] }
		t.Logf("%-26s n %6d  1%% %.2f  median %.2f  99%% %.2f  >=.25 %.3f  >=.55 %.3f  >=.65 %.3f", g.name, len(g.cos), at(.01), at(.5), at(.99), share(g.cos, .25), share(g.cos, .55), share(g.cos, .65))
		if !g.ok(g.cos) {
			t.Errorf("%s: the cosines lie elsewhere", g.name)
		}
	}
}

func share(cos []float64, least float64) float64 {
	n := 0
	for _, c := range cos {
		if c >= least {
			n++
		}
	}
	return float64(n) / float64(len(cos))
}

// TestMatcherFindsTheCompanies makes sure that every journalist's item of the history names exactly its one company.
func TestMatcherFindsTheCompanies(t *testing.T) {
	t.Parallel()
	p := writtenPast(t)
	for i, a := range p.companies {
		for _, b := range p.companies[:i] {
			if strings.Contains(a.Name, b.Name) || strings.Contains(b.Name, a.Name) || a.Code == b.Code {
				t.Errorf("%v and %v cannot be told apart", a, b)
			}
		}
	}
	var stocks []market.Stock
	for _, c := range p.companies {
		stocks = append(stocks, c.Stock)
	}
	matcher := news.MatcherFrom(stocks, nil)
	for _, a := range p.articles {
		if a.Source == archive.SourceDART {
			continue
		}
		article := news.Clean(news.Item{Source: a.Source, ExternalID: a.ID(), URL: a.Link(), Press: a.Press, Title: a.Title, Summary: a.Summary,
			PublishedAt: a.PublishedAt, TimeQuality: a.TimeQuality, Kind: news.KindNews}, a.FirstSeenAt)
		if found := matcher.Match(article); len(found) != 1 || found[0].Code != p.codeIn(a.Title) || article.Mojibake {
			t.Errorf("%q (cleaned %q) matches %+v", a.Title, article.Title, found)
		}
	}
}
