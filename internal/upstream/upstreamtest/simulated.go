package upstreamtest

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/archive"
	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/simulator"
)

// Company is the stock of the simulated world; all its news name it.
var Company = market.Stock{Code: "990910", Name: "가람차", Priority: 1}

// Simulated is a news source against the simulator's page of it: the one list of what every news source must do.
type Simulated struct {
	// System is the simulator's name of the source's system.
	System string
	// New returns the source, talking to the system at baseURL on the clock now.
	New func(baseURL string, keys simulator.Keys, now func() time.Time) Source
	// Part is what Latest is asked for.
	Part string
	// Shows says which articles of the world the source has.
	Shows func(archive.Article) bool
	// Grain is the unit of its times: 24 h for one that gives days.
	Grain time.Duration
	// Secrets are keys of which each must be right; empty for a source without keys.
	Secrets func(simulator.Keys) []string
	// Refusals are error codes of the system's own and what becomes of each.
	Refusals map[string]fault.Kind
}

// Main runs a package's tests in a place whose local time is not Korea's, so that a time read in the machine's own zone
// is seen to be wrong.
func Main(m *testing.M) {
	time.Local = time.FixedZone("elsewhere", -7*60*60)
	os.Exit(m.Run())
}

// RunSimulated runs every check as a subtest.
func RunSimulated(t *testing.T, s Simulated) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, *stage){
		"shows what there is, with the right times": s.shows,
		"a second fetch has nothing new":            s.again,
		"what comes later is fetched":               s.later,
		"an empty answer is no error":               s.empty,
		"a refused key is Unauthorized":             s.unauthorized,
		"over the limit is Limited, with a wait":    s.limited,
		"each error code":                           s.refusals,
		"a broken answer leaves nothing":            s.broken,
		"ctx ends a fetch":                          s.cancelled,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, s.open(t))
		})
	}
}

// monday is the day of the simulated world, a trading day.
var monday = market.NewDay(2026, time.November, 16)

// stage is a source before a simulator of its own.
type stage struct {
	sim    *simulator.Server
	server *httptest.Server
	source Source
}

func (s Simulated) open(t *testing.T) *stage {
	t.Helper()
	dir := t.TempDir()
	writeWorld(t, dir)
	world, err := simulator.OpenArchive(dir)
	if err != nil || len(world.Refused()) > 0 {
		t.Fatal(err, world.Refused())
	}
	sim := simulator.New(world, simulator.Options{Start: monday.At(13, 0)})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return &stage{sim: sim, server: server, source: s.New(server.URL+"/"+s.System, sim.Keys(), sim.Clock().Now)}
}

// articles are the world: news of every publisher and filings, three of each, the last one in the afternoon.
func articles() []archive.Article {
	var list []archive.Article
	for i, hour := range []int{9, 11, 14} {
		at := monday.At(hour, 10*i)
		for n, source := range []string{"naver", "hankyung", "maeil"} {
			published := at.Add(time.Duration(n) * time.Minute)
			list = append(list, archive.Article{Source: source, Press: source + " 신문", Title: fmt.Sprintf(`가람차 "%s" & %d호 <소식>`, source, i),
				Summary: "가람차가 새 소식을 알렸다.", URL: fmt.Sprintf("https://%s.example.kr/article/%d?a=1&b=2", source, i),
				PublishedAt: published, FirstSeenAt: published, TimeQuality: news.TimeExact})
		}
		list = append(list, archive.Article{Source: archive.SourceDART, Press: "금융감독원", Title: "[공시] 소식", TimeQuality: news.TimeDate,
			Summary:     fmt.Sprintf("[가람차] 보고 %d호  \n제출인: 가람차\n원문: %s", i, archive.ViewerURL(fmt.Sprintf("2026111680000%d", i))),
			PublishedAt: monday.At(0, 0), FirstSeenAt: at})
	}
	return list
}

func writeWorld(t *testing.T, dir string) {
	t.Helper()
	w, err := archive.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	err = w.Stock(archive.Stock{Stock: Company, Market: "KOSPI"})
	for _, a := range articles() {
		err = errors.Join(err, w.Article(a))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
}

// at sets the simulated clock.
func (g *stage) at(hour, minute int) {
	now := monday.At(hour, minute)
	g.sim.Clock().Set(&now, nil)
}

// fails switches a fault on.
func (g *stage) fails(t *testing.T, s Simulated, body string) {
	t.Helper()
	req := httptest.NewRequest("PUT", "/_sim/faults/"+s.System, strings.NewReader(body))
	res := httptest.NewRecorder()
	if g.sim.ServeHTTP(res, req); res.Code != 200 {
		t.Fatalf("%s: %s", body, res.Body)
	}
}

// entry is what the kit compares of an item.
type entry struct {
	ID, Title string
	At        time.Time
	Quality   news.TimeQuality
}

// fetch returns the items by title, cleaned as crawling cleans them.
func (g *stage) fetch(t *testing.T, s Simulated, mark news.Bookmark) ([]entry, news.Bookmark) {
	t.Helper()
	items, next, err := g.source.Latest(t.Context(), s.Part, mark)
	if err != nil {
		t.Fatal(err)
	}
	var list []entry
	seen := map[string]bool{}
	for _, item := range items {
		if item.ExternalID == "" || seen[item.ExternalID] || item.Source != g.source.Name() || item.URL == "" {
			t.Errorf("item %+v: its id is empty or taken, its source not %q, or its address missing", item, g.source.Name())
		}
		seen[item.ExternalID] = true
		a := news.Clean(item, g.sim.Clock().Now())
		if a.Mojibake || a.AvailableAt.Before(g.sim.Clock().Now()) {
			t.Errorf("%q: mojibake %v, available at %s before it was fetched", a.Title, a.Mojibake, a.AvailableAt)
		}
		list = append(list, entry{ID: item.ExternalID, Title: a.Title, At: item.PublishedAt.In(market.KST), Quality: item.TimeQuality})
	}
	slices.SortFunc(list, func(a, b entry) int { return strings.Compare(a.Title, b.Title) })
	return list, next
}

// want is what the source has at an hour, ids left out.
func (s Simulated) want(hour int) []entry {
	var list []entry
	for _, a := range articles() {
		if !s.Shows(a) || a.FirstSeenAt.After(monday.At(hour, 0)) {
			continue
		}
		e := entry{Title: a.Title, At: a.PublishedAt.Truncate(min(s.Grain, time.Hour)).In(market.KST), Quality: a.TimeQuality}
		if f, ok := a.Filing(); ok {
			e.Title = "[" + f.Company + "] " + strings.TrimSpace(f.Report)
		}
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b entry) int { return strings.Compare(a.Title, b.Title) })
	return list
}

func withoutIDs(list []entry) []entry {
	bare := slices.Clone(list)
	for i := range bare {
		bare[i].ID = ""
	}
	return bare
}

func (s Simulated) shows(t *testing.T, g *stage) {
	got, _ := g.fetch(t, s, "")
	want := s.want(13)
	if len(want) < 2 {
		t.Fatalf("the world has %d articles for the source: too few", len(want))
	}
	if diff := cmp.Diff(want, withoutIDs(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// again fetches with and without the bookmark, and after the source was made anew, as by another process.
func (s Simulated) again(t *testing.T, g *stage) {
	first, next := g.fetch(t, s, "")
	known := map[string]bool{}
	for _, e := range first {
		known[e.ID] = true
	}
	g.source = s.New(g.server.URL+"/"+s.System, g.sim.Keys(), g.sim.Clock().Now)
	second, _ := g.fetch(t, s, "")
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("two fetches (-first +second):\n%s", diff)
	}
	third, _ := g.fetch(t, s, next)
	for _, e := range third {
		if !known[e.ID] {
			t.Errorf("%+v is new, and nothing has happened", e)
		}
	}
}

func (s Simulated) later(t *testing.T, g *stage) {
	first, next := g.fetch(t, s, "")
	g.at(15, 0)
	second, _ := g.fetch(t, s, next)
	known := map[string]bool{}
	for _, e := range first {
		known[e.ID] = true
	}
	fresh := slices.DeleteFunc(slices.Clone(second), func(e entry) bool { return known[e.ID] })
	before := s.want(13)
	want := slices.DeleteFunc(s.want(15), func(e entry) bool { return slices.Contains(before, e) })
	if diff := cmp.Diff(want, withoutIDs(fresh)); diff != "" {
		t.Errorf("what came since (-want +got):\n%s", diff)
	}
}

func (s Simulated) empty(t *testing.T, g *stage) {
	g.at(8, 0)
	if got, _ := g.fetch(t, s, ""); len(got) > 0 {
		t.Errorf("before the first article: %+v", got)
	}
}

// unauthorized spoils each key in turn.
func (s Simulated) unauthorized(t *testing.T, g *stage) {
	if s.Secrets == nil {
		return // anybody may read it
	}
	right := s.Secrets(g.sim.Keys())
	for _, secret := range right {
		keys := spoiled(g.sim.Keys(), secret)
		g.source = s.New(g.server.URL+"/"+s.System, keys, g.sim.Clock().Now)
		g.refused(t, s, fault.Unauthorized)
	}
}

// spoiled returns the keys with one of them wrong.
func spoiled(keys simulator.Keys, secret string) simulator.Keys {
	for _, key := range []*string{&keys.NaverHubID, &keys.NaverHubSecret, &keys.NaverLegacyID, &keys.NaverLegacySecret, &keys.DARTKey} {
		if *key == secret {
			*key = "wrong-" + secret
		}
	}
	return keys
}

// refused fetches and wants nothing but an error of the kind that names the source and shows no key.
func (g *stage) refused(t *testing.T, s Simulated, kind fault.Kind) error {
	t.Helper()
	items, mark, err := g.source.Latest(t.Context(), s.Part, "before")
	if err == nil || fault.KindOf(err) != kind || len(items) > 0 || mark != "before" {
		t.Errorf("%d items, bookmark %q and %v (%s), want no items, the old bookmark and %s", len(items), mark, err, fault.KindOf(err), kind)
		return err
	}
	if !strings.Contains(err.Error(), g.source.Name()) {
		t.Errorf("the error does not name %q: %v", g.source.Name(), err)
	}
	if s.Secrets != nil {
		for _, secret := range s.Secrets(g.sim.Keys()) {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error shows a key: %v", err)
			}
		}
	}
	return err
}

func (s Simulated) limited(t *testing.T, g *stage) {
	bodies := []string{`{"limit":true}`}
	if s.Refusals != nil {
		bodies = append(bodies, `{"limit":true,"mild":true}`)
	}
	for _, body := range bodies {
		g.fails(t, s, body)
		if err := g.refused(t, s, fault.Limited); fault.RetryAfterOf(err) <= 0 {
			t.Errorf("%s: no wait: %v", body, err)
		}
	}
}

func (s Simulated) refusals(t *testing.T, g *stage) {
	for code, kind := range s.Refusals {
		for _, mild := range []bool{false, true} {
			g.fails(t, s, fmt.Sprintf(`{"code":%q,"mild":%v}`, code, mild))
			if err := g.refused(t, s, kind); err != nil && !strings.Contains(err.Error(), code) {
				t.Errorf("code %s is not told: %v", code, err)
			}
		}
	}
}

func (s Simulated) broken(t *testing.T, g *stage) {
	for body, kind := range map[string]fault.Kind{
		`{"malformed":true}`: fault.Unavailable,
		`{"reset":true}`:     fault.Unavailable,
		`{"status":502}`:     fault.Unavailable,
		`{"status":403}`:     fault.Forbidden,
	} {
		g.fails(t, s, body)
		g.refused(t, s, kind)
	}
}

func (s Simulated) cancelled(t *testing.T, g *stage) {
	g.fails(t, s, `{"latency_ms":100000}`)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	items, mark, err := g.source.Latest(ctx, s.Part, "before")
	if !errors.Is(err, context.DeadlineExceeded) || len(items) > 0 || mark != "before" {
		t.Errorf("%d items, bookmark %q, %v", len(items), mark, err)
	}
}
