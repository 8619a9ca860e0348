// Package dart reads the list of filings that Korean companies make with the Financial Supervisory Service, through its
// official OpenDART interface. A filing becomes a news item of kind disclosure; documents themselves are never fetched.
package dart

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/upstream"
)

// DefaultBaseURL is the real OpenDART.
const DefaultBaseURL = "https://opendart.fss.or.kr"

const (
	name     = "dart"
	press    = "금융감독원"
	pageSize = 100
	maxPages = 200 // a busy day has about 50
	// catchUp is how many days back a fetch reaches at most after an outage.
	catchUp = 7
)

// Source is the list of filings.
type Source struct {
	Client  *upstream.Client
	BaseURL string // scheme and host; "" means DefaultBaseURL
	Key     string
	Now     func() time.Time // the application clock: which day is today
}

// Name returns "dart".
func (s *Source) Name() string { return name }

// Latest returns the filings of yesterday and today (KST), and those of the days since the last fetch when that is
// longer ago, at most a week. Part is not used. The bookmark holds how many filings each day had: of a day whose number
// has not changed only the first page (the newest 100) is read again, which keeps a fetch a minute within the day's
// 20,000 calls.
// Errors: Unauthorized and Forbidden (key), Limited (the day's calls, until midnight KST), Invalid, Unavailable.
func (s *Source) Latest(ctx context.Context, _ string, prev news.Bookmark) ([]news.Item, news.Bookmark, error) {
	today := market.DayOf(s.Now())
	known := readMark(prev)
	var items []news.Item
	next, seen := url.Values{}, map[string]bool{}
	for day := firstDay(known, today); day <= today; day++ {
		filings, total, err := s.filings(ctx, day, known[day], seen)
		if err != nil {
			return nil, prev, fmt.Errorf("dart: filings of %s: %w", day, err)
		}
		items = append(items, filings...)
		next.Set(day.Compact(), strconv.Itoa(total))
	}
	return items, news.Bookmark(next.Encode()), nil
}

// Check asks for one page of today's filings and returns how many there are in all. Errors are those of Latest.
func (s *Source) Check(ctx context.Context) (string, error) {
	page, err := s.page(ctx, market.DayOf(s.Now()), 1)
	if err != nil {
		return "", fmt.Errorf("dart: today's filings: %w", err)
	}
	return fmt.Sprintf("%d filings today", page.TotalCount), nil
}

// firstDay is yesterday, or the last day fetched when that is earlier (its evening may be missing).
func firstDay(known map[market.Day]int, today market.Day) market.Day {
	first, last := today-1, market.Day(0)
	for day := range known {
		last = max(last, day)
	}
	if last != 0 && last < first {
		return max(last, today-catchUp)
	}
	return first
}

// filings returns one day's filings, without those seen already; when their number is still the known one, the first
// page only. total is the number that the first page gave: when more arrive while the other pages are read, the next fetch reads them all again.
func (s *Source) filings(ctx context.Context, day market.Day, known int, seen map[string]bool) (items []news.Item, total int, err error) {
	for number := 1; number <= maxPages; number++ {
		page, err := s.page(ctx, day, number)
		if err != nil {
			return nil, 0, err
		}
		if number == 1 {
			total = int(page.TotalCount)
		}
		for _, row := range page.List {
			item, err := row.item(day)
			if err != nil {
				return nil, 0, err
			}
			if !seen[item.ExternalID] { // new filings push the list on between two pages
				seen[item.ExternalID] = true
				items = append(items, item)
			}
		}
		if number >= int(page.TotalPage) || total == known {
			return items, total, nil
		}
	}
	return nil, 0, fault.New(fault.Unavailable, "more than %d pages of filings", maxPages)
}

func (s *Source) page(ctx context.Context, day market.Day, number int) (list, error) {
	base := s.BaseURL
	if base == "" {
		base = DefaultBaseURL
	}
	res, err := s.Client.Do(ctx, upstream.Request{
		URL: base + "/api/list.json",
		Query: url.Values{"crtfc_key": {s.Key}, "bgn_de": {day.Compact()}, "end_de": {day.Compact()},
			"sort": {"date"}, "sort_mth": {"desc"}, "page_no": {strconv.Itoa(number)}, "page_count": {strconv.Itoa(pageSize)}},
		Key:     name,
		Secrets: []string{s.Key},
	})
	if res == nil {
		return list{}, err
	}
	l, err := s.read(res, err)
	return l, s.Client.Heed(ctx, name, err)
}

// readMark returns the number of filings per day in a bookmark of ours; nothing for any other.
func readMark(mark news.Bookmark) map[market.Day]int {
	known := map[market.Day]int{}
	for pair := range strings.SplitSeq(string(mark), "&") {
		text, number, _ := strings.Cut(pair, "=")
		day, err := market.ParseDay(text)
		total, err2 := strconv.Atoi(number)
		if err == nil && err2 == nil {
			known[day] = total
		}
	}
	return known
}
