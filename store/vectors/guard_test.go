package vectors_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/store/vectors"
)

// sick is an index that can be away, and takes its time to say so.
type sick struct {
	vectors.Index
	away  atomic.Bool
	takes time.Duration
	asked atomic.Int32
}

func (s *sick) Nearest(context.Context, vectors.Search) ([]vectors.Hit, error) {
	s.asked.Add(1)
	time.Sleep(s.takes) // of a clock that is not the wall's
	if s.away.Load() {
		return nil, fault.New(fault.Unavailable, "away")
	}
	return []vectors.Hit{{ArticleID: 7, Cosine: 1}}, nil
}

func guarded(index vectors.Index) (g *vectors.Guard, told *[]bool) {
	told = new([]bool)
	return &vectors.Guard{Open: func(context.Context) (vectors.Index, error) { return index, nil },
		Told: func(_ context.Context, away error) { *told = append(*told, away != nil) }}, told
}

func TestAGuardedIndexThatIsAwayIsLeftAloneAndTriedByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		index := &sick{takes: 15 * time.Second}
		g, told := guarded(index)
		ask := func() error {
			_, err := g.Nearest(t.Context(), vectors.Search{})
			return err
		}
		if err := ask(); err != nil {
			t.Fatal(err)
		}
		index.away.Store(true)
		if err := ask(); fault.KindOf(err) != fault.Limited || fault.RetryAfterOf(err) <= 0 {
			t.Fatalf("away: %v, to come again after %s", err, fault.RetryAfterOf(err))
		}
		started, before := time.Now(), index.asked.Load()
		for range 50 {
			if err := ask(); fault.KindOf(err) != fault.Limited {
				t.Fatalf("left alone: %v", err)
			}
		}
		if time.Since(started) > 0 || index.asked.Load() != before {
			t.Errorf("50 callers waited %s and asked %d times", time.Since(started), index.asked.Load()-before)
		}
		time.Sleep(20 * time.Second)
		before = index.asked.Load()
		answers := make(chan error, 10)
		for range cap(answers) {
			go func() { answers <- ask() }()
		}
		for range cap(answers) {
			if err := <-answers; fault.KindOf(err) != fault.Limited {
				t.Errorf("tried: %v", err)
			}
		}
		if n := index.asked.Load() - before; n != 1 {
			t.Errorf("%d of 10 tried it at once", n)
		}
		index.away.Store(false)
		time.Sleep(20 * time.Second)
		if err := ask(); err != nil {
			t.Errorf("back: %v", err)
		}
		if err := ask(); err != nil {
			t.Errorf("after that: %v", err)
		}
		if want := []bool{true, false}; len(*told) != 2 || (*told)[0] != want[0] || (*told)[1] != want[1] {
			t.Errorf("told %v", *told)
		}
	})
}

// TestAGuardedIndexMayBeOpenedLater: what cannot be opened is away, and is opened by whoever tries it.
func TestAGuardedIndexMayBeOpenedLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		there := false
		g, told := guarded(nil)
		g.Open = func(context.Context) (vectors.Index, error) {
			if !there {
				return nil, fault.New(fault.Unavailable, "nobody answers")
			}
			return &sick{}, nil
		}
		if _, err := g.Nearest(t.Context(), vectors.Search{}); fault.KindOf(err) != fault.Limited {
			t.Errorf("away: %v", err)
		}
		there = true
		time.Sleep(20 * time.Second)
		if hits, err := g.Nearest(t.Context(), vectors.Search{}); err != nil || len(hits) != 1 {
			t.Errorf("back: %v, %v", hits, err)
		}
		if len(*told) != 2 {
			t.Errorf("told %v", *told)
		}
	})
}

// TestWhoeverTriesAndIsStoppedLeavesTheTryToTheNext keeps an index from staying away for ever.
func TestWhoeverTriesAndIsStoppedLeavesTheTryToTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		index := &sick{takes: 3 * time.Second}
		index.away.Store(true)
		g, _ := guarded(index)
		_, _ = g.Nearest(t.Context(), vectors.Search{}) // finds it away
		time.Sleep(20 * time.Second)
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		_, _ = g.Nearest(ctx, vectors.Search{}) // is stopped
		index.away.Store(false)
		if _, err := g.Nearest(t.Context(), vectors.Search{}); err != nil {
			t.Errorf("the next: %v", err)
		}
	})
}
