package news

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/korean"
)

// Repair undoes the common misreadings of a Korean text: UTF-8 taken for Latin-1 or CP1252, EUC-KR or CP949 taken for
// either, UTF-8 taken for CP949. Where letters were lost and cannot be had back, damaged is true and what is left is
// returned. Invalid UTF-8 becomes U+FFFD first; one at the very end, where a text was cut, is no damage.
func Repair(s string) (text string, damaged bool) {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if isPlain(s) {
		return s, false
	}
	s = repairLatin(s)
	s = repairKorean(s)
	s = strings.TrimRight(s, "\uFFFD")
	return s, isDamaged(s)
}

// isPlain reports whether s holds ASCII and nothing that a lost letter leaves behind.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf || s[i] == '?' || s[i] == '\'' {
			return false
		}
	}
	return true
}

// repairLatin mends the stretches of s that are bytes of UTF-8 or CP949 shown as Latin-1 or CP1252.
func repairLatin(s string) string {
	var out strings.Builder
	run, from := []byte(nil), 0
	flush := func(end int) {
		if fixed, ok := readAgain(run); ok {
			out.WriteString(fixed)
		} else {
			out.WriteString(s[from:end])
		}
		run = run[:0]
	}
	for i, r := range s {
		b, ok := latinByte(r)
		if ok && len(run) == 0 {
			from = i
		}
		switch {
		case ok:
			run = append(run, b)
		case len(run) > 0:
			flush(i)
			out.WriteRune(r)
		default:
			out.WriteRune(r)
		}
	}
	if len(run) > 0 {
		flush(len(s))
	}
	return out.String()
}

// latinByte returns the byte that Latin-1 or CP1252 shows as r.
func latinByte(r rune) (byte, bool) {
	if r <= 0xFF {
		return byte(r), true // #nosec G115 -- checked to be below 256
	}
	return charmap.Windows1252.EncodeRune(r)
}

// readAgain reads bytes as UTF-8, else as CP949, when that makes sense of bytes beyond ASCII.
func readAgain(b []byte) (string, bool) {
	high := 0
	for _, c := range b {
		if c >= utf8.RuneSelf {
			high++
		}
	}
	if high < 2 {
		return "", false
	}
	if utf8.Valid(b) {
		return string(b), true
	}
	text, err := korean.EUCKR.NewDecoder().Bytes(b)
	if err != nil {
		return "", false
	}
	common, other := 0, 0
	for _, r := range string(text) {
		switch {
		case r < utf8.RuneSelf:
		case isCommonHangul(r):
			common++
		default:
			other++
		}
	}
	return string(text), common >= 2 && common >= 4*other
}

// repairKorean mends UTF-8 that was read as CP949, which gives rare syllables and Chinese characters. Hardly any sound
// text, written as CP949, happens to be valid UTF-8, and none is Korean then.
func repairKorean(s string) string {
	rare, _ := rareHangul(s)
	if rare == 0 && !strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return s
	}
	b, err := korean.EUCKR.NewEncoder().Bytes([]byte(s))
	if err != nil || !utf8.Valid(b) {
		return s
	}
	if rare, all := rareHangul(string(b)); all >= 2 && rare == 0 {
		return string(b)
	}
	return s
}

// rareHangul counts the Hangul syllables of s and those outside of the 2350 that KS X 1001 found worth a code.
func rareHangul(s string) (rare, all int) {
	for _, r := range s {
		if isHangul(r) {
			all++
			if !isCommonHangul(r) {
				rare++
			}
		}
	}
	return rare, all
}

func isCommonHangul(r rune) bool { return isHangul(r) && commonHangul()[r-0xAC00] }

// commonHangul returns, by their place in Unicode, which of the 11172 syllables KS X 1001 has. Its block is 25 rows of
// 94.
var commonHangul = sync.OnceValue(func() *[11172]bool {
	var rows []byte
	for row := byte(0xB0); row <= 0xC8; row++ {
		for cell := byte(0xA1); cell <= 0xFE; cell++ {
			rows = append(rows, row, cell)
		}
	}
	text, err := korean.EUCKR.NewDecoder().Bytes(rows)
	if err != nil {
		panic("news: EUC-KR's own syllables don't decode: " + err.Error())
	}
	var common [11172]bool
	for _, r := range string(text) {
		common[r-0xAC00] = true
	}
	return &common
})

// isDamaged reports whether s shows the marks of letters lost in a misreading.
func isDamaged(s string) bool {
	var n marks
	n.count(s)
	rare, hangul := rareHangul(s)
	switch {
	case n.replaced >= 3 || n.replaced > 0 && n.replaced*12 >= n.letters,
		n.control >= 2, n.latinRuns > 0,
		n.private >= 2 || n.private > 0 && n.korean == 0,
		n.odd >= 3 && n.oddScripts >= 2 && n.odd*8 >= n.letters,
		n.oddWords > 0 && n.korean*2 <= n.letters,
		rare >= 3 && rare*4 >= hangul,
		strings.Count(s, "占") >= 2,
		n.question >= 4 && hangul == 0 && n.question*5 >= 2*n.letters,
		n.korean == 0 && lostWithinQuotes(s):
		return true
	}
	return false
}

// marks counts what hardly occurs in a sound text.
type marks struct {
	letters    int // letters and what may stand for a lost one
	korean     int // letters of Korean, Chinese or Japanese
	replaced   int // U+FFFD
	private    int // private use
	control    int // C1 controls
	latinRuns  int // stretches of three or more characters of CP1252's upper half with two accented letters
	question   int // question marks that stand together
	odd        int // letters and accents of two-byte scripts, in which dropped bytes end up
	oddScripts int
	oddWords   int // words of nothing but rare Latin letters
}

func (n *marks) count(s string) {
	seen := map[*unicode.RangeTable]bool{}
	for _, r := range s {
		n.classify(r, seen)
	}
	n.oddScripts = len(seen)
	n.countRuns(s)
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if !strings.ContainsFunc(word, func(r rune) bool { return r < 0x180 || r > 0x24F }) {
			n.oddWords++
		}
	}
}

func (n *marks) countRuns(s string) {
	run, accented, questions := 0, 0, 0
	for _, r := range s {
		b, ok := latinByte(r)
		if ok && b >= utf8.RuneSelf && r != '·' {
			run++
			if r >= 0xC0 && r <= 0xFF {
				accented++
			}
			if run >= 3 && accented >= 2 {
				n.latinRuns++
			}
		} else {
			run, accented = 0, 0
		}
		if r != '?' {
			questions = 0
			continue
		}
		if questions++; questions == 2 {
			n.question++
		}
		if questions >= 2 {
			n.question++
		}
	}
}

func (n *marks) classify(r rune, seen map[*unicode.RangeTable]bool) {
	switch {
	case r == utf8.RuneError:
		n.replaced++
		n.letters++
		return
	case unicode.Is(unicode.Co, r):
		n.private++
	case r >= 0x80 && r <= 0x9F && r != 0x85:
		n.control++
	case unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana):
		n.korean++
	case r >= 0x100 && r <= 0x7FF:
		n.odd++
		for _, script := range []*unicode.RangeTable{unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Armenian,
			unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Inherited} {
			if unicode.Is(script, r) {
				seen[script] = true
			}
		}
	}
	if unicode.IsLetter(r) {
		n.letters++
	}
}

// lostWithinQuotes reports whether a pair of quotes holds nothing: Korean words stood there.
func lostWithinQuotes(s string) bool {
	for _, pair := range []string{"‘’", "‘ ’", "“”", "“ ”", "' '", "\" \""} {
		if strings.Contains(s, pair) {
			return true
		}
	}
	return false
}
