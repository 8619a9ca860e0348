// Package naverstock reads the news that Naver's mobile stock pages show beside one stock. The interface is unofficial,
// without a key and without a promise: the source is off until it is switched on by name, asks slowly, stock by stock, and
// gives up where it is refused.
package naverstock

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/upstream"
)

// DefaultBaseURL is the real service.
const DefaultBaseURL = "https://m.stock.naver.com"

const (
	name     = "naverstock"
	pageSize = 20
	maxPages = 5
	// overlap is how far before the newest item seen the next fetch reaches: times are whole minutes, and articles
	// arrive out of order.
	overlap = 15 * time.Minute
)

// Source is the news of the stock pages.
type Source struct {
	Client  *upstream.Client
	BaseURL string           // scheme and host; "" means DefaultBaseURL
	Now     func() time.Time // the application clock
}

// Name returns "naverstock".
func (s *Source) Name() string { return name }

// Latest returns the news of the stock whose code is given, newest first, those that are alike one behind the other. It
// goes on to the next page (of 20 groups, at most 5 pages) while a page is full and newer than the bookmark; without a
// bookmark it reads one page. A code that Naver does not know has no news. The rate limit's key is the host.
// Errors: Invalid (no code), Forbidden (its robots.txt does not want us), Unavailable (another format than ours, too), and those of upstream.Client.
func (s *Source) Latest(ctx context.Context, code string, prev news.Bookmark) ([]news.Item, news.Bookmark, error) {
	if _, err := market.ParseCode(code); err != nil {
		return nil, prev, fmt.Errorf("%s: %w", name, err)
	}
	since := readMark(prev)
	found := gathering{now: s.Now(), seen: map[string]bool{}}
	for number := 1; number <= maxPages; number++ {
		groups, err := s.page(ctx, code, number)
		if err != nil {
			return nil, prev, fmt.Errorf("%s: %s: %w", name, code, err)
		}
		oldest, err := found.add(groups)
		if err != nil {
			return nil, prev, fmt.Errorf("%s: %s: %w", name, code, err)
		}
		if len(groups) < pageSize || since.IsZero() || !oldest.After(since) {
			break
		}
	}
	return found.items, nextMark(prev, found.newest), nil
}

// gathering collects the pages of one fetch.
type gathering struct {
	now    time.Time
	items  []news.Item
	seen   map[string]bool
	newest time.Time
}

// add takes a page in and returns the time of its oldest item, now when none has a readable time.
func (g *gathering) add(groups []group) (oldest time.Time, err error) {
	oldest = g.now
	for _, group := range groups {
		for _, row := range group.Items {
			item, err := row.item(g.now)
			if err != nil {
				return oldest, err
			}
			at, exact := item.PublishedAt, item.TimeQuality == news.TimeExact
			if exact && at.Before(oldest) {
				oldest = at
			}
			if exact && at.After(g.newest) && !at.After(g.now) {
				g.newest = at
			}
			if !g.seen[item.ExternalID] { // the list moves on between two pages
				g.seen[item.ExternalID] = true
				g.items = append(g.items, item)
			}
		}
	}
	return oldest, nil
}

func (s *Source) page(ctx context.Context, code string, number int) ([]group, error) {
	base := s.BaseURL
	if base == "" {
		base = DefaultBaseURL
	}
	target, err := url.Parse(base)
	if err != nil {
		return nil, fault.New(fault.Invalid, "the address of the service: %w", err)
	}
	res, err := s.Client.Do(ctx, upstream.Request{
		URL:    base + "/api/news/stock/" + code,
		Query:  url.Values{"pageSize": {strconv.Itoa(pageSize)}, "page": {strconv.Itoa(number)}},
		Header: http.Header{"Accept": {"application/json"}, "Referer": {DefaultBaseURL + "/"}},
		Key:    target.Hostname(),
		Robots: true,
	})
	if err != nil {
		return nil, err
	}
	return read(res.Body)
}

// group is a cluster of similar articles.
type group struct {
	Items []row `json:"items"`
}

type row struct {
	Office     string `json:"officeId"`
	OfficeName string `json:"officeName"`
	Article    string `json:"articleId"`
	At         string `json:"datetime"` // YYYYMMDDHHMM, KST
	Title      string `json:"title"`
	TitleFull  string `json:"titleFull"`
	Body       string `json:"body"` // the head of the text
}

func read(body []byte) ([]group, error) {
	var groups []group
	if err := json.Unmarshal(body, &groups); err != nil {
		return nil, fault.New(fault.Unavailable, "the answer is no list of groups: %w", err)
	}
	if groups == nil {
		return nil, fault.New(fault.Unavailable, "the answer is null")
	}
	return groups, nil
}

// item returns the row in our words, at the address of Naver's copy. A row without its two numbers means that the format
// has changed: Unavailable.
func (r row) item(now time.Time) (news.Item, error) {
	office, article := strings.TrimSpace(r.Office), strings.TrimSpace(r.Article)
	if office == "" || article == "" {
		return news.Item{}, fault.New(fault.Unavailable, "an article has the numbers %q and %q", office, article)
	}
	title := r.TitleFull
	if strings.TrimSpace(title) == "" {
		title = r.Title
	}
	item := news.Item{Source: name, ExternalID: office + "/" + article, Press: strings.TrimSpace(r.OfficeName), Title: title, Summary: r.Body,
		URL:         "https://n.news.naver.com/mnews/article/" + url.PathEscape(office) + "/" + url.PathEscape(article),
		PublishedAt: now, TimeQuality: news.TimeCrawl, Kind: news.KindNews}
	if at, err := time.ParseInLocation("200601021504", strings.TrimSpace(r.At), market.KST); err == nil {
		item.PublishedAt, item.TimeQuality = at, news.TimeExact
	}
	return item, nil
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
