package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"regexp"
	"strings"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

// SourceDART is the source of filings; every other source is journalism.
const SourceDART = "dart"

// Article is one line of articles.ndjson: an item of a source as it was seen first.
type Article struct {
	Source      string
	Press       string
	Title       string
	Summary     string // "" when the archive has none
	URL         string // "" when the archive has none
	PublishedAt time.Time
	FirstSeenAt time.Time
	TimeQuality news.TimeQuality
}

// articleLine is the line's shape; the order of the fields is the order in which they are written.
type articleLine struct {
	Source      string  `json:"source"`
	Press       string  `json:"press"`
	Title       string  `json:"title"`
	Summary     *string `json:"summary"`
	URL         *string `json:"url"`
	PublishedAt string  `json:"published_at"`
	FirstSeenAt string  `json:"first_seen_at"`
	TimeQuality string  `json:"time_quality"`
}

// ReadArticles streams articles.ndjson from r. Refused are lines that are no JSON object, lack source or title, have a
// time that is not RFC 3339, or a time_quality other than exact, crawl and date.
func ReadArticles(r io.Reader, sink Sink[Article]) (Counts, error) {
	return readLines(r, ArticlesFile, sink, parseArticle)
}

func parseArticle(line []byte) (Article, error) {
	var in articleLine
	if err := json.Unmarshal(line, &in); err != nil {
		return Article{}, fmt.Errorf("no article: %w", err)
	}
	a := Article{Source: in.Source, Press: in.Press, Title: in.Title, TimeQuality: news.TimeQuality(in.TimeQuality)}
	if in.Summary != nil {
		a.Summary = *in.Summary
	}
	if in.URL != nil {
		a.URL = *in.URL
	}
	switch {
	case strings.TrimSpace(a.Source) == "":
		return Article{}, errors.New("source is missing")
	case strings.TrimSpace(a.Title) == "":
		return Article{}, errors.New("title is missing")
	}
	switch a.TimeQuality {
	case news.TimeExact, news.TimeCrawl, news.TimeDate:
	default:
		return Article{}, fmt.Errorf("time_quality %q is none of exact, crawl, date", in.TimeQuality)
	}
	var err error
	if a.PublishedAt, err = time.Parse(time.RFC3339, in.PublishedAt); err != nil {
		return Article{}, fmt.Errorf("published_at %q is no RFC 3339 time", in.PublishedAt)
	}
	if a.FirstSeenAt, err = time.Parse(time.RFC3339, in.FirstSeenAt); err != nil {
		return Article{}, fmt.Errorf("first_seen_at %q is no RFC 3339 time", in.FirstSeenAt)
	}
	return a, nil
}

// ID returns the item's stable name: the receipt number of a filing, else 16 hex digits over source, press, title and
// publication time. The same article read twice has the same ID.
func (a Article) ID() string {
	if f, ok := a.Filing(); ok {
		return f.Receipt
	}
	h := fnv.New64a()
	for _, part := range []string{a.Source, a.Press, a.Title, a.PublishedAt.UTC().Format(time.RFC3339)} {
		h.Write([]byte(part)) // #nosec G104 -- a hash never fails to be written
		h.Write([]byte{0})    // #nosec G104 -- a hash never fails to be written
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// Link returns the article's own address; for a filing without one the DART viewer's, for the rest
// https://archive.invalid/a/<ID>.
func (a Article) Link() string {
	if a.URL != "" {
		return a.URL
	}
	if f, ok := a.Filing(); ok {
		return ViewerURL(f.Receipt)
	}
	return "https://archive.invalid/a/" + a.ID()
}

// ViewerURL returns the address at which DART shows the filing with a receipt number.
func ViewerURL(receipt string) string {
	return "https://dart.fss.or.kr/dsaf001/main.do?rcpNo=" + receipt
}

// Item returns what the article's source would show of it. codes names the companies that file, by their names.
func (a Article) Item(codes map[string]market.Code) news.Item {
	item := news.Item{Source: a.Source, ExternalID: a.ID(), URL: a.Link(), Press: a.Press, Title: a.Title, Summary: a.Summary,
		PublishedAt: a.PublishedAt, TimeQuality: a.TimeQuality, Kind: news.KindNews}
	if f, ok := a.Filing(); ok {
		item.Kind, item.Filer, item.ReportType = news.KindDisclosure, codes[f.Company], f.Report
	}
	return item
}

// Dated refuses an article whose times cannot be used: the calendar must know its base day and the last close before it.
func Dated(a news.Article, calendar *market.Calendar) error {
	if a.PublishedAt.Year() < 1970 {
		return fault.New(fault.Invalid, "published_at %s is no date", a.PublishedAt.Format(time.RFC3339))
	}
	if _, err := calendar.BaseDay(a.AvailableAt); err != nil {
		return err
	}
	_, err := calendar.LastKnownDay(a.AvailableAt)
	return err
}

// Filing is what an article of the source dart says about itself.
type Filing struct {
	Receipt string     // 14 digits
	Day     market.Day // the first 8 digits of Receipt
	Company string     // whom the filing is about, as DART writes the name
	Filer   string     // who handed it in; Company when the line does not say
	Report  string     // the report's name, blanks kept as they stand
}

var (
	receiptIn = regexp.MustCompile(`rcpNo=(\d{14})`)
	aboutIn   = regexp.MustCompile(`^\[([^\]]+)\] ?([^\n]*)`)
	filerIn   = regexp.MustCompile(`제출인:? *([^\n]*\S)`)
)

// Filing returns the parts of a filing; ok is false for journalism and for a dart item without a receipt number or
// company.
func (a Article) Filing() (f Filing, ok bool) {
	if a.Source != SourceDART {
		return Filing{}, false
	}
	receipt := receiptIn.FindStringSubmatch(a.Summary + "\n" + a.URL)
	about := aboutIn.FindStringSubmatch(a.Summary)
	if receipt == nil || about == nil {
		return Filing{}, false
	}
	day, err := market.ParseDay(receipt[1][:8])
	if err != nil {
		return Filing{}, false
	}
	f = Filing{Receipt: receipt[1], Day: day, Company: about[1], Filer: about[1], Report: about[2]}
	if filer := filerIn.FindStringSubmatch(a.Summary); filer != nil {
		f.Filer = filer[1]
	}
	return f, true
}
