package news_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

var fetched = time.Date(2026, 11, 23, 10, 0, 0, 0, market.KST)

func TestCleanTitle(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ press, in, want string }{
		"bold and entities":            {"", "<b>가상전자</b>, 차세대 칩 &quot;연내 양산&quot;", `가상전자, 차세대 칩 "연내 양산"`},
		"bold inside a word":           {"", "이도윤 <b>가상전자</b>회장", "이도윤 가상전자회장"},
		"escaped twice":                {"", "&amp;lt;b&amp;gt;가상전자&amp;lt;/b&amp;gt; R&amp;amp;D 확대", "가상전자 R&D 확대"},
		"numbers of letters":           {"", "가상&#51204;&#xC790; 상승", "가상전자 상승"},
		"an ampersand of a name":       {"", "가상E&A, 한빛F&B 인수", "가상E&A, 한빛F&B 인수"},
		"breaks part words":            {"", "한빛중공업<br/>수주<p class=\"x\">공시</p>", "한빛중공업 수주 공시"},
		"a script goes with its text":  {"", "공시<script>alert(1)</script> 정정<!-- 광고 -->", "공시 정정"},
		"titles in brackets stay":      {"", "연속극 <별빛 형제> 제작사 <AI 시대> 상한가", "연속극 <별빛 형제> 제작사 <AI 시대> 상한가"},
		"a comparison stays":           {"", "부채 < 자본, 매출 > 비용", "부채 < 자본, 매출 > 비용"},
		"spaces of all kinds":          {"", "\u3000가상전자\u00a0 3분기\t실적\r\n발표\u3164", "가상전자 3분기 실적 발표"},
		"invisible and turning runes":  {"", "가상\u200b전자\u202e 급\ufeff등\u0007", "가상전자 급등"},
		"composed":                     {"", norm.NFD.String("한빛중공업 수주"), "한빛중공업 수주"},
		"its own press behind a dash":  {"가상일보", "가상전자 급등 - 가상일보", "가상전자 급등"},
		"a known press behind a bar":   {"", "가상전자 급등 | 한국경제", "가상전자 급등"},
		"a bar without spaces":         {"", "가상전자 급등|매일경제", "가상전자 급등"},
		"site and press":               {"", "가상전자 급등 - 매일경제 : 네이버 뉴스", "가상전자 급등"},
		"a broker is no press":         {"", "가상전자 목표가 상향 - 한빛증권", "가상전자 목표가 상향 - 한빛증권"},
		"a bar in the middle":          {"", "가상전자의 칩 | 성능 두 배", "가상전자의 칩 | 성능 두 배"},
		"a title that is only a press": {"", "매일경제", "매일경제"},
		"invalid bytes":                {"", "가상전자 상승\xff\xfe", "가상전자 상승"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := news.Clean(news.Item{Press: c.press, Title: c.in}, fetched)
			if got.Title != c.want || got.Mojibake {
				t.Errorf("title %q, mojibake %t; want %q", got.Title, got.Mojibake, c.want)
			}
		})
	}
}

func TestCleanSummary(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ press, in, want string }{
		"only a time":              {"", "2026-11-23 09:12:44", ""},
		"only a time with a word":  {"", "입력 : 2026.11.23. 오후 5:12", ""},
		"press and time":           {"가상일보", "한빛중공업이 수주했다. 가상일보|2026-11-23 09:12:44", "한빛중공업이 수주했다."},
		"press of two words":       {"가상 경제", "한빛중공업이 수주했다. 가상 경제 | 2026-11-23 09:12", "한빛중공업이 수주했다."},
		"an unknown press":         {"", "한빛중공업이 수주했다. 누리신문|2026.11.23 09:12", "한빛중공업이 수주했다."},
		"no press before the bar":  {"", "한빛중공업이 수주했다.|2026-11-23 09:12", "한빛중공업이 수주했다."},
		"a time at the end":        {"", "한빛중공업이 수주했다. 2026-11-23 09:12:44", "한빛중공업이 수주했다."},
		"a date is part of a text": {"", "한빛중공업 주주총회는 2026-11-23", "한빛중공업 주주총회는 2026-11-23"},
		"rights":                   {"", "한빛중공업이 수주했다. <저작권자 ⓒ 가상일보, 무단 전재 및 재배포 금지>", "한빛중공업이 수주했다."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := news.Clean(news.Item{Press: c.press, Title: "제목", Summary: c.in}, fetched)
			if got.Summary != c.want {
				t.Errorf("summary %q, want %q", got.Summary, c.want)
			}
		})
	}
}

func TestCleanCaps(t *testing.T) {
	t.Parallel()
	got := news.Clean(news.Item{Title: strings.Repeat("가", 3000), Summary: strings.Repeat("나 ", 3000)}, fetched)
	if n := utf8.RuneCountInString(got.Title); n != 500 {
		t.Errorf("title has %d runes, want 500", n)
	}
	if n := utf8.RuneCountInString(got.Summary); n != 299 || strings.HasSuffix(got.Summary, " ") {
		t.Errorf("summary has %d runes, want 299: what a feed may keep, without the space at the cut", n)
	}
}

func TestCleanTimes(t *testing.T) {
	t.Parallel()
	before, soon, late := fetched.Add(-10*time.Minute), fetched.Add(10*time.Minute), fetched.Add(10*time.Minute+time.Second)
	type times struct {
		Published time.Time
		Quality   news.TimeQuality
		Available time.Time
	}
	for name, c := range map[string]struct {
		published time.Time
		quality   news.TimeQuality
		want      times
	}{
		"exact and past":          {before, news.TimeExact, times{before, news.TimeExact, fetched}},
		"exact and a bit ahead":   {soon, news.TimeExact, times{soon, news.TimeExact, soon}},
		"exact and too far ahead": {late, news.TimeExact, times{fetched, news.TimeCrawl, fetched}},
		"exact but missing":       {time.Time{}, news.TimeExact, times{fetched, news.TimeCrawl, fetched}},
		"a day only":              {before, news.TimeDate, times{before, news.TimeDate, fetched}},
		"a day only, and ahead":   {soon, news.TimeDate, times{soon, news.TimeDate, fetched}},
		"none":                    {before, news.TimeCrawl, times{fetched, news.TimeCrawl, fetched}},
		"a quality not heard of":  {before, "", times{fetched, news.TimeCrawl, fetched}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := news.Clean(news.Item{Title: "제목", PublishedAt: c.published, TimeQuality: c.quality}, fetched)
			if diff := cmp.Diff(c.want, times{a.PublishedAt, a.TimeQuality, a.AvailableAt}); diff != "" {
				t.Error(diff)
			}
			if !a.FirstSeenAt.Equal(fetched) {
				t.Errorf("first seen at %s, want %s", a.FirstSeenAt, fetched)
			}
		})
	}
}

func TestCleanKeepsTheRest(t *testing.T) {
	t.Parallel()
	got := news.Clean(news.Item{Source: "dart", ExternalID: "20261123000001", Press: " 금융감독원 ", Title: "[기재정정]주요사항보고서 ",
		URL: "https://dart.fss.or.kr/dsaf001/main.do?rcpNo=20261123000001&dcmNo=7", PublishedAt: fetched, TimeQuality: news.TimeDate,
		Kind: news.KindDisclosure, Filer: "900001", ReportType: "주요사항보고서   (유상증자결정) "}, fetched)
	want := news.Article{Source: "dart", ExternalID: "20261123000001", Press: "금융감독원", Title: "[기재정정]주요사항보고서",
		URL: "https://dart.fss.or.kr/dsaf001/main.do?rcpNo=20261123000001", PublishedAt: fetched, TimeQuality: news.TimeDate,
		FirstSeenAt: fetched, AvailableAt: fetched, Kind: news.KindDisclosure, Filer: "900001", ReportType: "주요사항보고서 (유상증자결정)"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := news.Clean(news.Item{Title: "제목"}, fetched).Kind; got != news.KindNews {
		t.Errorf("kind %q by default, want news", got)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"<b>가상전자</b> &amp;quot;급등&amp;quot; - 매일경제", "»ï¼ºÀüÀÚ", "ì‚¼ì„±", "가상\u200b전자|2026-11-23 09:12:44",
		"<<b>b>x</b>", "&amp;amp;amp;lt;i&gt;", "\xff\xed\xa0\x80", "ͺ ǰ Ԥر ȿ", "2026-11-23 09:12:44", "<script>", "ⓒ 무단"} {
		f.Add(s, s, "가상일보")
	}
	f.Fuzz(func(t *testing.T, title, summary, press string) {
		a := news.Clean(news.Item{Title: title, Summary: summary, Press: press, URL: title, PublishedAt: fetched, TimeQuality: news.TimeExact}, fetched)
		for field, c := range map[string]struct {
			text string
			most int
		}{"title": {a.Title, 500}, "summary": {a.Summary, 1000}, "press": {a.Press, 60}} {
			if !utf8.ValidString(c.text) || !norm.NFC.IsNormalString(c.text) {
				t.Errorf("%s %q is no valid NFC text", field, c.text)
			}
			if utf8.RuneCountInString(c.text) > c.most || strings.TrimSpace(c.text) != c.text || strings.Contains(c.text, "  ") {
				t.Errorf("%s %q is too long or badly spaced", field, c.text)
			}
			if strings.ContainsFunc(c.text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError }) {
				t.Errorf("%s %q holds what cannot be seen", field, c.text)
			}
		}
		if a.URL != news.CanonicalURL(a.URL) {
			t.Errorf("canonical URL %q is not stable", a.URL)
		}
	})
}
