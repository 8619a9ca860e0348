package app_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"tickerwire/store/vectors"
)

// checkKept holds what was kept against the rules that hold whatever the timing was.
func checkKept(t *testing.T, db database, index vectors.Index) {
	t.Helper()
	for name, query := range map[string]string{
		"a URL with two articles":                 `select url from articles where url is not null group by url having count(*) > 1`,
		"a story without a company was predicted": `select s.id::text from stories s join model_calls c on c.story_id = s.id where s.codes = '{}'`,
		"a prediction of a stock that its story does not name": `
			select p.id::text from predictions p join stories s on s.id = p.story_id where p.code <> all(s.codes)`,
		"a story, stock, model and horizon without exactly one prediction of each generation": `
			select format('%s %s %s %s %s', s.id, c.code, m.name, h, g) from stories s cross join unnest(s.codes) as c (code)
			cross join models m cross join unnest(array[1, 3, 5]) h cross join unnest(array[1, 2]) g
			where s.origin = 'live' and 1 <> (select count(*) from predictions p where p.story_id = s.id and p.code = c.code
				and p.model_id = m.id and p.horizon = h and p.generation = g)`,
		"a prediction as of another time than its story's": `
			select p.id::text from predictions p join stories s on s.id = p.story_id where p.as_of <> s.available_at`,
		"a query that is not the story's first article": `
			select p.id::text from predictions p join stories s on s.id = p.story_id where (p.evidence->>'query')::bigint <> s.first_article_id`,
		"an analogue without its vector's version": `
			select p.id::text from predictions p join models m on m.id = p.model_id where m.kind = 'analogue' and p.evidence->>'embedder' = ''`,
		"a neighbour from the future": `
			select p.id || ': ' || n.value from predictions p cross join jsonb_array_elements(p.evidence->'neighbours') n
			join articles a on a.id = (n.value->>'article_id')::bigint where a.available_at >= p.as_of`,
		"a neighbour whose outcome was not known yet": `
			select p.id || ': ' || n.value from predictions p cross join jsonb_array_elements(p.evidence->'neighbours') n
			where (n.value->>'known_at')::timestamptz > p.as_of or not exists (
				select from outcomes o where o.story_id = (n.value->>'story_id')::bigint and o.code = n.value->>'code'
					and o.horizon = p.horizon and o.known_at = (n.value->>'known_at')::timestamptz)`,
		"work that failed, apart from what a killed worker had in hand": `
			select format('%s %s %s: %s', kind, key, state, error) from failures
			where state = 'gave_up' or state = 'retrying' and error not like 'worker % died with it in hand'`,
	} {
		if found := db.list(t, query); len(found) > 0 {
			t.Errorf("%s: %d, as %v", name, len(found), found[:min(len(found), 5)])
		}
	}
	checkVectors(t, db, index)
	checkNamesakes(t, db)
}

// checkVectors requires that every query and every neighbour is in the index, with the values that Postgres holds.
func checkVectors(t *testing.T, db database, index vectors.Index) {
	t.Helper()
	var used []struct {
		Article  int64
		Embedder string
	}
	fatal(t, db.Bun().NewRaw(`
		select (evidence->>'query')::bigint as article, evidence->>'embedder' as embedder from predictions where evidence->>'embedder' <> ''
		union
		select (n.value->>'article_id')::bigint, evidence->>'embedder'
		from predictions cross join jsonb_array_elements(evidence->'neighbours') n order by 1`).Scan(t.Context(), &used))
	truth := vectors.NewExact(db.DB)
	for _, v := range used {
		want, err := truth.Vector(t.Context(), v.Embedder, v.Article)
		fatal(t, err)
		have, err := index.Vector(t.Context(), v.Embedder, v.Article)
		if err != nil || !slices.Equal(have, want) {
			t.Errorf("article %d by %s: %d of %d values, %v", v.Article, v.Embedder, len(have), len(want), err)
		}
	}
	neighbours := db.number(t, `select count(*) from predictions cross join jsonb_array_elements(evidence->'neighbours')`)
	t.Logf("outcomes by horizon, void or not, with when they were known: %v", db.list(t, `
		select horizon || ' ' || void || ': ' || count(*) || ' from ' || min(known_at) || ' to ' || max(known_at) from outcomes group by horizon, void order by 1`))
	t.Logf("%d vectors resolve; %d neighbours are in the predictions' evidence", len(used), neighbours)
	if len(used) == 0 || neighbours == 0 {
		t.Error("nothing was predicted from a neighbour: the rules on evidence were not tried")
	}
}

type namesake struct{ code, name string }

// namesakes are the companies whose names stand in those of many others.
func namesakes() []namesake {
	return []namesake{{"034730", "SK"}, {"078930", "GS"}, {"000880", "한화"}, {"035720", "카카오"}}
}

// checkNamesakes requires that such a company is never found inside a longer name. It looks at the text around each
// match, with all names that are known, and not through the matcher.
func checkNamesakes(t *testing.T, db database) {
	t.Helper()
	shielded, named := 0, 0
	for _, c := range namesakes() {
		longer := longerNames(t, db, c.name)
		var places []struct {
			ID                    int64
			Title, Summary, Field string
			Start, End            int
		}
		fatal(t, db.Bun().NewRaw(`
			select a.id, a.title, a.summary, m.field, m.start_rune as start, m.end_rune as "end"
			from matches m join articles a on a.id = m.article_id where m.code = ? and m.field <> 'filer'`, c.code).Scan(t.Context(), &places))
		for _, p := range places {
			text := []rune(p.Title)
			if p.Field == "summary" {
				text = []rune(p.Summary)
			}
			if name := around(text, p.Start, p.End, longer); name != "" {
				t.Errorf("%s is found in %q, where %s stands (article %d)", c.name, string(text), name, p.ID)
			}
		}
		mentions := db.number(t, `select count(*) from articles where title || summary like ?`, "%"+c.name+"%")
		t.Logf("%s: %d articles hold the letters, %d name the company; %d longer names looked for", c.name, mentions, len(places), len(longer))
		shielded, named = shielded+mentions-len(places), named+len(places)
	}
	if shielded == 0 || named == 0 {
		t.Errorf("of the four, %d mentions name the company and %d do not: the rule was not tried", named, shielded)
	}
}

// around returns the name of the list that covers the runes start..end of text, as "" when none does. Case and spaces
// do not count.
func around(text []rune, start, end int, names []string) string {
	fold := func(r []rune) string { return strings.ToLower(strings.ReplaceAll(string(r), " ", "")) }
	before, inside, behind := fold(text[:start]), fold(text[start:end]), fold(text[end:])
	for _, name := range names {
		folded := fold([]rune(name))
		for at := range folded {
			left, right, ok := folded[:at], "", false
			if right, ok = strings.CutPrefix(folded[at:], inside); ok && strings.HasSuffix(before, left) && strings.HasPrefix(behind, right) {
				return name
			}
		}
	}
	return ""
}

// longerNames returns all known names that contain name and are not the same company's: tracked stocks, listings and
// the names file.
func longerNames(t *testing.T, db database, name string) []string {
	t.Helper()
	names := db.list(t, `select name from stocks union select name from listings`)
	raw, err := os.ReadFile("../news/names.txt")
	fatal(t, err)
	own := []string{name}
	for line := range strings.Lines(string(raw)) {
		keyword, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		list := strings.Split(rest, ", ")
		switch {
		case keyword == "same" && slices.Contains(list, name):
			own = append(own, list...)
		case keyword == "same" || keyword == "shield":
			names = append(names, list...)
		}
	}
	return slices.DeleteFunc(names, func(n string) bool { return !strings.Contains(n, name) || slices.Contains(own, n) })
}

func TestAround(t *testing.T) {
	t.Parallel()
	names := []string{"SK하이닉스", "두리한화", "GS 건설"}
	for _, c := range []struct {
		text       string
		start, end int
		want       string
	}{
		{"SK 하이닉스 급등", 0, 2, "SK하이닉스"}, {"sk하이닉스", 0, 2, "SK하이닉스"}, {"오늘 두리한화는", 5, 7, "두리한화"},
		{"GS건설 수주", 0, 2, "GS 건설"}, {"SK, 하이닉스", 0, 2, ""}, {"한화가", 0, 2, ""}, {"GS", 0, 2, ""},
	} {
		if got := around([]rune(c.text), c.start, c.end, names); got != c.want {
			t.Errorf("%q %d..%d: got %q, want %q", c.text, c.start, c.end, got, c.want)
		}
	}
}
