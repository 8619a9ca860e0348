package news

import "time"

// Thresholds of "hash-c23-v1/flat" on the cosine to a story's first article, and how far apart in time they reach.
// They were measured on pairs of real articles read by eye (docs/decisions/0014-near-duplicates.md). Where no tracked
// company is named, sharing a set of companies says nothing, and two firms' earnings in one newspaper's template come
// near; so such stories need more.
const (
	StoryCosine        = 0.65 // at or above: the same story
	EchoCosine         = 0.55 // at or above: a story of its own that echoes the other
	UnnamedStoryCosine = 0.70 // StoryCosine of a story that names no tracked company
	UnnamedEchoCosine  = 0.65 // EchoCosine of such a story
	StoryWindow        = 48 * time.Hour
)

// Thresholds says from which cosine on an article joins a story and from which on it echoes one. Cosines of different
// embedder versions mean different things, so each version has its own.
type Thresholds struct {
	Story, Echo               float64
	UnnamedStory, UnnamedEcho float64 // of stories that name no tracked company
}

// ThresholdsOf returns what was measured for an embedder version. A fitted idf takes weight from the words that many
// articles share, and with it from the cosine of any two: the same precision stands .05 lower where a company is named.
func ThresholdsOf(version string) Thresholds {
	if IsFitted(version) {
		return Thresholds{Story: 0.60, Echo: 0.50, UnnamedStory: UnnamedStoryCosine, UnnamedEcho: UnnamedEchoCosine}
	}
	return Thresholds{Story: StoryCosine, Echo: EchoCosine, UnnamedStory: UnnamedStoryCosine, UnnamedEcho: UnnamedEchoCosine}
}

// Candidate is a story that an article could join: one of the article's own set of companies.
type Candidate struct {
	StoryID     int64
	AvailableAt time.Time
	Vector      []float32 // of its first article
	Unnamed     bool      // it names no tracked company
}

// Placement says where an article belongs.
type Placement struct {
	StoryID int64   // the story to join; 0 opens a new one
	EchoOf  int64   // for a new story, the story that it echoes; 0 when none
	Cosine  float64 // to the first article of StoryID, or of EchoOf; 1 for a story of its own
}

// Place is ThresholdsOf(EmbedderVersion).Place.
func Place(article Article, vec []float32, candidates []Candidate) Placement {
	return ThresholdsOf(EmbedderVersion).Place(article, vec, candidates)
}

// Place says where an article whose vector is vec belongs among candidates, which are stories of its own set of
// companies. It is compared with their first articles only: the nearest one at t.Story or above is joined, the nearest
// one at t.Echo or above is echoed by a story of its own; of equally near ones the lower id wins. Stories further than
// StoryWindow away in time, before or after, don't count. A filing always opens its own story.
func (t Thresholds) Place(article Article, vec []float32, candidates []Candidate) Placement {
	if article.Kind == KindDisclosure {
		return Placement{Cosine: 1}
	}
	var best Candidate
	nearest := 0.0
	for _, c := range candidates {
		if article.AvailableAt.Sub(c.AvailableAt).Abs() > StoryWindow {
			continue
		}
		cosine := Cosine(vec, c.Vector)
		if cosine > nearest || cosine == nearest && c.StoryID < best.StoryID {
			best, nearest = c, cosine
		}
	}
	join, echo := t.Story, t.Echo
	if best.Unnamed {
		join, echo = t.UnnamedStory, t.UnnamedEcho
	}
	switch {
	case nearest >= join:
		return Placement{StoryID: best.StoryID, Cosine: min(nearest, 1)}
	case nearest >= echo:
		return Placement{EchoOf: best.StoryID, Cosine: nearest}
	}
	return Placement{Cosine: 1}
}
