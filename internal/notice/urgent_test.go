package notice_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/notice"
)

func TestUrgent(t *testing.T) {
	t.Parallel()
	for report, want := range map[string]string{
		"주권매매거래정지": notice.TradingHalt,
		"주권매매거래정지(상장적격성 실질심사 사유 발생)":              notice.TradingHalt,
		"매매거래정지및정지해제(중요내용공시)":                     notice.TradingHalt,
		"주권매매거래정지기간변경":                            notice.TradingHalt,
		"주권매매거래정지해제":                              notice.TradingResumption,
		"주요사항보고서(유상증자결정)":                         notice.RightsIssue,
		"[기재정정]주요사항보고서(유상증자결정)   ":                notice.RightsIssue,
		"[기재정정] [첨부정정] 주요사항보고서 ( 유무상증자 결정 )":      notice.RightsIssue,
		"[정정]유상증자결정":                              notice.RightsIssue,
		"［기재정정］주요사항보고서（유상증자결정）":                   notice.RightsIssue,
		"유상증자결정(자회사의 주요경영사항)":                     notice.RightsIssue,
		"유상\u200b증자결정":                            notice.RightsIssue,
		"주요사항보고서(회사합병결정)":                         notice.Merger,
		"주요사항보고서(회사분할합병결정)":                       notice.Merger,
		"주요사항보고서(주식교환ㆍ이전결정)":                      notice.Merger,
		"주요사항보고서(회사분할결정)":                         notice.Split,
		"횡령ㆍ배임혐의발생":                               notice.Embezzlement,
		"횡령·배임 사실확인":                              notice.Embezzlement,
		"횡령 ・ 배임혐의 진행사항":                          notice.Embezzlement,
		"기타시장안내(상장적격성 실질심사 대상 결정 및 매매거래정지 지속 안내)": notice.DelistingReview,
		"상장적격성실질심사사유발생":                           notice.DelistingReview,
		"상장폐지결정":                                  notice.Delisting,
		"주요사항보고서(회생절차개시신청)":                       notice.Rehabilitation,
		"파산신청":                    notice.Bankruptcy,
		"주요사항보고서(감자결정)":           notice.CapitalReduction,
		"주요사항보고서(부도발생)":           notice.Default,
		"대출원리금연체사실발생":             notice.Default,
		"영업정지(자회사의 주요경영사항)":       notice.Suspension,
		"공개매수신고서":                 notice.TenderOffer,
		"주요사항보고서(전환사채권발행결정)":      notice.ConvertibleBond,
		"주요사항보고서(신주인수권부사채권발행결정)":  notice.ConvertibleBond,
		"철회신고서":                   notice.Withdrawal,
		"공개매수철회신고서":               notice.TenderOffer,
		"[기재정정]주요사항보고서(유상증자결정철회)": notice.RightsIssue,
		"최대주주변경":                  notice.ChangeOfControl,
		"최대주주변경을수반하는주식양수도계약체결":    notice.ChangeOfControl,
		"주요사항보고서(채권은행등의관리절차개시)":   notice.CreditorControl,
		"관리종목지정":                  notice.AdministrativeList,
		"회계처리기준위반에따른검찰고발":         notice.AccountingFraud,

		"":               "",
		"[":              "",
		"주요사항보고서":        "",
		"주요사항보고서(":       "",
		"단일판매ㆍ공급계약체결":    "",
		"영업(잠정)실적(공정공시)": "",
		"현금ㆍ현물배당결정":      "",
		"주요사항보고서(자기주식취득결정)":              "",
		"주요사항보고서(자기주식처분결정)":              "",
		"주식소각결정":                         "",
		"주요사항보고서(무상증자결정)":                "",
		"주식분할결정":                         "",
		"최대주주등소유주식변동신고서":                 "",
		"최대주주변경을수반하는주식담보제공계약체결":          "",
		"증권발행실적보고서(합병등)":                 "",
		"유상증자또는주식관련사채등의발행결과(자율공시)":       "",
		"유상증자1차발행가액결정":                   "",
		"공개매수결과보고서":                      "",
		"조회공시요구(풍문또는보도)(유상증자결정설)":        "",
		"투자판단관련주요경영사항(합작사 회사합병결정 관련 소송)": "",
		"기타시장안내(신주인수권증서 상장폐지)":           "",
		"주식워런트증권상장폐지":                    "",
		"ETN 상장폐지":                       "",
		"특수관계인에대한부동산임대":                  "",
		"기업설명회(IR)개최(안내공시)":              "",
		"전환청구권행사":                        "",
		"[기재정정]임원ㆍ주요주주특정증권등소유상황보고서":      "",
	} {
		kind, ok := notice.Urgent(report)
		if kind != want || ok != (want != "") {
			t.Errorf("%q: got %q, %t; want %q", report, kind, ok, want)
		}
	}
}

func TestDecideFiling(t *testing.T) {
	t.Parallel()
	for report, want := range map[string]string{
		"주요사항보고서(유상증자결정)":               "urgent",
		"[기재정정]주요사항보고서(유상증자결정)":         "urgent",
		"[첨부정정]주요사항보고서(유상증자결정)":         "attachment_only",
		"[첨부추가]주요사항보고서(회사합병결정)":         "attachment_only",
		"유상증자결정(자회사의 주요경영사항)":           "subsidiary_only",
		"회사합병결정(종속회사의주요경영사항)":           "subsidiary_only",
		"영업정지(자회사의 주요경영사항)":             "urgent",
		"[기재정정]횡령ㆍ배임혐의발생(종속회사의 주요경영사항)": "urgent",
		"단일판매ㆍ공급계약체결":                   "not_urgent",
		"[첨부정정]사업보고서(2025.12)":          "not_urgent",
		"":                              "not_urgent",
	} {
		in := notice.FilingInput{StoryID: 3, ArticleID: 4, Code: "900001", ReportType: report, At: noon}
		topic, _ := notice.Urgent(report)
		expected := notice.Alert{Topic: topic, Kind: notice.Disclosure, StoryID: 3, ArticleID: 4, Code: "900001", Send: want == "urgent", Reason: want, DecidedAt: noon}
		if diff := cmp.Diff(expected, notice.DecideFiling(in)); diff != "" {
			t.Errorf("%q: %s", report, diff)
		}
	}
	old := notice.FilingInput{Code: "900001", ReportType: "주권매매거래정지", At: noon, Stale: true}
	if a := notice.DecideFiling(old); a.Send || a.Reason != notice.ReasonStale || a.Topic != notice.TradingHalt {
		t.Errorf("got %+v", a)
	}
}

func FuzzUrgent(f *testing.F) {
	for _, seed := range []string{"[기재정정]주요사항보고서(유상증자결정)", "기타시장안내(상장폐지", "[[[", "((((", "\xff[정정]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, report string) {
		kind, ok := notice.Urgent(report)
		if ok != (kind != "") {
			t.Errorf("%q: kind %q, %t", report, kind, ok)
		}
		if again, _ := notice.Urgent("[기재정정] " + report); again != kind {
			t.Errorf("%q: %q as a correction, %q without", report, again, kind)
		}
	})
}
