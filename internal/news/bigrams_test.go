package news_test

import (
	"strings"
	"testing"

	"tickerwire/internal/news"
)

func TestSearchVector(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		texts []string
		want  string
	}{
		{[]string{"기준금리를"}, "기준:1 준금:2 금리:3 리를:4 를:5"},
		{[]string{"HBM 가", "나"}, "hb:1 bm:2 m:3 가:5 나:7"},
		{[]string{"", "ＡＢ·3.5%"}, "ab:1 b:2 3:4 5:6"},
		{[]string{"'\\:*&|!<->() \x00"}, ""},
		{nil, ""},
	} {
		if got := news.SearchVector(c.texts...); got != c.want {
			t.Errorf("%q: %q, want %q", c.texts, got, c.want)
		}
	}
	if long := news.SearchVector(strings.Repeat("가나다 ", 5000)); strings.Contains(long, ":4001") || !strings.Contains(long, ":39") {
		t.Errorf("%d bytes of a long text", len(long))
	}
}

func TestSearchQuery(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{"금리": "(금리)", "기준 금리": "(기준) & (금리)", "삼성전자": "(삼성 <-> 성전 <-> 전자)", "금": "금:*", "A|b & !": "a:* & b:*",
		" \x00'% ": "", "": "", "ＳＫ하이": "(sk <-> k하 <-> 하이)"} {
		if got := news.SearchQuery(query); got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
	if n := len([]rune(news.SearchQuery(strings.Repeat("가나", 500)))); n > 500 {
		t.Errorf("a long query becomes %d characters", n)
	}
}

func FuzzSearch(f *testing.F) {
	for _, s := range []string{"기준금리를", "a'b\\:c", "\xff\xed\xa0\x80", "㈜가나 ﷺ", "İ", "ß"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, literal := range []string{news.SearchVector(text), news.SearchQuery(text)} {
			if strings.ContainsAny(literal, "'\\\x00!|\"") {
				t.Errorf("%q becomes %q", text, literal)
			}
		}
	})
}
