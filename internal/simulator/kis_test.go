package simulator_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/korean"

	"tickerwire/internal/market"
	"tickerwire/internal/simulator"
)

// transactions are the services' names, on a real account.
var transactions = map[string]string{"inquire-price": "FHKST01010100", "inquire-daily-itemchartprice": "FHKST03010100",
	"inquire-time-itemchartprice": "FHKST03010200", "inquire-time-dailychartprice": "FHKST03010230", "inquire-investor": "FHKST01010900",
	"inquire-index-daily-price": "FHPUP02120000", "chk-holiday": "CTCA0903R"}

// kisAnswer is an answer whose every value must be a string.
type kisAnswer struct {
	Result string              `json:"rt_cd"`
	Code   string              `json:"msg_cd"`
	One    map[string]string   `json:"output1"`
	Rows   []map[string]string `json:"output2"`
	Output json.RawMessage     `json:"output"`
	KeyN   string              `json:"ctx_area_nk"`
}

// list reads output as rows.
func (a kisAnswer) list(t *testing.T) (rows []map[string]string) {
	t.Helper()
	if err := json.Unmarshal(a.Output, &rows); err != nil {
		t.Fatalf("%s: %v", a.Output, err)
	}
	return rows
}

// account is a token of the real or the paper account.
func (r *rig) account(prefix string) string {
	r.t.Helper()
	body := `{"grant_type":"client_credentials","appkey":"` + r.Keys().KISAppKey + `","appsecret":"` + r.Keys().KISAppSecret + `"}`
	token, ok := object(r.t, r.do(http.MethodPost, prefix+"/oauth2/tokenP", body).Body)["access_token"].(string)
	if !ok {
		r.t.Fatal("no token")
	}
	return token
}

// ask puts a question to an account's service; edit changes a header.
func (r *rig) ask(prefix, token, service, query string, edit ...string) (kisAnswer, map[string][]string, int) {
	r.t.Helper()
	header := r.kisHeaders(token)
	header["tr_id"] = transactions[service]
	for i := 0; i < len(edit); i += 2 {
		header[edit[i]] = edit[i+1]
	}
	var list []string
	for name, value := range header {
		list = append(list, name, value)
	}
	res := r.get(prefix+"/uapi/domestic-stock/v1/quotations/"+service+"?"+query, list...)
	var a kisAnswer
	if err := json.Unmarshal(res.Body.Bytes(), &a); err != nil {
		r.t.Fatalf("%s: %v in %s", service, err, res.Body)
	}
	return a, res.Header(), res.Code
}

func marketRig(t *testing.T, limits simulator.Limits) *rig {
	t.Helper()
	m, err := simulator.NewMarket(simulator.MarketOptions{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	return newRig(t, m, limits)
}

// live is the Monday on which the invented market starts.
var live = market.NewDay(2026, time.November, 23)

const stock = "FID_COND_MRKT_DIV_CODE=J&FID_INPUT_ISCD=990010"

func TestKISServicesRefuseWhatTheRealOneRefuses(t *testing.T) {
	t.Parallel()
	r := marketRig(t, simulator.Limits{KISPerSecond: 1000})
	r.at(live.At(16, 10))
	token := r.account("/kis")
	good := map[string]string{
		"inquire-price":                stock,
		"inquire-daily-itemchartprice": stock + "&FID_INPUT_DATE_1=20261101&FID_INPUT_DATE_2=20261123&FID_PERIOD_DIV_CODE=D&FID_ORG_ADJ_PRC=0",
		"inquire-time-itemchartprice":  stock + "&FID_INPUT_HOUR_1=153000&FID_PW_DATA_INCU_YN=N&FID_ETC_CLS_CODE=",
		"inquire-time-dailychartprice": stock + "&FID_INPUT_DATE_1=20261120&FID_INPUT_HOUR_1=153000&FID_PW_DATA_INCU_YN=N&FID_FAKE_TICK_INCU_YN=N",
		"inquire-investor":             stock,
		"inquire-index-daily-price":    "FID_COND_MRKT_DIV_CODE=U&FID_INPUT_ISCD=0001&FID_PERIOD_DIV_CODE=D&FID_INPUT_DATE_1=20261123",
		"chk-holiday":                  "BASS_DT=20261123&CTX_AREA_NK=&CTX_AREA_FK=",
	}
	for service, query := range good {
		for _, q := range []string{query, strings.ToLower(query[:4]) + query[4:]} { // names of parameters in any case
			a, header, status := r.ask("/kis", token, service, q)
			if a.Result != "0" || status != 200 || header["tr_id"][0] != transactions[service] || len(header["gt_uid"]) != 1 || len(header["tr_cont"]) != 1 {
				t.Errorf("%s?%s: %d %+v %v", service, q, status, a, header)
			}
		}
		for _, pair := range strings.Split(query, "&") {
			name, value, _ := strings.Cut(pair, "=")
			if value == "" || strings.HasPrefix(name, "FID_FAKE") {
				continue
			}
			for _, bad := range []string{"", name + "=", name + "=%3F%3F"} {
				a, _, status := r.ask("/kis", token, service, strings.Replace(query, pair, bad, 1))
				if a.Result != "2" || a.Code != "OPSQ2001" {
					t.Errorf("%s with %q for %q: %d %+v", service, bad, pair, status, a)
				}
			}
		}
		if a, _, status := r.ask("/kis", token, service, query, "tr_id", "XXXX"); a.Code != "OPSQ0002" || status != 200 {
			t.Errorf("%s under another name: %d %+v", service, status, a)
		}
		if a, _, status := r.ask("/kis", "x", service, query); a.Code != "EGW00121" || status != 500 {
			t.Errorf("%s with another token: %d %+v", service, status, a)
		}
	}
}

func TestKISPaperAccount(t *testing.T) {
	t.Parallel()
	r := marketRig(t, simulator.Limits{})
	token := r.account("/kis-paper")
	days := "BASS_DT=20261123&CTX_AREA_NK=&CTX_AREA_FK="
	for _, c := range []struct{ service, query, transaction, code string }{
		{"inquire-price", stock, "FHKST01010100", "MCA00000"},
		{"chk-holiday", days, "VTCA0903R", "MCA00000"},
		{"chk-holiday", days, "CTCA0903R", "OPSQ0002"},
		{"inquire-time-dailychartprice", stock + "&FID_INPUT_DATE_1=20261120&FID_INPUT_HOUR_1=153000&FID_PW_DATA_INCU_YN=N", "FHKST03010230", "OPSQ0002"},
	} {
		if a, _, _ := r.ask("/kis-paper", token, c.service, c.query, "tr_id", c.transaction); a.Code != c.code {
			t.Errorf("%s as %s: %+v, want %s", c.service, c.transaction, a, c.code)
		}
		r.pass(time.Second)
	}
	if a, _, status := r.ask("/kis-paper", token, "inquire-price", stock); a.Code != "MCA00000" {
		t.Errorf("%d %+v", status, a)
	}
	if a, _, status := r.ask("/kis-paper", token, "inquire-price", stock); a.Code != "EGW00201" || status != 500 {
		t.Errorf("two in one second: %d %+v", status, a)
	}
	if a, _, _ := r.ask("/kis", token, "inquire-price", stock); a.Code != "EGW00121" {
		t.Errorf("a paper token at the real host: %+v", a)
	}
}

func TestKISRevocation(t *testing.T) {
	t.Parallel()
	r := marketRig(t, simulator.Limits{KISPerSecond: 1000})
	token := r.account("/kis")
	code := func(token string) string {
		a, _, _ := r.ask("/kis", token, "inquire-price", stock)
		return a.Code
	}
	if got := code(token); got != "MCA00000" {
		t.Fatal(got)
	}
	revoke := func(token string) int {
		return r.do(http.MethodPost, "/kis/oauth2/revokeP", `{"appkey":"`+r.Keys().KISAppKey+`","appsecret":"`+r.Keys().KISAppSecret+`","token":"`+token+`"}`).Code
	}
	if got := revoke("x"); got != 403 {
		t.Errorf("revoking what is none: %d", got)
	}
	if got := revoke(token); got != 200 || code(token) != "EGW00121" {
		t.Errorf("revoked by its owner: %d, then %s", got, code(token))
	}
	r.pass(time.Minute)
	second := r.account("/kis")
	if second == token || code(second) != "MCA00000" {
		t.Errorf("a revoked token is handed out again: %s", second)
	}
	if got := r.do(http.MethodDelete, "/_sim/kis/tokens", "").Code; got != 204 || code(second) != "EGW00121" {
		t.Errorf("revoked by the switch: %d, then %s", got, code(second))
	}
	if got := r.get("/_sim/kis/tokens").Body.String(); !strings.Contains(got, `"tokens":2`) {
		t.Errorf("counted: %s", got)
	}
}

func TestKISMinuteRows(t *testing.T) {
	t.Parallel()
	r := marketRig(t, simulator.Limits{KISPerSecond: 1000})
	token := r.account("/kis")
	today := func(hour string) []map[string]string {
		a, _, _ := r.ask("/kis", token, "inquire-time-itemchartprice", stock+"&FID_INPUT_HOUR_1="+hour+"&FID_PW_DATA_INCU_YN=N&FID_ETC_CLS_CODE=")
		return a.Rows
	}
	r.at(live.At(11, 0).Add(20 * time.Second))
	rows := today("110000")
	if len(rows) != 30 || rows[0]["stck_cntg_hour"] < rows[1]["stck_cntg_hour"] {
		t.Fatalf("%d rows, %v", len(rows), rows[:2])
	}
	if rows[0]["stck_cntg_hour"] == "110000" && rows[0]["cntg_vol"] != rows[1]["cntg_vol"] {
		t.Errorf("the running minute shows its own volume: %v", rows[:2])
	}
	future := today("140000")
	if len(future) != 30 || future[0]["stck_cntg_hour"] != "140000" || future[29]["stck_prpr"] != future[0]["stck_prpr"] || future[0]["stck_prpr"] != rows[0]["stck_prpr"] {
		t.Errorf("the future is not the current price: %v", future[0])
	}
	past, _, _ := r.ask("/kis", token, "inquire-time-dailychartprice", stock+"&FID_INPUT_DATE_1=20261120&FID_INPUT_HOUR_1=153000&FID_PW_DATA_INCU_YN=N&FID_FAKE_TICK_INCU_YN=N")
	if len(past.Rows) != 120 || past.Rows[0]["stck_bsop_date"] != "20261120" || past.Rows[0]["stck_cntg_hour"] != "153000" {
		t.Errorf("%d rows of a past day, first %v", len(past.Rows), past.Rows[0])
	}
	first, _, _ := r.ask("/kis", token, "inquire-time-dailychartprice", stock+"&FID_INPUT_DATE_1=20261120&FID_INPUT_HOUR_1=090500&FID_PW_DATA_INCU_YN=N")
	if n := len(first.Rows); n < 2 || n > 7 || first.Rows[n-1]["stck_bsop_date"] != "" {
		t.Errorf("a short page ends in a placeholder: %v", first.Rows)
	}
	sunday, _, _ := r.ask("/kis", token, "inquire-time-dailychartprice", stock+"&FID_INPUT_DATE_1=20261122&FID_INPUT_HOUR_1=153000&FID_PW_DATA_INCU_YN=N")
	if len(sunday.Rows) != 0 {
		t.Errorf("on a Sunday: %v", sunday.Rows)
	}
}

func TestKISInvestorsAfterTheClose(t *testing.T) {
	t.Parallel()
	r := marketRig(t, simulator.Limits{KISPerSecond: 1000})
	token := r.account("/kis")
	for at, want := range map[time.Time]bool{live.At(15, 29): false, live.At(15, 30): true} {
		r.at(at)
		a, _, _ := r.ask("/kis", token, "inquire-investor", stock)
		rows := a.list(t)
		if len(rows) != 30 || rows[0]["stck_bsop_date"] != live.Compact() || (rows[0]["prsn_ntby_qty"] != "") != want {
			t.Errorf("at %s: %d rows, first %v", at, len(rows), rows[0])
		}
	}
}

func TestKISHolidayPages(t *testing.T) {
	t.Parallel()
	r := marketRig(t, simulator.Limits{KISPerSecond: 1000})
	token := r.account("/kis")
	if res := r.do(http.MethodPut, "/_sim/holidays/2026-12-24", ""); res.Code != 200 {
		t.Fatal(res.Body)
	}
	seen, key, closed := "", "", 0
	for page := 1; ; page++ {
		cont := ""
		if page > 1 {
			cont = "N"
		}
		a, header, _ := r.ask("/kis", token, "chk-holiday", "BASS_DT=20261123&CTX_AREA_NK="+strings.TrimSpace(key)+"&CTX_AREA_FK=", "tr_cont", cont)
		for _, row := range a.list(t) {
			if row["bass_dt"] <= seen {
				t.Fatalf("%s after %s", row["bass_dt"], seen)
			}
			seen = row["bass_dt"]
			if seen == "20261224" && row["opnd_yn"] == "N" {
				closed++
			}
		}
		if header["tr_cont"][0] != "M" {
			break
		}
		if key = a.KeyN; len(a.list(t)) != 25 || key == strings.TrimSpace(key) {
			t.Fatalf("page %d: %d rows, key %q", page, len(a.list(t)), key)
		}
	}
	if seen != "20271231" || closed != 1 {
		t.Errorf("the last day is %s, the announced one closed %d times", seen, closed)
	}
}

func TestKISMasters(t *testing.T) {
	t.Parallel()
	r := marketRig(t, simulator.Limits{})
	for board, tail := range map[string]int{"kospi": 228, "kosdaq": 222} {
		res := r.get("/kis/common/master/" + board + "_code.mst.zip")
		archive, err := zip.NewReader(bytes.NewReader(res.Body.Bytes()), int64(res.Body.Len()))
		if err != nil || len(archive.File) != 1 || archive.File[0].Name != board+"_code.mst" {
			t.Fatalf("%s: %v", board, err)
		}
		file, err := archive.File[0].Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Split(bytes.TrimSpace(raw), []byte("\n"))
		if len(lines) < 5 {
			t.Fatalf("%d lines", len(lines))
		}
		for _, line := range lines[:len(lines)-1] {
			name, err := korean.EUCKR.NewDecoder().Bytes(line[21 : len(line)-tail])
			if err != nil || strings.TrimSpace(string(name)) == "" || !bytes.HasPrefix(line, []byte("99")) {
				t.Errorf("%q: %v", line[:40], err)
			}
		}
	}
	if res := r.get("/kis/common/master/konex_code.mst.zip"); res.Code != 404 {
		t.Errorf("another list: %d", res.Code)
	}
}

func TestKRXOtherServices(t *testing.T) {
	t.Parallel()
	r := marketRig(t, simulator.Limits{})
	r.at(live.At(8, 0))
	symbols := r.krx("stk_isu_base_info", "20261120")
	if len(symbols) == 0 || len(symbols[0]["ISU_CD"]) != 12 || len(symbols[0]["ISU_SRT_CD"]) != 6 {
		t.Errorf("%v", symbols)
	}
	if none := r.krx("stk_isu_base_info", "20261123"); len(none) != 0 {
		t.Errorf("before it is published: %v", none)
	}
	for service, want := range map[string]string{"kospi_dd_trd": "코스피", "kosdaq_dd_trd": "코스닥"} {
		var out struct {
			Rows []map[string]string `json:"OutBlock_1"`
		}
		res := r.get("/krx/svc/apis/idx/"+service+"?basDd=20261120", "AUTH_KEY", r.Keys().KRXKey)
		if err := json.Unmarshal(res.Body.Bytes(), &out); err != nil || len(out.Rows) < 2 || out.Rows[0]["IDX_NM"] != want || out.Rows[0]["CLSPRC_IDX"] == "" {
			t.Errorf("%s: %v, %s", service, err, res.Body)
		}
	}
	res := r.do(http.MethodPost, "/krx/comm/bldAttendant/getJsonData.cmd", "bld=dbms/MDC/STAT/standard/MDCSTAT01501")
	if res.Code != 400 || res.Body.String() != "LOGOUT" {
		t.Errorf("the site with a login: %d %s", res.Code, res.Body)
	}
}

func TestSplitsAndHolidaysShowEverywhere(t *testing.T) {
	t.Parallel()
	r := marketRig(t, simulator.Limits{KISPerSecond: 1000})
	token := r.account("/kis")
	for path, body := range map[string]string{"/_sim/splits/990010": `{"day":"2026-11-24","into":5}`, "/_sim/holidays/2026-11-25": ""} {
		if res := r.do(http.MethodPut, path, body); res.Code != 200 {
			t.Fatal(res.Body)
		}
	}
	for _, path := range []string{"/_sim/splits/990010", "/_sim/splits/x", "/_sim/holidays/x"} {
		if res := r.do(http.MethodPut, path, `{}`); res.Code != 400 {
			t.Errorf("%s: %d", path, res.Code)
		}
	}
	r.at((live + 3).At(16, 10))
	prices := func(adjusted string) (closes []string, days []string) {
		a, _, _ := r.ask("/kis", token, "inquire-daily-itemchartprice", stock+"&FID_INPUT_DATE_1=20261123&FID_INPUT_DATE_2=20261126&FID_PERIOD_DIV_CODE=D&FID_ORG_ADJ_PRC="+adjusted)
		for _, row := range a.Rows {
			closes, days = append(closes, row["stck_clpr"]), append(days, row["stck_bsop_date"])
		}
		return closes, days
	}
	raw, days := prices("1")
	adjusted, _ := prices("0")
	if len(days) != 3 || days[1] != "20261124" || days[2] != "20261123" {
		t.Fatalf("days %v, want none on the new holiday", days)
	}
	if raw[0] != adjusted[0] || raw[1] != adjusted[1] || raw[2] == adjusted[2] || len(raw[2]) != len(raw[1])+1 && len(raw[2]) != len(raw[1]) {
		t.Errorf("raw %v, adjusted %v", raw, adjusted)
	}
	if rows := r.krx("stk_bydd_trd", "20261125"); len(rows) != 0 {
		t.Errorf("KRX has rows of the new holiday: %d", len(rows))
	}
}
