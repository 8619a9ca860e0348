package simulator

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"net/http"
	"strings"
	"sync"
	"time"

	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

const (
	publisherItems = 50 // a publisher's own feed lists its newest items only
	rfc822Colon    = "Mon, 02 Jan 2006 15:04:05 -07:00"
	dayOnly        = "Mon, 02 Jan 2006"
)

// feeds are the RSS feeds: "wire" lists everything visible, "hankyung" and "maeil" are two publishers' own, and
// "hankyung-finance" and "maeil-stock" are their sections, whose items stand in the whole feed, too. Maeil knows nothing
// of conditional requests.
type feeds struct {
	world World

	mu    sync.Mutex
	cache map[string]renderedFeed
}

type renderedFeed struct {
	of   []Item // the whole visible list it was made from; only its ends are compared
	body []byte
	etag string
	at   time.Time
	ids  []string
}

func newFeeds(world World) *feeds { return &feeds{world: world, cache: map[string]renderedFeed{}} }

func (f *feeds) limited(*request) answer {
	a := plain(http.StatusTooManyRequests, "Too Many Requests")
	a.header.Set("Retry-After", "2")
	return a
}

func (f *feeds) answer(r *request, now time.Time) answer {
	name := strings.TrimPrefix(r.path, "/")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return plain(http.StatusMethodNotAllowed, "Method Not Allowed")
	}
	switch name {
	case "wire", "hankyung", "hankyung-finance", "maeil", "maeil-stock":
	default:
		return plain(http.StatusNotFound, "Not Found")
	}
	visible, err := f.world.Items(now)
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	feed := f.rendered(name, visible)
	header := http.Header{"Cache-Control": {"no-cache"}}
	if publisher, _ := publisherOf(name); publisher != "maeil" {
		header.Set("ETag", feed.etag)
		if !feed.at.IsZero() {
			header.Set("Last-Modified", feed.at.UTC().Format(http.TimeFormat))
		}
		if unchanged(r.Header, feed) {
			return answer{status: http.StatusNotModified, header: header}
		}
	}
	header.Set("Content-Type", "application/rss+xml; charset=utf-8")
	return answer{status: http.StatusOK, header: header, body: feed.body, source: name, ids: feed.ids}
}

// publisherOf splits a feed's name into its publisher and whether it is a section only.
func publisherOf(name string) (publisher string, section bool) {
	publisher, _, section = strings.Cut(name, "-")
	return publisher, section
}

// unchanged judges a conditional request: the ETag decides, a date only where no ETag was sent (RFC 9110, 13.2.2).
func unchanged(h http.Header, feed renderedFeed) bool {
	if tags := h.Get("If-None-Match"); tags != "" {
		for tag := range strings.SplitSeq(tags, ",") {
			if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == feed.etag {
				return true
			}
		}
		return false
	}
	since, err := http.ParseTime(h.Get("If-Modified-Since"))
	return err == nil && !feed.at.IsZero() && !feed.at.Truncate(time.Second).After(since)
}

// rendered returns the feed over the visible items, made anew only when they have changed.
func (f *feeds) rendered(name string, visible []Item) renderedFeed {
	f.mu.Lock()
	defer f.mu.Unlock()
	if old, ok := f.cache[name]; ok && len(old.of) == len(visible) && (len(visible) == 0 || old.of[len(visible)-1].ID == visible[len(visible)-1].ID) {
		return old
	}
	feed := renderedFeed{of: visible}
	publisher, section := publisherOf(name)
	limit := f.world.FeedSize()
	if name != "wire" {
		limit = publisherItems
	}
	var items bytes.Buffer
	for i := len(visible) - 1; i >= 0 && (limit == 0 || len(feed.ids) < limit); i-- {
		item := &visible[i]
		if name != "wire" && item.Feed != publisher || section && textSeed(item.ID)%2 == 1 {
			continue
		}
		if feed.at.IsZero() {
			feed.at = item.SeenAt
		}
		feed.ids = append(feed.ids, item.ID)
		switch publisher {
		case "wire":
			wireItem(&items, item)
		case "hankyung":
			hankyungItem(&items, item)
		case "maeil":
			maeilItem(&items, item)
		}
	}
	feed.body = channel(name, feed.at, items.Bytes())
	hash := fnv.New128a()
	hash.Write(feed.body) // a hash never fails to be written
	feed.etag = fmt.Sprintf(`"%x"`, hash.Sum(nil))
	f.cache[name] = feed
	return feed
}

func channel(name string, at time.Time, items []byte) []byte {
	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\">\n<channel>\n")
	fmt.Fprintf(&b, "<title>%s (simulated)</title>\n<link>https://%s.feed.invalid/</link>\n<description>simulated feed</description>\n<language>ko</language>\n", name, name)
	if !at.IsZero() {
		fmt.Fprintf(&b, "<lastBuildDate>%s</lastBuildDate>\n", at.In(market.KST).Format(time.RFC1123Z))
	}
	b.Write(items)
	b.WriteString("</channel>\n</rss>\n")
	return b.Bytes()
}

// wireItem is plain RSS 2.0 with guids. A time that the item's own source did not give (quality crawl) is left out, a
// day alone is given as a day.
func wireItem(b *bytes.Buffer, item *Item) {
	fmt.Fprintf(b, "<item>\n<title>%s</title>\n<link>%s</link>\n<guid isPermaLink=\"false\">%s</guid>\n", escapeXML(item.Title), escapeXML(item.Link), escapeXML(item.ID))
	if item.Summary != "" {
		fmt.Fprintf(b, "<description>%s</description>\n", escapeXML(item.Summary))
	}
	fmt.Fprintf(b, "<source url=\"https://%s.feed.invalid/\">%s</source>\n", escapeXML(item.Source), escapeXML(item.Press))
	switch item.Quality {
	case news.TimeExact:
		fmt.Fprintf(b, "<pubDate>%s</pubDate>\n", item.PublishedAt.In(market.KST).Format(time.RFC1123Z))
	case news.TimeDate:
		fmt.Fprintf(b, "<pubDate>%s</pubDate>\n", item.PublishedAt.In(market.KST).Format(dayOnly))
	}
	if item.Filing != nil {
		b.WriteString("<category>disclosure</category>\n")
		if code := item.Filing.Company.Code; code != "" {
			fmt.Fprintf(b, "<category domain=\"code\">%s</category>\n", code)
		}
	}
	b.WriteString("</item>\n")
}

// hankyungItem has neither description nor guid, and everything in CDATA.
func hankyungItem(b *bytes.Buffer, item *Item) {
	fmt.Fprintf(b, "<item>\n<title>%s</title>\n<link>%s</link>\n<author>%s</author>\n<pubDate>%s</pubDate>\n</item>\n",
		cdata(item.Title), cdata(item.Link), cdata(item.Press), item.PublishedAt.In(market.KST).Format(time.RFC1123Z))
}

// maeilItem has a description in CDATA and an offset with a colon, which RFC 2822 does not know.
func maeilItem(b *bytes.Buffer, item *Item) {
	fmt.Fprintf(b, "<item>\n<title>%s</title>\n<link>%s</link>\n<description>%s</description>\n<pubDate>%s</pubDate>\n</item>\n",
		cdata(item.Title), cdata(item.Link), cdata(item.Summary), item.PublishedAt.In(market.KST).Format(rfc822Colon))
}

func cdata(s string) string {
	return "<![CDATA[" + strings.ReplaceAll(validXML(s), "]]>", "]]]]><![CDATA[>") + "]]>"
}

func escapeXML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(validXML(s))
}

// validXML drops the characters that XML 1.0 cannot hold.
func validXML(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, s)
}
