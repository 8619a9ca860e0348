package news_test

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/korean"

	"tickerwire/internal/news"
)

const sound = `가상전자, 3분기 영업이익 1조2천억원…"사상 최대" 한빛중공업도 동반 상승`

func TestRepairUndoesMisreadings(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]string{
		"nothing to do":            sound,
		"UTF-8 as Latin-1":         as(t, charmap.ISO8859_1.NewDecoder().String, sound),
		"EUC-KR as Latin-1":        as(t, charmap.ISO8859_1.NewDecoder().String, eucKR(t, sound)),
		"EUC-KR as CP1252":         as(t, charmap.Windows1252.NewDecoder().String, eucKR(t, sound)),
		"a cut at the end":         sound + "\uFFFD",
		"a byte cut off the end":   sound + "\xEA\xB0",
		"UTF-8 as Latin-1, partly": "가상전자, " + as(t, charmap.ISO8859_1.NewDecoder().String, strings.TrimPrefix(sound, "가상전자, ")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, damaged := news.Repair(s); got != sound || damaged {
				t.Errorf("%q becomes %q, damaged %t", s, got, damaged)
			}
		})
	}
}

func TestRepairMendsUTF8ThatWasReadAsCP949(t *testing.T) {
	t.Parallel()
	const want = "미국 증시 급등, 매출 발표 3%" // words of two syllables keep all their bytes
	misread := as(t, korean.EUCKR.NewDecoder().String, want)
	if got, damaged := news.Repair(misread); got != want || damaged {
		t.Errorf("%q becomes %q, damaged %t", misread, got, damaged)
	}
}

func TestRepairFlagsWhatIsLost(t *testing.T) {
	t.Parallel()
	cp949, err := korean.EUCKR.NewDecoder().String(sound)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]string{
		"EUC-KR as UTF-8, replaced":   strings.ToValidUTF8(eucKR(t, sound), "\uFFFD"),
		"EUC-KR as UTF-8, dropped":    strings.ToValidUTF8(eucKR(t, sound+sound), ""),
		"UTF-8 as CP949":              cp949,
		"replaced twice over":         "占쏙옙占쏙옙 占쏙옙",
		"UTF-8 as CP1252 with losses": strings.ReplaceAll(as(t, charmap.Windows1252.NewDecoder().String, sound), "\u00ad", ""),
		"question marks":              "???? 3?? ???? 1.2% ??",
		"only the quotes are left":    "FORUM 7 …' '",
		"some letters replaced":       "가�전자 �분기",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, damaged := news.Repair(s); !damaged {
				t.Errorf("%q becomes %q and passes for sound", s, got)
			}
			if a := news.Clean(news.Item{Title: s}, fetched); !a.Mojibake {
				t.Errorf("the article %q is not flagged", a.Title)
			}
		})
	}
}

func TestRepairLeavesSoundTextsAlone(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "KOSPI closes 1.2% higher", "정말?? 가상전자가 왜???", "똠얌꿍 먹고 뷁 외친 펭귄", "美 연준 ‘동결’…韓 증시는",
		"Café Müller, naïve Ångström 25°C ½", "Šefčovič: EU-Korea talks", "β-카로틴과 α파, Δ값", "Привет, Москва", "가상전자 “연내 양산” — 前 사장",
		"日経平均は続伸", "㈜가상전자 3Q ±5% ①②③ ™®", "가상전자의 '' 없는 3분기", "그룹 아이엘 (미연) 컴백 🎉🎉", "ㅋㅋㅋ ㅠㅠ 가상전자 상한가",
	} {
		if got, damaged := news.Repair(s); got != s || damaged {
			t.Errorf("%q becomes %q, damaged %t", s, got, damaged)
		}
	}
}

func as(t *testing.T, read func(string) (string, error), s string) string {
	t.Helper()
	out, err := read(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func eucKR(t *testing.T, s string) string {
	t.Helper()
	return as(t, korean.EUCKR.NewEncoder().String, s)
}
