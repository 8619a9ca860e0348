package app_test

import (
	"context"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/app"
	"tickerwire/internal/proxy"
	"tickerwire/store"
)

// behind returns a proxy before a server, and the server's address as it is through it.
func behind(t testing.TB, address string) (*proxy.Proxy, string) {
	t.Helper()
	u, err := url.Parse(address)
	fatal(t, err)
	p, err := proxy.Listen(u.Host)
	fatal(t, err)
	t.Cleanup(func() { fatal(t, p.Close()) })
	u.Host = p.Addr()
	return p, u.String()
}

// recoverLimit is how long calls may take altogether after all connections of a pool have been forgotten by the network.
const recoverLimit = 6 * time.Second

// manyCalls calls ask that many times at once, and then as often one after another.
func manyCalls(t testing.TB, n int, ask func() error) {
	t.Helper()
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			if err := ask(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for range n {
		if err := ask(); err != nil {
			t.Error(err)
		}
	}
}

// TestARedisPoolRecoversFromConnectionsThatTheNetworkForgot: not each by its own timeout, one after the other.
func TestARedisPoolRecoversFromConnectionsThatTheNetworkForgot(t *testing.T) {
	t.Parallel()
	p, address := behind(t, newRedis(t))
	quick, patient, _, closeMonitor, err := app.RedisClients(address, "", nil)
	fatal(t, err)
	t.Cleanup(func() { quick.Close(); patient.Close(); closeMonitor() })
	for name, client := range map[string]redis.UniversalClient{"quick": quick, "patient": patient} {
		ping := func() error { return client.Ping(t.Context()).Err() }
		manyCalls(t, 12, ping)
		if n := p.Hang(); n < 2 {
			t.Errorf("%s: %d connections hang", name, n)
		}
		started := time.Now()
		manyCalls(t, 12, ping)
		if took := time.Since(started); took > recoverLimit {
			t.Errorf("%s: recovered after %s", name, took)
		}
	}
}

// TestAPatientClientBearsLostAnswers: what it asked for happens at least once, and it is told so.
func TestAPatientClientBearsLostAnswers(t *testing.T) {
	t.Parallel()
	p, address := behind(t, newRedis(t))
	quick, patient, _, closeMonitor, err := app.RedisClients(address, "", nil)
	fatal(t, err)
	t.Cleanup(func() { quick.Close(); patient.Close(); closeMonitor() })
	const times, oneOf = 40, 6
	const key = "lost"
	p.LoseAnswers(oneOf)
	for range times {
		fatal(t, patient.Incr(t.Context(), key).Err())
	}
	p.LoseAnswers(0)
	n, err := patient.Get(t.Context(), key).Int()
	if err != nil || n < times || p.Lost() < times/oneOf {
		t.Errorf("%d of %d happened, %d answers were lost, %v", n, times, p.Lost(), err)
	}
}

// TestADatabasePoolRecoversFromConnectionsThatTheNetworkForgot: statements are not trusted to them.
func TestADatabasePoolRecoversFromConnectionsThatTheNetworkForgot(t *testing.T) {
	t.Parallel()
	p, address := behind(t, newDatabase(t).url)
	db, err := store.Open(t.Context(), store.Options{URL: address, MaxConns: 8})
	fatal(t, err)
	t.Cleanup(func() { fatal(t, db.Close()) })
	ask := func() error {
		_, err := db.Now(t.Context())
		return err
	}
	manyCalls(t, 8, ask)
	if n := p.Hang(); n < 2 {
		t.Errorf("%d connections hang", n)
	}
	<-time.After(1100 * time.Millisecond) // over which something came within a second is trusted
	started := time.Now()
	manyCalls(t, 8, ask)
	if took := time.Since(started); took > recoverLimit {
		t.Errorf("recovered after %s", took)
	}
}

// TestALeaderThatTheNetworkForgotStopsBeforeAnotherBegins: its connection is silent, and the server still holds its lock.
func TestALeaderThatTheNetworkForgotStopsBeforeAnotherBegins(t *testing.T) {
	t.Parallel()
	base := newDatabase(t)
	p, address := behind(t, base.url)
	far, err := store.Open(t.Context(), store.Options{URL: address, MaxConns: 4})
	fatal(t, err)
	t.Cleanup(func() { fatal(t, far.Close()) })
	ctx, stop := context.WithCancel(t.Context())
	var leaders, most atomic.Int32
	began := make(chan string, 10)
	lead := func(name string) func(context.Context) error {
		return func(ctx context.Context) error {
			most.Store(max(most.Load(), leaders.Add(1)))
			defer leaders.Add(-1)
			began <- name
			<-ctx.Done()
			return ctx.Err()
		}
	}
	var group sync.WaitGroup
	defer group.Wait()
	defer stop()
	run := func(db *store.DB, name string) {
		group.Go(func() {
			if err := db.Lead(ctx, 200*time.Millisecond, lead(name)); err != nil {
				t.Error(err)
			}
		})
	}
	run(far, "far")
	if first := <-began; first != "far" {
		t.Fatalf("%s leads", first)
	}
	p.Silence()
	run(base.DB, "near")
	select {
	case next := <-began:
		if next != "near" || most.Load() != 1 {
			t.Errorf("%s leads, %d at once", next, most.Load())
		}
	case <-time.After(20 * time.Second):
		t.Error("nobody leads")
	}
}
