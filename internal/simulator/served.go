package simulator

import "sync"

// served remembers, per source, which ids have gone out, in the order in which they first did.
type served struct {
	mu   sync.Mutex
	ids  map[string][]string
	seen map[string]map[string]bool
}

func newServed() *served {
	return &served{ids: map[string][]string{}, seen: map[string]map[string]bool{}}
}

func (s *served) add(source string, ids []string) {
	if source == "" || len(ids) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[source] == nil {
		s.seen[source] = map[string]bool{}
	}
	for _, id := range ids {
		if !s.seen[source][id] {
			s.seen[source][id] = true
			s.ids[source] = append(s.ids[source], id)
		}
	}
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
