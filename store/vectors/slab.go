package vectors

import (
	"context"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"tickerwire/internal/market"
	"tickerwire/store"
)

// slab is one embedder version's vectors, in blocks in the order in which they came: nearly that of their times. A block
// that is full never moves, so that a growing slab takes the memory of its vectors and of one block more.
type slab struct {
	mu     sync.RWMutex
	dim    int // 0 while it is empty
	blocks []*block
	row    map[int64]int            // article -> row, counted through all blocks
	sets   map[string][]market.Code // every set of codes once: most articles share theirs

	tail     chan struct{} // holds a token while somebody catches up; guards from, open and caughtUp
	from     store.VectorPosition
	open     *reading      // that an error interrupted; nil when there is none
	begun    atomic.Uint64 // number of the last catching up that began
	caughtUp uint64        // number of the last one that succeeded
	loaded   atomic.Bool   // one has succeeded
}

func newSlab() *slab {
	return &slab{row: map[int64]int{}, sets: map[string][]market.Code{}, tail: make(chan struct{}, 1)}
}

// put adds entries; of those that are there already each is replaced, or left alone.
func (s *slab) put(entries []Entry, replace bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range entries {
		if err := check("the vector of an article", e.Values, s.dim); err != nil {
			return err
		}
		s.dim = len(e.Values)
		at, codes := micros(e.AvailableAt), s.set(e.Codes)
		i, exists := s.row[e.ArticleID]
		switch {
		case !exists:
			b := s.room()
			s.row[e.ArticleID] = (len(s.blocks)-1)*blockRows + len(b.ids)
			b.ids, b.at, b.codes = append(b.ids, e.ArticleID), append(b.at, at), append(b.codes, codes)
			b.floats = append(b.floats, e.Values...)
			b.widen(at)
		case replace:
			b, i := s.place(i)
			b.at[i], b.codes[i] = at, codes
			copy(b.vector(i, s.dim), e.Values)
			b.widen(at)
		}
	}
	return nil
}

// room returns the last block, a new one when that is full.
func (s *slab) room() *block {
	if n := len(s.blocks); n > 0 && len(s.blocks[n-1].ids) < blockRows {
		return s.blocks[n-1]
	}
	b := newBlock()
	if len(s.blocks) > 0 { // the first one grows as it is filled: many versions stay small
		b.floats = make([]float32, 0, blockRows*s.dim)
	}
	s.blocks = append(s.blocks, b)
	return b
}

// place returns the block of a row, and the row's number in it.
func (s *slab) place(row int) (*block, int) { return s.blocks[row/blockRows], row % blockRows }

// set returns the one copy of a set of codes.
func (s *slab) set(codes []market.Code) []market.Code {
	var key strings.Builder
	for _, code := range codes {
		key.WriteString(string(code))
		key.WriteByte(' ')
	}
	kept, exists := s.sets[key.String()]
	if !exists {
		kept = slices.Clone(codes)
		s.sets[key.String()] = kept
	}
	return kept
}

// remove takes an article out; the last row moves into its place.
func (s *slab) remove(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, exists := s.row[id]
	if !exists {
		return
	}
	to, i := s.place(row)
	last := s.blocks[len(s.blocks)-1]
	end := len(last.ids) - 1
	to.ids[i], to.at[i], to.codes[i] = last.ids[end], last.at[end], last.codes[end]
	to.widen(last.at[end])
	copy(to.vector(i, s.dim), last.vector(end, s.dim))
	s.row[to.ids[i]] = row
	delete(s.row, id)
	last.ids, last.at, last.codes, last.floats = last.ids[:end], last.at[:end], last.codes[:end], last.floats[:end*s.dim]
	if end == 0 {
		s.blocks = s.blocks[:len(s.blocks)-1]
	}
}

// size returns how many vectors there are.
func (s *slab) size() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.row)
}

// get returns a copy of an article's vector, nil when there is none.
func (s *slab) get(id int64) []float32 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	row, exists := s.row[id]
	if !exists {
		return nil
	}
	b, i := s.place(row)
	return slices.Clone(b.vector(i, s.dim))
}

// nearest compares the query with every row that passes the filter, on every processor.
func (s *slab) nearest(ctx context.Context, q Search) ([]Hit, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := q.check(s.dim); err != nil || s.dim == 0 {
		return nil, err
	}
	before := int64(math.MaxInt64)
	if !q.Before.IsZero() {
		before = micros(q.Before)
	}
	found := make([]farthestFirst, min(runtime.GOMAXPROCS(0), len(s.blocks)))
	var next atomic.Int64
	var group sync.WaitGroup
	for part := range found {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(s.blocks)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				s.blocks[i].scan(&found[part], q, before)
			}
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var best []Hit
	for _, part := range found {
		best = append(best, part...)
	}
	slices.SortFunc(best, byNearness)
	return best[:min(len(best), q.Limit)], nil
}
