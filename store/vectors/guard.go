package vectors

import (
	"context"
	"sync"
	"time"

	"tickerwire/internal/fault"
)

// How long nobody asks an index that could not be reached: guardFirst, doubled each time up to guardMost. guardAgain is for
// those who come while somebody tries it.
const (
	guardFirst = time.Second
	guardMost  = 10 * time.Second
	guardAgain = time.Second
)

// Guard keeps the tasks of a process from waiting, each for the whole of its time, for an index that is away or answers too
// late. It asks the index that Open opens; once that is Unavailable it is left alone for a while, and then one caller tries
// it. Whoever must wait is told that he is Limited, and until when: what he does is put off, and is not taken as failed. An
// answer is never made up. Set the fields before the first use; it is safe for concurrent use.
type Guard struct {
	Open func(ctx context.Context) (Index, error)
	Told func(ctx context.Context, away error) // of each change: why the index is away; nil: it is back. Not nil itself

	opening sync.Mutex // held while the index is opened
	mu      sync.Mutex
	index   Index
	waits   time.Duration // the last wait; 0: the index answers
	until   time.Time     // nobody asks before
	trying  bool
}

var _ Index = (*Guard)(nil)

// Upsert implements Index.
func (g *Guard) Upsert(ctx context.Context, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	return g.ask(ctx, func(ctx context.Context, index Index) error { return index.Upsert(ctx, entries) })
}

// Nearest implements Index.
func (g *Guard) Nearest(ctx context.Context, s Search) (hits []Hit, err error) {
	err = g.ask(ctx, func(ctx context.Context, index Index) error {
		hits, err = index.Nearest(ctx, s)
		return err
	})
	return hits, err
}

// Vector implements Index.
func (g *Guard) Vector(ctx context.Context, embedder string, articleID int64) (values []float32, err error) {
	err = g.ask(ctx, func(ctx context.Context, index Index) error {
		values, err = index.Vector(ctx, embedder, articleID)
		return err
	})
	return values, err
}

// Delete implements Index.
func (g *Guard) Delete(ctx context.Context, embedder string, articleIDs []int64) error {
	if len(articleIDs) == 0 {
		return nil
	}
	return g.ask(ctx, func(ctx context.Context, index Index) error { return index.Delete(ctx, embedder, articleIDs) })
}

// Ping implements Index.
func (g *Guard) Ping(ctx context.Context) error {
	return g.ask(ctx, func(ctx context.Context, index Index) error { return index.Ping(ctx) })
}

// ask asks the index, unless it is left alone.
func (g *Guard) ask(ctx context.Context, question func(context.Context, Index) error) error {
	probe, err := g.enter()
	if err != nil {
		return err
	}
	index, err := g.opened(ctx)
	if err == nil {
		err = question(ctx, index)
	}
	switch {
	case fault.KindOf(err) == fault.Unavailable && ctx.Err() == nil:
		return g.away(ctx, probe, err)
	case probe && ctx.Err() != nil:
		g.leave() // whoever tried it was stopped: the next one does
	case probe || err == nil:
		g.answered(ctx)
	}
	return err
}

// enter says whether the caller is the one who tries an index that was away, or refuses him.
func (g *Guard) enter() (probe bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch wait := time.Until(g.until); {
	case g.waits == 0:
		return false, nil
	case wait > 0:
		return false, fault.After(fault.Limited, wait, "the vector index is away")
	case g.trying:
		return false, fault.After(fault.Limited, guardAgain, "the vector index is away, and being tried")
	}
	g.trying = true
	return true, nil
}

func (g *Guard) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.trying = false
}

// opened returns the index, which is opened at its first use.
func (g *Guard) opened(ctx context.Context) (Index, error) {
	g.opening.Lock()
	defer g.opening.Unlock()
	if g.index != nil || ctx.Err() != nil {
		return g.index, ctx.Err()
	}
	index, err := g.Open(ctx)
	if err != nil {
		return nil, err
	}
	g.index = index
	return index, nil
}

// away notes that the index could not be reached, and says when to come again. Whoever asked before others found that out
// changes nothing.
func (g *Guard) away(ctx context.Context, probe bool, cause error) error {
	g.mu.Lock()
	first := g.waits == 0
	if first || probe {
		g.waits = min(max(guardFirst, 2*g.waits), guardMost)
		g.until, g.trying = time.Now().Add(g.waits), false
	}
	wait := max(time.Until(g.until), guardAgain)
	g.mu.Unlock()
	if first {
		g.Told(ctx, cause)
	}
	return fault.After(fault.Limited, wait, "the vector index is away: %v", cause)
}

// answered notes that the index is there.
func (g *Guard) answered(ctx context.Context) {
	g.mu.Lock()
	back := g.waits != 0
	g.waits, g.trying, g.until = 0, false, time.Time{}
	g.mu.Unlock()
	if back {
		g.Told(ctx, nil)
	}
}
