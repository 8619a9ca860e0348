package simulator

import (
	"cmp"
	"slices"
	"strings"
)

// span is a stretch of Telegram's MarkdownV2 that has begun.
type span struct {
	name    string // as the server's complaints call it
	closing string
	at      int // byte offset of its beginning
	entity  entity
}

// markdown reads Telegram's MarkdownV2.
type markdown struct {
	source string
	at     int
	text   strings.Builder
	length int // of text, in UTF-16 units
	open   []span
	found  []entity
}

// reservedRunes must be escaped wherever they begin or end nothing.
const reservedRunes = "_*[]()~`>#+-=|{}.!"

// parseMarkdown returns the plain text, its entities, or the error that Telegram would name, with byte offsets.
func parseMarkdown(source string) (string, []entity, error) {
	m := &markdown{source: source}
	for m.at < len(source) {
		if err := m.step(); err != nil {
			return "", nil, err
		}
	}
	m.endQuote()
	if n := len(m.open); n > 0 {
		return "", nil, noEnd(m.open[n-1])
	}
	slices.SortStableFunc(m.found, func(a, b entity) int { return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(b.Length, a.Length)) })
	return m.text.String(), m.found, nil
}

func noEnd(s span) error {
	return complain("Can't find end of %s entity at byte offset %d", s.name, s.at)
}

func (m *markdown) rest() string { return m.source[m.at:] }

func (m *markdown) add(s string) {
	m.text.WriteString(s)
	m.length += units(s)
}

// top is the innermost open stretch, the zero one when nothing is open.
func (m *markdown) top() span {
	if len(m.open) == 0 {
		return span{}
	}
	return m.open[len(m.open)-1]
}

// step reads one mark, or one character of text.
func (m *markdown) step() error {
	rest, top := m.rest(), m.top()
	verbatim := top.entity.Type == "code" || top.entity.Type == "pre"
	lineStart := m.at == 0 || m.source[m.at-1] == '\n'
	switch {
	case rest[0] == '\\' && len(rest) > 1 && rest[1] > 0 && rest[1] <= 126:
		m.add(rest[1:2])
		m.at += 2
	case verbatim && strings.HasPrefix(rest, top.closing):
		m.close()
	case verbatim:
		m.plain()
	case lineStart && m.quote():
	case rest[0] == '\n' && m.quoted() && !strings.HasPrefix(rest, "\n>"):
		return m.leaveQuote()
	case !strings.ContainsRune(reservedRunes, rune(rest[0])):
		m.plain()
	case m.closes():
		m.close()
		if top.closing == "]" {
			return m.readAddress(top)
		}
	case m.hidesQuote():
		m.open[0].entity.Type = "expandable_blockquote"
		m.at += 2
	default:
		return m.begin()
	}
	return nil
}

// plain takes one character, or a byte of one, as text.
func (m *markdown) plain() {
	n := 1
	for m.at+n < len(m.source) && m.source[m.at+n]&0xC0 == 0x80 {
		n++
	}
	m.add(m.source[m.at : m.at+n])
	m.at += n
}

// closes reports whether the innermost stretch ends here. Two underscores are never two ends of italics.
func (m *markdown) closes() bool {
	rest, closing := m.rest(), m.top().closing
	return closing != "" && strings.HasPrefix(rest, closing) && (closing != "_" || !strings.HasPrefix(rest, "__"))
}

// close ends the innermost stretch; an empty one leaves nothing.
func (m *markdown) close() {
	last := m.top()
	m.open = m.open[:len(m.open)-1]
	m.at += len(last.closing)
	if last.closing != "]" {
		m.keep(last)
	}
}

func (m *markdown) keep(s span) {
	if s.entity.Length = m.length - s.entity.Offset; s.entity.Length > 0 {
		m.found = append(m.found, s.entity)
	}
}

// begin opens a stretch, or complains of a character that stands for itself.
func (m *markdown) begin() error {
	rest := m.rest()
	for _, s := range []struct{ mark, name, kind, closing string }{
		{"```", "Pre", "pre", "```"}, {"`", "Code", "code", "`"}, {"__", "Underline", "underline", "__"}, {"_", "Italic", "italic", "_"},
		{"*", "Bold", "bold", "*"}, {"~", "Strikethrough", "strikethrough", "~"}, {"||", "Spoiler", "spoiler", "||"},
		{"![", "CustomEmoji", "custom_emoji", "]"}, {"[", "TextUrl", "text_link", "]"},
	} {
		if !strings.HasPrefix(rest, s.mark) {
			continue
		}
		opened := span{name: s.name, closing: s.closing, at: m.at, entity: entity{Type: s.kind, Offset: m.length}}
		m.at += len(s.mark)
		if s.kind == "pre" {
			opened.name, opened.entity.Language = m.readLanguage()
		}
		m.open = append(m.open, opened)
		return nil
	}
	return complain(`Character '%c' is reserved and must be escaped with the preceding '\'`, rest[0])
}

// readLanguage reads what may follow three backticks: a language up to a space, and one line break.
func (m *markdown) readLanguage() (name, language string) {
	name = "Pre"
	rest := m.rest()
	if n := strings.IndexAny(rest, " \t\r\n`"); n > 0 && rest[n] != '`' {
		name, language = "PreCode", rest[:n]
		m.at += n
	}
	for _, end := range []string{"\r\n", "\n", "\r"} {
		if strings.HasPrefix(m.rest(), end) {
			m.at += len(end)
			break
		}
	}
	return name, language
}

// readAddress reads the address behind a link's text or an emoji's; a link without one is text.
func (m *markdown) readAddress(s span) error {
	emoji, begin := s.entity.Type == "custom_emoji", m.at
	if !strings.HasPrefix(m.rest(), "(") {
		if emoji {
			return complain("Custom emoji entity must contain a tg://emoji URL")
		}
		return nil
	}
	address, found := m.untilBracket()
	switch {
	case !found:
		return complain("Can't find end of a URL at byte offset %d", begin)
	case emoji && !strings.HasPrefix(address, "tg://emoji?id="):
		return complain("Custom emoji URL must have scheme tg")
	case emoji:
		m.keep(s)
	case address != "":
		s.entity.URL = address
		m.keep(s)
	}
	return nil
}

// untilBracket reads what stands between brackets; a backslash takes the next character out of its meaning.
func (m *markdown) untilBracket() (string, bool) {
	var address strings.Builder
	for m.at++; m.at < len(m.source); m.at++ {
		c := m.source[m.at]
		switch {
		case c == ')':
			m.at++
			return address.String(), true
		case c == '\\' && m.at+1 < len(m.source) && m.source[m.at+1] <= 126:
			m.at++
			c = m.source[m.at]
		}
		address.WriteByte(c)
	}
	return "", false
}

// A quotation is of whole lines, so that it is outside of all that is open; the marks of its later lines are no text.

func (m *markdown) quoted() bool {
	return len(m.open) > 0 && m.open[0].name == "BlockQuote"
}

// quote takes the marks at a line's beginning that begin a quotation or go on with it, and reports whether there were any.
func (m *markdown) quote() bool {
	mark := ">"
	if strings.HasPrefix(m.rest(), "**>") && !m.quoted() {
		mark = "**>"
	}
	switch {
	case !strings.HasPrefix(m.rest(), mark), !m.quoted() && len(m.open) > 0:
		return false
	case !m.quoted():
		m.open = append(m.open, span{name: "BlockQuote", at: m.at, entity: entity{Type: "blockquote", Offset: m.length}})
	}
	m.at += len(mark)
	return true
}

// hidesQuote reports the mark at a quotation's end that folds it.
func (m *markdown) hidesQuote() bool {
	rest := m.rest()
	return m.quoted() && len(m.open) == 1 && strings.HasPrefix(rest, "||") && (len(rest) == 2 || rest[2] == '\n' && !strings.HasPrefix(rest[2:], "\n>"))
}

// leaveQuote ends a quotation at the end of its last line; nothing within it may still be open.
func (m *markdown) leaveQuote() error {
	if len(m.open) > 1 {
		return noEnd(m.top())
	}
	m.endQuote()
	m.plain()
	return nil
}

func (m *markdown) endQuote() {
	if m.quoted() && len(m.open) == 1 {
		m.keep(m.open[0])
		m.open = nil
	}
}
