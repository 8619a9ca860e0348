package naver

import (
	"tickerwire/internal/news"
	"tickerwire/internal/upstream"
)

// Read lets the tests reach the parser without a server.
func (s *Source) Read(res *upstream.Response, status error) ([]news.Item, error) {
	hits, err := s.read(res, status)
	found := gathering{now: s.Now(), seen: map[string]bool{}}
	found.add(hits)
	return found.items, err
}
