package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/hibiken/asynqmon"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"tickerwire/handlers"
	"tickerwire/internal/config"
	"tickerwire/internal/market"
	"tickerwire/internal/tracing/otlp"
	"tickerwire/internal/upstream"
	"tickerwire/tasks"
)

// RunAPI serves the HTTP API until ctx ends.
func RunAPI(ctx context.Context, cfg config.Config) error {
	return runRole(ctx, cfg, "api", func(ctx context.Context, r *role) error {
		ln, err := listen("HTTP_ADDR", cfg.HTTPAddr)
		if err != nil {
			return err
		}
		if cfg.GCPercent > 0 {
			debug.SetGCPercent(cfg.GCPercent) // the process is all its own
		}
		r.log.InfoContext(ctx, "listening", "http_addr", ln.Addr().String())
		return r.serveAPI(ctx, ln, lingering)
	})
}

// RunWorker runs the tasks of the queue until ctx ends, then drains.
func RunWorker(ctx context.Context, cfg config.Config) error {
	return RunWorkerWith(ctx, cfg, Seams{})
}

// RunWorkerWith is RunWorker with a test's seams.
func RunWorkerWith(ctx context.Context, cfg config.Config, s Seams) error {
	return runRoleWith(ctx, cfg, "worker", s, func(ctx context.Context, r *role) error { return r.work(ctx) })
}

// RunScheduler rings the periodic doorbells until ctx ends.
func RunScheduler(ctx context.Context, cfg config.Config) error {
	return RunSchedulerWith(ctx, cfg, Seams{})
}

// RunSchedulerWith is RunScheduler with a test's seams.
func RunSchedulerWith(ctx context.Context, cfg config.Config, s Seams) error {
	return runRoleWith(ctx, cfg, "scheduler", s, func(ctx context.Context, r *role) error { return r.schedule(ctx) })
}

// role is one process's share of the program.
type role struct {
	*backends
	cfg      config.Config
	clock    clock
	log      *slog.Logger
	calendar *market.Calendar
	metrics  *prometheus.Registry
	process  *tasks.Process
	traces   *otlp.Exporter // nil: none are sent
	seams    Seams
}

// runRole opens what every role stands on, runs the role beside its private listener, and closes in order.
func runRole(ctx context.Context, cfg config.Config, name string, run func(context.Context, *role) error) error {
	return runRoleWith(ctx, cfg, name, Seams{}, run)
}

func runRoleWith(ctx context.Context, cfg config.Config, name string, s Seams, run func(context.Context, *role) error) (err error) {
	if err := cfg.ForRole(name); err != nil {
		return err
	}
	r, err := openRoleWith(ctx, cfg, name, newLog(cfg.LogLevel, name), s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	ln, err := listen("PRIVATE_ADDR", cfg.PrivateAddr)
	if err != nil {
		return err
	}
	r.log.InfoContext(ctx, "started", "private_addr", ln.Addr().String())
	return r.beating(ctx, func(ctx context.Context) error {
		return runAll(ctx,
			part{name, func(ctx context.Context) error { return run(ctx, r) }},
			part{"clock", r.clock.run},
			part{"calendar", r.keepCalendar},
			part{"private listener", func(ctx context.Context) error { return r.servePrivate(ctx, ln) }})
	})
}

// beating runs the role with its heartbeat, which goes on until the role has drained: what a draining worker still has
// in hand must not be rung for again. An errand has no heartbeat: it has nothing of the queue in hand.
func (r *role) beating(ctx context.Context, run func(context.Context) error) error {
	if err := r.process.Register(ctx); err != nil {
		return err
	}
	beat, stop := context.WithCancel(context.WithoutCancel(ctx))
	var group errgroup.Group
	group.Go(func() error { return r.process.Run(beat) })
	group.Go(func() error {
		r.losePatience(ctx, beat)
		return nil
	})
	err := run(ctx)
	stop()
	return errors.Join(err, group.Wait())
}

// patienceEnds is how long after a stop was asked for the queue's client goes on: longer than a worker drains.
const patienceEnds = 10 * time.Second

// losePatience ends that of the queue's client when a stop was asked for and the role does not end: with Redis away it
// would hold the process for minutes. What it still had to tell Redis is told by the sweep.
func (r *role) losePatience(asked, ended context.Context) {
	select {
	case <-asked.Done():
	case <-ended.Done():
		return
	}
	timer := time.NewTimer(patienceEnds)
	defer timer.Stop()
	select {
	case <-timer.C:
		r.log.ErrorContext(ended, "redis does not let go: ending without it")
		r.letGo()
	case <-ended.Done():
	}
}

func openRole(ctx context.Context, cfg config.Config, name string, log *slog.Logger) (*role, error) {
	return openRoleWith(ctx, cfg, name, log, Seams{})
}

func openRoleWith(ctx context.Context, cfg config.Config, name string, log *slog.Logger, s Seams) (*role, error) {
	b, err := openBackends(ctx, cfg, name, s)
	if err != nil {
		return nil, err
	}
	r := &role{backends: b, cfg: cfg, log: log, seams: s, calendar: market.NewCalendar(), metrics: prometheus.NewRegistry()}
	if err := r.openTraces(ctx, name); err != nil {
		return nil, errors.Join(err, b.close())
	}
	r.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := b.check(ctx, log); err != nil {
		return nil, errors.Join(err, b.close())
	}
	if err := tasks.LayCalendar(ctx, b.db, r.calendar); err != nil {
		return nil, errors.Join(err, b.close())
	}
	if r.clock, err = openClock(ctx, cfg); err != nil {
		return nil, errors.Join(err, b.close())
	}
	r.process = tasks.NewProcess(b.db, b.quick, name, version, log)
	return r, nil
}

// servePrivate answers /metrics, Go's profiles and /health for the machines around us; it is not for the outside.
func (r *role) servePrivate(ctx context.Context, ln net.Listener) error {
	mux := http.NewServeMux()
	mux.Handle("/", handlers.Metrics(r.metrics))
	mux.HandleFunc("/health", func(w http.ResponseWriter, req *http.Request) {
		if err := errors.Join(r.db.Ping(req.Context()), r.quick.Ping(req.Context()).Err()); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusOK)
	})
	return serveHTTP(ctx, ln, mux)
}

func (r *role) serveAPI(ctx context.Context, ln net.Listener, serve func(context.Context, net.Listener, http.Handler) error) (err error) {
	full, read, closeMonitor := r.monitor()
	defer closeMonitor()
	site, closeSite, err := openPages(ctx, r.cfg, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeSite()) }()
	api, err := handlers.New(handlers.Deps{
		DB: r.db, Redis: r.quick, Queue: tasks.NewQueue(r.quick), Inspector: tasks.NewInspector(r.quick), Calendar: r.calendar, Now: r.clock.now,
		Keys: r.keys(), Log: r.log, Tracer: r.tracer(), Metrics: r.metrics,
		TelegramSecret: string(r.cfg.TelegramWebhookSecret), TelegramBot: r.cfg.TelegramBotName,
		UsedToday:      upstream.NewBucket(r.quick, nil).UsedToday,
		TrustedProxies: r.cfg.TrustedProxies, Origins: r.cfg.CORSOrigins, MonitorFull: full, MonitorRead: read,
		Stopping: ctx.Done(), Pages: site, CacheFor: r.cfg.CacheAnswers,
		Checks: []handlers.Check{
			{Name: "postgres", Probe: r.db.CheckSchema},
			{Name: "redis", Probe: func(ctx context.Context) error { return r.quick.Ping(ctx).Err() }},
		},
	})
	if err != nil {
		return err
	}
	return serve(ctx, ln, api)
}

// keys are those of the token secret, and of the one before it while it is still configured.
func (r *role) keys() handlers.Keys {
	if old := r.cfg.TokenSecretOld; old != "" {
		return handlers.NewKeys(string(r.cfg.TokenSecret), string(old))
	}
	return handlers.NewKeys(string(r.cfg.TokenSecret))
}

// monitor returns asynqmon twice: with its buttons, and read-only.
func (r *role) monitor() (full, read http.Handler, closeBoth func()) {
	f := asynqmon.New(asynqmon.Options{RootPath: "/monitor", RedisConnOpt: r.redis})
	ro := asynqmon.New(asynqmon.Options{RootPath: "/monitor", RedisConnOpt: r.redis, ReadOnly: true})
	return f, ro, func() {
		if err := errors.Join(f.Close(), ro.Close()); err != nil {
			r.log.Warn("asynqmon's connections are not closed", "error", err)
		}
	}
}

// work runs the tasks of the queue, then says what a drain left.
func (r *role) work(ctx context.Context) error {
	index, err := r.openIndex(ctx)
	if err != nil {
		return err
	}
	limits, err := r.openLimits(ctx)
	if err != nil {
		return err
	}
	world, err := r.openOutside(ctx, limits)
	if err != nil {
		return err
	}
	w := r.worker(index, world)
	if w.Metrics, err = tasks.NewMetrics(r.metrics); err != nil {
		return err
	}
	return runAll(ctx,
		part{"limits", limits.follow},
		part{"bot", func(ctx context.Context) error { return r.listen(ctx, w, world) }},
		part{"index", func(ctx context.Context) error { return r.load(ctx, index) }},
		part{"tasks", func(ctx context.Context) error {
			left, err := w.Serve(ctx, r.patient)
			if err == nil {
				r.log.InfoContext(ctx, "drained", "in_hand", left.InHand, "handed_back", left.HandedBack)
			}
			return err
		}})
}

// schedule declares the program's sources and schedules, rings their doorbells, and keeps the queue when it leads.
func (r *role) schedule(ctx context.Context) error {
	if err := r.declare(ctx); err != nil {
		return err
	}
	keeper := &tasks.Keeper{DB: r.db, Queue: tasks.NewQueue(r.quick), Redis: r.quick, Process: r.process,
		Now: r.clock.now, Log: r.log}
	return runAll(ctx,
		part{"keeper", keeper.Run},
		part{"doorbells", func(ctx context.Context) error { return tasks.Doorbells(ctx, r.db, r.patient, r.log) }})
}

// declare writes down which sources there are, for the API, and what is rung for periodically.
func (r *role) declare(ctx context.Context) error {
	sources, names, err := r.configuredSources(ctx)
	if err != nil {
		return err
	}
	for _, s := range sources {
		names = append(names, s.Name())
	}
	if err := r.db.DeclareSources(ctx, names); err != nil {
		return err
	}
	if err := r.declareLimits(ctx); err != nil {
		return err
	}
	schedules, err := tasks.Schedules(sources, tasks.Periods{Market: r.cfg.MarketEvery})
	if err != nil {
		return err
	}
	return r.db.DeclareSchedules(ctx, schedules)
}
