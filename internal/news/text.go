package news

import (
	"html"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	maxRaw       = 20_000 // bytes of a text that are looked at
	escapeRounds = 3      // how often a text may have been escaped
)

var (
	ampersands = regexp.MustCompile(`&(?:amp;)+`)
	entities   = regexp.MustCompile(`&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});`)
	// Tags by name, so that a Korean or an all-capitals title in angle brackets stays.
	blockTags  = regexp.MustCompile(`(?i)</?(?:br|p|div|li|ul|ol|tr|td|th|table|h[1-6]|hr|section|article|figure|figcaption|blockquote)(?:\s+[a-z-]+\s*=[^<>]*)?\s*/?>`)
	inlineTags = regexp.MustCompile(`(?i)</?(?:b|i|u|s|em|strong|span|a|img|font|mark|sub|sup|small|big|strike|del|ins|code|label|iframe|link|meta|html|body|head|center)(?:\s+[a-z-]+\s*=[^<>]*)?\s*/?>`)
	hiddenTags = regexp.MustCompile(`(?is)<!--.*?-->|<(script|style|noscript)\b[^<>]*>.*?</(script|style|noscript)\s*>|<!\[CDATA\[|\]\]>`)

	dateTime    = `\d{4}\s?[-./년]\s?\d{1,2}\s?[-./월]\s?\d{1,2}[.일]?[T ]?\s?(?:오전|오후)?\s?\d{1,2}:\d{2}(?::\d{2})?`
	onlyTime    = regexp.MustCompile(`^(?:(?:입력|수정|등록|기사입력|최종수정)\s*:?\s*)?` + dateTime + `$`)
	endTime     = regexp.MustCompile(`\s*(?:(?:입력|수정|등록|기사입력|최종수정)\s*:?\s*)?` + dateTime + `$`)
	endPipe     = regexp.MustCompile(`\s*[|｜]\s*` + dateTime + `$`)
	endRights   = regexp.MustCompile(`\s*(?:[<\[(]?\s*(?:저작권자|ⓒ|©)[^|]{0,80}(?:무단|재배포|금지)[^|]{0,40})$`)
	titleBreaks = regexp.MustCompile(`\s+[-–—|｜:]\s+|\s*[|｜]\s*`)
)

// knownPress reads the newspapers' names of names.txt once.
var knownPress = sync.OnceValue(pressNames)

// cleanText returns s as one line of valid NFC text without markup, entities and invisible characters, at most limit
// runes long, and whether its encoding is damaged beyond repair.
func cleanText(s string, limit int) (text string, damaged bool) {
	if len(s) > maxRaw {
		s = s[:maxRaw]
	}
	s, damaged = Repair(s)
	for range escapeRounds {
		before := s
		s = stripTags(unescape(s))
		if s == before {
			break
		}
	}
	return capRunes(oneLine(norm.NFC.String(dropInvisible(s))), limit), damaged
}

func unescape(s string) string {
	if !strings.Contains(s, "&") {
		return s
	}
	s = ampersands.ReplaceAllString(s, "&")
	return entities.ReplaceAllStringFunc(s, html.UnescapeString)
}

func stripTags(s string) string {
	if !strings.ContainsAny(s, "<>") {
		return s
	}
	s = hiddenTags.ReplaceAllString(s, " ")
	s = blockTags.ReplaceAllString(s, " ")
	return inlineTags.ReplaceAllString(s, "")
}

// dropInvisible removes what cannot be seen and makes every kind of space a plain one.
func dropInvisible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Zs, r), r == 0x3164, r == 0x115F, r == 0x1160, r == 0xFFA0, r == 0x2800:
			return ' ' // the last five are blank letters: Hangul fillers and the empty braille cell
		case r == utf8.RuneError, unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Variation_Selector, unicode.Noncharacter_Code_Point):
			return -1
		}
		return r
	}, s)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// capRunes returns at most limit runes of s, without a space at the cut.
func capRunes(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	n := 0
	for i := range s {
		if n == limit {
			return strings.TrimRight(s[:i], " ")
		}
		n++
	}
	return s
}

// cutPress removes a newspaper's name from a title's end ("... - 매일경제").
func cutPress(title, press string) string {
	for range 2 {
		places := titleBreaks.FindAllStringIndex(title, -1)
		if len(places) == 0 {
			return title
		}
		last := places[len(places)-1]
		if last[0] == 0 || !isPress(title[last[1]:], press) {
			return title
		}
		title = strings.TrimSpace(title[:last[0]])
	}
	return title
}

func isPress(name, press string) bool {
	f := foldName(name)
	return f != "" && (f == foldName(press) || knownPress()[f])
}

// cutTrailer removes what feeds put behind a summary: "press|time", a bare time, a claim of rights. A summary that is
// only a time becomes empty.
func cutTrailer(summary, press string) string {
	if onlyTime.MatchString(summary) {
		return ""
	}
	summary = endRights.ReplaceAllString(summary, "")
	if at := endPipe.FindStringIndex(summary); at != nil {
		return cutPipePress(summary[:at[0]], press)
	}
	return endTime.ReplaceAllString(summary, "")
}

// cutPipePress removes the newspaper's name that stood before "|time": the press itself, one that is known, or else
// the last word when it is short and no sentence ends in it.
func cutPipePress(s, press string) string {
	if press != "" && strings.HasSuffix(s, press) {
		return strings.TrimSpace(strings.TrimSuffix(s, press))
	}
	at := strings.LastIndex(s, " ")
	word := s[at+1:]
	if isPress(word, press) || utf8.RuneCountInString(word) <= 12 && !strings.ContainsAny(word, ".…!?\"”’'") {
		return strings.TrimSpace(s[:max(at, 0)])
	}
	return s
}
