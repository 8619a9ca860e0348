package notice

import (
	"html"
	"slices"
	"strings"
)

// Parts cuts a text in Telegram's HTML into messages of at most MaxUnits UTF-16 units, markup included: between two lines
// where that can be, never within a tag, an entity or a character. Tags that are open at a cut are closed before it and
// opened again behind it. A "<" or "&" that begins nothing is escaped: a tag that is left out beside it must not make it begin
// one. Any other text that fits is returned as it is; an empty one makes no message.
func Parts(text string) []string {
	s := splitter{breakAt: -1}
	for text != "" {
		token := nextToken(text)
		text = text[len(token):]
		if token == "<" || token == "&" {
			token = html.EscapeString(token)
		}
		s.add(token)
	}
	s.flush()
	return s.parts
}

// deepest is how many tags may stand within each other; what is deeper is shown without them.
const deepest = 2

// splitter collects one part after the other.
type splitter struct {
	parts     []string
	part      strings.Builder
	units     int
	open      []string // tags as they were opened; deeper than deepest they are left out, and kept here as "</name>"
	fresh     int      // bytes of part that only open tags again
	breakAt   int      // where the last line of part ends, -1 for none
	breakOpen []string // what was open there
}

func (s *splitter) add(token string) {
	open := s.open
	switch {
	case isOpening(token) && len(open) >= deepest:
		s.open = append(slices.Clone(open), "</"+tagName(token)+">")
		return
	case isOpening(token):
		open = append(slices.Clone(open), token)
	case isClosing(token):
		if len(open) == 0 || tagName(open[len(open)-1]) != tagName(token) {
			return // closes nothing: Telegram would refuse the whole message
		}
		if open = slices.Clone(open[:len(open)-1]); len(open) >= deepest {
			s.open = open
			return
		}
	}
	if s.units+units(token)+units(closers(open)) > MaxUnits && s.part.Len() > s.fresh {
		s.cut()
		s.add(token)
		return
	}
	if token == "\n" {
		s.breakAt, s.breakOpen = s.part.Len(), s.open
	}
	s.part.WriteString(token)
	s.units += units(token)
	s.open = open
}

// cut ends a part after its last whole line, else where it stands; what is left begins the next one.
func (s *splitter) cut() {
	text, rest, open := s.part.String(), "", s.open
	if s.breakAt > s.fresh {
		text, rest, open = text[:s.breakAt], strings.TrimLeft(text[s.breakAt:], "\n"), s.breakOpen
	}
	s.keep(text + closers(open))
	reopened := strings.Join(open[:min(len(open), deepest)], "")
	now := s.open
	s.part.Reset()
	s.part.WriteString(reopened + rest)
	s.units, s.fresh, s.breakAt, s.open = units(reopened+rest), len(reopened), -1, now
}

func (s *splitter) flush() {
	if s.part.Len() > s.fresh {
		s.keep(s.part.String() + closers(s.open))
	}
}

// keep keeps a part that shows something.
func (s *splitter) keep(part string) {
	visible := part
	for visible != "" {
		token := nextToken(visible)
		if !isOpening(token) && !isClosing(token) && strings.TrimSpace(token) != "" {
			s.parts = append(s.parts, strings.Trim(part, "\n"))
			return
		}
		visible = visible[len(token):]
	}
}

func closers(open []string) string {
	var b strings.Builder
	for _, tag := range slices.Backward(open[:min(len(open), deepest)]) {
		b.WriteString("</" + tagName(tag) + ">")
	}
	return b.String()
}

// nextToken returns the tag, the entity or the character that a text begins with. A "<" or "&" that begins none is a
// character.
func nextToken(text string) string {
	switch text[0] {
	case '<':
		if i := strings.IndexByte(text[:min(len(text), 2*maxURL)], '>'); i > 0 && (isOpening(text[:i+1]) || isClosing(text[:i+1])) {
			return text[:i+1]
		}
	case '&':
		if i := strings.IndexByte(text[:min(len(text), 12)], ';'); i > 1 && html.UnescapeString(text[:i+1]) != text[:i+1] {
			return text[:i+1]
		}
	}
	for i := range text {
		if i > 0 {
			return text[:i]
		}
	}
	return text
}

// tags are those that messages use.
var tags = []string{"b", "i", "a", "code"}

// isOpening reports whether a token opens a tag. A link must be as link writes it, with nothing behind.
func isOpening(token string) bool {
	if !strings.HasPrefix(token, "<") || !strings.HasSuffix(token, ">") || strings.HasPrefix(token, "</") || len(token) > 2*maxURL {
		return false
	}
	inner := token[1 : len(token)-1]
	if address, ok := strings.CutPrefix(inner, `a href="`); ok {
		return strings.Count(address, `"`) == 1 && strings.HasSuffix(address, `"`) && !strings.Contains(address, "<")
	}
	return inner != "a" && slices.Contains(tags, inner)
}

func isClosing(token string) bool {
	name, ok := strings.CutPrefix(token, "</")
	return ok && slices.Contains(tags, strings.TrimSuffix(name, ">")) && strings.HasSuffix(name, ">")
}

// tagName returns the name in an opening or closing tag.
func tagName(tag string) string {
	name, _, _ := strings.Cut(strings.Trim(tag, "</>"), " ")
	return name
}
