package simulator_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/simulator"
)

type stockGroup struct {
	Total int
	Items []struct{ ID, OfficeID, ArticleID, OfficeName, Datetime, Title, Body, MobileNewsURL string }
}

func (r *rig) stockNews(query string) []stockGroup {
	r.t.Helper()
	res := r.get("/naverstock/api/news/stock/" + query)
	var groups []stockGroup
	if err := json.Unmarshal(res.Body.Bytes(), &groups); err != nil || res.Code != http.StatusOK {
		r.t.Fatalf("%s: %d %v: %s", query, res.Code, err, res.Body)
	}
	return groups
}

func TestNaverStock(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.at(monday.At(13, 0))
	groups := r.stockNews("990910")
	if len(groups) != 2 || groups[0].Total != 1 || len(groups[1].Items) != 1 {
		t.Fatalf("%+v", groups)
	}
	first := groups[1].Items[0]
	if first.Datetime != "202611160900" || first.Title != `가람차 &#34;신차&#34; 공개 &amp; 시승 &lt;현장&gt;` || first.OfficeName != "새벽나루일보" ||
		len(first.OfficeID) != 3 || len(first.ArticleID) != 10 || first.MobileNewsURL != "https://n.news.naver.com/mnews/article/"+first.OfficeID+"/"+first.ArticleID {
		t.Errorf("%+v", first)
	}
	if diff := cmp.Diff(groups[1:], r.stockNews("990910?pageSize=1&page=2")); diff != "" {
		t.Error(diff)
	}
	for _, empty := range []string{"990910?page=2", "123456", "999990", "x"} {
		if got := r.stockNews(empty); got == nil || len(got) != 0 {
			t.Errorf("%s: %+v, want an empty list", empty, got)
		}
	}
	r.at(monday.At(9, 0))
	if got := r.stockNews("990910"); len(got) != 0 {
		t.Errorf("an article is shown before it is seen: %+v", got)
	}
	if got := len(r.served()["naverstock"]); got != 2 {
		t.Errorf("%d served, want 2", got)
	}
	for path, status := range map[string]int{"api/news/stock/990910?page=0": 400, "api/news/stock/990910?pageSize=101": 400, "api/news/list": 404} {
		if res := r.get("/naverstock/" + path); res.Code != status {
			t.Errorf("%s: %d, want %d", path, res.Code, status)
		}
	}
	r.do("PUT", "/_sim/faults/naverstock", `{"limit":true}`)
	if res := r.get("/naverstock/api/news/stock/990910"); res.Code != 429 || res.Header().Get("Retry-After") != "2" {
		t.Errorf("over its limit: %d", res.Code)
	}
}
