package news

import (
	_ "embed" // names.txt
	"strings"

	"tickerwire/internal/market"
)

//go:embed names.txt
var namesFile string

// Name is one spelling by which texts call a company. Code is empty for a name that is not tracked: such a name only
// keeps shorter names from being found inside it. A Text that is a stock code counts where it stands in brackets.
type Name struct {
	Text string
	Code market.Code
}

// lexicon is names.txt: what is known of names and of the words around them. See the file's head for the keywords.
type lexicon struct {
	same, both           [][]string
	shields              []string
	strict, loose, digit map[string]bool
	team, house          map[string]bool
	kin, peer            map[string]bool
	sport, proof         []string
	tail, josa           map[string]bool
}

// newLexicon reads names.txt.
func newLexicon() *lexicon {
	x := &lexicon{strict: map[string]bool{}, loose: map[string]bool{}, digit: map[string]bool{}, team: map[string]bool{},
		house: map[string]bool{}, kin: map[string]bool{}, peer: map[string]bool{}, tail: map[string]bool{}, josa: map[string]bool{}}
	sets := map[string]map[string]bool{"strict": x.strict, "loose": x.loose, "digit": x.digit, "team": x.team,
		"house": x.house, "kin": x.kin, "peer": x.peer, "tail": x.tail, "josa": x.josa}
	lists := map[string]*[]string{"shield": &x.shields, "sport": &x.sport, "proof": &x.proof}
	for keyword, items := range namesLines() {
		switch {
		case keyword == "same":
			x.same = append(x.same, items)
		case keyword == "both":
			x.both = append(x.both, items)
		case sets[keyword] != nil:
			for _, item := range items {
				sets[keyword][foldName(item)] = true
			}
		case lists[keyword] != nil:
			for _, item := range items {
				*lists[keyword] = append(*lists[keyword], strings.ToLower(item))
			}
		}
	}
	return x
}

// namesLines yields the lines of names.txt as keyword and list.
func namesLines() func(yield func(string, []string) bool) {
	return func(yield func(string, []string) bool) {
		for line := range strings.Lines(namesFile) {
			keyword, rest, ok := strings.Cut(strings.TrimSpace(line), " ")
			if !ok || strings.HasPrefix(keyword, "#") {
				continue
			}
			items := strings.Split(rest, ",")
			for i := range items {
				items[i] = strings.TrimSpace(items[i])
			}
			if !yield(keyword, items) {
				return
			}
		}
	}
}

// pressNames returns the names of newspapers and agencies that names.txt knows, folded.
func pressNames() map[string]bool {
	known := map[string]bool{}
	for keyword, items := range namesLines() {
		if keyword == "press" {
			for _, item := range items {
				known[foldName(item)] = true
			}
		}
	}
	return known
}

// foldName returns a name as the matcher compares it: folded, without spaces.
func foldName(s string) string {
	return strings.ReplaceAll(string(fold(s).lower), " ", "")
}

// namesOf returns every name that the matcher is to know, the surest first: of two companies that claim one spelling
// the first in this order keeps it, and a tracked company goes before a listing.
func namesOf(x *lexicon, stocks []market.Stock, listings []market.Listing) []Name {
	names := listedNames(stocks, listings)
	owner := make(map[string]market.Code, len(names))
	for _, n := range names {
		if f := foldName(n.Text); owner[f] == "" {
			owner[f] = n.Code
		}
	}
	for _, group := range x.same {
		code := market.Code("")
		for _, text := range group {
			if code == "" {
				code = owner[foldName(text)]
			}
		}
		for _, text := range group {
			names = append(names, Name{text, code})
		}
	}
	for _, text := range x.shields {
		names = append(names, Name{text, ""})
	}
	return names
}

// listedNames returns the names, codes and aliases of stocks and the names of listings. Only active stocks are
// tracked.
func listedNames(stocks []market.Stock, listings []market.Listing) []Name {
	var names, aliases []Name
	tracked := make(map[market.Code]market.Code, len(stocks))
	for _, s := range stocks {
		if s.Active {
			tracked[s.Code] = s.Code
			names = append(names, Name{s.Name, s.Code}, Name{string(s.Code), s.Code})
		} else {
			aliases = append(aliases, Name{s.Name, ""})
		}
		for _, alias := range s.Aliases {
			aliases = append(aliases, Name{alias, tracked[s.Code]})
		}
	}
	names = append(names, aliases...)
	for _, l := range listings {
		names = append(names, Name{l.Name, tracked[l.Code]})
	}
	return names
}
