package feed_test

import (
	"strings"
	"testing"

	"tickerwire/internal/fault"
)

// TestNoFeedTakesTheStack parses two megabytes of whatever a parser could choke on; a client lets ten through.
func TestNoFeedTakesTheStack(t *testing.T) {
	t.Parallel()
	const rss, atom = `<rss version="2.0" xmlns:x="u:x"><channel>`, `<feed xmlns="http://www.w3.org/2005/Atom">`
	for name, c := range map[string]struct{ head, unit, says string }{
		"nested extensions":  {rss + `<item>`, `<x:a>`, "within each other"},
		"nested elements":    {rss + `<item>`, `<a>`, "within each other"},
		"nested after noise": {rss + "\x0b\uffff<item>", `<a>`, "within each other"},
		"nested markup":      {rss + `<item><title>`, `<b>`, "within each other"},
		"nested xhtml":       {atom + `<entry><title type="xhtml">`, `<b>`, "within each other"},
		"no root but levels": {``, `<a>`, "within each other"},
		"empty items":        {rss, `<item/>`, "items"},
		"empty entries":      {atom, `<entry></entry>`, "items"},
		"categories":         {rss + `<item>`, `<category>a</category>`, "broken"},
		"entities":           {rss + `<item><title>`, `&amp;`, "broken"},
		"attributes":         {rss + `<item `, `a="b" `, "broken"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := c.head + strings.Repeat(c.unit, (2<<20-len(c.head))/len(c.unit))
			items, err := source("http://unused").Parse(text)
			if fault.KindOf(err) != fault.Unavailable || items != nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%d items, %.200v", len(items), err)
			}
		})
	}
}

func TestACharacterThatXMLForbidsBreaksNoFeed(t *testing.T) {
	t.Parallel()
	items, err := source("http://unused").Parse("<rss version=\"2.0\"><channel><item><title>가상\x0b전자\x00 공개\ufffe</title></item></channel></rss>")
	if err != nil || len(items) != 1 || items[0].Title != "가상전자 공개" {
		t.Errorf("%+v, %v", items, err)
	}
}
