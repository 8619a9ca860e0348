package vectors

import (
	"container/heap"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/gonum"

	"tickerwire/internal/market"
)

// blockRows is how many vectors a block holds: 8 MB of them at 512 dimensions.
const blockRows = 4096

// block is a part of a slab: vectors one after the other in one array, with what a search filters by.
type block struct {
	floats   []float32
	ids      []int64
	at       []int64 // available_at in microseconds
	codes    [][]market.Code
	from, to int64 // no row's at lies outside
}

func newBlock() *block { return &block{from: math.MaxInt64, to: math.MinInt64} }

// widen takes a row's time into the bounds. They never shrink: what a row left behind only makes them too wide.
func (b *block) widen(at int64) { b.from, b.to = min(b.from, at), max(b.to, at) }

func (b *block) vector(i, dim int) []float32 { return b.floats[i*dim : (i+1)*dim : (i+1)*dim] }

// scan offers the block's rows that pass the filter to best. The library's quick product decides only which rows cannot
// be among the best; what is found is told by the plain one, and so is the same on every machine.
func (b *block) scan(best *farthestFirst, q Search, before int64) {
	if b.from >= before {
		return
	}
	dim, all := len(q.Query), b.to < before && len(q.Codes) == 0
	slack := slackOf(dim)
	for i, id := range b.ids {
		if !all && (b.at[i] >= before || len(q.Codes) > 0 && !overlap(b.codes[i], q.Codes)) {
			continue
		}
		values := b.vector(i, dim)
		if quick(values, q.Query)+slack < best.bar(q) {
			continue
		}
		best.offer(Hit{ArticleID: id, Cosine: float64(dot(values, q.Query))}, q)
	}
}

func overlap(a, b []market.Code) bool {
	for _, code := range a {
		if slices.Contains(b, code) {
			return true
		}
	}
	return false
}

// quick is the inner product by the processor's vector instructions, where the library has them. It sums in another
// order than dot: both lie within slackOf of each other.
func quick(a, b []float32) float64 {
	return float64(gonum.Implementation{}.Sdot(len(a), a, 1, b, 1))
}

// slackOf bounds the difference of two inner products of the same unit vectors, in whatever order each is summed: either
// is at most n*2^-24/(1-n*2^-24) * sum|a_i*b_i| from the truth, and the sum is at most the product of the lengths.
func slackOf(dim int) float64 { return 2 * float64(dim) * 0x1p-24 * 1.01 }

// dot is the inner product; four sums at once keep the processor's adders busy. Every product is rounded by itself, so
// that no processor's fused instruction makes another number of it.
func dot(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= len(a); i += 4 {
		x, y := a[i:i+4:i+4], b[i:i+4:i+4]
		s0 += float32(x[0] * y[0])
		s1 += float32(x[1] * y[1])
		s2 += float32(x[2] * y[2])
		s3 += float32(x[3] * y[3])
	}
	for ; i < len(a); i++ {
		s0 += float32(a[i] * b[i])
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

// bar is the cosine below which a hit is not among the best.
func (h farthestFirst) bar(q Search) float64 {
	if len(h) < q.Limit {
		return q.MinCosine
	}
	return h[0].Cosine // not below q.MinCosine, or it would not be there
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
