package simulator

import (
	"sync"
	"time"
)

// served remembers, per source, which ids have gone out, in the order in which they first did, and when an id first
// went out at all.
type served struct {
	wall  func() time.Time
	mu    sync.Mutex
	ids   map[string][]string
	seen  map[string]map[string]bool
	first map[string]time.Time
}

func newServed(wall func() time.Time) *served {
	return &served{wall: wall, ids: map[string][]string{}, seen: map[string]map[string]bool{}, first: map[string]time.Time{}}
}

func (s *served) add(source string, ids []string) {
	if source == "" || len(ids) == 0 {
		return
	}
	now := s.wall()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[source] == nil {
		s.seen[source] = map[string]bool{}
	}
	for _, id := range ids {
		if s.seen[source][id] {
			continue
		}
		s.seen[source][id] = true
		s.ids[source] = append(s.ids[source], id)
		if _, known := s.first[id]; !known {
			s.first[id] = now
		}
	}
}

// firstOf returns when an id first went out, on the wall.
func (s *served) firstOf(id string) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.first[id]
	return at, ok
}

func (s *served) all() map[string][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string][]string, len(s.ids))
	for source, ids := range s.ids {
		out[source] = ids[:len(ids):len(ids)]
	}
	return out
}
