package notice

import (
	"strings"
	"time"
	"unicode"

	"tickerwire/internal/market"
)

// The kinds of urgent filing.
const (
	TradingHalt        = "trading_halt"
	TradingResumption  = "trading_resumption"
	DelistingReview    = "delisting_review"
	Delisting          = "delisting"
	AdministrativeList = "administrative_issue" // put on, or taken off, the exchange's watch list
	Embezzlement       = "embezzlement"
	AccountingFraud    = "accounting_violation"
	Default            = "default"
	Rehabilitation     = "rehabilitation"
	CreditorControl    = "creditor_control"
	Bankruptcy         = "bankruptcy"
	Dissolution        = "dissolution"
	Suspension         = "business_suspension"
	RightsIssue        = "rights_issue"
	CapitalReduction   = "capital_reduction"
	ConvertibleBond    = "convertible_bond" // convertible, exchangeable or with warrants
	Merger             = "merger"           // also a comprehensive exchange or transfer of shares
	Split              = "split"            // of the company, not of its shares
	TenderOffer        = "tender_offer"
	ChangeOfControl    = "change_of_control"
	Withdrawal         = "withdrawal" // of an offering of shares
)

// urgentReports is the dictionary: the first row whose words stand in a filing's core name gives its kind. Words are
// as normalise leaves them. Left out on purpose, because they come often, are announced or foreseeable, and reach
// people as signals when a model thinks they matter: buying, selling and cancelling treasury shares, bonus issues and
// splits of shares, dividends, supply contracts, earnings, pledges by shareholders, and the reports that only carry out
// a decision (results of issues, prices fixed, completed mergers).
func urgentReports() []struct{ word, kind string } {
	return []struct{ word, kind string }{
		{"매매거래정지및정지해제", TradingHalt}, {"매매거래정지해제", TradingResumption}, {"매매거래재개", TradingResumption},
		{"상장적격성", DelistingReview}, {"기업심사위원회", DelistingReview}, {"상장폐지", Delisting}, {"정리매매", Delisting},
		{"매매거래정지", TradingHalt},
		{"관리종목지정", AdministrativeList}, {"자본잠식", AdministrativeList}, {"투자주의환기종목지정", AdministrativeList},
		{"횡령", Embezzlement}, {"배임", Embezzlement}, {"회계처리기준위반", AccountingFraud},
		{"부도발생", Default}, {"부도사실", Default}, {"최종부도", Default}, {"당좌거래정지", Default}, {"은행거래정지", Default}, {"원리금미지급", Default}, {"원리금연체", Default},
		{"회생절차", Rehabilitation}, {"관리절차", CreditorControl}, {"파산", Bankruptcy}, {"해산사유", Dissolution},
		{"영업정지", Suspension}, {"생산중단", Suspension},
		{"유상증자결정", RightsIssue}, {"유무상증자결정", RightsIssue}, {"감자결정", CapitalReduction},
		{"전환사채권발행결정", ConvertibleBond}, {"신주인수권부사채권발행결정", ConvertibleBond}, {"교환사채권발행결정", ConvertibleBond},
		{"전환사채발행결정", ConvertibleBond}, {"신주인수권부사채발행결정", ConvertibleBond}, {"교환사채발행결정", ConvertibleBond},
		{"회사분할합병결정", Merger}, {"회사합병결정", Merger}, {"주식교환이전결정", Merger}, {"포괄적주식교환", Merger},
		{"회사분할결정", Split}, {"공개매수신고서", TenderOffer}, {"공개매수철회신고서", TenderOffer}, {"철회신고서", Withdrawal},
		{"최대주주변경을수반하는주식양수도", ChangeOfControl}, {"최대주주변경을수반하는주식담보", ""}, {"최대주주변경", ChangeOfControl},
	}
}

// otherSecurities are words of filings about papers that are not the company's shares; they expire as a routine.
func otherSecurities() []string {
	return []string{"워런트", "ELW", "ETN", "ETF", "상장지수", "신주인수권증", "수익증권", "파생결합"}
}

// Urgent returns the kind of urgent filing that a DART report name stands for; ok is false for every other name. It
// looks through marks of correction, spaces, middle dots and the wrapper of a material-fact report; what else stands
// in parentheses (a subsidiary's matter, a rumour that is asked about) names no kind.
func Urgent(reportType string) (kind string, ok bool) {
	core := parseReport(reportType).core
	for _, word := range otherSecurities() {
		if strings.Contains(core, word) {
			return "", false
		}
	}
	for _, row := range urgentReports() {
		if strings.Contains(core, row.word) {
			return row.kind, row.kind != ""
		}
	}
	return "", false
}

// report is a filing's name taken apart.
type report struct {
	core       string // what is reported
	correction bool   // it replaces an earlier filing
	attachment bool   // only an attachment was corrected or added
	subsidiary bool   // it reports a subsidiary's matter
	withdrawal bool   // what was reported before is given up
}

// parseReport takes "[기재정정]주요사항보고서(유상증자결정)(자회사의 주요경영사항)" apart.
func parseReport(reportType string) report {
	var r report
	rest := normalise(reportType)
	for strings.HasPrefix(rest, "[") {
		mark, after, closed := strings.Cut(rest[1:], "]")
		if !closed {
			break
		}
		r.correction = r.correction || strings.Contains(mark, "정정")
		r.attachment = r.attachment || strings.Contains(mark, "첨부")
		r.withdrawal = r.withdrawal || strings.Contains(mark, "철회")
		rest = after
	}
	r.subsidiary = strings.Contains(rest, "(자회사의주요") || strings.Contains(rest, "(종속회사의주요")
	head, inside, _ := strings.Cut(rest, "(")
	r.core = head
	switch head {
	case "주요사항보고서", "기타시장안내":
		r.core, _, _ = strings.Cut(inside, ")")
	}
	// A resumption of trading ends a halt, which is a kind of its own; what is given up here are decisions.
	r.withdrawal = r.withdrawal || strings.Contains(r.core, "철회") || strings.HasSuffix(r.core, "취소") || strings.HasSuffix(r.core, "취소결정") ||
		strings.Contains(rest, "(철회") || strings.Contains(rest, "결정철회") || strings.Contains(rest, "결정취소")
	return r
}

// normalise drops spaces, invisible characters and every form of the middle dot, and narrows wide brackets.
func normalise(s string) string {
	return strings.Map(func(c rune) rune {
		switch c {
		case 'ㆍ', '·', '・', '‧', '∙', '･', '•', 'ᆞ', '⋅':
			return -1
		case '（':
			return '('
		case '）':
			return ')'
		case '［':
			return '['
		case '］':
			return ']'
		}
		if unicode.IsSpace(c) || invisible(c) {
			return -1
		}
		return c
	}, s)
}

// FilingInput is what decides whether a filing becomes an alert.
type FilingInput struct {
	StoryID    int64
	ArticleID  int64
	Code       market.Code // the filer
	ReportType string      // as DART names it
	Stale      bool        // the article is Stale
	At         time.Time   // when it is decided
}

// DecideFiling decides on a filing by its report type; no prediction is needed. A correction is told again, marked as
// one, for its terms may have changed, and so is a withdrawal; a correction of an attachment changes none. A subsidiary's distress is its
// parent's matter; its financing and restructuring are not.
func DecideFiling(in FilingInput) Alert {
	a := Alert{Kind: Disclosure, StoryID: in.StoryID, ArticleID: in.ArticleID, Code: in.Code, DecidedAt: in.At}
	kind, urgent := Urgent(in.ReportType)
	a.Topic = kind
	r := parseReport(in.ReportType)
	switch {
	case !urgent:
		a.Reason = ReasonNotUrgent
	case r.attachment:
		a.Reason = ReasonAttachmentOnly
	case r.subsidiary && !distress(kind):
		a.Reason = ReasonSubsidiary
	case in.Stale:
		a.Reason = ReasonStale
	default:
		a.Send, a.Reason = true, ReasonUrgent
	}
	return a
}

func distress(kind string) bool {
	switch kind {
	case Embezzlement, AccountingFraud, Default, Rehabilitation, CreditorControl, Bankruptcy, Dissolution, Suspension:
		return true
	}
	return false
}
