package simulator_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/korean"

	"tickerwire/internal/simulator"
)

func (r *rig) dart(query string) map[string]any {
	r.t.Helper()
	res := r.get("/dart/api/list.json?crtfc_key=" + r.Keys().DARTKey + query)
	if res.Code != http.StatusOK {
		r.t.Fatal(res.Code)
	}
	return object(r.t, res.Body)
}

func TestDARTList(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.at(monday.At(13, 0))
	want := map[string]any{"status": "000", "message": "정상", "page_no": 1., "page_count": 10., "total_count": 1., "total_page": 1., "list": []any{
		map[string]any{"corp_code": "09990910", "corp_name": "가람자동차", "stock_code": "990910", "corp_cls": "Y", "report_nm": "주요사항보고서(유상증자결정)   ",
			"rcept_no": "20261116000007", "flr_nm": "가람자동차", "rcept_dt": "20261116", "rm": ""}}}
	if diff := cmp.Diff(want, r.dart("")); diff != "" {
		t.Error(diff)
	}
	row := r.dart("&bgn_de=20261113&end_de=20261115")["list"].([]any)[0].(map[string]any)
	if row["stock_code"] != "" || row["corp_cls"] != "E" || row["flr_nm"] != "이대리" || len(row["corp_code"].(string)) != 8 {
		t.Errorf("unlisted %v", row)
	}
	for _, c := range []struct {
		query  string
		status string
		total  any
	}{
		{"&bgn_de=20261101&end_de=20261130", "000", 2.},
		{"&bgn_de=20261101&end_de=20261130&page_count=1&page_no=2", "000", 2.},
		{"&bgn_de=20261101&end_de=20261130&page_count=1&page_no=3", "013", nil},
		{"&bgn_de=20261101&end_de=20261130&pblntf_ty=B", "000", 1.},
		{"&bgn_de=20261101&end_de=20261130&pblntf_ty=I", "000", 1.},
		{"&bgn_de=20261101&end_de=20261130&pblntf_ty=A", "013", nil},
		{"&bgn_de=20261101&end_de=20261130&corp_cls=Y", "000", 1.},
		{"&bgn_de=20250101&corp_code=09990910", "000", 1.},
		{"&bgn_de=20261120&end_de=20261130", "013", nil},
	} {
		got := r.dart(c.query)
		if _, listed := got["list"]; got["status"] != c.status || got["total_count"] != c.total || listed != (c.status == "000") {
			t.Errorf("%s: %v", c.query, got)
		}
	}
	r.at(monday.At(9, 59))
	if got := r.dart(""); got["status"] != "013" {
		t.Errorf("a filing is listed before it is seen: %v", got)
	}
	if diff := cmp.Diff([]string{"20261116000007", "20261113800001"}, r.served()["dart"]); diff != "" {
		t.Error(diff)
	}
}

func TestDARTRefusals(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	for query, status := range map[string]string{
		"&bgn_de=2026-11-16": "100", "&end_de=20261301": "100", "&bgn_de=20261117&end_de=20261116": "100", "&page_no=0": "100", "&page_count=101": "100",
		"&corp_code=12": "100", "&pblntf_ty=Z": "100", "&corp_cls=X": "100", "&sort=name": "100", "&sort_mth=up": "100", "&last_reprt_at=1": "100",
		"&bgn_de=20260815&end_de=20261116": "100", // more than three months without a company
	} {
		if got := r.dart(query); got["status"] != status {
			t.Errorf("%s: %v, want %s", query, got, status)
		}
	}
	for path, status := range map[string]string{"/dart/api/list.json": "010", "/dart/api/list.json?crtfc_key=x": "010", "/dart/api/other.json": "101"} {
		res := r.get(path)
		if got := object(t, res.Body); res.Code != 200 || got["status"] != status {
			t.Errorf("%s: %d %v, want %s", path, res.Code, got, status)
		}
	}
}

func TestDARTLimits(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{DARTPerMinute: 2, DARTPerDay: 4})
	r.at(monday.At(13, 0))
	var got []string
	for range 3 {
		for range 3 {
			got = append(got, fmt.Sprint(r.dart("")["status"]))
		}
		r.pass(time.Minute)
	}
	if diff := cmp.Diff([]string{"000", "000", "020", "000", "000", "020", "020", "020", "020"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestDARTFilers: a zip with padded stock codes; its refusals are XML.
func TestDARTFilers(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.at(monday.At(13, 0))
	body := r.get("/dart/api/corpCode.xml?crtfc_key=" + r.Keys().DARTKey).Body.Bytes()
	packed, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil || len(packed.File) != 1 || packed.File[0].Name != "CORPCODE.xml" {
		t.Fatalf("%v: %.100q", err, body)
	}
	in, err := packed.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		List []struct {
			Number string `xml:"corp_code"`
			Stock  string `xml:"stock_code"`
		} `xml:"list"`
	}
	if err := xml.NewDecoder(in).Decode(&file); err != nil {
		t.Fatal(err)
	}
	stocks := map[string]string{}
	for _, row := range file.List {
		stocks[row.Number] = row.Stock
	}
	unlisted := r.dart("&bgn_de=20261113&end_de=20261115")["list"].([]any)[0].(map[string]any)["corp_code"].(string)
	want := map[string]string{"09990910": "990910 ", "09990920": "990920 ", "09990930": "990930 ", "09999990": "999990 ", unlisted: " "}
	if diff := cmp.Diff(want, stocks); diff != "" {
		t.Error(diff)
	}
	res := r.get("/dart/api/corpCode.xml?crtfc_key=x")
	if got := res.Body.String(); !strings.HasSuffix(got, "<result><status>010</status><message>등록되지 않은 키입니다.</message></result>") || res.Code != 200 {
		t.Errorf("%d %s", res.Code, got)
	}
}

// TestDARTDocuments: an EUC-KR file of the exchange's filing, a UTF-8 one of another; refusals are XML.
func TestDARTDocuments(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.at(monday.At(9, 59))
	ask := func(receipt string) string {
		t.Helper()
		res := r.get("/dart/api/document.xml?crtfc_key=" + r.Keys().DARTKey + "&rcept_no=" + receipt)
		if res.Code != http.StatusOK {
			t.Fatal(res.Code)
		}
		return res.Body.String()
	}
	for receipt, status := range map[string]string{"20261116000007": "014", "20261116000008": "014", "": "100", "2026": "100"} {
		if got := ask(receipt); !strings.Contains(got, "<result><status>"+status+"</status><message>") {
			t.Errorf("%q: %s", receipt, got)
		}
	}
	if got := r.get("/dart/api/document.xml?rcept_no=20261113800001").Body.String(); !strings.Contains(got, "<status>010</status>") {
		t.Errorf("without a key: %s", got)
	}
	r.at(monday.At(13, 0))
	for receipt, c := range map[string]struct {
		utf8    bool
		company string
	}{"20261116000007": {true, "가람자동차"}, "20261113800001": {false, "비상장바다"}} {
		body := ask(receipt)
		packed, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
		if err != nil || len(packed.File) != 1 || packed.File[0].Name != receipt+".xml" {
			t.Fatalf("%v: %.100q", err, body)
		}
		in, err := packed.File[0].Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		text := raw
		if utf8.Valid(raw) != c.utf8 {
			t.Errorf("%s: UTF-8 is %v", receipt, !c.utf8)
		}
		if !c.utf8 {
			if text, err = korean.EUCKR.NewDecoder().Bytes(raw); err != nil {
				t.Fatal(err)
			}
		}
		if !strings.Contains(string(text), ">"+c.company+"</COMPANY-NAME>") {
			t.Errorf("%s: %s", receipt, text)
		}
	}
}
