package simulator

import (
	"cmp"
	"encoding/xml"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"tickerwire/internal/market"
)

// dart is OpenDART's list of filings, their documents and the list of filers. It always answers HTTP 200; the body's status tells.
type dart struct {
	world     World
	key       string
	wall      func() time.Time
	perMinute *gate
	perDay    *daily
}

func newDART(world World, keys Keys, limits Limits, wall func() time.Time) *dart {
	return &dart{world: world, key: keys.DARTKey, wall: wall, perMinute: newGate(limits.DARTPerMinute, time.Minute), perDay: &daily{n: limits.DARTPerDay}}
}

type dartStatus struct {
	XMLName struct{} `json:"-" xml:"result"`
	Status  string   `json:"status" xml:"status"`
	Message string   `json:"message" xml:"message"`
}

// dartMessages are the words of each status; the real ones vary.
func dartMessages() map[string]string {
	return map[string]string{
		"010": "등록되지 않은 키입니다.",
		"011": "사용할 수 없는 키입니다.",
		"012": "접근할 수 없는 IP입니다.",
		"013": "조회된 데이타가 없습니다.",
		"014": "파일이 존재하지 않습니다.",
		"020": "사용한도를 초과하였습니다.",
		"021": "조회 가능한 회사 개수가 초과하였습니다.(최대 100건)",
		"100": "필드의 부적절한 값입니다.",
		"101": "부적절한 접근입니다.",
		"800": "시스템 점검으로 인한 서비스가 중지 중입니다.",
		"900": "정의되지 않은 오류가 발생하였습니다.",
		"901": "사용자 계정의 개인정보 보유기간이 만료되어 사용할 수 없는 키입니다.",
	}
}

// dartRefusal answers in the format of the path that was asked.
func dartRefusal(r *request, status, message string) answer {
	if !strings.HasSuffix(r.path, ".xml") {
		return jsonAnswer(http.StatusOK, jsonUTF8, dartStatus{Status: status, Message: message})
	}
	body, err := xml.Marshal(dartStatus{Status: status, Message: message})
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	return answer{status: http.StatusOK, header: contentType("application/xml;charset=UTF-8"), body: append([]byte(xml.Header), body...)}
}

func (d *dart) daily() *daily { return d.perDay }

// refuse implements coded.
func (d *dart) refuse(r *request, status string) (answer, bool) {
	message, ok := dartMessages()[status]
	return dartRefusal(r, status, message), ok
}

// refused is refuse for a status of the program's own.
func (d *dart) refused(r *request, status string) answer {
	a, _ := d.refuse(r, status)
	return a
}

func (d *dart) limited(r *request) answer {
	a := d.refused(r, "020")
	a.refused = true
	return a
}

func (d *dart) answer(r *request, now time.Time) answer {
	if !oneOf(r.path, "/api/list.json", "/api/corpCode.xml", "/api/document.xml") || r.Method != http.MethodGet {
		return d.refused(r, "101")
	}
	v := r.URL.Query()
	if v.Get("crtfc_key") != d.key {
		return d.refused(r, "010")
	}
	wall := d.wall()
	if !d.perMinute.pass(wall) || !d.perDay.pass(wall) {
		return d.limited(r)
	}
	switch r.path {
	case "/api/corpCode.xml":
		return d.filers(now)
	case "/api/document.xml":
		return d.document(r, now)
	}
	q, wrong := readDARTQuery(v, market.DayOf(now))
	if wrong != "" {
		return dartRefusal(r, "100", wrong)
	}
	return d.list(r, q, now)
}

type dartQuery struct {
	from, to   market.Day
	corp       string
	kind       string // pblntf_ty
	class      string // corp_cls
	sort       string
	ascending  bool
	page, size int
}

var eightDigits = regexp.MustCompile(`^\d{8}$`)

// readDARTQuery reads a query, or says what is wrong with it.
func readDARTQuery(v url.Values, today market.Day) (_ dartQuery, wrong string) {
	bad := func(name string) (dartQuery, string) {
		return dartQuery{}, dartMessages()["100"] + " (" + name + ")"
	}
	q := dartQuery{to: today, corp: v.Get("corp_code"), kind: v.Get("pblntf_ty"), class: v.Get("corp_cls"), sort: cmp.Or(v.Get("sort"), "date")}
	for _, f := range []struct {
		name string
		to   *market.Day
	}{{"end_de", &q.to}, {"bgn_de", &q.from}} {
		if f.name == "bgn_de" {
			q.from = q.to // absent, the range is the last day alone
		}
		text := v.Get(f.name)
		if text == "" {
			continue
		}
		day, err := market.ParseDay(text)
		if err != nil || !eightDigits.MatchString(text) {
			return bad(f.name)
		}
		*f.to = day
	}
	pageOK, sizeOK := false, false
	q.page, pageOK = intWithin(v, "page_no", 1, 1, 1_000_000)
	q.size, sizeOK = intWithin(v, "page_count", 10, 1, 100)
	q.ascending = v.Get("sort_mth") == "asc"
	switch {
	case q.from > q.to:
		return bad("bgn_de")
	case q.corp != "" && !eightDigits.MatchString(q.corp):
		return bad("corp_code")
	case !pageOK:
		return bad("page_no")
	case !sizeOK:
		return bad("page_count")
	case !oneOf(q.kind, "", "A", "B", "C", "D", "E", "F", "G", "H", "I", "J"):
		return bad("pblntf_ty")
	case !oneOf(q.class, "", "Y", "K", "N", "E"):
		return bad("corp_cls")
	case !oneOf(q.sort, "date", "crp", "rpt"):
		return bad("sort")
	case !oneOf(v.Get("sort_mth"), "", "asc", "desc"):
		return bad("sort_mth")
	case !oneOf(v.Get("last_reprt_at"), "", "Y", "N"):
		return bad("last_reprt_at")
	case q.corp == "" && threeMonthsAfter(q.from) < q.to:
		return dartQuery{}, "corp_code가 없는 경우 검색기간은 3개월만 가능합니다."
	}
	return q, ""
}

func oneOf(s string, allowed ...string) bool { return slices.Contains(allowed, s) }

func threeMonthsAfter(d market.Day) market.Day { return market.DayOf(d.At(0, 0).AddDate(0, 3, 0)) }

type dartFiling struct {
	CorpCode  string `json:"corp_code"`
	CorpName  string `json:"corp_name"`
	StockCode string `json:"stock_code"`
	CorpClass string `json:"corp_cls"`
	Report    string `json:"report_nm"`
	Receipt   string `json:"rcept_no"`
	Filer     string `json:"flr_nm"`
	Day       string `json:"rcept_dt"`
	Remark    string `json:"rm"`
}

type dartPage struct {
	dartStatus
	Page       int          `json:"page_no"`
	PageCount  int          `json:"page_count"`
	TotalCount int          `json:"total_count"`
	TotalPage  int          `json:"total_page"`
	List       []dartFiling `json:"list"`
}

func (d *dart) list(r *request, q dartQuery, now time.Time) answer {
	visible, err := d.world.Items(now)
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	var found []dartFiling
	for i := range visible {
		if f := visible[i].Filing; f != nil && f.Day >= q.from && f.Day <= q.to {
			row := dartRow(f)
			if (q.corp == "" || q.corp == row.CorpCode) && (q.class == "" || q.class == row.CorpClass) && (q.kind == "" || q.kind == reportKind(f)) {
				found = append(found, row)
			}
		}
	}
	slices.SortFunc(found, q.compare)
	pages := (len(found) + q.size - 1) / q.size
	if q.page > pages {
		return d.refused(r, "013")
	}
	first := (q.page - 1) * q.size
	shown := found[first:min(first+q.size, len(found))]
	a := jsonAnswer(http.StatusOK, jsonUTF8, dartPage{dartStatus: dartStatus{Status: "000", Message: "정상"}, Page: q.page, PageCount: q.size,
		TotalCount: len(found), TotalPage: pages, List: shown})
	a.source = "dart"
	for _, f := range shown {
		a.ids = append(a.ids, f.Receipt)
	}
	return a
}

func (q dartQuery) compare(a, b dartFiling) int {
	var by int
	switch q.sort {
	case "crp":
		by = cmp.Compare(a.CorpName, b.CorpName)
	case "rpt":
		by = cmp.Compare(a.Report, b.Report)
	}
	by = cmp.Or(by, cmp.Compare(a.Day, b.Day), cmp.Compare(a.Receipt, b.Receipt))
	if q.ascending {
		return by
	}
	return -by
}

func dartRow(f *Filing) dartFiling {
	row := dartFiling{CorpName: f.Filing.Company, CorpClass: "E", Report: f.Report, Receipt: f.Receipt, Filer: f.Filer, Day: f.Day.Compact()}
	c := f.Company
	if c.Code == "" {
		row.CorpCode = unlistedCorp(f.Filing.Company)
		return row
	}
	row.CorpCode, row.StockCode, row.CorpClass = c.CorpCode(), string(c.Code), "Y"
	if c.Market == "KOSDAQ" {
		row.CorpClass = "K"
	}
	if f.byExchange() {
		row.Remark = map[string]string{"Y": "유", "K": "코"}[row.CorpClass]
	}
	return row
}

// byExchange reports whether the filing went through the exchange, whose receipts have an 8 after the day.
func (f *Filing) byExchange() bool { return f.Receipt[8] == '8' }

// reportKind returns the filing's pblntf_ty as far as its name and number tell.
func reportKind(f *Filing) string {
	name := f.Report
	switch {
	case f.byExchange():
		return "I"
	case strings.Contains(name, "주요사항보고서"):
		return "B"
	case strings.Contains(name, "사업보고서") || strings.Contains(name, "반기보고서") || strings.Contains(name, "분기보고서"):
		return "A"
	case strings.Contains(name, "증권신고서") || strings.Contains(name, "투자설명서") || strings.Contains(name, "증권발행실적보고서"):
		return "C"
	case strings.Contains(name, "대량보유") || strings.Contains(name, "소유상황보고서"):
		return "D"
	}
	return "E"
}

// unlistedCorp invents an eight-digit number for a company that is not listed; the same name has the same number.
func unlistedCorp(name string) string {
	digits := []byte("08000000")
	for i, h := 2, textSeed(name); i < len(digits); i++ {
		digits[i], h = byte('0'+h%10), h/10
	}
	return string(digits)
}
