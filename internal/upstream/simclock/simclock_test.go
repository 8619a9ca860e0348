package simclock_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/simulator"
	"tickerwire/internal/upstream/simclock"
)

// clockServer serves a simulator's clock; down makes it fail.
func clockServer(t *testing.T, start time.Time, speed float64) (sim *simulator.Server, url string, down *atomic.Bool) {
	t.Helper()
	m, err := simulator.NewMarket(simulator.MarketOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	sim = simulator.New(m, simulator.Options{Start: start, Speed: speed})
	down = new(atomic.Bool)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		sim.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return sim, server.URL, down
}

func follow(t *testing.T, url string) *simclock.Clock {
	t.Helper()
	c, err := simclock.Follow(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFollowsWithinItsSkew(t *testing.T) {
	t.Parallel()
	for _, speed := range []float64{0, 1, 3600} {
		sim, url, _ := clockServer(t, simulator.DefaultStart(), speed)
		c := follow(t, url)
		before := sim.Clock().Now()
		got := c.Now()
		after := sim.Clock().Now()
		if got.Before(before.Add(-c.Skew())) || got.After(after.Add(c.Skew())) {
			t.Errorf("speed %v: %v is not within %v of %v to %v", speed, got, c.Skew(), before, after)
		}
		if c.Speed() != speed {
			t.Errorf("speed %v, want %v", c.Speed(), speed)
		}
	}
}

func TestTakesOverASetClock(t *testing.T) {
	t.Parallel()
	sim, url, _ := clockServer(t, simulator.DefaultStart(), 0)
	c := follow(t, url)
	for _, to := range []time.Time{simulator.DefaultStart().Add(48 * time.Hour), simulator.DefaultStart()} {
		sim.Clock().Set(&to, nil)
		c.Sync(t.Context())
		if !c.Now().Equal(to) {
			t.Errorf("now %v, want %v", c.Now(), to)
		}
	}
}

func TestNeverStepsBackThroughReadings(t *testing.T) {
	t.Parallel()
	_, url, _ := clockServer(t, simulator.DefaultStart(), 1000)
	c := follow(t, url)
	last := c.Now()
	for range 200 {
		c.Sync(t.Context())
		now := c.Now()
		if now.Before(last) {
			t.Fatalf("%v after %v", now, last)
		}
		last = now
	}
}

func TestTellsAndSurvivesAnOutage(t *testing.T) {
	t.Parallel()
	_, url, down := clockServer(t, simulator.DefaultStart(), 1)
	c := follow(t, url)
	down.Store(true)
	before := c.Now()
	c.Sync(t.Context())
	if fault.KindOf(c.Err()) != fault.Unavailable {
		t.Errorf("Err %v, want Unavailable", c.Err())
	}
	if now := c.Now(); now.Before(before) || now.Sub(before) > time.Minute {
		t.Errorf("now %v after %v", now, before)
	}
	down.Store(false)
	c.Sync(t.Context())
	if c.Err() != nil {
		t.Errorf("Err %v after the outage", c.Err())
	}
}

func TestRunReadsAgainAndEnds(t *testing.T) {
	t.Parallel()
	sim, _, _ := clockServer(t, simulator.DefaultStart(), 0)
	read := make(chan struct{}, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sim.ServeHTTP(w, r)
		read <- struct{}{}
	}))
	defer server.Close()
	c := follow(t, server.URL)
	<-read
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- c.Run(ctx) }()
	<-read
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestFollowRefusesWhatIsNoSimulator(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	url := server.URL
	if _, err := simclock.Follow(t.Context(), url); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("another server: %v, want Unavailable", err)
	}
	if _, err := simclock.ReadKeys(t.Context(), url); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the keys of another server: %v, want Unavailable", err)
	}
	server.Close()
	if _, err := simclock.Follow(t.Context(), url); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("no server: %v, want Unavailable", err)
	}
}

// TestReadKeysWaitsNotForEver asks a server that never answers.
func TestReadKeysWaitsNotForEver(t *testing.T) {
	t.Parallel()
	_, url, _ := clockServer(t, time.Now(), 1)
	if keys, err := simclock.ReadKeys(t.Context(), url+"/"); err != nil || keys.TelegramToken == "" || len(keys.TelegramChats) == 0 {
		t.Errorf("%+v, %v", keys, err)
	}
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	if _, err := simclock.ReadKeys(t.Context(), silent.URL); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a server that never answers: %v, want Unavailable", err)
	}
}
