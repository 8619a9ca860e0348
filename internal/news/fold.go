package news

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is a text as the matcher reads it: compatibility forms resolved (full-width letters, ㈜), lower case.
type folded struct {
	lower []rune
	cased []rune // the same runes before lowering
	at    []int  // at[i] is the rune of the source from which lower[i] comes; one more entry for the end
}

// fold returns the folded form of s.
func fold(s string) folded {
	n := utf8.RuneCountInString(s)
	f := folded{lower: make([]rune, 0, n+8), cased: make([]rune, 0, n+8), at: make([]int, 0, n+9)}
	source := 0
	for _, r := range s {
		if r < utf8.RuneSelf || isHangul(r) {
			f.add(r, source)
		} else {
			for _, q := range norm.NFKC.String(string(r)) {
				f.add(q, source)
			}
		}
		source++
	}
	f.at = append(f.at, source)
	return f
}

func (f *folded) add(r rune, source int) {
	f.cased = append(f.cased, r)
	f.lower = append(f.lower, unicode.ToLower(r))
	f.at = append(f.at, source)
}

// end returns the rune of the source after the one from which lower[i-1] comes.
func (f *folded) end(i int) int { return f.at[i-1] + 1 }

// rune returns lower[i], 0 outside of the text.
func (f *folded) rune(i int) rune {
	if i < 0 || i >= len(f.lower) {
		return 0
	}
	return f.lower[i]
}

// hangulRun returns the Hangul letters that stand from i on without a break.
func (f *folded) hangulRun(i int) string {
	j := i
	for j < len(f.lower) && isHangul(f.lower[j]) {
		j++
	}
	return string(f.lower[min(i, j):j])
}

func isHangul(r rune) bool { return r >= 0xAC00 && r <= 0xD7A3 }

func isWordLatin(r rune) bool {
	return r >= '0' && r <= '9' || r != 0 && unicode.Is(unicode.Latin, r)
}
