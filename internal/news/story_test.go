package news_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/news"
)

// at returns a unit vector whose cosine to at(1) is c.
func at(c float64) []float32 {
	return []float32{float32(c), float32(math.Sqrt(1 - c*c))}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	near := func(id int64, c float64, age time.Duration) news.Candidate {
		return news.Candidate{StoryID: id, AvailableAt: fetched.Add(-age), Vector: at(c)}
	}
	unnamed := func(id int64, c float64) news.Candidate {
		return news.Candidate{StoryID: id, AvailableAt: fetched, Vector: at(c), Unnamed: true}
	}
	own := news.Placement{Cosine: 1}
	for name, c := range map[string]struct {
		kind       news.Kind
		candidates []news.Candidate
		want       news.Placement
	}{
		"no story":                     {news.KindNews, nil, own},
		"far from all":                 {news.KindNews, []news.Candidate{near(1, .54, 0), near(2, .1, 0)}, own},
		"joins":                        {news.KindNews, []news.Candidate{near(1, .66, 0)}, news.Placement{StoryID: 1, Cosine: .66}},
		"joins the nearest":            {news.KindNews, []news.Candidate{near(1, .7, 0), near(2, .9, 0), near(3, .8, 0)}, news.Placement{StoryID: 2, Cosine: .9}},
		"echoes":                       {news.KindNews, []news.Candidate{near(1, .56, 0), near(2, .64, 0)}, news.Placement{EchoOf: 2, Cosine: .64}},
		"equally near, the lower id":   {news.KindNews, []news.Candidate{near(7, .8, 0), near(4, .8, 0), near(9, .8, 0)}, news.Placement{StoryID: 4, Cosine: .8}},
		"48 hours reach":               {news.KindNews, []news.Candidate{near(1, .8, 48*time.Hour)}, news.Placement{StoryID: 1, Cosine: .8}},
		"more don't":                   {news.KindNews, []news.Candidate{near(1, .9, 48*time.Hour+1), near(2, .6, time.Hour)}, news.Placement{EchoOf: 2, Cosine: .6}},
		"a story after the article":    {news.KindNews, []news.Candidate{near(1, .8, -47*time.Hour)}, news.Placement{StoryID: 1, Cosine: .8}},
		"long after the article":       {news.KindNews, []news.Candidate{near(1, .8, -49*time.Hour)}, own},
		"a filing":                     {news.KindDisclosure, []news.Candidate{near(1, 1, 0)}, own},
		"a vector of another embedder": {news.KindNews, []news.Candidate{{StoryID: 1, AvailableAt: fetched, Vector: []float32{1}}}, own},
		"unnamed stories need more":    {news.KindNews, []news.Candidate{unnamed(1, .69)}, news.Placement{EchoOf: 1, Cosine: .69}},
		"to be echoed too":             {news.KindNews, []news.Candidate{unnamed(1, .64)}, own},
		"an unnamed story":             {news.KindNews, []news.Candidate{unnamed(1, .71)}, news.Placement{StoryID: 1, Cosine: .71}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := news.Place(news.Article{Kind: c.kind, AvailableAt: fetched}, at(1), c.candidates)
			got.Cosine = math.Round(got.Cosine*1e4) / 1e4
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPlaceAroundTheThresholds(t *testing.T) {
	t.Parallel()
	candidate := news.Candidate{StoryID: 1, AvailableAt: fetched, Vector: []float32{1}}
	for _, c := range []struct {
		value float32
		want  news.Placement
	}{{.65001, news.Placement{StoryID: 1}}, {.64999, news.Placement{EchoOf: 1}}, {.55001, news.Placement{EchoOf: 1}}, {.5499, news.Placement{}}} {
		got := news.Place(news.Article{Kind: news.KindNews, AvailableAt: fetched}, []float32{c.value}, []news.Candidate{candidate})
		if got.StoryID != c.want.StoryID || got.EchoOf != c.want.EchoOf {
			t.Errorf("at %v: %+v, want %+v", c.value, got, c.want)
		}
	}
}
