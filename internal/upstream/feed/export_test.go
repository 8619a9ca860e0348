package feed

import (
	"time"

	"tickerwire/internal/news"
)

// Parse lets the tests reach the parser without a server.
func (s *Source) Parse(text string) ([]news.Item, error) { return s.parse(text) }

// ReadTime lets the tests reach the reading of dates.
func ReadTime(text string, now time.Time) (time.Time, news.TimeQuality) { return readTime(text, now) }
