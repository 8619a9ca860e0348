package simulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/simulator"
)

const (
	hub    = "/naver/search/v1/news"
	legacy = "/naver/v1/search/news.json"
)

func (r *rig) hubKeys() []string {
	return []string{"X-NCP-APIGW-API-KEY-ID", r.Keys().NaverHubID, "X-NCP-APIGW-API-KEY", r.Keys().NaverHubSecret}
}

func (r *rig) legacyKeys() []string {
	return []string{"X-Naver-Client-Id", r.Keys().NaverLegacyID, "X-Naver-Client-Secret", r.Keys().NaverLegacySecret}
}

type naverPage struct {
	LastBuildDate         string
	Total, Start, Display int
	Items                 []struct{ Title, OriginalLink, Link, Description, PubDate string }
}

func TestNaverSearch(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.at(monday.At(13, 0))
	for _, c := range []struct {
		query  string
		titles []string
	}{
		{"가람차", []string{`<b>가람차</b> &quot;신차&quot; 공개 &amp; 시승 &lt;현장&gt;`, "다솔칩 증설"}}, // in the title first
		{"가람차&sort=date", []string{"다솔칩 증설", `<b>가람차</b> &quot;신차&quot; 공개 &amp; 시승 &lt;현장&gt;`}},
		{`"가람차" 공장`, []string{"다솔칩 증설"}},
		{"가람차&display=1&start=2", []string{"다솔칩 증설"}},
		{"가람차&start=1000", nil},
		{"유상증자", nil}, // filings are no news
		{"없는 말", nil},
	} {
		q, rest, _ := cut(c.query)
		res := r.get(hub+"?query="+url.QueryEscape(q)+rest, r.hubKeys()...)
		if res.Code != http.StatusOK || res.Header().Get("Content-Type") != "text/plain;charset=UTF-8" {
			t.Fatalf("%s: %d %s %s", c.query, res.Code, res.Header().Get("Content-Type"), res.Body)
		}
		var page naverPage
		if err := json.Unmarshal(res.Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		var titles []string
		for _, item := range page.Items {
			titles = append(titles, item.Title)
			if item.Link != item.OriginalLink || item.Link == "" {
				t.Errorf("links %q and %q", item.Link, item.OriginalLink)
			}
			if _, err := time.Parse(time.RFC1123Z, item.PubDate); err != nil {
				t.Error(err)
			}
		}
		if diff := cmp.Diff(c.titles, titles); diff != "" || page.Display != len(titles) {
			t.Errorf("%s: %s (display %d)", c.query, diff, page.Display)
		}
	}
	if got := len(r.served()["naver"]); got != 2 {
		t.Errorf("%d served, want 2", got)
	}
}

func cut(s string) (query, rest string, found bool) {
	for i := range s {
		if s[i] == '&' {
			return s[:i], s[i:], true
		}
	}
	return s, "", false
}

func TestNaverRefusals(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	const authFailed = `{"error":{"errorCode":"200","message":"Authentication Failed","details":"Invalid authentication information."}}`
	const noClient = `{"errorMessage":"Not Exist Client ID : Authentication failed. (인증에 실패했습니다.)","errorCode":"024"}`
	code := func(c string) string { return `"errorCode":"` + c + `"}` }
	for _, c := range []struct {
		name, path string
		header     []string
		status     int
		tail       string
	}{
		{"hub without keys", hub + "?query=a", nil, 401, authFailed},
		{"hub with legacy keys", hub + "?query=a", r.legacyKeys(), 401, authFailed},
		{"hub with a wrong secret", hub + "?query=a", []string{"X-NCP-APIGW-API-KEY-ID", r.Keys().NaverHubID, "X-NCP-APIGW-API-KEY", "x"}, 401, authFailed},
		{"legacy without keys", legacy + "?query=a", nil, 401, noClient},
		{"legacy with hub keys", legacy + "?query=a", r.hubKeys(), 401, noClient},
		{"no query", legacy, r.legacyKeys(), 400, code("SE01")},
		{"blank query", hub + "?query=%20", r.hubKeys(), 400, code("SE01")},
		{"display 0", legacy + "?query=a&display=0", r.legacyKeys(), 400, code("SE02")},
		{"display 101", hub + "?query=a&display=101", r.hubKeys(), 400, code("SE02")},
		{"start 1001", legacy + "?query=a&start=1001", r.legacyKeys(), 400, code("SE03")},
		{"start no number", legacy + "?query=a&start=x", r.legacyKeys(), 400, code("SE03")},
		{"sort", legacy + "?query=a&sort=asc", r.legacyKeys(), 400, code("SE04")},
		{"another search", "/naver/v1/search/blog.json?query=a", r.legacyKeys(), 404, code("SE05")},
	} {
		res := r.get(c.path, c.header...)
		if body := res.Body.String(); res.Code != c.status || len(body) < len(c.tail) || body[len(body)-len(c.tail):] != c.tail {
			t.Errorf("%s: %d %s", c.name, res.Code, body)
		}
	}
	if res := r.get(legacy+"?query=a", r.legacyKeys()...); res.Code != 200 || res.Header().Get("Content-Type") != "application/json;charset=UTF-8" {
		t.Errorf("legacy: %d %s", res.Code, res.Header().Get("Content-Type"))
	}
}

func TestNaverQuotaIsOfTheDayAndOfBothDoors(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{NaverPerDay: 3})
	var got []string
	for i := range 5 {
		path, keys := hub, r.hubKeys()
		if i%2 == 1 {
			path, keys = legacy, r.legacyKeys()
		}
		res := r.get(path+"?query=a", keys...)
		got = append(got, fmt.Sprintf("%d %v", res.Code, object(t, res.Body)["errorCode"]))
		r.get(path + "?query=a") // a refused key costs nothing
	}
	r.pass(24 * time.Hour)
	got = append(got, fmt.Sprint(r.get(hub+"?query=a", r.hubKeys()...).Code))
	if diff := cmp.Diff([]string{"200 <nil>", "200 <nil>", "200 <nil>", "429 010", "429 010", "200"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestNaverIsTooFast(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{NaverPerSecond: 2, NaverPerDay: 3})
	var got []string
	for range 2 {
		for range 3 {
			res := r.get(hub+"?query=a", r.hubKeys()...)
			got = append(got, fmt.Sprintf("%d %v", res.Code, object(t, res.Body)["errorCode"]))
		}
		r.pass(time.Second)
	}
	// Too fast costs nothing of the day.
	if diff := cmp.Diff([]string{"200 <nil>", "200 <nil>", "429 012", "200 <nil>", "429 010", "429 012"}, got); diff != "" {
		t.Error(diff)
	}
}
