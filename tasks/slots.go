package tasks

import (
	"container/list"
	"context"
	"sync"
)

// slots bound how many tasks run at once. Their number may change while tasks hold some and others wait.
type slots struct {
	mu      sync.Mutex
	size    int
	taken   int
	waiting list.List // of chan struct{}, closed when its turn has come
}

func newSlots(size int) *slots { return &slots{size: size} }

// take waits for a slot, first come, first served, or for ctx's end.
func (s *slots) take(ctx context.Context) error {
	s.mu.Lock()
	if s.taken < s.size && s.waiting.Len() == 0 {
		s.taken++
		s.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	place := s.waiting.PushBack(turn)
	s.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-turn: // it had come just before
		s.taken--
		s.serve()
	default:
		s.waiting.Remove(place)
	}
	return ctx.Err()
}

// give gives a slot back.
func (s *slots) give() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	s.serve()
}

// resize changes the number of slots. What holds one keeps it.
func (s *slots) resize(size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.size = size
	s.serve()
}

// serve gives free slots to those who wait; under mu.
func (s *slots) serve() {
	for s.taken < s.size && s.waiting.Len() > 0 {
		turn, _ := s.waiting.Remove(s.waiting.Front()).(chan struct{})
		s.taken++
		close(turn)
	}
}
