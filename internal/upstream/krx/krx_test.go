package krx_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/krx"
	"tickerwire/internal/upstream/upstreamtest"
)

const (
	key    = "KRXKEY0123456789"
	kospi  = "/svc/apis/sto/stk_bydd_trd"
	kosdaq = "/svc/apis/sto/ksq_bydd_trd"
	empty  = `{"OutBlock_1":[]}`
)

// friday is the day of the saved pages.
func friday() market.Day { return market.NewDay(2026, time.November, 20) }

func now() time.Time { return market.NewDay(2026, time.November, 23).At(9, 15) }

func client(baseURL string) *krx.Client {
	return &krx.Client{Client: &upstream.Client{Now: now}, BaseURL: baseURL, Key: key, Calendar: market.NewCalendar()}
}

func exchange(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		files := map[string]string{kospi: "kospi.json", kosdaq: "kosdaq.json",
			"/svc/apis/sto/stk_isu_base_info": "symbols-kospi.json", "/svc/apis/sto/ksq_isu_base_info": "symbols-kosdaq.json",
			"/svc/apis/idx/kospi_dd_trd": "indices-kospi.json", "/svc/apis/idx/kosdaq_dd_trd": "indices-kosdaq.json"}
		switch file, ok := files[r.URL.Path]; {
		case r.Header.Get("AUTH_KEY") != key:
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"respMsg":"Unauthorized Key","respCode":"401"}`)
		case !ok:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"respMsg":"[svc/apis/sto/xxx] API referenced by the path does not exist.","respCode":"404"}`)
		case r.URL.Query().Get("basDd") == friday().Compact():
			fmt.Fprintf(w, "%s", upstreamtest.File(t, file))
		default:
			fmt.Fprint(w, empty)
		}
	}
}

func TestDailyBars(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(exchange(t))
	t.Cleanup(server.Close)
	bars, _, err := client(server.URL).DailyBars(t.Context(), friday())
	if err != nil {
		t.Fatal(err)
	}
	monday := market.NewDay(2026, time.November, 23).At(8, 0)
	for _, bar := range bars {
		if !bar.KnownAt.Equal(monday) || bar.Day != friday() || bar.Source != "krx" {
			t.Errorf("%+v is not known at %s", bar, monday)
		}
	}
}

func TestDailyBarsOfADayWithoutRows(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(exchange(t))
	t.Cleanup(server.Close)
	bars, listings, err := client(server.URL).DailyBars(t.Context(), friday()+3)
	if bars != nil || listings != nil || fault.KindOf(err) != fault.NotFound || !strings.Contains(err.Error(), "not published yet") {
		t.Errorf("%v, %v, %v", bars, listings, err)
	}
	half := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == kosdaq {
			fmt.Fprint(w, empty)
			return
		}
		exchange(t)(w, r)
	}))
	t.Cleanup(half.Close)
	bars, listings, err = client(half.URL).DailyBars(t.Context(), friday())
	if bars != nil || listings != nil || fault.KindOf(err) != fault.NotFound || !strings.Contains(err.Error(), "KOSDAQ") {
		t.Errorf("one market only: %v, %v, %v", bars, listings, err)
	}
}

func TestDailyBarsOutsideOfTheCalendar(t *testing.T) {
	t.Parallel()
	_, _, err := client("http://unused").DailyBars(t.Context(), market.NewDay(2031, time.March, 3))
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%v", err)
	}
}

// question is one of the client's three.
type question struct {
	name, prefix string
	ask          func(context.Context, *krx.Client) (any, error)
}

func questions() []question {
	return []question{
		{"bars", "krx: daily bars of 2026-11-20 on KOSPI: ", func(ctx context.Context, k *krx.Client) (any, error) {
			bars, _, err := k.DailyBars(ctx, friday())
			return bars, err
		}},
		{"symbols", "krx: symbols of 2026-11-20 on KOSPI: ", func(ctx context.Context, k *krx.Client) (any, error) { return k.Symbols(ctx, friday()) }},
		{"indices", "krx: indices of 2026-11-20 on KOSPI: ", func(ctx context.Context, k *krx.Client) (any, error) { return k.IndexDays(ctx, friday()) }},
	}
}

func TestServices(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(exchange(t))
	t.Cleanup(server.Close)
	for _, q := range questions() {
		got, err := q.ask(t.Context(), client(server.URL))
		if err != nil {
			t.Fatal(err)
		}
		upstreamtest.Golden(t, q.name, got)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, q := range questions() {
		for _, c := range []struct {
			name   string
			status int
			body   string
			kind   fault.Kind
			wait   time.Duration
			says   string
		}{
			{"bad key", 401, `{"respMsg":"Unauthorized Key","respCode":"401"}`, fault.Unauthorized, 0, "key refused"},
			{"bad key behind a 200", 200, `{"respMsg":"Unauthorized Key","respCode":"401"}`, fault.Unauthorized, 0, "key refused"},
			{"service not approved", 401, `{"respMsg":"Unauthorized API Call","respCode":"401"}`, fault.Forbidden, 0, "not approved"},
			{"service not approved behind a 200", 200, `{"respMsg":"Unauthorized API Call","respCode":"401"}`, fault.Forbidden, 0, "not approved"},
			{"unknown path", 404, `{"respMsg":"[svc/apis/sto/xxx] API referenced by the path does not exist.","respCode":"404"}`, fault.Invalid, 0, "is the address right"},
			{"over quota", 429, `{"respMsg":"?","respCode":"429"}`, fault.Limited, 14*time.Hour + 45*time.Minute, "429"},
			{"over quota behind a 200", 200, `{"respMsg":"?","respCode":"429"}`, fault.Limited, 14*time.Hour + 45*time.Minute, "429"},
			{"over quota without a body", 429, ``, fault.Limited, 14*time.Hour + 45*time.Minute, "429"},
			{"another code", 200, `{"respMsg":"점검 ` + key + `","respCode":"503"}`, fault.Unavailable, 0, "점검 ***"},
			{"outage", 503, `<html>`, fault.Unavailable, 0, "503"},
			{"401 without a body", 401, ``, fault.Unauthorized, 0, "401"},
			{"no block", 200, `{}`, fault.Unavailable, 0, "no OutBlock_1"},
			{"an empty block", 200, empty, fault.NotFound, 0, "not published yet"},
			{"the other site's login", 400, `LOGOUT`, fault.Invalid, 0, "400"},
			{"no json", 200, `LOGOUT`, fault.Unavailable, 0, "not theirs"},
			{"cut", 200, `{"OutBlock_1":[{"BAS_DD":"2026`, fault.Unavailable, 0, "not theirs"},
			{"numbers that are numbers", 200, `{"OutBlock_1":[{"BAS_DD":"20261120","ISU_SRT_CD":900001,"ISU_CD":900001,"IDX_NM":1}]}`, fault.Unavailable, 0, "not theirs"},
		} {
			t.Run(q.name+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				_, err := q.ask(t.Context(), client(always(t, c.status, c.body)))
				if fault.KindOf(err) != c.kind || fault.RetryAfterOf(err) != c.wait {
					t.Errorf("kind %s after %s, want %s after %s: %v", fault.KindOf(err), fault.RetryAfterOf(err), c.kind, c.wait, err)
				}
				if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), key) || !strings.HasPrefix(err.Error(), q.prefix) {
					t.Errorf("message %v, want it to say %q", err, c.says)
				}
			})
		}
	}
}

// always serves one answer to everything.
func always(t *testing.T, status int, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestRowsOfAnotherForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, question, row, says string }{
		{"another day", "bars", `"BAS_DD":"20261119","ISU_CD":"900001"`, "20261119"},
		{"an ISIN for a code", "bars", `"BAS_DD":"20261120","ISU_CD":"KR7900001003"`, "KR7900001003"},
		{"a price that is none", "bars", `"BAS_DD":"20261120","ISU_CD":"900001","TDD_CLSPRC":"12.5"`, "12.5"},
		{"a negative price", "bars", `"BAS_DD":"20261120","ISU_CD":"900001","TDD_CLSPRC":"-12"`, "negative"},
		{"an ISIN for a short code", "symbols", `"ISU_CD":"KR7900001003","ISU_SRT_CD":"KR7900001003","ISU_ABBRV":"가상전자"`, "KR7900001003"},
		{"a symbol without a name", "symbols", `"ISU_CD":"KR7900001003","ISU_SRT_CD":"900001"`, "no name"},
		{"an index of another day", "indices", `"BAS_DD":"20261119","IDX_NM":"코스피","CLSPRC_IDX":"1"`, "20261119"},
		{"an index without a close", "indices", `"BAS_DD":"20261120","IDX_NM":"코스피","CLSPRC_IDX":"-"`, "no close"},
		{"a level that is none", "indices", `"BAS_DD":"20261120","IDX_NM":"코스피","CLSPRC_IDX":"+Inf"`, "Inf"},
		{"indices that we do not know", "indices", `"BAS_DD":"20261120","IDX_NM":"코스피 50","CLSPRC_IDX":"1"`, "missing"},
	} {
		for _, q := range questions() {
			if q.name != c.question {
				continue
			}
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				got, err := q.ask(t.Context(), client(always(t, 200, `{"OutBlock_1":[{`+c.row+`}]}`)))
				if fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%v, %v", got, err)
				}
			})
		}
	}
}

// replay answers every question with the same bytes, without a network.
type replay struct {
	status int
	body   []byte
}

func (r replay) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: r.status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(r.body)), Request: req}, nil
}

func FuzzServices(f *testing.F) {
	for _, name := range []string{"kospi.json", "symbols-kospi.json", "symbols-kosdaq.json", "indices-kospi.json", "indices-kosdaq.json"} {
		f.Add(upstreamtest.File(f, name), 200)
	}
	f.Add([]byte(`{"respMsg":"Unauthorized API Call","respCode":"401"}`), 401)
	f.Add([]byte(`{"OutBlock_1":[null,{}]}`), 200)
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		if status < 100 || status > 999 {
			return // no HTTP status
		}
		k := client("http://krx.invalid")
		k.Client.HTTP = &http.Client{Transport: replay{status, body}}
		for _, q := range questions() {
			if _, err := q.ask(t.Context(), k); err != nil && (fault.KindOf(err) == fault.Internal || !strings.HasPrefix(err.Error(), "krx: ")) {
				t.Errorf("%s: an error without a kind: %v", q.name, err)
			}
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add(upstreamtest.File(f, "kospi.json"))
	f.Add([]byte(empty))
	f.Add([]byte(`{"respMsg":"Unauthorized Key","respCode":"401"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		bars, err := client("").Read(&upstream.Response{Status: http.StatusOK, Body: body}, friday())
		if err != nil && fault.KindOf(err) == fault.Internal {
			t.Errorf("an error without a kind: %v", err)
		}
		for _, bar := range bars {
			if _, err := market.ParseCode(string(bar.Code)); err != nil || bar.Day != friday() || bar.AdjFactor != 1 {
				t.Errorf("%+v", bar)
			}
		}
	})
}

func TestListingsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(exchange(t))
	t.Cleanup(server.Close)
	_, listings, err := client(server.URL).DailyBars(t.Context(), friday())
	if err != nil {
		t.Fatal(err)
	}
	want := []market.Listing{{Code: "900001", Name: "가상전자", Market: "KOSPI"}, {Code: "90000K", Name: "모형중공업우", Market: "KOSPI"},
		{Code: "900003", Name: "정지물산", Market: "KOSPI"}, {Code: "900004", Name: "새내기", Market: "KOSPI"},
		{Code: "900101", Name: "예시바이오", Market: "KOSDAQ"}}
	if diff := cmp.Diff(want, listings); diff != "" {
		t.Errorf("listings (-want +got):\n%s", diff)
	}
}
