package news

import (
	"strconv"
	"strings"
	"unicode"
)

// Korean glues particles to nouns and nouns to each other, so that words are no keys to search by: "금리" stands in
// "기준금리를". Pairs of characters are. A word of n characters is n-1 pairs at consecutive places, and its last character
// alone at the last: with it every single character can be found, too, as the head of a pair or the end of a word.

// mostIndexed is how many characters of a text are indexed.
const mostIndexed = 4000

// SearchVector returns the texts as a tsvector literal of Postgres: pairs of characters with their places. Folded, in the
// order given; places leave gaps between words.
func SearchVector(texts ...string) string {
	var b strings.Builder
	at := 0
	for _, text := range texts {
		for _, word := range searchWords(text) {
			if at+len(word) > mostIndexed {
				return b.String()
			}
			for i := range word {
				at++
				if b.Len() > 0 {
					b.WriteByte(' ')
				}
				b.WriteString(string(word[i:min(i+2, len(word))]))
				b.WriteByte(':')
				b.WriteString(strconv.Itoa(at))
			}
			at++ // no pair goes over the gap
		}
	}
	return b.String()
}

// mostSought is how many characters of a query count.
const mostSought = 60

// SearchQuery returns what was asked for as a tsquery literal of Postgres: every word must stand somewhere, in whole. It
// is "" when there is nothing to look for.
func SearchQuery(text string) string {
	var words []string
	left := mostSought
	for _, word := range searchWords(text) {
		if word = word[:min(len(word), left)]; len(word) == 0 {
			break
		}
		left -= len(word)
		if len(word) == 1 {
			words = append(words, string(word)+":*")
			continue
		}
		var pairs []string
		for i := range len(word) - 1 {
			pairs = append(pairs, string(word[i:i+2]))
		}
		words = append(words, "("+strings.Join(pairs, " <-> ")+")")
	}
	return strings.Join(words, " & ")
}

// searchWords returns the runs of letters and digits of a text, folded. Only these characters go into literals, which thus
// need no quotes.
func searchWords(text string) [][]rune {
	var words [][]rune
	var word []rune
	for _, r := range fold(text).lower {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			word = append(word, r)
			continue
		}
		if len(word) > 0 {
			words, word = append(words, word), nil
		}
	}
	if len(word) > 0 {
		words = append(words, word)
	}
	return words
}
