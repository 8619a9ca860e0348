package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"tickerwire/internal/market"
)

// announced is a world with filings that are handed in while it runs, through the controls.
type announced struct {
	World

	mu      sync.Mutex
	filings []Item // oldest first
}

// Items returns what the world shows, and what was handed in by now.
func (a *announced) Items(now time.Time) ([]Item, error) {
	items, err := a.World.Items(now)
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil || len(a.filings) == 0 {
		return items, err
	}
	items = slices.Clone(items)
	for _, f := range a.filings {
		if !f.SeenAt.After(now) {
			items = append(items, f)
		}
	}
	slices.SortStableFunc(items, func(x, y Item) int { return x.SeenAt.Compare(y.SeenAt) })
	return items, nil
}

// file hands a report of a company in at now. Receipts are the wall's, so that a simulator that starts anew on the same day
// does not give the same ones.
func (a *announced) file(c Company, report string, now, wall time.Time) Item {
	a.mu.Lock()
	defer a.mu.Unlock()
	receipt := fmt.Sprintf("%s%06d", market.DayOf(now).Compact(), 900_000+(wall.Unix()+int64(len(a.filings)))%100_000)
	item := newItem(filed(c, report, receipt, now), func(string) Company { return c })
	a.filings = append(a.filings, item)
	return item
}

// controlFilings hands a filing in: POST /_sim/filings {"code": "900001", "report": "주요사항보고서(유상증자결정)"}.
func (s *Server) controlFilings(r *request) answer {
	var in struct {
		Code   market.Code `json:"code"`
		Report string      `json:"report"`
	}
	if r.Method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed, "only POST")
	}
	if err := decode(r.body, &in); err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	companies := s.world.Companies()
	i := slices.IndexFunc(companies, func(c Company) bool { return c.Code == in.Code })
	switch {
	case i < 0:
		return refuse(http.StatusNotFound, fmt.Sprintf("no company has the code %q", in.Code))
	case strings.TrimSpace(in.Report) == "" || strings.ContainsAny(in.Report, "\r\n"):
		return refuse(http.StatusBadRequest, "report must be one line of text")
	}
	item := s.announced.file(companies[i], in.Report, s.clock.Now(), s.wall())
	return told(map[string]any{"id": item.ID, "seen_at": item.SeenAt})
}
