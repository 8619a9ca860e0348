package vectors

import "slices"

// The parts of the package that tests look at.
const BlockRows = blockRows

var (
	Quick = quick
	Plain = dot
	Slack = slackOf
)

// Reference is the search of x done in the simplest way over the same rows: every one is compared, all are sorted.
func Reference(x *Exact, q Search) []Hit {
	s := x.slabOf(q.Embedder)
	var hits []Hit
	for _, b := range s.blocks {
		for i, id := range b.ids {
			hit := Hit{ArticleID: id, Cosine: float64(dot(b.vector(i, s.dim), q.Query))}
			if hit.Cosine >= q.MinCosine && (q.Before.IsZero() || b.at[i] < micros(q.Before)) && (len(q.Codes) == 0 || overlap(b.codes[i], q.Codes)) {
				hits = append(hits, hit)
			}
		}
	}
	slices.SortFunc(hits, byNearness)
	return hits[:min(len(hits), q.Limit)]
}

// Hasty makes searches wait no longer for the first reading.
func (x *Exact) Hasty() { x.patience = 0 }
