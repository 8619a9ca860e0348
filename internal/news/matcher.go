package news

import (
	"slices"
	"strings"

	"tickerwire/internal/market"
)

// Matcher finds the companies that a text names. It is made once from the names of a universe and may be used by many
// goroutines at once.
//
// A company is matched where its own name, alias or code stands, never because a longer name contains it: of names
// that overlap the leftmost and then the longest wins, and names that are not tracked take part. A business group
// ("SK그룹") is not its holding company and is not matched: its news is as much that of a dozen other listed companies.
type Matcher struct {
	words   *lexicon
	auto    *automaton
	entries []entry
	tracked map[market.Code]bool
	byName  map[string]market.Code
}

// entry is one spelling that the automaton looks for.
type entry struct {
	code   market.Code   // "" for a shield
	also   []market.Code // further companies that the word means
	name   string        // folded, without spaces
	isCode bool
	strict bool // must be a word of its own
	upper  bool // counts in capitals only
	digit  bool // stands behind a number
	stem   bool // a longer known name begins with it
}

// NewMatcher returns a matcher for exactly these names. Of one spelling with several codes the first wins, but any
// code wins over none.
func NewMatcher(names []Name) *Matcher { return newMatcher(newLexicon(), names) }

// MatcherFrom returns a matcher for the active stocks: their names, aliases and codes, further spellings of them, and
// all other listings and unlisted affiliates as names that shield.
func MatcherFrom(stocks []market.Stock, listings []market.Listing) *Matcher {
	x := newLexicon()
	return newMatcher(x, namesOf(x, stocks, listings))
}

func newMatcher(x *lexicon, names []Name) *Matcher {
	m := &Matcher{words: x, tracked: map[market.Code]bool{}, byName: map[string]market.Code{}}
	index := map[string]int{}
	var patterns [][]rune
	add := func(text string, e entry) {
		for _, spelling := range spellings(text) {
			if i, ok := index[spelling]; ok {
				if m.entries[i].code == "" && e.code != "" {
					m.entries[i] = e
				}
				continue
			}
			index[spelling] = len(patterns)
			patterns = append(patterns, []rune(spelling))
			m.entries = append(m.entries, e)
		}
	}
	for _, n := range names {
		if n.Code != "" {
			m.tracked[n.Code] = true
			if name := foldName(n.Text); m.byName[name] == "" {
				m.byName[name] = n.Code
			}
		}
		add(n.Text, x.entry(n))
	}
	for _, words := range x.both {
		add(words[0], m.bothEntry(words[0], words[1:]))
	}
	m.markStems()
	m.auto = newAutomaton(patterns)
	return m
}

// bothEntry returns the entry of a word that means two companies; those that are not tracked fall away.
func (m *Matcher) bothEntry(word string, companies []string) entry {
	var codes []market.Code
	for _, name := range companies {
		if code := m.byName[foldName(name)]; code != "" {
			codes = append(codes, code)
		}
	}
	if len(codes) == 0 {
		return m.words.entry(Name{Text: word})
	}
	e := m.words.entry(Name{Text: word, Code: codes[0]})
	e.also = codes[1:]
	return e
}

// markStems marks the names that longer names begin with.
func (m *Matcher) markStems() {
	sorted := make([]string, 0, len(m.entries))
	for _, e := range m.entries {
		sorted = append(sorted, e.name)
	}
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	for i := range m.entries {
		at, _ := slices.BinarySearch(sorted, m.entries[i].name)
		m.entries[i].stem = at+1 < len(sorted) && strings.HasPrefix(sorted[at+1], m.entries[i].name)
	}
}

// Resolve returns the tracked company that is called exactly name, in any of its spellings.
func (m *Matcher) Resolve(name string) (market.Code, bool) {
	code, ok := m.byName[foldName(name)]
	return code, ok
}

// Match returns the tracked companies that a names, one match each, sorted by code. Where a company stands in title
// and summary the title's first place is returned. A filing matches its filer and nobody else.
func (m *Matcher) Match(a Article) []Match {
	if a.Kind == KindDisclosure {
		if !m.tracked[a.Filer] {
			return nil
		}
		return []Match{{Code: a.Filer, Field: FieldFiler, End: len(a.Filer), Text: string(a.Filer)}}
	}
	title, summary := fold(a.Title), fold(a.Summary)
	around := surroundings{words: m.words, texts: []string{string(title.lower), string(summary.lower)}}
	matches := m.in(nil, FieldTitle, a.Title, &title, &around)
	matches = m.in(matches, FieldSummary, a.Summary, &summary, &around)
	slices.SortFunc(matches, func(a, b Match) int { return strings.Compare(string(a.Code), string(b.Code)) })
	return matches
}

// in adds the companies that one field names and that are not yet among matches.
func (m *Matcher) in(matches []Match, field Field, text string, f *folded, around *surroundings) []Match {
	var source []rune
	for _, h := range m.hits(f) {
		e := m.entries[h.entry]
		if e.code == "" || around.denies(f, h, e, field) {
			continue
		}
		for _, code := range append([]market.Code{e.code}, e.also...) {
			if slices.ContainsFunc(matches, func(have Match) bool { return have.Code == code }) {
				continue
			}
			if source == nil {
				source = []rune(text)
			}
			start, end := f.at[h.start], f.end(h.end)
			matches = append(matches, Match{Code: code, Field: field, Start: start, End: end, Text: string(source[start:end])})
		}
	}
	return matches
}

// hit is a place of an entry in a folded text.
type hit struct{ entry, start, end int }

// hits returns the places that stand as words of their own and don't overlap: leftmost, then longest.
func (m *Matcher) hits(f *folded) []hit {
	var all []hit
	m.auto.find(f.lower, func(pattern, start, end int) {
		h := hit{pattern, start, end}
		if m.words.stands(f, h, m.entries[pattern]) {
			all = append(all, h)
		}
	})
	slices.SortFunc(all, func(a, b hit) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	kept, free := all[:0], 0
	for _, h := range all {
		if h.start >= free {
			kept, free = append(kept, h), h.end
		}
	}
	return kept
}

// spellings returns the folded forms of a name: a space where Latin and Korean letters meet, or where the name has
// one, may stand or not.
func spellings(name string) []string {
	var parts []string
	runes, from := fold(strings.TrimSpace(name)).lower, 0
	for i := 1; i < len(runes); i++ {
		meet := isHangul(runes[i]) && isWordLatin(runes[i-1]) || isWordLatin(runes[i]) && isHangul(runes[i-1])
		if runes[i] == ' ' || meet {
			parts = append(parts, strings.TrimSpace(string(runes[from:i])))
			from = i
		}
	}
	parts = append(parts, strings.TrimSpace(string(runes[from:])))
	if parts[0] == "" {
		return nil
	}
	all := []string{parts[0]}
	for i, part := range parts[1:] {
		joined := make([]string, 0, 2*len(all))
		for _, s := range all {
			joined = append(joined, s+part)
			if i < 3 {
				joined = append(joined, s+" "+part)
			}
		}
		all = joined
	}
	return all
}
