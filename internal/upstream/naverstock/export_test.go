package naverstock

import (
	"time"

	"tickerwire/internal/news"
)

// Read lets the tests reach the parser without a server.
func Read(body []byte, now time.Time) ([]news.Item, error) {
	groups, err := read(body)
	if err != nil {
		return nil, err
	}
	found := gathering{now: now, seen: map[string]bool{}}
	if _, err := found.add(groups); err != nil {
		return nil, err
	}
	return found.items, nil
}
