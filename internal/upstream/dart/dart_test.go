package dart_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/dart"
	"tickerwire/internal/upstream/upstreamtest"
)

const (
	key     = "0123456789abcdef0123456789abcdef01234567"
	nothing = `{"status":"013","message":"조회된 데이타가 없습니다."}`
)

func now() time.Time { return market.NewDay(2026, time.November, 23).At(9, 15) }

func source(baseURL string) *dart.Source {
	return &dart.Source{Client: &upstream.Client{Now: now}, BaseURL: baseURL, Key: key, Now: now}
}

// today answers the saved list for 2026-11-23 and nothing for other days.
func today(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		switch {
		case query.Get("crtfc_key") != key || r.URL.Path != "/api/list.json":
			fmt.Fprint(w, `{"status":"010","message":"등록되지 않은 키입니다."}`)
		case query.Get("bgn_de") == "20261123":
			fmt.Fprintf(w, "%s", upstreamtest.File(t, "list.json"))
		default:
			fmt.Fprint(w, nothing)
		}
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	upstreamtest.Run(t, upstreamtest.Case{
		New: func(baseURL string) upstreamtest.Source { return source(baseURL) },
		Healthy: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { // both days, so that half a body shows
			fmt.Fprintf(w, "%s", upstreamtest.File(t, "list.json"))
		}),
		Secrets: []string{key},
	})
}

func TestLatest(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(today(t))
	t.Cleanup(server.Close)
	items, mark, err := source(server.URL).Latest(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	upstreamtest.Golden(t, "list", items)
	if mark != "20261122=0&20261123=4" {
		t.Errorf("bookmark %q", mark)
	}
}

type asked struct{ Day, Page string }

// year is a DART with so many filings per day, numbered, in pages of 100; quoted says that numbers come as strings.
func year(t *testing.T, perDay map[string]int, quoted bool, calls *[]asked) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		*calls = append(*calls, asked{query.Get("bgn_de"), query.Get("page_no")})
		if query.Get("end_de") != query.Get("bgn_de") || query.Get("page_count") != "100" {
			t.Errorf("asked %s", r.URL.RawQuery)
		}
		total, number := perDay[query.Get("bgn_de")], 0
		if _, err := fmt.Sscan(query.Get("page_no"), &number); err != nil {
			t.Error(err)
		}
		if total == 0 {
			fmt.Fprint(w, nothing)
			return
		}
		var list []map[string]string
		for n := (number-1)*100 + 1; n <= number*100 && n <= total; n++ {
			list = append(list, map[string]string{"corp_name": "가상전자", "stock_code": "900001", "report_nm": "보고",
				"rcept_no": fmt.Sprintf("%s%06d", query.Get("bgn_de"), n), "rcept_dt": query.Get("bgn_de")})
		}
		answer := map[string]any{"status": "000", "total_count": total, "total_page": (total + 99) / 100, "list": list}
		if quoted {
			answer["total_count"], answer["total_page"] = strconv.Itoa(total), strconv.Itoa((total+99)/100)
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	})
}

func TestDaysAndPages(t *testing.T) {
	t.Parallel()
	busy := map[string]int{"20261122": 100, "20261123": 201}
	for _, c := range []struct {
		name  string
		mark  news.Bookmark
		want  []asked
		items int
		next  news.Bookmark
	}{
		{"the first fetch", "", []asked{{"20261122", "1"}, {"20261123", "1"}, {"20261123", "2"}, {"20261123", "3"}}, 301, "20261122=100&20261123=201"},
		{"nothing new", "20261122=100&20261123=201", []asked{{"20261122", "1"}, {"20261123", "1"}}, 200, "20261122=100&20261123=201"},
		{"one more today", "20261122=100&20261123=200", []asked{{"20261122", "1"}, {"20261123", "1"}, {"20261123", "2"}, {"20261123", "3"}}, 301, "20261122=100&20261123=201"},
		{"after an outage", "20261119=5&20261120=9", []asked{{"20261120", "1"}, {"20261121", "1"}, {"20261122", "1"}, {"20261123", "1"}, {"20261123", "2"}, {"20261123", "3"}}, 301, "20261120=0&20261121=0&20261122=100&20261123=201"},
		{"after a long outage", "20260101=5", []asked{{"20261116", "1"}, {"20261117", "1"}, {"20261118", "1"}, {"20261119", "1"}, {"20261120", "1"}, {"20261121", "1"}, {"20261122", "1"}, {"20261123", "1"}, {"20261123", "2"}, {"20261123", "3"}}, 301, "20261116=0&20261117=0&20261118=0&20261119=0&20261120=0&20261121=0&20261122=100&20261123=201"},
		{"a bookmark that is not ours", "etag=7&x", []asked{{"20261122", "1"}, {"20261123", "1"}, {"20261123", "2"}, {"20261123", "3"}}, 301, "20261122=100&20261123=201"},
	} {
		for _, quoted := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, quoted %v", c.name, quoted), func(t *testing.T) {
				t.Parallel()
				var calls []asked
				server := httptest.NewServer(year(t, busy, quoted, &calls))
				t.Cleanup(server.Close)
				items, next, err := source(server.URL).Latest(t.Context(), "", c.mark)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.want, calls); diff != "" {
					t.Errorf("calls (-want +got):\n%s", diff)
				}
				if len(items) != c.items || next != c.next {
					t.Errorf("%d items and %q, want %d and %q", len(items), next, c.items, c.next)
				}
			})
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	status := func(code string) string { return `{"status":"` + code + `","message":"안내문 ` + key + `"}` }
	for _, c := range []struct {
		name string
		http int
		body string
		kind fault.Kind
		wait time.Duration
		says string
	}{
		{"010", 200, status("010"), fault.Unauthorized, 0, "안내문 ***"},
		{"011", 200, status("011"), fault.Unauthorized, 0, "suspended"},
		{"012", 200, status("012"), fault.Forbidden, 0, "this address"},
		{"014", 200, status("014"), fault.NotFound, 0, "014"},
		{"020", 200, status("020"), fault.Limited, 14*time.Hour + 45*time.Minute, "used up"},
		{"021", 200, status("021"), fault.Invalid, 0, "021"},
		{"100", 200, status("100"), fault.Invalid, 0, "100"},
		{"101", 200, status("101"), fault.Forbidden, 0, "improper"},
		{"800", 200, status("800"), fault.Unavailable, 0, "800"},
		{"900", 200, status("900"), fault.Unavailable, 0, "900"},
		{"901", 200, status("901"), fault.Unauthorized, 0, "901"},
		{"an unknown status", 200, status("777"), fault.Unavailable, 0, "777"},
		{"an error as XML", 200, `<?xml version="1.0" encoding="UTF-8"?><result><status>010</status><message>등록되지 않은 키입니다.</message></result>`, fault.Unauthorized, 0, "등록되지"},
		{"a status behind a 500", 500, status("800"), fault.Unavailable, 0, "800"},
		{"000 without a list", 200, `{"status":"000","message":"정상"}`, fault.Unavailable, 0, "no list"},
		{"a filing without a number", 200, `{"status":"000","total_page":1,"list":[{"corp_name":"가상전자"}]}`, fault.Unavailable, 0, "receipt number"},
		{"429", 429, ``, fault.Limited, 3 * time.Second, "429"},
		{"502", 502, `<html>`, fault.Unavailable, 3 * time.Second, "502"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if c.http != http.StatusOK {
					w.Header().Set("Retry-After", "3")
				}
				w.WriteHeader(c.http)
				fmt.Fprint(w, c.body)
			}))
			t.Cleanup(server.Close)
			items, next, err := source(server.URL).Latest(t.Context(), "", "kept")
			if len(items) != 0 || next != "kept" {
				t.Errorf("%d items, bookmark %q", len(items), next)
			}
			wait := c.wait
			if c.http == http.StatusInternalServerError {
				wait = 3 * time.Second
			}
			if fault.KindOf(err) != c.kind || fault.RetryAfterOf(err) != wait {
				t.Errorf("kind %s after %s, want %s after %s: %v", fault.KindOf(err), fault.RetryAfterOf(err), c.kind, wait, err)
			}
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "dart: filings of 2026-11-22: ") || strings.Contains(err.Error(), key) {
				t.Errorf("message %v, want it to say %q", err, c.says)
			}
		})
	}
}

func TestEndlessPages(t *testing.T) {
	t.Parallel()
	var pages int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		pages++
		fmt.Fprint(w, `{"status":"000","total_count":9999999,"total_page":99999,"list":[]}`)
	}))
	t.Cleanup(server.Close)
	if _, _, err := source(server.URL).Latest(t.Context(), "", ""); fault.KindOf(err) != fault.Unavailable || pages != 200 {
		t.Errorf("%d pages, %v", pages, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(upstreamtest.File(f, "list.json"))
	f.Add([]byte(nothing))
	f.Add([]byte(`<result><status>010</status></result>`))
	f.Add([]byte(`{"status":"000","total_count":"7","list":[{"rcept_no":"1"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		items, err := source("").Read(&upstream.Response{Status: http.StatusOK, Body: body}, market.DayOf(now()))
		if err != nil && fault.KindOf(err) == fault.Internal {
			t.Errorf("an error without a kind: %v", err)
		}
		for _, item := range items {
			if item.ExternalID == "" || item.PublishedAt.IsZero() || item.Kind != news.KindDisclosure {
				t.Errorf("%+v", item)
			}
		}
	})
}
