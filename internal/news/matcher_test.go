package news_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

// universe is a part of the real one: the rules are about real names.
func universe() ([]market.Stock, []market.Listing) {
	var stocks []market.Stock
	for i, name := range []string{"SK", "SK하이닉스", "SK텔레콤", "LG", "LG전자", "LG유플러스", "GS", "LS", "CJ", "KT", "한화", "카카오", "기아",
		"현대차", "현대모비스", "삼성전자", "삼성전기", "삼성생명", "NAVER", "코웨이", "HMM", "엔씨소프트", "기업은행", "한국전력", "POSCO홀딩스",
		"KB금융", "대림산업", "셀트리온", "가상전자"} {
		stocks = append(stocks, market.Stock{Code: market.Code(fmt.Sprintf("9%05d", i)), Name: name, Active: true})
	}
	stocks = append(stocks, market.Stock{Code: "990000", Name: "한빛중공업", Aliases: []string{"한빛重"}, Active: true},
		market.Stock{Code: "990001", Name: "누리제약", Active: false})
	return stocks, []market.Listing{{Code: "990000", Name: "한빛중공업"}, {Code: "990100", Name: "한빛중공업홀딩스"},
		{Code: "990101", Name: "가상전자우"}, {Code: "990102", Name: "SK빛나"}, {Code: "990103", Name: "두리한화"}, {Code: "990104", Name: "두산"}}
}

func newUniverse() (*news.Matcher, map[market.Code]string) {
	stocks, listings := universe()
	names := map[market.Code]string{}
	for _, s := range stocks {
		names[s.Code] = s.Name
	}
	return news.MatcherFrom(stocks, listings), names
}

// found returns the companies that a title names, in the order of their codes.
func found(m *news.Matcher, names map[market.Code]string, a news.Article) string {
	var out []string
	for _, match := range m.Match(a) {
		out = append(out, names[match.Code])
	}
	return strings.Join(out, " ")
}

func TestMatchTitles(t *testing.T) {
	t.Parallel()
	m, names := newUniverse()
	for title, want := range map[string]string{
		// the longest name wins
		"SK하이닉스, 새 공장 착공":        "SK하이닉스",
		"SK온 공모채 흥행":             "",
		"SK증권 \"실적 기대 이상\"":      "",
		"SK바이오팜·SK바이오사이언스 동반 상승": "",
		"SK빛나 상한가":               "",
		"GS건설, 3분기 영업이익 증가":      "",
		"GS25 새 점포":              "",
		"GS리테일과 GS칼텍스":           "",
		"한화에어로스페이스 수주":           "",
		"한화에어로·한화오션 주가 급등":       "",
		"한화생명, 배당 확대":            "",
		"두리한화 공시":                "",
		"카카오뱅크 3분기 순이익":          "",
		"카카오페이와 카카오게임즈":          "",
		"카카오톡 개편":                "",
		"LG CNS 사옥 이전":           "",
		"LG씨엔에스, LG이노텍":          "",
		"LS일렉트릭 급등, LS전선은 보합":    "",
		"CJ제일제당과 CJ ENM":         "",
		"KT&G 배당":                "",
		"KT&amp;G":               "",
		"현대차증권 리포트":              "",
		"현대차證 목표가 상향":            "",
		"삼성증권, 삼성중공업":            "",
		"삼성 라이온즈 역전승":            "",
		"SSG 랜더스필드 개장":           "",
		"한빛중공업홀딩스 분할":            "",
		"가상전자우 급등":               "",
		"누리제약 임상":                "",
		"네이버웹툰 신작":               "",
		"한전기술 수주, 한전KPS 상승":      "",

		// names and their borders
		"SK텔레콤 요금제":            "SK텔레콤",
		"SKT 새 대표":             "SK텔레콤",
		"삼성전자와 LG전자":           "LG전자 삼성전자",
		"삼성 실적 발표":             "",
		"OLSI 학회":              "",
		"LSI 설계":               "",
		"KTX 증편":               "",
		"naver.com 접속 장애":      "",
		"문의 press@naver.com":   "",
		"기아가 새 차를 냈다":          "기아",
		"기아, 판매 신기록":           "기아",
		"현대차·기아 판매":            "기아 현대차",
		"기아 타이거즈 우승":           "",
		"이기아 씨 인터뷰":            "",
		"기아 구제 기금":             "",
		"기아나 정부":               "",
		"카카오는 새 서비스를":          "카카오",
		"카카오 가격 급등에 초콜릿값 인상":   "",
		"70만달러(한화 9억원) 계약":     "",
		"코웨이측 해명":              "코웨이",
		"비즈코웨이 출시":             "",
		"출시된 가상전자신제품":          "가상전자",
		"주주들은가상전자를 샀다":         "가상전자",
		"삼성전기차 배터리":            "",
		"대기업은행 거래":             "",
		"IBK기업은행, 중소기업 지원":     "기업은행",
		"중소기업은행 채권 발행":         "기업은행",
		"HMM, 운임 상승에 강세":       "HMM",
		"hmm 그럴까":              "",
		"kt wiz 우승":            "",
		"KT가 요금을 내렸다":          "KT",
		"KB금융그룹 인사":            "KB금융",
		"롯데·두산(000150) 나란히 상승": "",

		// a group is not its holding company
		"SK그룹 인사":              "",
		"LG 그룹 총수 회동":          "",
		"현대차그룹, 미국 투자":         "",
		"한화 계열사 상장":            "",
		"LG家 상속":               "",
		"재계 총수 삼성·SK·LG 한자리에":  "",
		"목표가 상향-SK":            "",
		"한화, 3분기 영업이익 늘어":      "한화",
		"㈜LG 자사주 소각":           "LG",
		"LG(900003) 자사주 소각":    "LG",
		"SK(-1.2%), GS(+0.5%)": "SK GS",
		"SK㈜ 배당 확대":            "SK",
		"GS 주가 신고가":            "GS",
		"SK, SK온에 출자…이사회 결의":   "SK",

		// beside other groups a name that is also short for a group means the group
		"삼성·SK·현대차, 투자 계획 발표": "",
		"LG vs 현대차 시총 격돌":     "",
		"현대차·롯데와 손잡다":         "",
		"현대차/SK에 맡기다":         "",
		"현대차·SK온 합작":          "현대차",
		"삼성전자·현대차 상승":         "현대차 삼성전자",
		"삼성 임원, 현대차로 이직":      "현대차",
		"롯데·현대차 나란히…현대차 신고가":  "현대차",

		// other spellings
		"외국인, 三電 팔았다":          "삼성전자",
		"네카오 동반 하락":            "카카오 NAVER",
		"삼전닉스에 몰린 개미":          "SK하이닉스 삼성전자",
		"하이닉스 급등":              "SK하이닉스",
		"삼전·하닉 약세":             "SK하이닉스 삼성전자",
		"9만전자·30만닉스":           "SK하이닉스 삼성전자",
		"10만 전자 회복":            "삼성전자",
		"만전자 서비스":              "",
		"삼전동 재건축":              "",
		"네이버 새 요금제":            "NAVER",
		"Naver to invest":      "NAVER",
		"현대자동차 노사":             "현대차",
		"포스코홀딩스 배당":            "POSCO홀딩스",
		"posco 홀딩스 배당":         "POSCO홀딩스",
		"ＬＧ전자 신제품":             "LG전자",
		"LG 전자 신제품":            "LG전자",
		"Lg전자 신제품":             "LG전자",
		"LGU+ 요금제":             "LG유플러스",
		"엔씨, 신작 공개":            "엔씨소프트",
		"한전 적자 축소":             "한국전력",
		"DL(900026) 분할":        "대림산업",
		"한빛重 수주":               "한빛중공업",
		"[특징주] 무명 (990000) 급등": "한빛중공업",
		"번호 990000 당첨":         "",
		"가상전자(990104) 급등":      "", // the code says that another company is meant

		// sport and pictures
		"한국시리즈 1차전, 한화가 LG에 승리": "",
		"프로야구 KT 연승":            "",
		"프로야구 후원사 현대차":          "현대차",
		"신차 공개 (사진=기아)":         "",
		"새 공장 전경 [가상전자 제공]":     "",
	} {
		if got := found(m, names, news.Clean(news.Item{Title: title}, fetched)); got != want {
			t.Errorf("%q names [%s], want [%s]", title, got, want)
		}
	}
}

func TestMatchSaysWhy(t *testing.T) {
	t.Parallel()
	m, _ := newUniverse()
	code := func(name string) market.Code {
		c, ok := m.Resolve(name)
		if !ok {
			t.Fatalf("%s is not known", name)
		}
		return c
	}
	for name, c := range map[string]struct {
		article news.Article
		want    []news.Match
	}{
		"the title outweighs the summary, once each": {
			news.Article{Kind: news.KindNews, Title: "㈜신 “가상전자·삼전” 가상전자", Summary: "가상전자와 코웨이는 삼성전자에"},
			[]news.Match{{code("삼성전자"), news.FieldTitle, 9, 11, "삼전"}, {code("코웨이"), news.FieldSummary, 6, 9, "코웨이"},
				{code("가상전자"), news.FieldTitle, 4, 8, "가상전자"}}},
		"a name cut off at the end may be a longer one": {
			news.Article{Kind: news.KindNews, Title: "오늘의 공시", Summary: "코웨이와 한빛중공업, 카카오, 한화..."},
			[]news.Match{{code("카카오"), news.FieldSummary, 12, 15, "카카오"}, {code("코웨이"), news.FieldSummary, 0, 3, "코웨이"},
				{"990000", news.FieldSummary, 5, 10, "한빛중공업"}}},
		"a code counts where no name stands": {
			news.Article{Kind: news.KindNews, Title: "옛 이름(990000) 부활"},
			[]news.Match{{"990000", news.FieldTitle, 5, 11, "990000"}}},
		"a filing is its filer's": {
			news.Article{Kind: news.KindDisclosure, Filer: "990000", Title: "삼성전자와 공급계약 체결"},
			[]news.Match{{"990000", news.FieldFiler, 0, 6, "990000"}}},
		"a filing of a stranger": {
			news.Article{Kind: news.KindDisclosure, Filer: "990104", Title: "삼성전자와 공급계약 체결"}, nil},
		"a filing of an unlisted company": {
			news.Article{Kind: news.KindDisclosure, Title: "삼성전자와 공급계약 체결"}, nil},
		"no text": {news.Article{Kind: news.KindNews}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, m.Match(c.article)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMatchOfAHostileText(t *testing.T) {
	t.Parallel()
	m, names := newUniverse()
	if got := found(m, names, news.Article{Kind: news.KindNews, Title: "한화" + strings.Repeat("주", 498)}); got != "" {
		t.Errorf("names [%s]", got)
	}
	if got := found(m, names, news.Article{Kind: news.KindNews, Title: "한화주주측에서는 배당을"}); got != "한화" {
		t.Errorf("names [%s]", got)
	}
}

func TestMatcherOfGivenNames(t *testing.T) {
	t.Parallel()
	m := news.NewMatcher([]news.Name{{"한빛", ""}, {"한빛", "990000"}, {"한빛바다", ""}, {"누리에너지", "990001"}, {"누리에너지", "990002"}, {" ", "990003"}})
	a := news.Article{Kind: news.KindNews, Title: "한빛, 한빛바다, 누리에너지"}
	want := []news.Match{{"990000", news.FieldTitle, 0, 2, "한빛"}, {"990001", news.FieldTitle, 10, 15, "누리에너지"}}
	if diff := cmp.Diff(want, m.Match(a)); diff != "" {
		t.Error(diff)
	}
	half := news.NewMatcher([]news.Name{{"카카오", "990004"}})
	if got := half.Match(news.Article{Kind: news.KindNews, Title: "삼전닉스보다 네카오"}); len(got) != 1 || got[0].Code != "990004" || got[0].Text != "네카오" {
		t.Errorf("of a word for two companies of which one is tracked: %v", got)
	}
	if got := news.NewMatcher(nil).Match(a); got != nil {
		t.Errorf("a matcher without names finds %v", got)
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	m, names := newUniverse()
	for in, want := range map[string]string{"현대자동차": "현대차", "naver": "NAVER", "㈜LG": "LG", "한빛 중공업": "한빛중공업", "990000": "한빛중공업",
		"한화오션": "", "누리제약": "", "": "", "현대": ""} {
		if code, ok := m.Resolve(in); names[code] != want || ok != (want != "") {
			t.Errorf("%q is %q, %t; want %q", in, names[code], ok, want)
		}
	}
}

// TestNamesFile holds every line of names.txt against the matcher: a further spelling is found where it stands alone,
// a shield never is.
func TestNamesFile(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("names.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string][][]string{}
	for line := range strings.Lines(string(file)) {
		keyword, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if keyword != "" && keyword != "#" {
			lines[keyword] = append(lines[keyword], strings.Split(rest, ", "))
		}
	}
	for keyword := range lines {
		if !strings.Contains(" same both shield strict loose digit team sport house kin peer proof tail josa press ", " "+keyword+" ") {
			t.Errorf("names.txt has a keyword %q that nothing reads", keyword)
		}
	}
	var stocks []market.Stock
	for i, group := range lines["same"] {
		stocks = append(stocks, market.Stock{Code: market.Code(fmt.Sprintf("9%05d", i)), Name: group[0], Active: true})
	}
	m := news.MatcherFrom(stocks, nil)
	for i, group := range lines["same"] {
		for _, name := range group {
			title := name + "(" + string(stocks[i].Code) + ") 공시"
			if strings.HasPrefix(name, "만") {
				title = "10" + title
			}
			if got := m.Match(news.Article{Kind: news.KindNews, Title: title}); len(got) != 1 || got[0].Text != name {
				t.Errorf("%q names %v, want %q alone", title, got, name)
			}
		}
	}
	for _, group := range lines["shield"] {
		for _, name := range group {
			if got := m.Match(news.Article{Kind: news.KindNews, Title: name + " 주가 급등"}); len(got) != 0 {
				t.Errorf("shield %q names %v", name, got)
			}
		}
	}
}

func FuzzMatch(f *testing.F) {
	for _, s := range []string{"SK하이닉스·삼성전자", "㈜LG(003550)…한화...", "ＬＧ전자 9만전자", "기아가", "(990000)", "\xff한빛", "İ", "SK", "한국시리즈 KT", "사진=기아"} {
		f.Add(s, s)
	}
	m, names := newUniverse()
	f.Fuzz(func(t *testing.T, title, summary string) {
		a := news.Clean(news.Item{Title: title, Summary: summary}, fetched)
		fields := map[news.Field][]rune{news.FieldTitle: []rune(a.Title), news.FieldSummary: []rune(a.Summary)}
		last := market.Code("")
		for _, match := range m.Match(a) {
			text := fields[match.Field]
			if match.Start < 0 || match.Start >= match.End || match.End > len(text) || string(text[match.Start:match.End]) != match.Text {
				t.Errorf("%+v does not stand in %q", match, string(text))
			}
			if names[match.Code] == "" || match.Code <= last {
				t.Errorf("%q after %q: not tracked, not sorted or twice", match.Code, last)
			}
			last = match.Code
		}
	})
}
