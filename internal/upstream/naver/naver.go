// Package naver searches Naver's news for one company at a time, through either of the two profiles of its official
// interface. It asks by watchlist and never rebuilds Naver's own listings; titles and snippets stay as they come, bold
// tags and entities included, for news to clean.
package naver

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/upstream"
)

// Profile is one of the two doors to the same search. Their keys are not interchangeable.
type Profile string

// The profiles. Legacy keys have not been given out since 2026-07-31 and stop working on 2027-06-30.
const (
	Hub    Profile = "hub"    // NAVER API HUB, on Naver Cloud
	Legacy Profile = "legacy" // Naver Developers Center
)

const (
	name     = "naver"
	pageSize = 100
	maxStart = 1000
	// overlap is how far before the newest item seen the next fetch reaches: articles enter the index late and out of order.
	overlap = 15 * time.Minute
)

// door is what differs between the profiles.
type door struct{ base, path, idHeader, secretHeader string }

func (p Profile) door() (door, error) {
	switch p {
	case Hub:
		return door{"https://naverapihub.apigw.ntruss.com", "/search/v1/news", "X-NCP-APIGW-API-KEY-ID", "X-NCP-APIGW-API-KEY"}, nil
	case Legacy:
		return door{"https://openapi.naver.com", "/v1/search/news.json", "X-Naver-Client-Id", "X-Naver-Client-Secret"}, nil
	}
	return door{}, fault.New(fault.Invalid, "naver: %q is no profile: use %q or %q", string(p), Hub, Legacy)
}

// Source is Naver News Search.
type Source struct {
	Client  *upstream.Client
	Profile Profile
	BaseURL string // scheme and host; "" means the profile's real one
	ID      string
	Secret  string
	Now     func() time.Time // the application clock
}

// Name returns "naver".
func (s *Source) Name() string { return name }

// Latest returns what Naver finds for company, newest first. It goes on to the next page (of 100, at most 1,100 items)
// while a page is full and its oldest item is newer than the bookmark; without a bookmark it reads one page. Items
// older than the bookmark that share a page with newer ones are returned too.
// Errors: Unauthorized (the key, or a key of the other profile), Limited (too fast, or the day's quota: until midnight
// KST), Invalid (query refused), NotFound (the interface is gone), Unavailable.
func (s *Source) Latest(ctx context.Context, company string, prev news.Bookmark) ([]news.Item, news.Bookmark, error) {
	since := readMark(prev)
	found := gathering{now: s.Now(), seen: map[string]bool{}}
	for start := 1; ; start = min(start+pageSize, maxStart) {
		page, err := s.search(ctx, company, start)
		if err != nil {
			return nil, prev, fmt.Errorf("naver: %q: %w", company, err)
		}
		oldest := found.add(page)
		if len(page) < pageSize || since.IsZero() || !oldest.After(since) || start == maxStart {
			return found.items, nextMark(prev, found.newest), nil
		}
	}
}

// gathering collects the pages of one fetch.
type gathering struct {
	now    time.Time
	items  []news.Item
	seen   map[string]bool
	newest time.Time
}

// add takes a page in and returns the time of its oldest item, zero when none has a readable time.
func (g *gathering) add(page []hit) (oldest time.Time) {
	for _, hit := range page {
		item := hit.item(g.now)
		if item.TimeQuality == news.TimeExact {
			if at := item.PublishedAt; oldest.IsZero() || at.Before(oldest) {
				oldest = at
			}
			if at := item.PublishedAt; at.After(g.newest) && !at.After(g.now) {
				g.newest = at
			}
		}
		if item.ExternalID != "" && !g.seen[item.ExternalID] { // the list moves on between two pages
			g.seen[item.ExternalID] = true
			g.items = append(g.items, item)
		}
	}
	return oldest
}

func (s *Source) search(ctx context.Context, query string, start int) ([]hit, error) {
	door, err := s.Profile.door()
	if err != nil {
		return nil, err
	}
	base := s.BaseURL
	if base == "" {
		base = door.base
	}
	res, err := s.Client.Do(ctx, upstream.Request{
		URL: base + door.path,
		Query: url.Values{"query": {query}, "display": {strconv.Itoa(pageSize)},
			"start": {strconv.Itoa(start)}, "sort": {"date"}},
		Header:  http.Header{door.idHeader: {s.ID}, door.secretHeader: {s.Secret}, "Accept": {"application/json"}},
		Key:     name,
		Secrets: []string{s.ID, s.Secret},
	})
	if res == nil {
		return nil, err
	}
	hits, err := s.read(res, err)
	return hits, s.Client.Heed(ctx, name, err)
}

// readMark returns the time in a bookmark of ours, the zero time for any other.
func readMark(mark news.Bookmark) time.Time {
	at, err := time.Parse(time.RFC3339, string(mark))
	if err != nil {
		return time.Time{}
	}
	return at
}

// nextMark never goes back.
func nextMark(prev news.Bookmark, newest time.Time) news.Bookmark {
	if next := newest.Add(-overlap); !newest.IsZero() && next.After(readMark(prev)) {
		return news.Bookmark(next.In(market.KST).Format(time.RFC3339))
	}
	return prev
}
