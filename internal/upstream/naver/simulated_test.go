package naver_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/fault"
	"tickerwire/internal/simulator"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/naver"
	"tickerwire/internal/upstream/upstreamtest"
)

func TestMain(m *testing.M) { upstreamtest.Main(m) }

// profileKeys picks a profile's keys.
func profileKeys(profile naver.Profile, k simulator.Keys) (id, secret string) {
	if profile == naver.Hub {
		return k.NaverHubID, k.NaverHubSecret
	}
	return k.NaverLegacyID, k.NaverLegacySecret
}

func TestSimulated(t *testing.T) {
	t.Parallel()
	for _, profile := range []naver.Profile{naver.Hub, naver.Legacy} {
		t.Run(string(profile), func(t *testing.T) {
			t.Parallel()
			upstreamtest.RunSimulated(t, upstreamtest.Simulated{
				System: "naver",
				New: func(baseURL string, keys simulator.Keys, now func() time.Time) upstreamtest.Source {
					id, secret := profileKeys(profile, keys)
					return &naver.Source{Client: &upstream.Client{Now: now}, Profile: profile, BaseURL: baseURL, ID: id, Secret: secret, Now: now}
				},
				Part:  upstreamtest.Company.Name,
				Shows: func(a archive.Article) bool { return a.Source != archive.SourceDART },
				Grain: time.Second,
				Secrets: func(k simulator.Keys) []string {
					id, secret := profileKeys(profile, k)
					return []string{id, secret}
				},
				Refusals: map[string]fault.Kind{"024": fault.Unauthorized, "200": fault.Unauthorized, "210": fault.Unauthorized, "401": fault.Unauthorized,
					"010": fault.Limited, "012": fault.Limited, "SE01": fault.Invalid, "SE02": fault.Invalid, "SE03": fault.Invalid, "SE04": fault.Invalid,
					"SE05": fault.NotFound, "SE99": fault.Unavailable},
			})
		})
	}
}

// TestKeysAreOfOneProfile uses each profile's keys at the other's door.
func TestKeysAreOfOneProfile(t *testing.T) {
	t.Parallel()
	world, err := simulator.NewMarket(simulator.MarketOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sim := simulator.New(world, simulator.Options{})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	for profile, other := range map[naver.Profile]naver.Profile{naver.Hub: naver.Legacy, naver.Legacy: naver.Hub} {
		s := source(server.URL+"/naver", profile)
		s.ID, s.Secret = profileKeys(other, sim.Keys())
		if _, _, err := s.Latest(t.Context(), "가상", ""); fault.KindOf(err) != fault.Unauthorized || !strings.Contains(err.Error(), "not interchangeable") {
			t.Errorf("%s with keys of %s: %v", profile, other, err)
		}
	}
}
