package news

import "time"

// Keep says how much of what a source shows may be stored.
type Keep string

// How much may be kept. No article's body is, unless a licence says so.
const (
	KeepLink    Keep = "link"    // the address, the outlet and the times: none of the article's words
	KeepExcerpt Keep = "excerpt" // also the title and the head of the source's own summary
	KeepFull    Keep = "full"    // the whole text, under a licence
)

// Policy says what may be kept of a source. SOURCES.md says why; a test compares the two.
type Policy struct {
	Source     string
	Keep       Keep
	Summary    int           // with KeepExcerpt: runes of the summary, at most
	SummaryFor time.Duration // how long a summary is kept from when it was first seen; 0: for good
	Unofficial bool          // not crawled until it is switched on by name
}

const day = 24 * time.Hour

// AnyFeed is the policy's name of feeds that are configured by their address alone. It gives summaries no time: those are
// removed by the name of their source.
const AnyFeed = "(feeds)"

// Policies returns the one table of policies.
func Policies() []Policy {
	return []Policy{
		{Source: "dart", Keep: KeepExcerpt, Summary: 300},
		{Source: "naver", Keep: KeepExcerpt, Summary: 300, SummaryFor: 365 * day},
		{Source: "naverstock", Keep: KeepExcerpt, Summary: 100, SummaryFor: 30 * day, Unofficial: true},
		{Source: AnyFeed, Keep: KeepExcerpt, Summary: 300},
	}
}

// PolicyOf returns a source's policy; one without a row of its own is a feed.
func PolicyOf(source string) Policy {
	var feed Policy
	for _, p := range Policies() {
		switch p.Source {
		case source:
			return p
		case AnyFeed:
			feed = p
		}
	}
	feed.Source = source
	return feed
}

// Apply returns the article with what may be kept of it. Doing it twice changes nothing more.
func (p Policy) Apply(a Article) Article {
	switch p.Keep {
	case KeepFull:
	case KeepExcerpt:
		a.Summary = capRunes(a.Summary, p.Summary)
	default:
		a.Title, a.Summary = "", ""
	}
	return a
}
