// Package vectors finds the articles whose embeddings are nearest to a query. It has two indexes with one behaviour:
// Exact, in this process and fed from Postgres, and Milvus. Neither is the truth: both can be filled again from the
// store. An embedder version has a space of its own; vectors of two versions never meet. Changing an embedder without
// changing its version makes every stored vector incomparable with the new ones.
package vectors

import (
	"cmp"
	"context"
	"math"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

// Entry is an article's embedding with what a search filters by. Values has unit length and the dimension of its
// embedder version; times are kept to the microsecond.
type Entry struct {
	ArticleID   int64
	Embedder    string
	Codes       []market.Code
	AvailableAt time.Time
	Values      []float32
}

// Search asks for the articles nearest to Query, a vector of unit length.
type Search struct {
	Embedder  string
	Query     []float32
	Before    time.Time     // only articles available strictly before it; zero means any
	Codes     []market.Code // only articles that name one of them; empty means all
	MinCosine float64       // only articles at least so near, in -1..1
	Limit     int           // at most so many, at least 1
}

// Hit is an article found, with its cosine to the query.
type Hit struct {
	ArticleID int64
	Cosine    float64
}

// Index is what both indexes can do. Input that cannot be (no unit length, another dimension than the version's) is
// Invalid; an index that cannot be reached is Unavailable.
type Index interface {
	// Upsert adds entries, or replaces those of the same article and version.
	Upsert(ctx context.Context, entries []Entry) error
	// Nearest returns hits by descending cosine, then ascending ArticleID; none when the version has no vectors.
	Nearest(ctx context.Context, s Search) ([]Hit, error)
	// Vector returns an article's embedding; NotFound when there is none.
	Vector(ctx context.Context, embedder string, articleID int64) ([]float32, error)
	// Delete removes articles from a version; those that are not there are no error.
	Delete(ctx context.Context, embedder string, articleIDs []int64) error
	// Ping returns nil when the index can answer.
	Ping(ctx context.Context) error
}

// unitSlack is how far from 1 the length of a vector may lie.
const unitSlack = 1e-3

// maxCodes bounds the companies of one article.
const maxCodes = 256

// check returns an Invalid fault unless values is a unit vector of dimension dim (0: any).
func check(what string, values []float32, dim int) error {
	sum := 0.0
	for _, v := range values {
		sum += float64(v) * float64(v)
	}
	switch {
	case len(values) == 0:
		return fault.New(fault.Invalid, "%s is empty", what)
	case dim != 0 && len(values) != dim:
		return fault.New(fault.Invalid, "%s has %d dimensions, its embedder version has %d", what, len(values), dim)
	case !(math.Abs(math.Sqrt(sum)-1) <= unitSlack): // also when it is not a number
		return fault.New(fault.Invalid, "%s has length %g, not 1", what, math.Sqrt(sum))
	}
	return nil
}

func (s Search) check(dim int) error {
	if s.Limit < 1 {
		return fault.New(fault.Invalid, "a search for %d articles", s.Limit)
	}
	return check("the query", s.Query, dim)
}

// micros is t in the resolution of the indexes; a bound that lies between two microseconds is the upper one.
func micros(t time.Time) int64 {
	us := t.UnixMicro()
	if t.After(time.UnixMicro(us)) {
		us++
	}
	return us
}

// byNearness orders hits.
func byNearness(a, b Hit) int {
	return cmp.Or(cmp.Compare(b.Cosine, a.Cosine), cmp.Compare(a.ArticleID, b.ArticleID))
}

// lastOfEach keeps the last entry of each article.
func lastOfEach(entries []Entry) []Entry {
	at := make(map[int64]int, len(entries))
	out := make([]Entry, 0, len(entries))
	for _, e := range entries {
		if i, seen := at[e.ArticleID]; seen {
			out[i] = e
			continue
		}
		at[e.ArticleID] = len(out)
		out = append(out, e)
	}
	return out
}
