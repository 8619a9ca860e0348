package simulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/market"
	"tickerwire/internal/simulator"
)

func (r *rig) krx(service, day string) []map[string]string {
	r.t.Helper()
	res := r.get("/krx/svc/apis/sto/"+service+"?basDd="+day, "AUTH_KEY", r.Keys().KRXKey)
	var out struct {
		Rows *[]map[string]string `json:"OutBlock_1"` // every value must be a string
	}
	if err := json.Unmarshal(res.Body.Bytes(), &out); err != nil || res.Code != 200 || out.Rows == nil {
		r.t.Fatalf("%d %s %v", res.Code, res.Body, err)
	}
	return *out.Rows
}

func TestKRXRows(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.at((monday + 1).At(8, 0))
	want := []map[string]string{
		{"BAS_DD": "20261116", "ISU_CD": "990910", "ISU_NM": "가람차", "MKT_NM": "KOSPI", "SECT_TP_NM": "-", "TDD_CLSPRC": "1000000", "CMPPREVDD_PRC": "1000", "FLUC_RT": "0.10",
			"TDD_OPNPRC": "1000000", "TDD_HGPRC": "1000000", "TDD_LWPRC": "1000000", "ACC_TRDVOL": "1234567", "ACC_TRDVAL": "1234567000000", "MKTCAP": "", "LIST_SHRS": ""},
		{"BAS_DD": "20261116", "ISU_CD": "990930", "ISU_NM": "마루전선", "MKT_NM": "KOSPI", "SECT_TP_NM": "-", "TDD_CLSPRC": "3000000", "CMPPREVDD_PRC": "1000", "FLUC_RT": "0.03",
			"TDD_OPNPRC": "3000000", "TDD_HGPRC": "3000000", "TDD_LWPRC": "3000000", "ACC_TRDVOL": "1234567", "ACC_TRDVAL": "3703701000000", "MKTCAP": "", "LIST_SHRS": ""},
	}
	if diff := cmp.Diff(want, r.krx("stk_bydd_trd", "20261116")); diff != "" {
		t.Error(diff)
	}
	kosdaq := r.krx("ksq_bydd_trd", "20261116")
	if len(kosdaq) != 2 || kosdaq[0]["TDD_CLSPRC"] != "2,000,000" || kosdaq[0]["ACC_TRDVAL"] != "2,469,134,000,000" || kosdaq[1]["TDD_CLSPRC"] != "-" || kosdaq[1]["ACC_TRDVOL"] != "0" {
		t.Errorf("KOSDAQ %v", kosdaq)
	}
}

func TestKRXPublishesAtEightOfTheNextTradingDay(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	friday := monday - 3
	for _, c := range []struct {
		at   time.Time
		day  market.Day
		rows int
	}{
		{friday.At(16, 4), friday, 0}, {friday.At(23, 44), friday, 0}, {(friday + 1).At(12, 0), friday, 0},
		{monday.At(8, 0).Add(-1), friday, 0}, {monday.At(8, 0), friday, 2}, {monday.At(12, 0), friday - 1, 2},
		{monday.At(12, 0), friday + 1, 0}, {monday.At(12, 0), monday, 0}, {monday.At(12, 0), monday + 300, 0}, {monday.At(12, 0), monday - 30, 0},
		{monday.At(12, 0), market.NewDay(2010, time.January, 4), 0},
	} {
		r.at(c.at)
		if got := len(r.krx("stk_bydd_trd", c.day.Compact())); got != c.rows {
			t.Errorf("at %v: %d rows of %v, want %d", c.at, got, c.day, c.rows)
		}
	}
}

func TestKRXRefusals(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{KRXPerDay: 2})
	key := []string{"AUTH_KEY", r.Keys().KRXKey}
	for _, c := range []struct {
		path   string
		header []string
		status int
		body   string
	}{
		{"/krx/svc/apis/sto/stk_bydd_trd?basDd=20261116", nil, 401, `{"respMsg":"Unauthorized Key","respCode":"401"}`},
		{"/krx/svc/apis/sto/stk_bydd_trd?basDd=20261116", []string{"AUTH_KEY", "x"}, 401, `{"respMsg":"Unauthorized Key","respCode":"401"}`},
		{"/krx/svc/apis/etp/etf_bydd_trd?basDd=20261116", key, 401, `{"respMsg":"Unauthorized API Call","respCode":"401"}`},
		{"/krx/svc/apis/sto/xxx?basDd=20261116", key, 404, `{"respMsg":"[svc/apis/sto/xxx] API referenced by the path does not exist.","respCode":"404"}`},
		{"/krx/svc/apis/sto/stk_bydd_trd?basDd=2026-11-16", key, 400, `{"respMsg":"basDd must be YYYYMMDD","respCode":"400"}`},
		{"/krx/svc/apis/sto/stk_bydd_trd?basDd=20261116", key, 200, `{"OutBlock_1":[]}`},
		{"/krx/svc/apis/sto/stk_bydd_trd?basDd=20261116", key, 429, `{"respMsg":"API call limit exceeded","respCode":"429"}`},
	} {
		if res := r.get(c.path, c.header...); res.Code != c.status || res.Body.String() != c.body {
			t.Errorf("%s: %d %s, want %d %s", c.path, res.Code, res.Body, c.status, c.body)
		}
	}
	r.pass(24 * time.Hour)
	if res := r.get("/krx/svc/apis/sto/stk_bydd_trd?basDd=20261116", key...); res.Code != 200 {
		t.Errorf("the next day: %d", res.Code)
	}
}

func (r *rig) token() (status int, answer map[string]any) {
	r.t.Helper()
	body := `{"grant_type":"client_credentials","appkey":"` + r.Keys().KISAppKey + `","appsecret":"` + r.Keys().KISAppSecret + `"}`
	res := r.do(http.MethodPost, "/kis/oauth2/tokenP", body, "Content-Type", "application/json")
	return res.Code, object(r.t, res.Body)
}

func TestKISTokens(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	status, first := r.token()
	if status != 200 || first["token_type"] != "Bearer" || first["expires_in"] != 86400. || first["access_token_token_expired"] != "2030-01-03 12:04:05" {
		t.Fatalf("%d %v", status, first)
	}
	r.pass(59 * time.Second)
	if status, again := r.token(); status != 403 || again["error_code"] != "EGW00133" {
		t.Errorf("within a minute: %d %v", status, again)
	}
	r.pass(time.Second)
	if _, same := r.token(); same["access_token"] != first["access_token"] || same["expires_in"] != 86340. {
		t.Errorf("within six hours: %v", same)
	}
	r.pass(6*time.Hour - time.Minute)
	_, next := r.token()
	if next["access_token"] == first["access_token"] {
		t.Error("after six hours: the same token")
	}
	if code := r.chart(first["access_token"].(string), "")["msg_cd"]; code != "MCA00000" {
		t.Errorf("an earlier token before its end: %v", code)
	}
	r.pass(18 * time.Hour)
	if code := r.chart(first["access_token"].(string), "")["msg_cd"]; code != "EGW00123" {
		t.Errorf("an earlier token after its end: %v", code)
	}
}

func TestKISTokenRefusals(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	key, secret := r.Keys().KISAppKey, r.Keys().KISAppSecret
	for body, code := range map[string]string{
		`{"grant_type":"client_credentials","appkey":"x","appsecret":"` + secret + `"}`:               "EGW00103",
		`{"grant_type":"client_credentials","appkey":"` + key + `","appsecret":"` + secret + "\\n\"}": "EGW00105",
		`{"grant_type":"password","appkey":"` + key + `","appsecret":"` + secret + `"}`:               "EGW00101",
		`{"grant_type":"client_credentials","appkey":12,"appsecret":"` + secret + `"}`:                "EGW00101",
		`grant_type=client_credentials`: "EGW00101",
	} {
		res := r.do(http.MethodPost, "/kis/oauth2/tokenP", body)
		if got := object(t, res.Body); res.Code != 403 || got["error_code"] != code || got["error_description"] == nil {
			t.Errorf("%s: %d %v, want %s", body, res.Code, got, code)
		}
	}
	if status, _ := r.token(); status != 200 {
		t.Errorf("refusals count as issues: %d", status)
	}
}

func (r *rig) kisHeaders(token string) map[string]string {
	return map[string]string{"content-type": "application/json; charset=utf-8", "authorization": "Bearer " + token, "appkey": r.Keys().KISAppKey,
		"appsecret": r.Keys().KISAppSecret, "tr_id": "FHKST03010100", "custtype": "P"}
}

const chartPath = "/kis/uapi/domestic-stock/v1/quotations/inquire-daily-itemchartprice?"
const chartQuery = "FID_COND_MRKT_DIV_CODE=J&FID_INPUT_ISCD=990910&FID_INPUT_DATE_1=20261101&FID_INPUT_DATE_2=20261130&FID_PERIOD_DIV_CODE=D&FID_ORG_ADJ_PRC=1"

// chart asks for daily bars; in query an empty text is the usual range.
func (r *rig) chart(token, query string) map[string]any {
	r.t.Helper()
	if query == "" {
		query = chartQuery
	}
	var header []string
	for name, value := range r.kisHeaders(token) {
		header = append(header, name, value)
	}
	return object(r.t, r.get(chartPath+query, header...).Body)
}

func TestKISDailyChart(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	_, issued := r.token()
	token := issued["access_token"].(string)
	days := func(answer map[string]any) (out []string) {
		for _, row := range answer["output2"].([]any) {
			out = append(out, row.(map[string]any)["stck_bsop_date"].(string))
		}
		return out
	}
	r.at(monday.At(15, 29))
	got := days(r.chart(token, ""))
	if len(got) != 9 || got[0] != "20261113" || got[8] != "" {
		t.Errorf("in session %v: want the sessions before, newest first, and a placeholder", got)
	}
	r.at(monday.At(15, 30))
	answer := r.chart(token, strings.NewReplacer("FID_INPUT", "fid_input", "DIV_CODE", "div_code").Replace(chartQuery))
	if got := days(answer); len(got) != 9 || got[0] != "20261116" || got[8] != "20261104" {
		t.Errorf("after the close %v", got)
	}
	row := answer["output2"].([]any)[0].(map[string]any)
	want := map[string]any{"stck_bsop_date": "20261116", "stck_clpr": "1000000", "stck_oprc": "1000000", "stck_hgpr": "1000000", "stck_lwpr": "1000000", "acml_vol": "1234567",
		"acml_tr_pbmn": "1234567000000", "flng_cls_code": "00", "prtt_rate": "0.00", "mod_yn": "N", "prdy_vrss_sign": "2", "prdy_vrss": "1000", "revl_issu_reas": ""}
	if diff := cmp.Diff(want, row); diff != "" {
		t.Error(diff)
	}
	summary := answer["output1"].(map[string]any)
	if summary["hts_kor_isnm"] != "가람차" || summary["stck_prpr"] != "1000000" || summary["stck_prdy_clpr"] != "999000" || summary["prdy_ctrt"] != "0.10" {
		t.Errorf("output1 %v", summary)
	}
	if got := r.chart(token, strings.Replace(chartQuery, "990910", "990999", 1)); got["rt_cd"] != "0" || len(got["output2"].([]any)) != 0 {
		t.Errorf("unknown code %v", got)
	}
}

func TestKISChartHasAHundredRowsAtMost(t *testing.T) {
	t.Parallel()
	m, err := simulator.NewMarket(simulator.MarketOptions{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, m, simulator.Limits{})
	_, issued := r.token()
	query := strings.NewReplacer("990910", "990010", "20261101", "20260101", "20261130", "20261122").Replace(chartQuery)
	rows := r.chart(issued["access_token"].(string), query)["output2"].([]any)
	if len(rows) != 100 || rows[0].(map[string]any)["stck_bsop_date"] != "20261120" {
		t.Errorf("%d rows, first %v", len(rows), rows[0])
	}
}

func TestKISRefusals(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	_, issued := r.token()
	token := issued["access_token"].(string)
	for _, c := range []struct {
		name, header, value string
		status              int
		code                string
	}{
		{"no content type", "content-type", "", 500, "EGW00101"},
		{"wrong key", "appkey", "x", 500, "EGW00103"},
		{"wrong secret", "appsecret", "x", 500, "EGW00304"},
		{"no token", "authorization", "", 500, "EGW00122"},
		{"another scheme", "authorization", "Basic " + token, 500, "EGW00205"},
		{"unknown token", "authorization", "Bearer x", 500, "EGW00121"},
		{"no custtype", "custtype", "", 500, "EGW00208"},
		{"wrong tr_id", "tr_id", "FHKST01010100", 200, "OPSQ0002"},
	} {
		header := r.kisHeaders(token)
		header[c.header] = c.value
		var list []string
		for name, value := range header {
			list = append(list, name, value)
		}
		res := r.get(chartPath+chartQuery, list...)
		if got := object(t, res.Body); res.Code != c.status || got["msg_cd"] != c.code || got["rt_cd"] != "1" {
			t.Errorf("%s: %d %v, want %d %s", c.name, res.Code, got, c.status, c.code)
		}
	}
	for _, edit := range [][2]string{{"FID_INPUT_ISCD=990910", ""}, {"CODE=J", "CODE=Z"}, {"990910", "5930"}, {"20261101", "2026-11-01"}, {"20261130", "20261031"}, {"DIV_CODE=D", "DIV_CODE=H"}, {"PRC=1", "PRC=2"}} {
		r.pass(time.Second)
		if got := r.chart(token, strings.Replace(chartQuery, edit[0], edit[1], 1)); got["rt_cd"] != "2" || got["msg_cd"] != "OPSQ2001" {
			t.Errorf("%q for %q: %v", edit[1], edit[0], got)
		}
	}
}

func TestKISAllowsEighteenCallsASecond(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	_, issued := r.token()
	token := issued["access_token"].(string)
	ask := func(n int) (ok int) {
		for range n {
			switch code := r.chart(token, "")["msg_cd"]; code {
			case "MCA00000":
				ok++
			case "EGW00201":
			default:
				t.Fatal(code)
			}
		}
		return ok
	}
	got := []int{ask(10)}
	r.pass(600 * time.Millisecond)
	got = append(got, ask(10))
	r.pass(399 * time.Millisecond)
	got = append(got, ask(1))
	r.pass(time.Millisecond)
	got = append(got, ask(20))
	if diff := cmp.Diff([]int{10, 8, 0, 10}, got); diff != "" {
		t.Error(diff)
	}
	header := r.kisHeaders(token)
	var list []string
	for name, value := range header {
		list = append(list, name, value)
	}
	if res := r.get(chartPath+chartQuery, list...); res.Code != http.StatusInternalServerError {
		t.Errorf("over the limit: %d, want 500", res.Code)
	}
}
