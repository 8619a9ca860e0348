package simulator

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/market"
)

const (
	investorRows = 30
	indexRows    = 100
	holidayRows  = 25
)

// price answers with the price of the moment: the running minute's, else the last close. On a day without a session its
// output is empty.
func (k *kis) price(_ *request, f kisFields, now time.Time) answer {
	code, refusal := f.stock()
	if refusal != nil {
		return *refusal
	}
	output := map[string]string{}
	day := market.DayOf(now)
	bars, err := k.world.Bars(code, now)
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	if open, err := k.world.calendar.IsOpen(day); err == nil && open && len(bars) > 0 {
		today, _, err := k.minutes(code, "J", day, now)
		if err != nil {
			return plain(http.StatusInternalServerError, "simulator: "+err.Error())
		}
		output = k.priceOutput(code, bars, today, day)
	}
	return jsonAnswer(http.StatusOK, jsonUTF8, struct {
		Output map[string]string `json:"output"`
		kisError
	}{output, kisOK()})
}

func (k *kis) priceOutput(code market.Code, bars []market.Bar, today []minute, day market.Day) map[string]string {
	last := bars[len(bars)-1]
	base := last.Close
	if last.Day == day && len(bars) > 1 {
		base = bars[len(bars)-2].Close
	}
	base = base / k.world.divisor(code, last.Day, day)
	open, high, low, price, volume := int64(0), int64(0), int64(0), base, int64(0)
	for i, m := range today {
		if i == 0 {
			open, high, low = m.open, m.high, m.low
		}
		high, low, price, volume = max(high, m.high), min(low, m.low), m.close, volume+m.volume
	}
	change := price - base
	out := map[string]string{"stck_shrn_iscd": string(code), "iscd_stat_cls_code": "55", "stck_prpr": text(price), "prdy_vrss": text(change),
		"prdy_vrss_sign": sign(change), "prdy_ctrt": strconv.FormatFloat(market.ReturnPct(float64(base), float64(price)), 'f', 2, 64),
		"acml_vol": text(volume), "acml_tr_pbmn": text(volume * price), "stck_oprc": text(open), "stck_hgpr": text(high), "stck_lwpr": text(low),
		"stck_sdpr": text(base), "stck_mxpr": text(toTick(float64(base) * 1.3)), "stck_llam": text(toTick(float64(base) * 0.7)),
		"temp_stop_yn": "N", "vi_cls_code": "N", "mrkt_warn_cls_code": "00", "short_over_yn": "N", "sltr_yn": "N", "per": "", "pbr": ""}
	for _, c := range k.world.Companies() {
		if c.Code == code {
			out["rprs_mrkt_kor_name"], out["lstn_stcn"], out["hts_avls"] = c.Market, text(c.Shares), text(c.Shares*price/100_000_000)
		}
	}
	return out
}

// kisInvestor is a row of the investors' output; amounts are in million won.
type kisInvestor struct {
	Day            string `json:"stck_bsop_date"`
	Close          string `json:"stck_clpr"`
	Change         string `json:"prdy_vrss"`
	Sign           string `json:"prdy_vrss_sign"`
	Persons        string `json:"prsn_ntby_qty"`
	Foreign        string `json:"frgn_ntby_qty"`
	Institutions   string `json:"orgn_ntby_qty"`
	PersonsAmt     string `json:"prsn_ntby_tr_pbmn"`
	ForeignAmt     string `json:"frgn_ntby_tr_pbmn"`
	InstitutionAmt string `json:"orgn_ntby_tr_pbmn"`
}

// investors answers with the latest days, newest first. The row of a day in trade is there, without numbers.
func (k *kis) investors(_ *request, f kisFields, now time.Time) answer {
	code, refusal := f.stock()
	if refusal != nil {
		return *refusal
	}
	bars, err := k.world.Bars(code, now)
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	rows := []kisInvestor{}
	if k.inTrade(now) && len(bars) > 0 {
		rows = append(rows, kisInvestor{Day: market.DayOf(now).Compact()})
	}
	for i, b := range slices.Backward(bars) {
		if len(rows) == investorRows {
			break
		}
		day := kisRow(bars, i)
		r := rand.New(rand.NewPCG(textSeed("investors "+string(code)), uint64(b.Day))) // #nosec G115 G404 -- a seed: any bits will do; the same world for the same seed is wanted
		persons := int64(float64(b.Volume) * (r.Float64() - 0.5) / 5)
		foreign := -persons * int64(20+r.IntN(60)) / 100
		amount := func(shares int64) string { return text(shares * b.Close / 1_000_000) }
		rows = append(rows, kisInvestor{Day: day.Day, Close: day.Close, Change: day.Change, Sign: day.Sign,
			Persons: text(persons), Foreign: text(foreign), Institutions: text(-persons - foreign),
			PersonsAmt: amount(persons), ForeignAmt: amount(foreign), InstitutionAmt: amount(-persons - foreign)})
	}
	return jsonAnswer(http.StatusOK, jsonUTF8, struct {
		Output []kisInvestor `json:"output"`
		kisError
	}{rows, kisOK()})
}

// kisIndexDay is a row of an index's output2.
type kisIndexDay struct {
	Day   string `json:"stck_bsop_date"`
	Close string `json:"bstp_nmix_prpr"`
	Open  string `json:"bstp_nmix_oprc"`
	High  string `json:"bstp_nmix_hgpr"`
	Low   string `json:"bstp_nmix_lwpr"`
	Sign  string `json:"prdy_vrss_sign"`
}

// indexDays answers with an index's days up to one, newest first, as far as their sessions are over.
func (k *kis) indexDays(_ *request, f kisFields, now time.Time) answer {
	name, ok := map[string]string{"0001": "KOSPI", "1001": "KOSDAQ", "2001": "KOSPI200"}[f["FID_INPUT_ISCD"]]
	end, refusal := f.day("FID_INPUT_DATE_1")
	switch {
	case f["FID_COND_MRKT_DIV_CODE"] != "U":
		return kisInput("ERROR : INPUT INVALID_CHECK_MRKT_DIV_CODE")
	case !ok:
		return kisField("FID_INPUT_ISCD")
	case refusal != nil:
		return *refusal
	case !oneOf(f["FID_PERIOD_DIV_CODE"], "D", "W", "M"):
		return kisField("FID_PERIOD_DIV_CODE")
	case f["FID_PERIOD_DIV_CODE"] != "D":
		return plain(http.StatusNotImplemented, "simulator: only FID_PERIOD_DIV_CODE=D is played")
	}
	days, err := k.world.closedIndices(name, now)
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	rows := []kisIndexDay{}
	for _, x := range slices.Backward(days) {
		if x.Day <= end && len(rows) < indexRows {
			rows = append(rows, kisIndexDay{Day: x.Day.Compact(), Close: level(x.Close), Open: level(x.Open), High: level(x.High), Low: level(x.Low), Sign: "3"})
		}
	}
	return jsonAnswer(http.StatusOK, jsonUTF8, struct {
		Summary map[string]string `json:"output1"`
		Rows    []kisIndexDay     `json:"output2"`
		kisError
	}{map[string]string{}, rows, kisOK()})
}

// closedIndices returns an index's days whose sessions are over at now, oldest first.
func (a *actions) closedIndices(name string, now time.Time) ([]archive.Index, error) {
	all, err := a.Indices(now)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(all), func(x archive.Index) bool {
		session, open, err := a.calendar.SessionOf(x.Day)
		return x.Name != name || err != nil || !open || now.Before(session.Close)
	}), nil
}

func level(points float64) string { return strconv.FormatFloat(points, 'f', 2, 64) }

// kisHoliday is a row of chk-holiday's output.
type kisHoliday struct {
	Day      string `json:"bass_dt"`
	Weekday  string `json:"wday_dvsn_cd"` // 01 Sunday to 07 Saturday
	Business string `json:"bzdy_yn"`
	Trading  string `json:"tr_day_yn"`
	Open     string `json:"opnd_yn"`
	Settles  string `json:"sttl_day_yn"`
}

// holidays answers with the days from one on, 25 to a page: the header tr_cont is M while there is more, and the next
// page is asked for with tr_cont N and the context key. Its own calendar ends where ours does.
func (k *kis) holidays(r *request, f kisFields, _ time.Time) answer {
	from, refusal := f.day("BASS_DT")
	if refusal != nil {
		return *refusal
	}
	if r.Header.Get("tr_cont") == "N" {
		key := strings.TrimSpace(f["CTX_AREA_NK"])
		next, err := market.ParseDay(key)
		if err != nil || next < from {
			return kisField("CTX_AREA_NK")
		}
		from = next
	}
	_, last := k.world.calendar.Covers()
	rows := []kisHoliday{}
	day := from
	for ; day <= last && len(rows) < holidayRows; day++ {
		open, err := k.world.calendar.IsOpen(day)
		if err != nil {
			break
		}
		yes := map[bool]string{true: "Y", false: "N"}[open]
		rows = append(rows, kisHoliday{Day: day.Compact(), Weekday: "0" + strconv.Itoa(int(day.Weekday())+1), Business: yes, Trading: "Y", Open: yes, Settles: yes})
	}
	next := ""
	if len(rows) == holidayRows && day <= last {
		next = day.Compact() + "            " // padded, as they send it
	}
	a := jsonAnswer(http.StatusOK, jsonUTF8, struct {
		KeyN string       `json:"ctx_area_nk"`
		KeyF string       `json:"ctx_area_fk"`
		Rows []kisHoliday `json:"output"`
		kisError
	}{next, "", rows, kisOK()})
	if next != "" {
		a.header["tr_cont"] = []string{"M"}
	}
	return a
}
