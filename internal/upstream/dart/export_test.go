package dart

import (
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/upstream"
)

// Read lets the tests reach the parser without a server.
func (s *Source) Read(res *upstream.Response, day market.Day) ([]news.Item, error) {
	page, err := s.read(res, nil)
	if err != nil {
		return nil, err
	}
	var items []news.Item
	for _, row := range page.List {
		item, err := row.item(day)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// ReadFilers lets the tests reach the reading of the zip without a server.
func (s *Source) ReadFilers(res *upstream.Response, status error) ([]news.Filer, error) {
	return s.readFilers(res, status)
}
