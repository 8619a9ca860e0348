package upstream

import (
	"bytes"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
)

// headBytes is how far into a body a declaration of its encoding is looked for.
const headBytes = 1024

// Text returns a body as valid UTF-8. The encoding is the byte order mark's, else the one that the Content-Type header
// names, else the one that the XML declaration or an HTML meta names, else UTF-8 where the bytes allow it, else CP949
// (which contains EUC-KR). A declaration that the bytes contradict is passed over. A body that no single encoding reads
// is taken to be put together of UTF-8 and CP949, element by element. What cannot be decoded becomes U+FFFD; judging the
// result is the caller's part.
func Text(body []byte, contentType string) string {
	if text, ok := marked(body); ok {
		return text
	}
	if utf8.Valid(body) && (ascii(body) || hasHangul(body)) {
		return string(body)
	}
	declared := declarations(body, contentType)
	for _, enc := range append(declared, unicode.UTF8, korean.EUCKR) {
		if text, clean := decode(enc, body); clean {
			return text
		}
	}
	if text, clean := mixed(body); clean {
		return text
	}
	text, _ := decode(append(declared, unicode.UTF8)[0], body)
	return text
}

// mixed decodes a body piece by piece, as UTF-8 or as CP949. Pieces end at characters that are no second byte of CP949
// and stand between texts of different origin: markup, quotes, line ends.
func mixed(body []byte) (text string, clean bool) {
	var out strings.Builder
	clean = true
	for len(body) > 0 {
		end := bytes.IndexAny(body, "<>\"\n") + 1
		if end == 0 {
			end = len(body)
		}
		piece := body[:end]
		body = body[end:]
		switch {
		case utf8.Valid(piece):
			out.Write(piece)
		case hasHangul(piece): // damaged UTF-8: CP949 hardly ever makes a syllable of it
			return "", false
		default:
			decoded, ok := decode(korean.EUCKR, piece)
			out.WriteString(decoded)
			clean = clean && ok
		}
	}
	return out.String(), clean
}

func marked(body []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(body, []byte("\xEF\xBB\xBF")):
		return strings.ToValidUTF8(string(body[3:]), "\uFFFD"), true
	case bytes.HasPrefix(body, []byte("\xFF\xFE")), bytes.HasPrefix(body, []byte("\xFE\xFF")):
		text, _ := decode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), body)
		return text, true
	}
	return "", false
}

// hasHangul tells UTF-8 from CP949 bytes that happen to be valid UTF-8: those hardly ever make a syllable.
func hasHangul(body []byte) bool {
	return bytes.ContainsFunc(body, func(r rune) bool { return r >= '가' && r <= '힣' })
}

func ascii(body []byte) bool {
	return !bytes.ContainsFunc(body, func(r rune) bool { return r >= utf8.RuneSelf })
}

func declarations(body []byte, contentType string) []encoding.Encoding {
	var labels []string
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		labels = append(labels, params["charset"])
	}
	head := body[:min(len(body), headBytes)]
	xmlLabel := regexp.MustCompile(`^\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']+)["']`)
	metaLabel := regexp.MustCompile(`(?i)<meta[^>]+charset\s*=\s*["']?([a-z0-9_-]+)`)
	for _, pattern := range []*regexp.Regexp{xmlLabel, metaLabel} {
		if found := pattern.FindSubmatch(head); found != nil {
			labels = append(labels, string(found[1]))
		}
	}
	var found []encoding.Encoding
	for _, label := range labels {
		if enc := byLabel(label); enc != nil {
			found = append(found, enc)
		}
	}
	return found
}

func byLabel(label string) encoding.Encoding {
	label = strings.ToLower(strings.TrimSpace(label))
	switch label {
	case "":
		return nil
	case "cp949", "ms949", "uhc", "x-windows-949", "euckr":
		return korean.EUCKR
	}
	enc, err := htmlindex.Get(label)
	if err != nil {
		return nil // an unknown name says nothing; the bytes decide
	}
	return enc
}

// decode reports as clean a result without U+FFFD: no publisher writes that on purpose.
func decode(enc encoding.Encoding, body []byte) (text string, clean bool) {
	decoded, err := enc.NewDecoder().Bytes(body)
	text = strings.ToValidUTF8(string(decoded), "\uFFFD")
	return text, err == nil && !strings.ContainsRune(text, utf8.RuneError)
}
