package news

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"tickerwire/internal/market"
)

const (
	shortName  = 3  // a Korean name of at most so many letters must be a word of its own
	shortLatin = 3  // a Latin name of at most so many letters counts in capitals only
	longestRun = 12 // Korean letters that may follow a name without a space
	proofReach = 25 // how many runes behind a group's name a word of proof is looked for
)

// entry returns what the matcher needs to know of a name.
func (x *lexicon) entry(n Name) entry {
	e := entry{code: n.Code, name: foldName(n.Text)}
	if code, err := market.ParseCode(n.Text); err == nil && strings.ContainsAny(n.Text, "0123456789") {
		e.isCode = code == n.Code
	}
	runes := []rune(e.name)
	latin := !strings.ContainsFunc(e.name, func(r rune) bool { return !isWordLatin(r) })
	limit := shortName
	if n.Code == "" {
		limit = shortName - 1 // a shield may stand anywhere unless it is very short
	}
	e.digit = x.digit[e.name]
	e.strict = !x.loose[e.name] && (latin && n.Code != "" || len(runes) <= limit || x.strict[e.name])
	e.upper = latin && len(runes) <= shortLatin
	return e
}

// stands reports whether the letters around a place leave the name a word of its own.
func (x *lexicon) stands(f *folded, h hit, e entry) bool {
	switch {
	case e.isCode:
		return x.codeStands(f, h)
	case e.upper && strings.ContainsFunc(string(f.cased[h.start:h.end]), unicode.IsLower):
		return false
	case e.digit:
		return unicode.IsDigit(f.rune(h.start-1)) && x.rightStands(f, h, e)
	}
	return leftStands(f, h, e) && x.rightStands(f, h, e)
}

// codeStands reports whether a stock code stands in brackets, as codes do behind a company's name.
func (x *lexicon) codeStands(f *folded, h hit) bool {
	before, after := f.rune(h.start-1), f.rune(h.end)
	if before == 'a' {
		before = f.rune(h.start - 2)
	}
	return strings.ContainsRune("([<", before) && before != 0 && strings.ContainsRune(")]>., ·", after) && after != 0
}

func leftStands(f *folded, h hit, e entry) bool {
	first, before := f.lower[h.start], f.rune(h.start-1)
	if isWordLatin(first) {
		if isWordLatin(before) || before == '@' || before == '&' || before == '.' && isWordLatin(f.rune(h.start-2)) {
			return false
		}
		return !isHangul(before) || !e.strict
	}
	if e.code == "" {
		return !e.strict || !isHangul(before)
	}
	if isWordLatin(before) && !unicode.IsDigit(before) {
		return false
	}
	return !e.strict || !isHangul(before) && !unicode.IsDigit(before)
}

func (x *lexicon) rightStands(f *folded, h hit, e entry) bool {
	last, after := f.lower[h.end-1], f.rune(h.end)
	switch {
	case isWordLatin(last) && isWordLatin(after):
		return false
	case isWordLatin(last) && strings.ContainsRune(".&", after) && isWordLatin(f.rune(h.end+1)) && after != 0:
		return false
	case e.code == "" && !e.strict:
		return true
	case f.groupFollows(h.end):
		return false
	case isHangul(after):
		run := f.hangulRun(h.end)
		return run != "우" && (!e.strict || x.isEnding(run))
	case !e.strict:
		return true
	case unicode.Is(unicode.Han, after):
		return strings.ContainsRune("株社側發製産車外等式", after)
	}
	return !isWordLatin(after) || unicode.IsDigit(after)
}

// groupFollows reports whether "그룹" (group) stands at i or behind one space: the name is then that of a group.
func (f *folded) groupFollows(i int) bool {
	if f.rune(i) == ' ' {
		i++
	}
	return f.rune(i) == '그' && f.rune(i+1) == '룹'
}

// isEnding reports whether letters behind a name are words and particles that may follow it without a space. A run
// longer than longestRun is none: what may follow is short, and trying all ways to part it would take for ever.
func (x *lexicon) isEnding(run string) bool {
	if len(run) > longestRun*len("가") {
		return false
	}
	if x.josa[run] || x.tail[run] {
		return true
	}
	for i := range run {
		if i > 0 && x.tail[run[:i]] && x.isEnding(run[i:]) {
			return true
		}
	}
	return false
}

// surroundings is what an article says around a name.
type surroundings struct {
	words *lexicon
	texts []string // folded title and summary
}

// denies reports whether the text around a place makes the name mean something else than the company.
func (s *surroundings) denies(f *folded, h hit, e entry, field Field) bool {
	if e.isCode {
		return false
	}
	if code, ok := f.codeAt(h.end); ok {
		return code != string(e.code)
	}
	if f.isCredit(h) || (e.strict || e.stem) && f.isCut(h.end) || field == FieldTitle && f.isByline(h) {
		return true
	}
	if s.words.house[e.name] && !f.isMarked(h) && !s.isProved(f, h, e.name) {
		return true
	}
	if s.words.kin[e.name] && s.words.isAmongGroups(f, h) {
		return true
	}
	return s.words.team[e.name] && s.holds(s.words.sport)
}

// isAmongGroups reports whether the short name of another business group stands right beside a place, parted from it by
// a list's mark only: what stands in such a list are groups.
func (x *lexicon) isAmongGroups(f *folded, h hit) bool {
	isLetter := func(r rune) bool { return isHangul(r) || isWordLatin(r) }
	isGroup := func(word string) bool { return x.house[word] || x.peer[word] }
	if head, ok := cutListMark(string(f.lower[:h.start]), strings.CutSuffix); ok && isGroup(head[len(strings.TrimRightFunc(head, isLetter)):]) {
		return true
	}
	rest, ok := cutListMark(string(f.lower[h.end:]), strings.CutPrefix)
	if !ok {
		return false
	}
	word := rest[:len(rest)-len(strings.TrimLeftFunc(rest, isLetter))]
	for i := range word {
		if i > 0 && isGroup(word[:i]) && x.isEnding(word[i:]) {
			return true
		}
	}
	return isGroup(word)
}

// cutListMark cuts what parts two names of a list off text: a middle dot in any of its folded forms, "/" or "vs".
func cutListMark(text string, cut func(s, mark string) (string, bool)) (string, bool) {
	for _, mark := range []string{"·", "\u119e", "‧", "・", "/", " vs ", " vs. "} {
		if rest, ok := cut(text, mark); ok {
			return rest, true
		}
	}
	return text, false
}

func (s *surroundings) holds(words []string) bool {
	for _, text := range s.texts {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
	}
	return false
}

// isProved reports whether the name of a business group means its holding company: it opens the text or no longer
// name of the group stands beside it, and what follows it is said of a company that has shareholders.
func (s *surroundings) isProved(f *folded, h hit, name string) bool {
	subject := h.start == 0 && f.rune(h.end) == ','
	if !subject && s.holdsLonger(name) {
		return false
	}
	behind := string(f.lower[h.end:min(len(f.lower), h.end+proofReach)])
	for _, w := range s.words.proof {
		if strings.Contains(behind, w) {
			return true
		}
	}
	return false
}

// holdsLonger reports whether the article writes a longer name that begins with name ("SK증권" beside "SK"): the
// short one then stands for it, or for the group.
func (s *surroundings) holdsLonger(name string) bool {
	for _, text := range s.texts {
		for {
			_, rest, ok := strings.Cut(text, name)
			if !ok {
				break
			}
			if run := leadingHangul(rest); run != "" && !s.words.isEnding(run) {
				return true
			}
			text = rest
		}
	}
	return false
}

func leadingHangul(s string) string {
	at := strings.IndexFunc(s, func(r rune) bool { return !isHangul(r) })
	if at < 0 {
		return s
	}
	return s[:at]
}

// isMarked reports whether a company mark or a quote stands by the name: "(주)", "지주", "(-2.90%)", "(12만3000원)".
func (f *folded) isMarked(h hit) bool {
	before, after := string(f.lower[max(0, h.start-4):h.start]), string(f.lower[h.end:min(len(f.lower), h.end+4)])
	if strings.HasSuffix(strings.TrimRight(before, " "), "(주)") {
		return true
	}
	after = strings.TrimLeft(after, " ")
	if strings.HasPrefix(after, "(주)") || strings.HasPrefix(after, "지주") {
		return true
	}
	quote, ok := strings.CutPrefix(after, "(")
	quote = strings.TrimLeft(quote, "+-−▲▼△▽")
	return ok && quote != "" && quote[0] >= '0' && quote[0] <= '9'
}

// isByline reports whether the name closes a title behind a hyphen, as that of the broker who is quoted does.
func (f *folded) isByline(h hit) bool {
	rest := strings.TrimRight(string(f.lower[h.end:]), " ")
	before := f.rune(h.start - 1)
	if before == ' ' {
		before = f.rune(h.start - 2)
	}
	return (rest == "" || strings.HasPrefix(rest, "[")) && strings.ContainsRune("-–—", before) && before != 0
}

// codeAt returns the six-character stock code that stands in brackets at i.
func (f *folded) codeAt(i int) (string, bool) {
	if f.rune(i) == ' ' {
		i++
	}
	if f.rune(i) != '(' || f.rune(i+7) != ')' {
		return "", false
	}
	code := strings.ToUpper(string(f.lower[i+1 : i+7]))
	_, err := market.ParseCode(code)
	return code, err == nil && strings.ContainsAny(code, "0123456789")
}

// isCut reports whether nothing but dots follows from i on: the source cut the text there, perhaps within a name.
func (f *folded) isCut(i int) bool {
	rest := strings.TrimRight(string(f.lower[i:]), " ")
	return rest != "" && strings.Trim(rest, ".…‥") == "" && utf8.RuneCountInString(rest) > 1
}

// isCredit reports whether the name is only given as the owner of a picture ("사진=...", "... 제공)").
func (f *folded) isCredit(h hit) bool {
	before := strings.TrimRight(string(f.lower[max(0, h.start-8):h.start]), " ")
	if mark := strings.TrimRight(before, "=:"); mark != before {
		mark = strings.TrimRight(mark, " ")
		for _, word := range []string{"사진", "제공", "출처", "자료", "캡처", "이미지"} {
			if strings.HasSuffix(mark, word) {
				return true
			}
		}
	}
	after := string(f.lower[h.end:min(len(f.lower), h.end+5)])
	for _, word := range []string{" 제공)", " 제공]", " 제공=", " 제공.", " 캡처)"} {
		if strings.HasPrefix(after, word) {
			return true
		}
	}
	return false
}
