package feed

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"regexp"
	"strings"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/rss"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

// parse reads a whole feed, already decoded to UTF-8.
func (s *Source) parse(text string) ([]news.Item, error) {
	text = declareUTF8(legibleXML(text))
	if err := checkBounds(text); err != nil {
		return nil, err
	}
	kind := gofeed.DetectFeedType(strings.NewReader(text))
	if kind != gofeed.FeedTypeRSS && kind != gofeed.FeedTypeAtom {
		return nil, fault.New(fault.Unavailable, "the answer is neither RSS nor Atom")
	}
	parser := gofeed.NewParser()
	parser.KeepOriginalFeed = true
	parsed, err := parser.ParseString(text)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "broken feed: %w", err)
	}
	originals, _ := parsed.OriginalFeed().(*rss.Feed) // what only RSS has; an Atom feed gives nil
	items := make([]news.Item, 0, len(parsed.Items))
	seen := make(map[string]bool, len(parsed.Items))
	for i, entry := range parsed.Items {
		var original rss.Item
		if originals != nil && i < len(originals.Items) {
			original = *originals.Items[i]
		}
		item := s.item(parsed.Title, entry, original)
		if item.Title == "" && item.URL == "" || seen[item.ExternalID] {
			continue // nothing to show, or the feed repeats itself
		}
		seen[item.ExternalID] = true
		items = append(items, item)
	}
	return items, nil
}

func (s *Source) item(feedTitle string, entry *gofeed.Item, original rss.Item) news.Item {
	published, quality := readTime(entry.Published, s.Now())
	item := news.Item{
		Source:      s.SourceName,
		ExternalID:  externalID(entry),
		URL:         strings.TrimSpace(entry.Link),
		Press:       s.Press,
		Title:       strings.TrimSpace(entry.Title),
		Summary:     strings.TrimSpace(entry.Description),
		PublishedAt: published,
		TimeQuality: quality,
		Kind:        news.KindNews,
	}
	if item.Press == "" {
		item.Press = publisher(s.URL)
	}
	if item.Press == "" {
		item.Press = outlet(feedTitle, entry, original)
	}
	if s.Filings {
		markFiling(&item, original.Categories)
	}
	return item
}

// externalID returns the item's guid, else its link (Hankyung), else a name made of what it says.
func externalID(entry *gofeed.Item) string {
	for _, id := range []string{entry.GUID, entry.Link} {
		if id = strings.TrimSpace(id); id != "" {
			return id
		}
	}
	sum := sha256.Sum256([]byte(entry.Title + "\n" + entry.Published))
	return "sha256:" + hex.EncodeToString(sum[:12])
}

// publisher returns whose feed an address is, where the feed's own words would mislead: Hankyung's items name their
// reporter only.
func publisher(address string) string {
	target, err := url.Parse(address)
	if err != nil {
		return ""
	}
	switch strings.TrimPrefix(strings.ToLower(target.Hostname()), "www.") {
	case "hankyung.com", "rss.hankyung.com":
		return "한국경제"
	case "mk.co.kr", "rss.mk.co.kr":
		return "매일경제"
	}
	return ""
}

// outlet returns whom an item of a feed of many outlets comes from: its own source, creator or author, else the feed.
func outlet(feedTitle string, entry *gofeed.Item, original rss.Item) string {
	var names []string
	if original.Source != nil {
		names = append(names, original.Source.Title)
	}
	if dc := entry.DublinCoreExt; dc != nil {
		names = append(append(names, dc.Publisher...), dc.Creator...)
	}
	for _, author := range entry.Authors {
		if author != nil {
			names = append(names, author.Name, author.Email)
		}
	}
	for _, name := range append(names, feedTitle) {
		if name = strings.TrimSpace(name); name != "" {
			return name
		}
	}
	return ""
}

// markFiling reads the marks of an archive feed: <category>disclosure</category> makes an item a filing, whose report
// type is its title behind the bracketed company, and <category domain="code">900001</category> says who filed.
func markFiling(item *news.Item, categories []*rss.Category) {
	for _, category := range categories {
		value := strings.TrimSpace(category.Value)
		switch {
		case value == string(news.KindDisclosure) && category.Domain == "":
			item.Kind = news.KindDisclosure
			item.ReportType = reportType(item.Title)
		case category.Domain == "code":
			if code, err := market.ParseCode(value); err == nil { // an unlisted company has no code
				item.Filer = code
			}
		}
	}
	if item.Kind != news.KindDisclosure {
		item.Filer = ""
	}
}

func reportType(title string) string {
	if rest, bracketed := strings.CutPrefix(title, "["); bracketed {
		if _, report, ok := strings.Cut(rest, "]"); ok {
			return strings.TrimSpace(report)
		}
	}
	return title
}

// declareUTF8 makes the XML declaration say what the text is by now, or the parser would decode it once more.
func declareUTF8(text string) string {
	declaration := regexp.MustCompile(`^\s*<\?xml[^>]*\?>`)
	return `<?xml version="1.0" encoding="UTF-8"?>` + declaration.ReplaceAllString(text, "")
}
