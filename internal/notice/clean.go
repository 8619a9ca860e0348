package notice

import (
	"html"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf16"
)

// MaxUnits is the most UTF-16 code units that a Telegram message may have. Text counts its markup too, which Telegram
// does not.
const MaxUnits = 4096

// maxURL is the longest link that is worth its place in a message, in bytes.
const maxURL = 1024

// clean makes one visible line of text from outside: no control characters, no marks that reorder or hide, no run of
// spaces, at most limit runes with "…" for the rest.
func clean(s string, limit int) string {
	var b strings.Builder
	runes, space := 0, false
	for _, c := range strings.ToValidUTF8(s, "") {
		if unicode.IsSpace(c) {
			space = runes > 0
			continue
		}
		if invisible(c) {
			continue
		}
		need := 1
		if space {
			need = 2
		}
		if runes+need > limit {
			return strings.TrimRight(cut(b.String(), limit-1), " ") + "…"
		}
		if space {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
		runes, space = runes+need, false
	}
	return b.String()
}

// cut returns the first n runes of s.
func cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// invisible reports whether c shows nothing of its own or changes how its neighbours stand: control and format
// characters (zero width, direction), private ones, fillers and variation selectors.
func invisible(c rune) bool {
	switch c {
	case '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u2800', '\u3164', '\uffa0', '\ufffc', '\ufffd':
		return true
	}
	return unicode.In(c, unicode.C, unicode.Variation_Selector) || unicode.IsSpace(c) && c != ' '
}

// escape makes s safe inside Telegram's HTML, attribute values included.
func escape(s string) string { return html.EscapeString(s) }

// link returns raw when it is an http(s) address fit for a message, else "".
func link(raw string) string {
	if len(raw) > maxURL || strings.ContainsFunc(raw, func(c rune) bool { return invisible(c) || c == ' ' }) {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return ""
	}
	return u.String()
}

// units returns the length of s in UTF-16 code units.
func units(s string) int {
	n := 0
	for _, c := range s {
		n += max(utf16.RuneLen(c), 1)
	}
	return n
}

// Plain returns a message's text without its markup; where a link leads stands behind it.
func Plain(text string) string {
	var b strings.Builder
	address := ""
	for text != "" {
		before, rest, found := strings.Cut(text, "<")
		b.WriteString(html.UnescapeString(before))
		if !found {
			break
		}
		tag, after, closed := strings.Cut(rest, ">")
		if !closed { // no tag after all
			b.WriteString("<" + html.UnescapeString(rest))
			break
		}
		if href, ok := strings.CutPrefix(tag, `a href="`); ok {
			address = html.UnescapeString(strings.TrimSuffix(href, `"`))
		}
		if tag == "/a" && address != "" {
			b.WriteString(" " + address)
			address = ""
		}
		text = after
	}
	return b.String()
}
