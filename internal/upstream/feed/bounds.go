package feed

import (
	"encoding/xml"
	"io"
	"strings"

	"tickerwire/internal/fault"
)

// What no feed of ours comes near: real ones are a dozen elements deep and list some hundred items, the simulator's a
// whole archive.
const (
	maxDepth = 64
	maxItems = 50_000
)

// checkBounds walks a feed before it is parsed: the parser descends once per level, and a few megabytes of opening tags
// would take the process's stack, which no recover can save. What is broken is left for the parser to say: it reads
// with the same decoder and gets no further.
func checkBounds(text string) error {
	decoder := xml.NewDecoder(strings.NewReader(text))
	decoder.Strict = false // as the parser's
	decoder.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	depth, items := 0, 0
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil //nolint:nilerr // see above
		}
		switch element := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return fault.New(fault.Unavailable, "broken feed: more than %d elements within each other", maxDepth)
			}
			if name := strings.ToLower(element.Name.Local); name == "item" || name == "entry" {
				items++
			}
			if items > maxItems {
				return fault.New(fault.Unavailable, "broken feed: more than %d items", maxItems)
			}
		case xml.EndElement:
			depth--
		}
	}
}

// legibleXML leaves out the characters that XML does not allow, so that one of them breaks no feed, and so that
// everybody who reads the text reads the same.
func legibleXML(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, text)
}
