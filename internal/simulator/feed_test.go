package simulator_test

import (
	"encoding/xml"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/simulator"
)

type rss struct {
	Items []struct {
		Title       string `xml:"title"`
		Link        string `xml:"link"`
		GUID        string `xml:"guid"`
		Description string `xml:"description"`
		Source      string `xml:"source"`
		Author      string `xml:"author"`
		PubDate     string `xml:"pubDate"`
		Categories  []struct {
			Domain string `xml:"domain,attr"`
			Value  string `xml:",chardata"`
		} `xml:"category"`
	} `xml:"channel>item"`
}

func (r *rig) feed(name string) rss {
	r.t.Helper()
	res := r.get("/feed/" + name)
	if res.Code != http.StatusOK {
		r.t.Fatalf("%s: %d", name, res.Code)
	}
	var out rss
	if err := xml.Unmarshal(res.Body.Bytes(), &out); err != nil {
		r.t.Fatal(err)
	}
	return out
}

func (r *rig) served() map[string][]string {
	r.t.Helper()
	out := map[string][]string{}
	for source, ids := range object(r.t, r.get("/_sim/served").Body) {
		for _, id := range ids.([]any) {
			out[source] = append(out[source], id.(string))
		}
	}
	return out
}

func TestWireShowsEachItemFromItsTimeOn(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	if want := monday.At(9, 0); !r.Clock().Now().Equal(want) {
		t.Errorf("starts at %v, want the minute before the first article", r.Clock().Now())
	}
	for _, step := range []struct {
		at   time.Time
		want int
	}{{monday.At(9, 0), 0}, {monday.At(9, 1).Add(-1), 0}, {monday.At(9, 1), 1}, {monday.At(9, 30), 2}, {monday.At(10, 0), 3}, {monday.At(10, 30), 4}, {monday.At(11, 30), 4}, {monday.At(12, 0), 5}} {
		r.at(step.at)
		if got := len(r.feed("wire").Items); got != step.want {
			t.Errorf("at %v %d items, want %d", step.at, got, step.want)
		}
	}
	ids := r.served()["wire"]
	if len(ids) != 5 || ids[1] != "20261113800001" || ids[2] != "20261116000007" {
		t.Errorf("served %v", ids)
	}
}

func TestWireItems(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.at(monday.At(13, 0))
	items := r.feed("wire").Items
	newest, crawled, filing, unlisted, first := items[0], items[1], items[2], items[3], items[4]
	if newest.Title != "마루전선 수주" || newest.Link != "https://archive.invalid/a/"+newest.GUID || newest.Source != "한길벼리경제" {
		t.Errorf("newest %+v", newest)
	}
	if crawled.PubDate != "" {
		t.Errorf("a crawl's own time is published: %q", crawled.PubDate)
	}
	if filing.GUID != "20261116000007" || filing.Title != "[공시] 유상증자결정" || filing.PubDate != "Mon, 16 Nov 2026" || !strings.HasSuffix(filing.Link, "rcpNo=20261116000007") {
		t.Errorf("filing %+v", filing)
	}
	if len(filing.Categories) != 2 || filing.Categories[0].Value != "disclosure" || filing.Categories[1].Value != "990910" || filing.Categories[1].Domain != "code" {
		t.Errorf("filing's categories %+v", filing.Categories)
	}
	if len(unlisted.Categories) != 1 {
		t.Errorf("an unlisted company has a code: %+v", unlisted.Categories)
	}
	if first.Title != `가람차 "신차" 공개 & 시승 <현장>` || first.PubDate != "Mon, 16 Nov 2026 09:00:00 +0900" || len(first.Categories) != 0 {
		t.Errorf("first %+v", first)
	}
}

func TestPublishersFeedsSpeakTheirDialects(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.at(monday.At(13, 0))
	hankyung, maeil := r.feed("hankyung").Items, r.feed("maeil").Items
	if len(hankyung) != 1 || hankyung[0].GUID != "" || hankyung[0].Description != "" || hankyung[0].Author != "한길벼리경제" || hankyung[0].PubDate != "Mon, 16 Nov 2026 12:00:00 +0900" {
		t.Errorf("hankyung %+v", hankyung)
	}
	if len(maeil) != 1 || maeil[0].Description != "다솔칩과 가람차가 ]]> 함께 공장을 짓는다." || maeil[0].PubDate != "Mon, 16 Nov 2026 10:30:00 +09:00" {
		t.Errorf("maeil %+v", maeil)
	}
	want := map[string]int{"hankyung": 1, "maeil": 1}
	for source, n := range want {
		if got := len(r.served()[source]); got != n {
			t.Errorf("served %s: %d, want %d", source, got, n)
		}
	}
}

func TestFeedConditionalGet(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.at(monday.At(10, 0))
	first := r.get("/feed/wire")
	etag, modified := first.Header().Get("ETag"), first.Header().Get("Last-Modified")
	if etag == "" || modified != monday.At(10, 0).UTC().Format(http.TimeFormat) {
		t.Fatalf("ETag %q, Last-Modified %q", etag, modified)
	}
	for _, c := range []struct {
		name   string
		at     time.Time
		header []string
		want   int
	}{
		{"same tag", monday.At(10, 29), []string{"If-None-Match", etag}, 304},
		{"one of several tags, weak", monday.At(10, 0), []string{"If-None-Match", `"x", W/` + etag}, 304},
		{"same date", monday.At(10, 0), []string{"If-Modified-Since", modified}, 304},
		{"the tag decides", monday.At(10, 0), []string{"If-None-Match", `"x"`, "If-Modified-Since", modified}, 200},
		{"broken date", monday.At(10, 0), []string{"If-Modified-Since", "yesterday"}, 200},
		{"changed", monday.At(10, 30), []string{"If-None-Match", etag}, 200},
		{"changed by date", monday.At(10, 30), []string{"If-Modified-Since", modified}, 200},
	} {
		r.at(c.at)
		res := r.get("/feed/wire", c.header...)
		if res.Code != c.want || res.Code == 304 && res.Body.Len() > 0 {
			t.Errorf("%s: %d with %d bytes, want %d", c.name, res.Code, res.Body.Len(), c.want)
		}
	}
}

func TestNotServedIsNotCounted(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.at(monday.At(10, 0))
	etag := r.do(http.MethodHead, "/feed/wire", "").Header().Get("ETag")
	if res := r.get("/feed/wire", "If-None-Match", etag); res.Code != http.StatusNotModified {
		t.Fatal(res.Code)
	}
	if got := r.served(); len(got) > 0 {
		t.Errorf("HEAD and 304 count as served: %v", got)
	}
}

func TestFeedRefusals(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	got := []int{r.get("/feed/stock").Code, r.get("/feed/").Code, r.do(http.MethodPost, "/feed/wire", "").Code, r.get("/nothing").Code}
	if diff := cmp.Diff([]int{404, 404, 405, 404}, got); diff != "" {
		t.Error(diff)
	}
}

func TestMaeilKnowsNoConditions(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.at(monday.At(13, 0))
	res := r.get("/feed/maeil", "If-None-Match", "*", "If-Modified-Since", monday.At(14, 0).UTC().Format(http.TimeFormat))
	if res.Code != http.StatusOK || res.Header().Get("ETag") != "" || res.Header().Get("Last-Modified") != "" {
		t.Errorf("%d, %v", res.Code, res.Header())
	}
}

func TestSectionsRepeatTheirPublishersItems(t *testing.T) {
	t.Parallel()
	world := newMarket(t, simulator.MarketOptions{})
	r := newRig(t, world, simulator.Limits{})
	r.at(world.Start().Add(2 * time.Hour))
	for whole, section := range map[string]string{"hankyung": "hankyung-finance", "maeil": "maeil-stock"} {
		links := map[string]bool{}
		for _, item := range r.feed(whole).Items {
			links[item.Link] = true
		}
		again := 0
		part := r.feed(section).Items
		for _, item := range part {
			if links[item.Link] {
				again++
			}
		}
		if again == 0 || len(links) < publisherItems && (again != len(part) || again == len(links)) {
			t.Errorf("%s: %d items, of which %d of the %d in %s", section, len(part), again, len(links), whole)
		}
	}
}

// publisherItems is how many items a publisher's feed has at most.
const publisherItems = 50
