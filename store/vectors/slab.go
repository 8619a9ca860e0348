package vectors

import (
	"container/heap"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"tickerwire/internal/market"
	"tickerwire/store"
)

// slab is one embedder version's vectors, one after the other in one array.
type slab struct {
	mu     sync.RWMutex
	dim    int // 0 while it is empty
	floats []float32
	ids    []int64
	at     []int64 // available_at in microseconds
	codes  [][]market.Code
	row    map[int64]int // article -> row

	tail     sync.Mutex // held while catching up; guards from and caughtUp
	from     store.VectorPosition
	begun    atomic.Uint64 // number of the last catching up that began
	caughtUp uint64        // number of the last one that succeeded
}

// put adds an entry; one that is there is replaced, or left alone.
func (s *slab) put(e Entry, replace bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := check("the vector of an article", e.Values, s.dim); err != nil {
		return err
	}
	s.dim = len(e.Values)
	i, exists := s.row[e.ArticleID]
	switch {
	case !exists:
		s.row[e.ArticleID] = len(s.ids)
		s.ids, s.at = append(s.ids, e.ArticleID), append(s.at, micros(e.AvailableAt))
		s.codes, s.floats = append(s.codes, slices.Clone(e.Codes)), append(s.floats, e.Values...)
	case replace:
		s.at[i], s.codes[i] = micros(e.AvailableAt), slices.Clone(e.Codes)
		copy(s.vector(i), e.Values)
	}
	return nil
}

// remove takes an article out; the last row moves into its place.
func (s *slab) remove(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, exists := s.row[id]
	if !exists {
		return
	}
	last := len(s.ids) - 1
	s.ids[i], s.at[i], s.codes[i] = s.ids[last], s.at[last], s.codes[last]
	copy(s.vector(i), s.vector(last))
	s.row[s.ids[i]] = i
	delete(s.row, id)
	s.codes[last] = nil
	s.ids, s.at, s.codes, s.floats = s.ids[:last], s.at[:last], s.codes[:last], s.floats[:last*s.dim]
}

// get returns a copy of an article's vector, nil when there is none.
func (s *slab) get(id int64) []float32 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if i, exists := s.row[id]; exists {
		return slices.Clone(s.vector(i))
	}
	return nil
}

func (s *slab) vector(i int) []float32 { return s.floats[i*s.dim : (i+1)*s.dim] }

// nearest compares the query with every row that passes the filter.
func (s *slab) nearest(q Search) ([]Hit, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := q.check(s.dim); err != nil || s.dim == 0 {
		return nil, err
	}
	before := int64(math.MaxInt64)
	if !q.Before.IsZero() {
		before = micros(q.Before)
	}
	best := make(farthestFirst, 0, min(q.Limit, len(s.ids)))
	for i, at := range s.at {
		if at >= before || (len(q.Codes) > 0 && !overlap(s.codes[i], q.Codes)) {
			continue
		}
		best.offer(Hit{ArticleID: s.ids[i], Cosine: float64(dot(s.vector(i), q.Query))}, q)
	}
	slices.SortFunc(best, byNearness)
	return best, nil
}

func overlap(a, b []market.Code) bool {
	for _, code := range a {
		if slices.Contains(b, code) {
			return true
		}
	}
	return false
}

// dot is the inner product; four sums at once keep the processor's adders busy.
func dot(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= len(a); i += 4 {
		x, y := a[i:i+4:i+4], b[i:i+4:i+4]
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// farthestFirst is a heap of the best hits so far, the one to give up first at its root.
type farthestFirst []Hit

func (h farthestFirst) Len() int           { return len(h) }
func (h farthestFirst) Less(i, j int) bool { return byNearness(h[i], h[j]) > 0 }
func (h farthestFirst) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push and Pop complete heap.Interface; offer keeps the heap without them.
func (h *farthestFirst) Push(x any) { *h = append(*h, x.(Hit)) }

// Pop implements heap.Interface.
func (h *farthestFirst) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// offer takes a hit in when it is near enough and among the best.
func (h *farthestFirst) offer(hit Hit, q Search) {
	switch {
	case hit.Cosine < q.MinCosine:
	case len(*h) < q.Limit:
		*h = append(*h, hit)
		if len(*h) == q.Limit {
			heap.Init(h)
		}
	case byNearness(hit, (*h)[0]) < 0:
		(*h)[0] = hit
		heap.Fix(h, 0)
	}
}
