package simulator

import (
	"net/http"
	"slices"
	"strconv"
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
	kisError
}

// dailyChart answers with the newest rows of the range, newest first. A range that reaches a day in trade ends in a
// placeholder without a date, as it happens.
func (k *kis) dailyChart(_ *request, f kisFields, now time.Time) answer {
	code, refusal := f.stock()
	if refusal != nil {
		return *refusal
	}
	from, refusal := f.day("FID_INPUT_DATE_1")
	if refusal != nil {
		return *refusal
	}
	to, refusal := f.day("FID_INPUT_DATE_2")
	switch {
	case refusal != nil:
		return *refusal
	case to < from:
		return kisField("FID_INPUT_DATE_2")
	case !oneOf(f["FID_PERIOD_DIV_CODE"], "D", "W", "M", "Y"):
		return kisField("FID_PERIOD_DIV_CODE")
	case !oneOf(f["FID_ORG_ADJ_PRC"], "0", "1"):
		return kisField("FID_ORG_ADJ_PRC")
	case f["FID_PERIOD_DIV_CODE"] != "D":
		return plain(http.StatusNotImplemented, "simulator: only FID_PERIOD_DIV_CODE=D is played")
	}
	bars, err := k.world.Bars(code, now)
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	out := kisChart{Summary: k.summary(code, bars), Days: []kisDay{}, kisError: kisOK()}
	if f["FID_ORG_ADJ_PRC"] == "0" {
		bars = k.adjusted(code, bars, now)
	}
	for i, b := range slices.Backward(bars) {
		if b.Day > to {
			continue
		}
		if b.Day < from || len(out.Days) == kisRows {
			break
		}
		out.Days = append(out.Days, kisRow(bars, i))
	}
	if k.inTrade(now) && to >= market.DayOf(now) && from <= market.DayOf(now) && len(out.Days) < kisRows {
		out.Days = append(out.Days, kisDay{})
	}
	return jsonAnswer(http.StatusOK, jsonUTF8, out)
}

// adjusted reckons bars back over the splits that came after them.
func (k *kis) adjusted(code market.Code, bars []market.Bar, now time.Time) []market.Bar {
	out := slices.Clone(bars)
	for i, b := range out {
		out[i] = thinned(b, k.world.divisor(code, b.Day, market.DayOf(now)))
	}
	return out
}

func (k *kis) inTrade(now time.Time) bool {
	phase, err := k.world.calendar.PhaseAt(now)
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
	return kisDay{Day: b.Day.Compact(), Close: text(b.Close), Open: text(b.Open), High: text(b.High), Low: text(b.Low), Volume: text(b.Volume),
		Value: text(b.Volume * b.Close), Flag: "00", Split: "0.00", Modified: "N", Sign: sign(change), Change: text(change)}
}
