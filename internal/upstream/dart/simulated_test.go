package dart_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/archive"
	"tickerwire/internal/fault"
	"tickerwire/internal/news"
	"tickerwire/internal/simulator"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/dart"
	"tickerwire/internal/upstream/upstreamtest"
)

func TestMain(m *testing.M) { upstreamtest.Main(m) }

func TestSimulated(t *testing.T) {
	t.Parallel()
	upstreamtest.RunSimulated(t, upstreamtest.Simulated{
		System: "dart",
		New: func(baseURL string, keys simulator.Keys, now func() time.Time) upstreamtest.Source {
			return &dart.Source{Client: &upstream.Client{Now: now}, BaseURL: baseURL, Key: keys.DARTKey, Now: now}
		},
		Shows:   func(a archive.Article) bool { return a.Source == archive.SourceDART },
		Grain:   24 * time.Hour,
		Secrets: func(k simulator.Keys) []string { return []string{k.DARTKey} },
		Refusals: map[string]fault.Kind{"010": fault.Unauthorized, "011": fault.Unauthorized, "901": fault.Unauthorized, "012": fault.Forbidden,
			"101": fault.Forbidden, "014": fault.NotFound, "020": fault.Limited, "021": fault.Invalid, "100": fault.Invalid,
			"800": fault.Unavailable, "900": fault.Unavailable},
	})
}

// TestSimulatedFilers reads the simulator's list of filers: every listed company, by the numbers of its filings.
func TestSimulatedFilers(t *testing.T) {
	t.Parallel()
	world, err := simulator.NewMarket(simulator.MarketOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sim := simulator.New(world, simulator.Options{})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	s := &dart.Source{Client: &upstream.Client{}, BaseURL: server.URL + "/dart", Key: sim.Keys().DARTKey, Now: sim.Clock().Now}
	got, err := s.Filers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var want []news.Filer
	for _, c := range world.Companies() {
		want = append(want, news.Filer{Number: c.CorpCode(), Code: c.Code, Name: c.Name})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	items, _, err := s.Latest(t.Context(), "", "")
	if err != nil || len(items) == 0 {
		t.Fatal(items, err)
	}
	for _, item := range items {
		named := slices.ContainsFunc(got, func(f news.Filer) bool { return f.Number == item.FilerNumber && f.Code == item.Filer })
		if item.Filer != "" && !named {
			t.Errorf("%+v is filed by nobody of the list", item)
		}
	}
	s.Key = "wrong"
	if filers, err := s.Filers(t.Context()); fault.KindOf(err) != fault.Unauthorized || filers != nil {
		t.Errorf("%v, %v", filers, err)
	}
}

// halted is a limiter that lets nothing pass once it was told to pause.
type halted struct{ until time.Duration }

func (h *halted) Take(_ context.Context, key string) error {
	if h.until > 0 {
		return fault.After(fault.Limited, h.until, "%s is paused", key)
	}
	return nil
}

func (h *halted) Pause(_ context.Context, _ string, d time.Duration) error {
	h.until = d
	return nil
}

// TestTheDaysEndStopsTheFleet: after status 020 nothing is asked until midnight KST, whoever asks.
func TestTheDaysEndStopsTheFleet(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		fmt.Fprint(w, `{"status":"020","message":"사용한도를 초과하였습니다."}`)
	}))
	t.Cleanup(server.Close)
	limiter := &halted{}
	for range 3 {
		s := &dart.Source{Client: &upstream.Client{Now: now, Limiter: limiter}, BaseURL: server.URL, Key: key, Now: now}
		if _, _, err := s.Latest(t.Context(), "", ""); fault.KindOf(err) != fault.Limited || fault.RetryAfterOf(err) != 14*time.Hour+45*time.Minute {
			t.Errorf("%v", err)
		}
		if _, err := s.Filers(t.Context()); fault.KindOf(err) != fault.Limited {
			t.Errorf("%v", err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}
}
