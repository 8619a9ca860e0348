package dart

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strconv"
	"strings"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/upstream"
)

const viewer = "https://dart.fss.or.kr/dsaf001/main.do?rcpNo="

// count is a number that some answers quote.
type count int

// UnmarshalJSON takes 12 and "12".
func (c *count) UnmarshalJSON(data []byte) error {
	n, err := strconv.Atoi(strings.Trim(string(data), `"`))
	*c = count(n)
	return err
}

// list is the answer of list.json, and by its status every error of it.
type list struct {
	Status     string   `json:"status" xml:"status"`
	Message    string   `json:"message" xml:"message"`
	TotalCount count    `json:"total_count" xml:"-"`
	TotalPage  count    `json:"total_page" xml:"-"`
	List       []filing `json:"list" xml:"-"`
}

type filing struct {
	CorpCode  string `json:"corp_code"`
	CorpName  string `json:"corp_name"`
	StockCode string `json:"stock_code"` // blank padded, blank when unlisted
	Report    string `json:"report_nm"`
	ReceiptNo string `json:"rcept_no"`
	Day       string `json:"rcept_dt"`
}

// read looks at the body's own status, whatever the HTTP status is; the server answers errors as XML at times. status is
// the fault made from the HTTP status alone, nil for a 2xx.
func (s *Source) read(res *upstream.Response, status error) (list, error) {
	var l list
	var err error
	if body := bytes.TrimSpace(res.Body); bytes.HasPrefix(body, []byte("<")) {
		err = xml.Unmarshal(body, &l)
	} else {
		err = json.Unmarshal(body, &l)
	}
	switch {
	case status != nil && (err != nil || l.Status == "" || l.Status == "000"):
		return list{}, status
	case err != nil:
		return list{}, fault.New(fault.Unavailable, "the answer is neither JSON nor XML of theirs: %w", err)
	case l.Status == "000" && l.List == nil:
		return list{}, fault.New(fault.Unavailable, "the answer says 000 and holds no list")
	}
	return l, s.refused(res, l.Status, upstream.Brief(l.Message, s.Key))
}

func (s *Source) refused(res *upstream.Response, status, message string) error {
	switch status {
	case "000", "013": // 013: no filings
		return nil
	case "010":
		return upstream.Because(upstream.KeyUnknown, fault.New(fault.Unauthorized, "key refused: not registered (status 010, %s)", message))
	case "011":
		return upstream.Because(upstream.KeySuspended, fault.New(fault.Unauthorized, "key refused: suspended (status 011, %s)", message))
	case "901":
		return upstream.Because(upstream.KeyExpired, fault.New(fault.Unauthorized, "key refused: expired (status 901, %s)", message))
	case "012":
		return upstream.Because(upstream.AddressRefused,
			fault.New(fault.Forbidden, "this address may not use the key (status 012, %s)", message))
	case "101":
		return fault.New(fault.Forbidden, "improper access (status 101, %s)", message)
	case "014":
		return fault.New(fault.NotFound, "no such file (status 014, %s)", message)
	case "020":
		return upstream.Because(upstream.QuotaUsed,
			fault.After(fault.Limited, s.Client.UntilMidnight(), "the day's calls are used up (status 020, %s)", message))
	case "021", "100":
		return fault.New(fault.Invalid, "request refused (status %s, %s)", status, message)
	}
	return fault.After(fault.Unavailable, res.RetryAfter, "answered status %q (%s)", status, message)
}

// item returns the filing in our words. The company is the one that the filing is about, not whoever handed it in.
// A row without a receipt number means that the format has changed: Unavailable.
func (f filing) item(day market.Day) (news.Item, error) {
	if f.ReceiptNo == "" {
		return news.Item{}, fault.New(fault.Unavailable, "a filing of %q has no receipt number", f.CorpName)
	}
	if filed, err := market.ParseDay(f.Day); err == nil {
		day = filed
	}
	filer, err := market.ParseCode(strings.TrimSpace(f.StockCode))
	if err != nil {
		filer = "" // unlisted
	}
	report := strings.TrimSpace(f.Report)
	return news.Item{Source: name, ExternalID: f.ReceiptNo, URL: viewer + f.ReceiptNo, Press: press,
		Title: "[" + strings.TrimSpace(f.CorpName) + "] " + report, PublishedAt: day.At(0, 0),
		TimeQuality: news.TimeDate, Kind: news.KindDisclosure, Filer: filer, FilerNumber: strings.TrimSpace(f.CorpCode),
		ReportType: report}, nil
}
