// Package news holds what is true of a news article without asking anybody: how it is cleaned, which companies it
// names, how it is turned into a vector and which articles tell the same story. It is pure: no clock, no I/O.
package news

import (
	"time"

	"tickerwire/internal/market"
)

// TimeQuality says how far an item's publication time can be trusted.
type TimeQuality string

// The qualities. Only TimeExact may place an item before its fetch.
const (
	TimeExact TimeQuality = "exact" // the source gives an instant
	TimeCrawl TimeQuality = "crawl" // the source gives none; the fetch time stands in
	TimeDate  TimeQuality = "date"  // the source gives a day only
)

// Kind tells journalism from filings.
type Kind string

// The kinds of article.
const (
	KindNews       Kind = "news"
	KindDisclosure Kind = "disclosure"
)

// Item is one entry as a source shows it, before cleaning. ExternalID is the source's own stable name for it and
// must not be empty; URL may be.
type Item struct {
	Source      string
	ExternalID  string
	URL         string
	Press       string
	Title       string
	Summary     string // the feed's own summary, never the article's body
	PublishedAt time.Time
	TimeQuality TimeQuality
	Kind        Kind
	Filer       market.Code // the company that filed a disclosure; "" when unlisted or for news
	FilerNumber string      // the source's own number of that company, where it has one
	ReportType  string      // the filing's report name, trimmed; "" for news
}

// Filer is a listed company under the number that the supervisor (DART) gives it.
type Filer struct {
	Number string // 8 digits
	Code   market.Code
	Name   string
}

// Article is a cleaned item as the program keeps it. Several sources may show the same article (sightings).
type Article struct {
	ID           int64
	Source       string // the source that showed it first
	ExternalID   string // that source's name for it
	URL          string // canonical; "" when the source gives none
	Press        string
	Title        string
	Summary      string
	PublishedAt  time.Time
	TimeQuality  TimeQuality
	FirstSeenAt  time.Time // when we fetched it first, on the application clock
	AvailableAt  time.Time // max(PublishedAt, FirstSeenAt); FirstSeenAt alone unless TimeQuality is TimeExact
	Kind         Kind
	Filer        market.Code
	ReportType   string
	Mojibake     bool // the text is damaged beyond repair: kept, shown flagged, never predicted on
	StoryID      int64
	Cosine       float64 // to the story's first article; 1 for the first article itself
	FirstOfStory bool
}

// Field names a part of an article's text.
type Field string

// The fields in which a company can be named; FieldFiler is the filing's own statement of who filed it.
const (
	FieldTitle   Field = "title"
	FieldSummary Field = "summary"
	FieldFiler   Field = "filer"
)

// Match says that an article names a company, and why we think so.
type Match struct {
	Code  market.Code
	Field Field
	Start int    // first rune of the name within the field
	End   int    // rune after the name's last
	Text  string // the name as it stands there
}

// Vector is an article's embedding: unit length, of the dimension of its embedder version.
type Vector struct {
	ArticleID int64
	Embedder  string // embedder version, e.g. "hash-c23-v1/flat"
	Values    []float32
}

// Story is a group of articles that tell the same thing. Articles are compared with its first article only.
type Story struct {
	ID          int64
	FirstID     int64         // its first article
	Codes       []market.Code // the companies that its articles name, sorted; may be empty
	AvailableAt time.Time     // its first article's; as_of of every prediction of the story
	EchoOf      int64         // the earlier story that it echoes, 0 when none
	Title       string        // its first article's
	Articles    int           // how many articles it has
}

// Bookmark is what a source wants to be reminded of at its next fetch (validators of a conditional GET, say). It is
// opaque to everybody but the source that made it.
type Bookmark string
