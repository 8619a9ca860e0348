package notice

import "tickerwire/internal/market"

// words is everything a message says in one language. Formats take what their names say.
type words struct {
	signal, filing, unproven, correction string
	withdrawal, changed, ai              string
	outlets                              string // number, time
	hit, miss, followed, flat            string
	outcome                              string // verdict, trading days, excess return, base day, target day
	void                                 string // target day
	seal                                 string
	digest                               string // day
	digestQuiet, digestUnproven          string // number
	digestSignal                         string // direction, horizon, probability, base rate
	digestMore                           string // number
	up, down                             string
	horizon                              string // trading days
	chance                               string // probability, base rate
	expected                             string // expected excess return, low, high
	expectedOnly                         string // without an interval
	basis                                string // neighbours, effective number
	noBasis                              string
	record                               string // past hit rate, stock-days, low, high
	noRecord                             string
	analogues                            string
	analogue                             string // day, code, title, what followed
	report, filer                        string
	published, seen                      string // time
	article                              string
	phase                                map[market.Phase]string
	next                                 string // session day, weekday
	weekdays                             [7]string
	disclaimer                           string
	unwatch, mute                        string // buttons
	kinds                                map[string]string
}

// wordsOf returns the words of a language: English for "en", Korean for everything else.
func wordsOf(language string) words {
	if language == "en" {
		return english()
	}
	return korean()
}

func korean() words {
	return words{
		signal: "신호", filing: "긴급 공시", unproven: "미검증", correction: "정정", withdrawal: "철회", changed: "상황 변화", ai: "AI 생성",
		outlets: "매체 %d곳 보도 · 처음 확인 %s",
		hit:     "적중", miss: "빗나감", followed: "그 뒤", flat: "보합 범위",
		outcome:        "%s · %d거래일 초과수익률 %s (%s 종가 → %s 종가)",
		void:           "결과: %s까지 판정할 수 없음 (거래정지 또는 가격 자료 없음)",
		seal:           "🔏 봉인 %s · 결과를 알기 전에 만든 예측입니다",
		digest:         "🗞 <b>모아보기</b> · %s",
		digestQuiet:    "<b>방해 금지 시간에 온 소식</b> · %d건",
		digestUnproven: "<b>미검증 신호</b> · %d건 — 모형의 기록이 아직 신호의 값어치를 증명하지 못했습니다",
		digestSignal:   "%s %d거래일 · 확률 %s · 기준선 %s",
		digestMore:     "그 밖에 %d건",
		up:             "평소(기준선)보다 시장을 웃돌 가능성이 높게 나왔습니다",
		down:           "평소(기준선)보다 시장을 웃돌 가능성이 낮게 나왔습니다",
		horizon:        "대상 기간 %d거래일",
		chance:         "시장 평균을 웃돌 확률 <b>%s</b> · 기준선 %s",
		expected:       "예상 초과수익률 %s · 80%% 구간 %s ~ %s",
		expectedOnly:   "예상 초과수익률과 구간: 변동성 자료가 부족해 계산하지 않음",
		basis:          "근거: 비슷한 과거 뉴스 %d건 (유효 %.1f건)",
		noBasis:        "근거: 비교할 과거 뉴스 없음",
		record:         "과거 적중률 %s · 종목·일 %d건 · 95%% 구간 %s ~ %s",
		noRecord:       "과거 적중률: 아직 없음 (자료 수집 중)",
		analogues:      "비슷했던 뉴스와 그 뒤 초과수익률",
		analogue:       "%s %s · %s → %s",
		report:         "보고서: %s", filer: "제출: %s",
		published: "게시 %s", seen: "확인 %s", article: "원문 보기",
		phase: map[market.Phase]string{
			market.BeforeOpen: "장 시작 전입니다. 오늘 정규장은 아직 열리지 않았습니다.",
			market.InSession:  "정규장 중입니다. 이미 가격에 반영되었을 수 있습니다.",
			market.AfterClose: "정규장이 끝났습니다. 시간외 거래에는 이미 반영되었을 수 있습니다.",
			market.ClosedDay:  "휴장일입니다.",
		},
		next: "다음 정규장: %s(%s)", weekdays: [7]string{"일", "월", "화", "수", "목", "금", "토"},
		disclaimer: "정보 제공이며 투자 권유가 아닙니다.",
		unwatch:    "관심 해제", mute: "24시간 끄기",
		kinds: map[string]string{TradingHalt: "매매거래정지", TradingResumption: "매매거래 재개", DelistingReview: "상장적격성 심사", // #nosec G101 -- words of messages
			Delisting: "상장폐지", AdministrativeList: "관리종목", Embezzlement: "횡령·배임", AccountingFraud: "회계처리기준 위반",
			Default: "부도·연체", Rehabilitation: "회생절차", CreditorControl: "채권단 관리", Bankruptcy: "파산", Dissolution: "해산",
			Suspension: "영업정지", RightsIssue: "유상증자", CapitalReduction: "감자", ConvertibleBond: "주식연계채권 발행",
			Merger: "합병", Split: "회사분할", TenderOffer: "공개매수", ChangeOfControl: "최대주주 변경", Withdrawal: "증권신고 철회"},
	}
}

func english() words {
	return words{
		signal: "signal", filing: "urgent filing", unproven: "unproven", correction: "correction", withdrawal: "withdrawal", changed: "changed", ai: "AI-generated",
		outlets: "%d outlets · first seen %s",
		hit:     "Hit", miss: "Miss", followed: "What followed", flat: "within the flat band",
		outcome:        "%s · %d-trading-day excess return %s (close of %s to close of %s)",
		void:           "Outcome until %s: cannot be judged (halted, or no prices)",
		seal:           "🔏 Seal %s · the prediction was made before its outcome was known",
		digest:         "🗞 <b>Digest</b> · %s",
		digestQuiet:    "<b>Came in your quiet hours</b> · %d",
		digestUnproven: "<b>Unproven signals</b> · %d — the model's record does not show yet that they are worth anything",
		digestSignal:   "%s %d trading day(s) · chance %s · base rate %s",
		digestMore:     "%d more",
		up:             "More likely than usual (base rate) to beat the market",
		down:           "Less likely than usual (base rate) to beat the market",
		horizon:        "Horizon: %d trading day(s)",
		chance:         "Chance to beat the market average <b>%s</b> · base rate %s",
		expected:       "Expected excess return %s · 80%% interval %s to %s",
		expectedOnly:   "Expected excess return and interval: not computed, volatility unknown",
		basis:          "Basis: %d similar past stories (%.1f effective)",
		noBasis:        "Basis: no comparable past news",
		record:         "Past hit rate %s · %d stock-days · 95%% interval %s to %s",
		noRecord:       "Past hit rate: not available yet (collecting)",
		analogues:      "Similar stories and the excess return that followed",
		analogue:       "%s %s · %s → %s",
		report:         "Report: %s", filer: "Filer: %s",
		published: "published %s", seen: "seen %s", article: "Open the source",
		phase: map[market.Phase]string{
			market.BeforeOpen: "Before the open: the regular session has not begun.",
			market.InSession:  "In session: it may already be in the price.",
			market.AfterClose: "After the close: off-hours trading may already reflect it.",
			market.ClosedDay:  "The exchange is closed today.",
		},
		next: "Next session: %s (%s)", weekdays: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		disclaimer: "Information, not investment advice.",
		unwatch:    "Unwatch", mute: "Mute for 24 h",
		kinds: map[string]string{TradingHalt: "trading halt", TradingResumption: "trading resumption", DelistingReview: "delisting review",
			Delisting: "delisting", AdministrativeList: "administrative issue", Embezzlement: "embezzlement", AccountingFraud: "accounting violation",
			Default: "default", Rehabilitation: "court rehabilitation", CreditorControl: "creditor control", Bankruptcy: "bankruptcy",
			Dissolution: "dissolution", Suspension: "business suspension", RightsIssue: "rights issue", CapitalReduction: "capital reduction",
			ConvertibleBond: "equity-linked bond", Merger: "merger", Split: "company split", TenderOffer: "tender offer",
			ChangeOfControl: "change of control", Withdrawal: "offering withdrawn"},
	}
}
