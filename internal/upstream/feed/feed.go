// Package feed reads any RSS or Atom feed as a news source: Hankyung, Maeil Business and whatever else publishes one.
// It takes titles, the feed's own summaries and links, never full texts, and leaves cleaning to news.
package feed

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/news"
	"tickerwire/internal/upstream"
)

// Source is one feed at one address.
type Source struct {
	SourceName string // what items and errors call it, e.g. "hankyung"
	URL        string
	Press      string // the outlet behind every item; "" for a feed of many outlets, whose items name theirs
	Filings    bool   // believe the category marks of an archive feed, see items.go; off for feeds of the outside world
	Client     *upstream.Client
	Now        func() time.Time // the application clock: when an undated item was seen
}

// Name returns SourceName.
func (s *Source) Name() string { return s.SourceName }

// Latest returns the feed's items in its own order, none when the feed says that nothing changed since prev. One Source
// is one feed: part is not used. The bookmark holds the validators of the next conditional GET; prev may be "".
// The rate limit's key is the feed's host, whose robots.txt is obeyed. A body that is no whole feed is Unavailable; other
// errors are those of upstream.Client.
func (s *Source) Latest(ctx context.Context, _ string, prev news.Bookmark) ([]news.Item, news.Bookmark, error) {
	target, err := url.Parse(s.URL)
	if err != nil {
		return nil, prev, fault.New(fault.Invalid, "%s: the feed's address: %w", s.SourceName, err)
	}
	res, err := s.Client.Do(ctx, upstream.Request{URL: s.URL, Header: conditions(prev), Key: target.Hostname(), Robots: true})
	if err != nil {
		return nil, prev, fmt.Errorf("%s: %w", s.SourceName, err)
	}
	if res.Status == http.StatusNotModified {
		return nil, prev, nil
	}
	items, err := s.parse(res.Text())
	if err != nil {
		return nil, prev, fmt.Errorf("%s: %w", s.SourceName, err)
	}
	return items, validators(res.Header), nil
}

// conditions turns a bookmark of ours into the headers of a conditional GET. One that is not ours asks for everything.
func conditions(mark news.Bookmark) http.Header {
	header := http.Header{"Accept": {"application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.5"}}
	values, err := url.ParseQuery(string(mark))
	if err != nil {
		return header
	}
	if etag := values.Get("etag"); etag != "" {
		header.Set("If-None-Match", etag)
	}
	if modified := values.Get("modified"); modified != "" {
		header.Set("If-Modified-Since", modified)
	}
	return header
}

func validators(header http.Header) news.Bookmark {
	values := url.Values{}
	if etag := header.Get("ETag"); etag != "" {
		values.Set("etag", etag)
	}
	if modified := header.Get("Last-Modified"); modified != "" && (values.Has("etag") || settled(modified, header.Get("Date"))) {
		values.Set("modified", modified)
	}
	return news.Bookmark(values.Encode())
}

// settled reports whether a feed's date names one state of it: within the second of its last change it may change once
// more, and a conditional GET would never show it (RFC 9110, 8.8.2.2).
func settled(modified, sent string) bool {
	at, err := http.ParseTime(modified)
	if err != nil {
		return false
	}
	date, err := http.ParseTime(sent)
	return err != nil || date.Sub(at) > time.Second
}
