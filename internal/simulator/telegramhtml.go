package simulator

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// entity is a formatted stretch of a message; offset and length count UTF-16 units.
type entity struct {
	Type     string `json:"type"`
	Offset   int    `json:"offset"`
	Length   int    `json:"length"`
	URL      string `json:"url,omitempty"`
	Language string `json:"language,omitempty"`
}

// entityType returns what a tag that Telegram knows makes of its text, "" for any other tag.
func entityType(tag string) string {
	switch tag {
	case "b", "strong":
		return "bold"
	case "i", "em":
		return "italic"
	case "u", "ins":
		return "underline"
	case "s", "strike", "del":
		return "strikethrough"
	case "tg-spoiler", "span":
		return "spoiler"
	case "a":
		return "text_link"
	case "code":
		return "code"
	case "pre":
		return "pre"
	case "blockquote":
		return "blockquote"
	case "tg-emoji":
		return "custom_emoji"
	}
	return ""
}

type openTag struct {
	name   string
	entity entity
}

// markupError is a parser's complaint in Telegram's own words.
type markupError string

func (e markupError) Error() string { return string(e) }

func complain(format string, args ...any) error { return markupError(fmt.Sprintf(format, args...)) }

var (
	tagName   = regexp.MustCompile(`^[^\s>/]*`)
	attribute = regexp.MustCompile(`^\s+([A-Za-z_:][-A-Za-z0-9_:.]*)(?:\s*=\s*("[^"]*"|'[^']*'|[-A-Za-z0-9._]+))?`)
	namedRune = regexp.MustCompile(`^&(lt|gt|amp|quot);`)
	codedRune = regexp.MustCompile(`^&#(x[0-9a-fA-F]{1,6}|[0-9]{1,7});`)
)

// parseHTML reads Telegram's HTML: the plain text, its entities, or the error that Telegram would name, with byte offsets.
func parseHTML(source string) (string, []entity, error) {
	var text strings.Builder
	var open []openTag
	var found []entity
	length := 0 // of text, in UTF-16 units
	add := func(s string) {
		text.WriteString(s)
		length += units(s)
	}
	for at := 0; at < len(source); {
		rest := source[at:]
		switch {
		case rest[0] == '&':
			s, n := htmlRune(rest)
			add(s)
			at += n
		case strings.HasPrefix(rest, "</"):
			n, err := closeTag(rest, at, open)
			if err != nil {
				return "", nil, err
			}
			last := open[len(open)-1]
			open = open[:len(open)-1]
			if last.entity.Length = length - last.entity.Offset; last.entity.Length > 0 && last.entity.Type != "" {
				found = append(found, last.entity)
			}
			at += n
		case rest[0] == '<':
			tag, n, err := startTag(rest, at)
			if err != nil {
				return "", nil, err
			}
			tag.entity.Offset = length
			open = append(open, tag)
			at += n
		default:
			n := strings.IndexAny(rest, "<&")
			if n < 0 {
				n = len(rest)
			}
			add(rest[:n])
			at += n
		}
	}
	if len(open) > 0 {
		return "", nil, complain("Can't find end tag corresponding to start tag \"%s\"", open[len(open)-1].name)
	}
	slices.SortStableFunc(found, func(a, b entity) int { return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(b.Length, a.Length)) })
	return text.String(), found, nil
}

// htmlRune reads one entity; an unknown one is text.
func htmlRune(s string) (text string, n int) {
	if m := namedRune.FindStringSubmatch(s); m != nil {
		return map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`}[m[1]], len(m[0])
	}
	if m := codedRune.FindStringSubmatch(s); m != nil {
		code, err := strconv.ParseInt(strings.Replace(m[1], "x", "0x", 1), 0, 32)
		if strings.HasPrefix(m[1], "0") { // no octal numbers here
			code, err = strconv.ParseInt(m[1], 10, 32)
		}
		if err == nil && code > 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF) {
			return string(rune(code)), len(m[0])
		}
	}
	return "&", 1
}

func startTag(s string, at int) (openTag, int, error) {
	raw := tagName.FindString(s[1:])
	name, n := strings.ToLower(raw), 1+len(raw)
	kind := entityType(name)
	if kind == "" {
		return openTag{}, 0, complain("Unsupported start tag \"%s\" at byte offset %d", name, at)
	}
	attrs := map[string]string{}
	for {
		m := attribute.FindStringSubmatch(s[n:])
		if m == nil {
			break
		}
		attrs[strings.ToLower(m[1])] = strings.Trim(m[2], `"'`)
		n += len(m[0])
	}
	n += len(s[n:]) - len(strings.TrimLeft(s[n:], " \t\r\n"))
	if n >= len(s) || s[n] != '>' {
		return openTag{}, 0, complain("Unclosed start tag at byte offset %d", at)
	}
	tag := openTag{name: name, entity: entity{Type: kind}}
	switch {
	case name == "span" && attrs["class"] != "tg-spoiler":
		return openTag{}, 0, complain(`Tag "span" must have class "tg-spoiler" at byte offset %d`, at)
	case name == "a" && attrs["href"] == "":
		tag.entity.Type = "" // a link to nowhere is text
	case name == "a":
		tag.entity.URL = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&amp;", "&").Replace(attrs["href"])
	}
	return tag, n + 1, nil
}

func closeTag(s string, at int, open []openTag) (n int, err error) {
	if len(open) == 0 {
		return 0, complain("Unexpected end tag at byte offset %d", at)
	}
	raw := tagName.FindString(s[2:])
	name := strings.ToLower(raw)
	n = 2 + len(raw)
	n += len(s[n:]) - len(strings.TrimLeft(s[n:], " \t\r\n"))
	if n >= len(s) || s[n] != '>' {
		return 0, complain("Unclosed end tag at byte offset %d", at)
	}
	if want := open[len(open)-1].name; name != "" && name != want {
		return 0, complain("Unmatched end tag at byte offset %d, expected \"</%s>\", found \"</%s>\"", at, want, name)
	}
	return n + 1, nil
}

// units counts UTF-16 units.
func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}
