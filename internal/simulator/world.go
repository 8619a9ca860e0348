package simulator

import (
	"strings"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

// World is what there is to be shown: news, filings, listed companies and their bars. Every method that takes now
// answers with what was public at that instant and nothing later. Implementations are safe for concurrent use.
type World interface {
	// Start returns the instant at which a fresh clock of this world begins.
	Start() time.Time
	// Items returns what is visible at now, oldest first: always the head of what is visible later.
	Items(now time.Time) ([]Item, error)
	// FeedSize returns how many of the newest items the wire feed lists; 0 means all.
	FeedSize() int
	// Companies returns all listed companies, ordered by code.
	Companies() []Company
	// Bars returns the daily bars of a company whose session was over at now, oldest first; none for an unknown code.
	Bars(code market.Code, now time.Time) ([]market.Bar, error)
	// Bar returns a company's bar of a day that has begun by now, whole even while the day is in trade: whoever shows it
	// must show no more of it than has passed. False when there is none.
	Bar(code market.Code, day market.Day, now time.Time) (market.Bar, bool, error)
	// Indices returns the levels of KOSPI, KOSDAQ and KOSPI200 on the days that have begun by now, oldest first.
	Indices(now time.Time) ([]archive.Index, error)
}

// Company is a listed company as the exchange and DART know it.
type Company struct {
	Code     market.Code
	Name     string
	Market   string // "KOSPI" or "KOSDAQ"
	Priority int
	Shares   int64 // listed shares, 0 when unknown
	Halted   bool  // listed, but not trading: it has no bars
}

// CorpCode returns DART's own eight-digit number of the company.
func (c Company) CorpCode() string { return "09" + string(c.Code) }

// Item is one article or filing.
type Item struct {
	ID          string
	Source      string
	Press       string
	Feed        string // the publisher's own feed that lists it too: "hankyung", "maeil" or ""
	Title       string
	Summary     string
	Link        string
	PublishedAt time.Time
	SeenAt      time.Time // when it becomes visible
	Quality     news.TimeQuality
	Filing      *Filing // nil for journalism
}

// Filing is what DART lists about an item.
type Filing struct {
	archive.Filing
	Company Company // the zero Company when it is not listed
}

// newItem turns a line of an archive into what is served. find returns the listed company that DART's name means.
func newItem(a archive.Article, find func(name string) Company) Item {
	item := Item{ID: a.ID(), Source: a.Source, Press: a.Press, Title: a.Title, Summary: a.Summary, Link: a.Link(),
		PublishedAt: a.PublishedAt, SeenAt: a.FirstSeenAt, Quality: a.TimeQuality}
	if f, ok := a.Filing(); ok {
		item.Filing = &Filing{Filing: f, Company: find(f.Company)}
	}
	return item
}

// companyNamed finds a company by the name that DART gives it. Price tables abbreviate some names ("가나차" for
// "가나자동차"), so a name whose letters stand in the same order in the asked one, with the same two first letters and
// the same last, is taken when it is the only such name.
func companyNamed(companies []Company, name string) Company {
	var short []Company
	for _, c := range companies {
		if c.Name == name {
			return c
		}
		if abbreviates([]rune(c.Name), []rune(name)) {
			short = append(short, c)
		}
	}
	if len(short) == 1 {
		return short[0]
	}
	return Company{}
}

func abbreviates(short, long []rune) bool {
	if len(short) < 3 || len(short) >= len(long) || short[0] != long[0] || short[len(short)-1] != long[len(long)-1] {
		return false
	}
	if short[1] != long[1] {
		return false
	}
	rest := string(long)
	for _, r := range short {
		i := strings.IndexRune(rest, r)
		if i < 0 {
			return false
		}
		rest = rest[i+len(string(r)):]
	}
	return true
}

// haltedCompany is listed on KOSDAQ in every world and never trades: its rows have no prices, as such rows do.
func haltedCompany() Company {
	return Company{Code: "999990", Name: "멈춘별정밀", Market: "KOSDAQ", Priority: 5, Shares: 3_120_000, Halted: true}
}
