package vectors

import (
	"context"
	"sync"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/store"
)

// Tail is where Exact reads what was embedded since it last looked; *store.DB is one.
type Tail interface {
	VectorsAfter(ctx context.Context, embedder string, after store.VectorPosition, limit int) (store.VectorPage, error)
}

// Exact holds every vector of the embedder versions it is asked about in memory (4 bytes per dimension) and compares a
// query with all of them. Before each search it catches up with its Tail, so that it knows what was committed before
// the search began, by any process. It is safe for concurrent use: searches run side by side, one of them catches up
// at a time. What a take-down removed from Postgres is forgotten at the same time; Delete alone holds in this process
// only.
type Exact struct {
	src      Tail
	patience time.Duration
	mu       sync.Mutex
	slabs    map[string]*slab
}

var _ Index = (*Exact)(nil)

// NewExact returns an empty index that fills itself from src.
func NewExact(src Tail) *Exact {
	return &Exact{src: src, patience: loadPatience, slabs: map[string]*slab{}}
}

// loadPatience is how long a search waits while another reads the version for the first time.
const loadPatience = 5 * time.Second

// Load reads what the tail holds of a version, as the first search would, and returns how many vectors there are then.
// What it read before an error is kept. A search that meets it waits a little, then is Limited.
func (x *Exact) Load(ctx context.Context, embedder string) (int, error) {
	s := x.slabOf(embedder)
	err := x.catchUp(ctx, embedder, s)
	return s.size(), err
}

// tailPage is how many vectors are read at once.
const tailPage = 2000

// slabOf returns the version's slab, an empty one when it is new.
func (x *Exact) slabOf(embedder string) *slab {
	x.mu.Lock()
	defer x.mu.Unlock()
	s := x.slabs[embedder]
	if s == nil {
		s = newSlab()
		x.slabs[embedder] = s
	}
	return s
}

// Upsert implements Index. It changes this process's memory only.
func (x *Exact) Upsert(ctx context.Context, entries []Entry) error {
	for _, e := range entries {
		if len(e.Codes) > maxCodes {
			return fault.New(fault.Invalid, "article %d names %d companies", e.ArticleID, len(e.Codes))
		}
		if err := x.slabOf(e.Embedder).put([]Entry{e}, true); err != nil {
			return err
		}
	}
	return nil
}

// Nearest implements Index.
func (x *Exact) Nearest(ctx context.Context, s Search) ([]Hit, error) {
	if err := s.check(0); err != nil {
		return nil, err
	}
	slab := x.slabOf(s.Embedder)
	if err := x.catchUp(ctx, s.Embedder, slab); err != nil {
		return nil, err
	}
	return slab.nearest(ctx, s)
}

// Vector implements Index.
func (x *Exact) Vector(ctx context.Context, embedder string, articleID int64) ([]float32, error) {
	slab := x.slabOf(embedder)
	if err := x.catchUp(ctx, embedder, slab); err != nil {
		return nil, err
	}
	if values := slab.get(articleID); values != nil {
		return values, nil
	}
	return nil, fault.New(fault.NotFound, "article %d has no vector of %s", articleID, embedder)
}

// Delete implements Index.
func (x *Exact) Delete(ctx context.Context, embedder string, articleIDs []int64) error {
	slab := x.slabOf(embedder)
	for _, id := range articleIDs {
		slab.remove(id)
	}
	return nil
}

// Memory shows a version's vectors as they lie in memory, block by block and without gaps, to whoever measures what a
// search reads. show must not keep or change what it gets.
func (x *Exact) Memory(embedder string, show func(floats []float32)) {
	s := x.slabOf(embedder)
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, b := range s.blocks {
		show(b.floats)
	}
}

// Ping implements Index: memory always answers.
func (x *Exact) Ping(ctx context.Context) error { return nil }

// catchUp reads what was committed before it was called. Whoever waits while another catches up need not do it again,
// if that one began later than the waiting.
func (x *Exact) catchUp(ctx context.Context, embedder string, s *slab) error {
	arrived := s.begun.Load()
	if err := x.await(ctx, s); err != nil {
		return err
	}
	defer func() { <-s.tail }()
	if s.caughtUp > arrived {
		return nil
	}
	number := s.begun.Add(1)
	if s.open != nil { // its first page is older than this search
		if err := x.read(ctx, embedder, s); err != nil {
			return err
		}
	}
	if err := x.read(ctx, embedder, s); err != nil {
		return err
	}
	s.caughtUp = number
	s.loaded.Store(true)
	return nil
}

// await waits until nobody else catches up, and keeps others from it.
func (x *Exact) await(ctx context.Context, s *slab) error {
	var tooLong <-chan time.Time
	if !s.loaded.Load() {
		tooLong = time.After(x.patience)
	}
	select {
	case s.tail <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-tooLong:
		return fault.After(fault.Limited, x.patience, "the vectors are still being read: %d so far", s.size())
	}
}

// reading is a way through the tail: from its first page it has where the next way begins and what was removed, since
// later pages may know more than the first did.
type reading struct {
	next, safe store.VectorPosition
	removed    []int64
}

// read goes once through the tail. One that was interrupted goes on where it was: the first one has gigabytes to read.
func (x *Exact) read(ctx context.Context, embedder string, s *slab) error {
	at := s.from
	if s.open != nil {
		at = s.open.next
	}
	for {
		page, err := x.src.VectorsAfter(ctx, embedder, at, tailPage)
		if err != nil {
			return err
		}
		if err := s.put(entriesOf(page.Vectors), false); err != nil {
			return err
		}
		if s.open == nil {
			s.open = &reading{safe: page.Safe, removed: page.Removed}
		}
		at, s.open.next = page.Next, page.Next
		if len(page.Vectors) < tailPage {
			break
		}
	}
	for _, id := range s.open.removed {
		s.remove(id)
	}
	s.from, s.open = s.open.safe, nil
	return nil
}

func entriesOf(list []store.Vector) []Entry {
	entries := make([]Entry, len(list))
	for i, v := range list {
		entries[i] = Entry(v)
	}
	return entries
}
