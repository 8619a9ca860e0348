package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tickerwire/internal/market"
)

// kisRows is the most rows of one answer.
const kisRows = 100

// kisSummary is output1. Every value of a KIS answer is a string.
type kisSummary struct {
	Name     string `json:"hts_kor_isnm"`
	Price    string `json:"stck_prpr"`
	Change   string `json:"prdy_vrss"`
	Sign     string `json:"prdy_vrss_sign"`
	Percent  string `json:"prdy_ctrt"`
	Previous string `json:"stck_prdy_clpr"`
	Volume   string `json:"acml_vol"`
	Code     string `json:"stck_shrn_iscd"`
	Shares   string `json:"lstn_stcn"`
}

// kisDay is a row of output2.
type kisDay struct {
	Day      string `json:"stck_bsop_date"`
	Close    string `json:"stck_clpr"`
	Open     string `json:"stck_oprc"`
	High     string `json:"stck_hgpr"`
	Low      string `json:"stck_lwpr"`
	Volume   string `json:"acml_vol"`
	Value    string `json:"acml_tr_pbmn"`
	Flag     string `json:"flng_cls_code"`
	Split    string `json:"prtt_rate"`
	Modified string `json:"mod_yn"`
	Sign     string `json:"prdy_vrss_sign"`
	Change   string `json:"prdy_vrss"`
	Reason   string `json:"revl_issu_reas"`
}

type kisChart struct {
	Summary kisSummary `json:"output1"`
	Days    []kisDay   `json:"output2"`
	Result  string     `json:"rt_cd"`
	Code    string     `json:"msg_cd"`
	Message string     `json:"msg1"`
}

type chartQuery struct {
	code     market.Code
	from, to market.Day
}

// readChartQuery reads the call's parameters, whose names come in upper and in lower case.
func readChartQuery(v url.Values) (chartQuery, *answer) {
	bad := func(message string) (chartQuery, *answer) {
		a := kisInput(message)
		return chartQuery{}, &a
	}
	fields := map[string]string{}
	for name, values := range v {
		fields[strings.ToUpper(name)] = values[0]
	}
	for _, name := range []string{"FID_COND_MRKT_DIV_CODE", "FID_INPUT_ISCD", "FID_INPUT_DATE_1", "FID_INPUT_DATE_2", "FID_PERIOD_DIV_CODE", "FID_ORG_ADJ_PRC"} {
		if fields[name] == "" {
			return bad("ERROR INPUT FIELD NOT FOUND [" + name + "]")
		}
	}
	from, errFrom := market.ParseDay(fields["FID_INPUT_DATE_1"])
	to, errTo := market.ParseDay(fields["FID_INPUT_DATE_2"])
	code, errCode := market.ParseCode(fields["FID_INPUT_ISCD"])
	switch {
	case !oneOf(fields["FID_COND_MRKT_DIV_CODE"], "J", "NX", "UN"):
		return bad("ERROR : INPUT INVALID_CHECK_MRKT_DIV_CODE")
	case errCode != nil:
		return bad("ERROR : INPUT INVALID_CHECK_FIELD [FID_INPUT_ISCD]")
	case errFrom != nil || !eightDigits.MatchString(fields["FID_INPUT_DATE_1"]):
		return bad("ERROR : INPUT INVALID_CHECK_FIELD [FID_INPUT_DATE_1]")
	case errTo != nil || !eightDigits.MatchString(fields["FID_INPUT_DATE_2"]) || to < from:
		return bad("ERROR : INPUT INVALID_CHECK_FIELD [FID_INPUT_DATE_2]")
	case !oneOf(fields["FID_PERIOD_DIV_CODE"], "D", "W", "M", "Y"):
		return bad("ERROR : INPUT INVALID_CHECK_FIELD [FID_PERIOD_DIV_CODE]")
	case !oneOf(fields["FID_ORG_ADJ_PRC"], "0", "1"):
		return bad("ERROR : INPUT INVALID_CHECK_FIELD [FID_ORG_ADJ_PRC]")
	case fields["FID_PERIOD_DIV_CODE"] != "D":
		a := plain(http.StatusNotImplemented, "simulator: only FID_PERIOD_DIV_CODE=D is played")
		return chartQuery{}, &a
	}
	return chartQuery{code, from, to}, nil
}

// dailyChart answers with the newest rows of the range, newest first. A range that reaches a day in trade ends in a
// placeholder without a date, as it happens.
func (k *kis) dailyChart(r *request, now time.Time) answer {
	q, refusal := readChartQuery(r.URL.Query())
	if refusal != nil {
		return *refusal
	}
	bars, err := k.world.Bars(q.code, now)
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	out := kisChart{Summary: k.summary(q.code, bars), Days: []kisDay{}, Result: "0", Code: "MCA00000", Message: "정상처리 되었습니다."}
	for i, b := range slices.Backward(bars) {
		if b.Day > q.to {
			continue
		}
		if b.Day < q.from || len(out.Days) == kisRows {
			break
		}
		out.Days = append(out.Days, kisRow(bars, i))
	}
	if k.inTrade(now) && q.to >= market.DayOf(now) && q.from <= market.DayOf(now) && len(out.Days) < kisRows {
		out.Days = append(out.Days, kisDay{})
	}
	return jsonAnswer(http.StatusOK, jsonUTF8, out)
}

func (k *kis) inTrade(now time.Time) bool {
	phase, err := k.calendar.PhaseAt(now)
	return err == nil && phase == market.InSession
}

func (k *kis) summary(code market.Code, bars []market.Bar) kisSummary {
	s := kisSummary{Code: string(code)}
	for _, c := range k.world.Companies() {
		if c.Code == code {
			s.Name, s.Shares = c.Name, strconv.FormatInt(c.Shares, 10)
		}
	}
	if len(bars) == 0 {
		return s
	}
	row, last := kisRow(bars, len(bars)-1), bars[len(bars)-1]
	s.Price, s.Change, s.Sign, s.Volume = row.Close, row.Change, row.Sign, row.Volume
	if len(bars) > 1 {
		before := bars[len(bars)-2].Close
		s.Previous = strconv.FormatInt(before, 10)
		s.Percent = strconv.FormatFloat(market.ReturnPct(float64(before), float64(last.Close)), 'f', 2, 64)
	}
	return s
}

func kisRow(bars []market.Bar, i int) kisDay {
	b, change := bars[i], int64(0)
	if i > 0 {
		change = b.Close - bars[i-1].Close
	}
	sign := "3"
	switch {
	case change > 0:
		sign = "2"
	case change < 0:
		sign = "5"
	}
	text := func(n int64) string { return strconv.FormatInt(n, 10) }
	return kisDay{Day: b.Day.Compact(), Close: text(b.Close), Open: text(b.Open), High: text(b.High), Low: text(b.Low), Volume: text(b.Volume),
		Value: text(b.Volume * b.Close), Flag: "00", Split: "0.00", Modified: "N", Sign: sign, Change: text(change)}
}
