package dart_test

import (
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
