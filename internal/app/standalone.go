package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"time"

	"tickerwire/internal/config"
	"tickerwire/internal/servers"
	"tickerwire/store"
)

// Periods of the standalone program on a simulated world: short, since everything is on this machine.
const (
	demoCrawlEvery  = time.Second
	demoMarketEvery = 3 * time.Second
)

// RunStandalone runs every role in one process until ctx ends: on a private Postgres and Redis unless others are
// configured, and with the simulator as the outside world unless a real system's key is. It needs no other setting. On
// out it says where everything is and what goes on.
func RunStandalone(ctx context.Context, cfg config.Config, out io.Writer) (err error) {
	ln, err := listen("HTTP_ADDR", cfg.HTTPAddr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ignoreClosed(ln.Close())) }()
	private, err := listen("PRIVATE_ADDR", cfg.PrivateAddr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ignoreClosed(private.Close())) }()
	s := &standalone{cfg: cfg, out: out, ln: ln, private: private}
	defer func() { err = errors.Join(err, s.stop(context.WithoutCancel(ctx))) }()
	if err := s.start(ctx); err != nil {
		return err
	}
	return s.run(ctx)
}

// standalone is the one-process program and what it has started.
type standalone struct {
	cfg     config.Config
	out     io.Writer
	ln      net.Listener
	private net.Listener
	home    home
	demo    *demo // nil: the real outside world
	role    *role
	stops   []func(context.Context) error // in the order of starting
}

func (s *standalone) start(ctx context.Context) error {
	started := time.Now()
	var err error
	if s.home, err = openHome(s.cfg.DataDir); err != nil {
		return err
	}
	if err := s.startServers(ctx); err != nil {
		return err
	}
	if s.cfg.TokenSecret == "" {
		if s.cfg.TokenSecret, err = s.home.secret("token"); err != nil {
			return err
		}
	}
	if err := s.startWorld(ctx); err != nil {
		return err
	}
	if err := migrate(ctx, s.cfg); err != nil {
		return err
	}
	log := slog.New(newConsole(s.out, levelOf(s.cfg.LogLevel), s.now))
	if s.role, err = openRole(ctx, s.cfg, "standalone", log); err != nil {
		return err
	}
	s.onStop(func(context.Context) error { return s.role.close() })
	if s.demo != nil {
		if err := s.demo.prepare(ctx, s.role, s.out); err != nil {
			return err
		}
	}
	if err := s.home.note(s.cfg); err != nil {
		return err
	}
	s.onStop(func(context.Context) error { return s.home.forget() })
	if err := s.welcome(ctx); err != nil {
		return err
	}
	s.role.log.InfoContext(ctx, "ready", "url", "http://"+browsable(s.ln.Addr()), "after", time.Since(started).Round(100*time.Millisecond))
	return nil
}

// now is the application clock as soon as there is one.
func (s *standalone) now() time.Time {
	if s.role == nil {
		return time.Now()
	}
	return s.role.clock.now()
}

// startServers starts a private Postgres and Redis where none is configured.
func (s *standalone) startServers(ctx context.Context) error {
	if s.cfg.DatabaseURL == "" {
		pg, err := servers.StartPostgres(ctx, servers.PostgresOptions{Dir: filepath.Join(s.home.dir, "postgres")})
		if err != nil {
			return err
		}
		s.onStop(pg.Stop)
		s.cfg.DatabaseURL = config.Secret(pg.URL())
	}
	if s.cfg.RedisURL != "" {
		return nil
	}
	rdb, err := servers.StartRedis(ctx, servers.RedisOptions{Dir: filepath.Join(s.home.dir, "redis")})
	if errors.Is(err, servers.ErrNoRedis) {
		mini, err := servers.StartMiniredis(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintln(s.out, "No redis-server here: the queue lives in memory. What is due is found again from Postgres.")
		s.onStop(func(context.Context) error { mini.Stop(); return nil })
		s.cfg.RedisURL = config.Secret(mini.URL())
		return nil
	}
	if err != nil {
		return err
	}
	s.onStop(rdb.Stop)
	s.cfg.RedisURL = config.Secret(rdb.URL())
	return nil
}

// startWorld starts the simulator, unless the outside world is configured.
func (s *standalone) startWorld(ctx context.Context) error {
	if s.cfg.SimulatorURL != "" || hasKeys(s.cfg) {
		return nil
	}
	d, err := startDemo(ctx, s.cfg, s.home, s.out)
	if err != nil {
		return err
	}
	s.demo = d
	s.onStop(d.stop)
	s.cfg.SimulatorURL = d.url
	s.cfg.CrawlEvery, s.cfg.MarketEvery = demoCrawlEvery, demoMarketEvery
	return nil
}

// hasKeys reports whether a system of the outside is configured.
func hasKeys(cfg config.Config) bool {
	return len(cfg.Feeds) > 0 || cfg.NaverClientID != "" || cfg.DARTKey != "" || cfg.KRXKey != "" || cfg.KISAppKey != "" || cfg.TelegramToken != ""
}

func (s *standalone) run(ctx context.Context) error {
	parts := []part{
		{"api", func(ctx context.Context) error { return s.role.serveAPI(ctx, s.ln, serveHTTP) }},
		{"worker", s.role.work},
		{"scheduler", s.role.schedule},
		{"clock", s.role.clock.run},
		{"calendar", s.role.keepCalendar},
		{"private listener", func(ctx context.Context) error { return s.role.servePrivate(ctx, s.private) }},
	}
	if s.demo != nil {
		parts = append(parts, part{"demo", s.demo.keepClock},
			part{"history", func(ctx context.Context) error { return s.demo.walkHistory(ctx, s.role) }})
	}
	return s.role.beating(ctx, func(ctx context.Context) error { return runAll(ctx, parts...) })
}

func (s *standalone) onStop(stop func(context.Context) error) { s.stops = append(s.stops, stop) }

// stop ends what was started, the last first.
func (s *standalone) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var errs []error
	for i := len(s.stops) - 1; i >= 0; i-- {
		errs = append(errs, s.stops[i](ctx))
	}
	return errors.Join(errs...)
}

// migrate brings the schema up to date; a role that runs apart only checks it.
func migrate(ctx context.Context, cfg config.Config) (err error) {
	db, err := store.Open(ctx, store.Options{URL: string(cfg.DatabaseURL), MaxConns: 2})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.Migrate(ctx)
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// browsable returns an address that a browser on this machine can open.
func browsable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return addr.String()
	}
	return fmt.Sprintf("localhost:%d", tcp.Port)
}
