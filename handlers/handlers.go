// Package handlers is the door for people and their programs: HTTP in, JSON out. It reads from the store, orders work
// by writing a run and ringing the queue, and answers at once; whatever is slow, retried or outside of the program is a
// task's. routes.go is the one table of what it answers: the router, the checks of what comes in, who may call and the
// OpenAPI document are all made of it. The package must not call upstreams, read configuration or know the queue's
// library.
package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"tickerwire/internal/market"
	"tickerwire/internal/tracing"
	"tickerwire/store"
	"tickerwire/tasks"
)

// Queue rings for ordered work. A ring that is lost loses nothing: the run is in Postgres, and the sweep rings again.
type Queue interface {
	RunOrdered(ctx context.Context, runID int64) error
	// TakedownOrdered rings for the vector index to follow a take-down.
	TakedownOrdered(ctx context.Context, id int64) error
	// TestOrdered rings for a test message.
	TestOrdered(ctx context.Context, id int64) error
	// TickAdded rings for a tick that was ordered beside its schedule's own.
	TickAdded(ctx context.Context, db *store.DB, t store.Tick) error
}

// Pages is the front end's files.
type Pages interface {
	// ServePage answers a GET or HEAD that is no route's. False: there is nothing of the kind, and nothing was written.
	ServePage(w http.ResponseWriter, r *http.Request) bool
}

// Check is one part that the API needs to be of use, and how to ask whether it is up.
type Check struct {
	Name  string // "postgres", "redis"
	Probe func(ctx context.Context) error
}

// Deps is what the API is made of. All fields without "may be" are needed.
type Deps struct {
	DB        *store.DB
	Redis     redis.UniversalClient // counts sign-in attempts
	Queue     Queue
	Inspector *tasks.Inspector
	Calendar  *market.Calendar
	Now       func() time.Time // the application clock; tokens and sessions are on wall time
	Keys      Keys
	Log       *slog.Logger
	Tracer    tracing.Tracer // begins a trace with every request; may be nil
	Metrics   prometheus.Registerer
	Checks    []Check // asked by /health/ready

	// UsedToday returns how many calls under a limit's key the fleet has made within the KST day; may be nil.
	UsedToday func(ctx context.Context, key string) (int64, error)

	MonitorFull http.Handler // asynqmon rooted at /monitor for admins; may be nil together with MonitorRead
	MonitorRead http.Handler // asynqmon, read-only, for operators

	Pages Pages // the front end; may be nil: only the API is answered

	TelegramSecret string          // proves Telegram's posts to the bot's webhook; may be empty: there is none
	TelegramBot    string          // the bot's user name, without its @; may be empty
	Stopping       <-chan struct{} // closed when the process is to end: streams do; may be nil

	// CacheFor is how long answers that are the same for everybody of a role may be given again; 0: never.
	CacheFor time.Duration

	TrustedProxies []netip.Prefix // whose X-Forwarded-For and X-Forwarded-Proto are believed; may be empty
	Origins        []string       // other origins whose pages may call the API; may be empty
}

// api holds what the handlers share.
type api struct {
	Deps
	tokens     tokens
	hasher     *hasher
	throttle   *throttle
	metrics    *metrics
	guard      *http.CrossOriginProtection
	cursors    []byte
	document   []byte
	cache      cache[[]byte]
	dashboards cache[dashboardAnswer] // without what is its reader's own

	streams   streams
	streaming map[string]bool // Echo's paths of the routes whose answers go on
	own       map[string]bool // first segments of the paths that are never a page's
}

// New returns the API as an Echo, with every route of the table mounted. It fails when a dependency is missing, a key
// is too short, or a route of the table is not fully described.
func New(d Deps) (*echo.Echo, error) {
	if err := d.validate(); err != nil {
		return nil, err
	}
	hasher, err := newHasher()
	if err != nil {
		return nil, err
	}
	a := &api{Deps: d, tokens: newTokens(d.Keys), hasher: hasher, throttle: newThrottle(d.Redis, d.Log),
		guard: http.NewCrossOriginProtection(), cursors: d.Keys.derive("cursor"), cache: cache[[]byte]{ttl: d.CacheFor}, dashboards: cache[dashboardAnswer]{ttl: d.CacheFor}, streaming: make(map[string]bool),
		own: map[string]bool{firstSegment(docsRoot): true, firstSegment(monitorRoot): true}}
	for _, origin := range d.Origins {
		if err := a.guard.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("handlers: origin %q: %w", origin, err)
		}
	}
	if a.metrics, err = newMetrics(d.Metrics); err != nil {
		return nil, err
	}
	if err := d.Metrics.Register(freshnessMetrics{a}); err != nil {
		return nil, fmt.Errorf("handlers: metrics: %w", err)
	}
	if err := d.Metrics.Register(queueMetrics{a}); err != nil {
		return nil, fmt.Errorf("handlers: metrics: %w", err)
	}
	routes := a.routes()
	if a.document, err = document(routes); err != nil {
		return nil, err
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = writeProblem
	e.IPExtractor = d.addressOf()
	e.Use(a.middleware()...)
	for _, r := range routes {
		a.own[firstSegment(r.path)] = true
		if r.isStream() {
			a.streaming[echoPath(r.path)] = true
		}
		e.Add(r.method, echoPath(r.path), a.handle(r))
	}
	if err := mountDocs(e); err != nil {
		return nil, err
	}
	if d.MonitorFull != nil {
		if err := a.mountMonitor(e); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (d Deps) validate() error {
	var errs []error
	need := func(missing bool, what string) {
		if missing {
			errs = append(errs, errors.New("handlers: "+what))
		}
	}
	need(d.DB == nil, "no database")
	need(d.Redis == nil, "no redis client")
	need(d.Queue == nil, "no queue")
	need(d.Inspector == nil, "no inspector of the queue")
	need(d.Calendar == nil, "no trading calendar")
	need(d.Now == nil, "no clock")
	need(d.Log == nil, "no logger")
	need(d.Metrics == nil, "no metrics registry")
	need((d.MonitorFull == nil) != (d.MonitorRead == nil), "the monitor needs both of its handlers")
	return errors.Join(append(errs, d.Keys.validate())...)
}

// addressOf finds the caller's address: the peer's, or behind trusted proxies the last address that none of them has.
func (d Deps) addressOf() echo.IPExtractor {
	if len(d.TrustedProxies) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range d.TrustedProxies {
		options = append(options, echo.TrustIPRange(prefixNet(p)))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}
