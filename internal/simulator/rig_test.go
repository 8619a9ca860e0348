package simulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/simulator"
)

// monday is the day of the small archive: 2026-11-16, a trading day after a weekend.
var monday = market.NewDay(2026, time.November, 16)

// rig is a server over a small archive, on a clock that stands still and a wall that a test moves.
type rig struct {
	*simulator.Server
	t    *testing.T
	mu   sync.Mutex
	wall time.Time
}

func newRig(t *testing.T, world simulator.World, limits simulator.Limits) *rig {
	t.Helper()
	r := &rig{t: t, wall: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	r.Server = simulator.New(world, simulator.Options{Wall: r.now, Limits: limits, Chats: []int64{7, -70}})
	return r
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wall
}

// pass lets the wall go on.
func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wall = r.wall.Add(d)
}

// at puts the simulated clock to an instant.
func (r *rig) at(t time.Time) { r.Clock().Set(&t, nil) }

// do sends a request; header is a list of names and values.
func (r *rig) do(method, path, body string, header ...string) *httptest.ResponseRecorder {
	r.t.Helper()
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, req)
	return rec
}

func (r *rig) get(path string, header ...string) *httptest.ResponseRecorder {
	r.t.Helper()
	return r.do(http.MethodGet, path, "", header...)
}

// object decodes a JSON answer into untyped values, numbers kept apart from strings.
func object(t *testing.T, body io.Reader) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.NewDecoder(body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// smallArchive writes a folder with three companies, twelve sessions of bars and six lines of news.
func smallArchive(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	w, err := archive.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct{ name, market string }{{"가람차", "KOSPI"}, {"다솔칩", "KOSDAQ"}, {"마루전선", ""}} {
		code := market.Code([]string{"990910", "990920", "990930"}[i])
		if err := w.Stock(archive.Stock{Stock: market.Stock{Code: code, Name: c.name, Priority: 1}, Market: c.market}); err != nil {
			t.Fatal(err)
		}
		calendar := market.NewCalendar()
		for n := -8; n <= 3; n++ {
			day, err := calendar.Add(monday, n)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Bar(market.Bar{Code: code, Day: day, Close: int64(1_000_000*(i+1) + 1000*n), Volume: 1234567}); err != nil {
				t.Fatal(err)
			}
		}
	}
	filing := archive.Article{Source: archive.SourceDART, Press: "금융감독원", Title: "[공시] 유상증자결정", TimeQuality: news.TimeDate,
		Summary:     "[가람자동차] 주요사항보고서(유상증자결정)   \n제출인: 가람자동차\n원문: https://dart.fss.or.kr/dsaf001/main.do?rcpNo=20261116000007",
		PublishedAt: monday.At(0, 0), FirstSeenAt: monday.At(10, 0)}
	again := filing
	again.FirstSeenAt, again.Title = monday.At(11, 0), "[공시] 다시 본 유상증자결정"
	unlisted := archive.Article{Source: archive.SourceDART, Press: "금융감독원", Title: "[공시] 소송등의제기", TimeQuality: news.TimeDate,
		Summary:     "[비상장바다] 소송등의제기ㆍ신청\n제출인: 이대리\n원문: https://dart.fss.or.kr/dsaf001/main.do?rcpNo=20261113800001",
		PublishedAt: (monday - 3).At(0, 0), FirstSeenAt: monday.At(9, 30)}
	for _, a := range []archive.Article{
		{Source: "naver", Press: "새벽나루일보", Title: `가람차 "신차" 공개 & 시승 <현장>`, Summary: "가람차가 새 승합차를 내놨다.", URL: "https://saebyeok.invalid/1",
			PublishedAt: monday.At(9, 0), FirstSeenAt: monday.At(9, 1), TimeQuality: news.TimeExact},
		unlisted, filing,
		{Source: "maeil", Press: "매듭샘경제", Title: "다솔칩 증설", Summary: "다솔칩과 가람차가 ]]> 함께 공장을 짓는다.",
			PublishedAt: monday.At(10, 30), FirstSeenAt: monday.At(10, 30), TimeQuality: news.TimeCrawl},
		again,
		{Source: "hankyung", Press: "한길벼리경제", Title: "마루전선 수주", PublishedAt: monday.At(12, 0), FirstSeenAt: monday.At(12, 0), TimeQuality: news.TimeExact},
	} {
		if err := w.Article(a); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func smallRig(t *testing.T, limits simulator.Limits) *rig {
	t.Helper()
	world, err := simulator.OpenArchive(smallArchive(t))
	if err != nil {
		t.Fatal(err)
	}
	if refused := world.Refused(); len(refused) > 0 {
		t.Fatal(refused)
	}
	return newRig(t, world, limits)
}
