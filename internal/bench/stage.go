package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"time"

	"tickerwire/internal/simulator"
	"tickerwire/tasks"
)

const (
	worldSeed = 20261123 // of everything invented, so that every run sees the same world
	// historyDays is how many calendar days of bars are kept up: what the market's past covers. Older days would be asked
	// for again and again, and nothing would be idle.
	historyDays = "200"
)

// stage is backends that know seven months of an invented market's past, with the simulator as the outside world.
type stage struct {
	*backends
	env      *Env
	sim      *simulator.Server
	http     *http.Server
	url      string
	settings []string // of processes on this stage
	queue    *tasks.Queue
	closers  []func() error
	running  []*process

	generation int // of the last predictions that were ordered
}

// stage brings the market's past in and serves world from start on. world gets the market and returns what is to be
// shown; Telegram has that many chats. The caller closes the stage.
func (e *Env) stage(ctx context.Context, start time.Time, chats int, world func(*simulator.Market) simulator.World) (*stage, error) {
	return e.stageWith(ctx, start, chats, simulator.Limits{}, world)
}

// stageWith is stage with other limits of the outside systems than the real ones'.
func (e *Env) stageWith(ctx context.Context, start time.Time, chats int, limits simulator.Limits, world func(*simulator.Market) simulator.World) (_ *stage, err error) {
	market, err := newMarket()
	if err != nil {
		return nil, err
	}
	b, err := e.backends(ctx)
	if err != nil {
		return nil, err
	}
	s := &stage{backends: b, env: e}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(ctx))
		}
	}()
	rdb, err := b.redisClient("")
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, rdb.Close)
	s.queue = tasks.NewQueue(rdb)
	s.sim = simulator.New(world(market), simulator.Options{Start: start, Speed: 1, Chats: chatIDs(chats), Limits: limits})
	if err := s.listen(ctx); err != nil {
		return nil, err
	}
	s.settings = []string{"DATABASE_URL=" + b.postgres.URL(), "REDIS_URL=" + b.redis.URL(), "SIMULATOR_URL=" + s.url,
		"BARS_DAYS=" + historyDays}
	history := filepath.Join(e.dir, fmt.Sprintf("history-%d", e.n))
	if err := market.WriteArchive(history); err != nil {
		return nil, err
	}
	return s, e.do(ctx, s.settings, "import", history)
}

// scripted is a stage on which nothing is to be seen until the script shows it.
func (e *Env) scripted(ctx context.Context, chats int) (_ *stage, world *script, err error) {
	s, err := e.stage(ctx, simulator.DefaultStart(), chats, func(m *simulator.Market) simulator.World {
		world = newScript(m)
		return world
	})
	return s, world, err
}

// listen serves the simulator on a free loopback port.
func (s *stage) listen(ctx context.Context) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	s.url = "http://" + ln.Addr().String()
	s.http = &http.Server{Handler: s.sim, ReadHeaderTimeout: startLimit}
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(ln) }()
	s.closers = append(s.closers, func() error {
		err := s.http.Close()
		if end := <-served; !errors.Is(end, http.ErrServerClosed) {
			err = errors.Join(err, end)
		}
		return err
	})
	return nil
}

// control uses one of the simulator's own controls.
func (s *stage) control(ctx context.Context, method, path, body string) error {
	res := httptest.NewRecorder()
	s.sim.ServeHTTP(res, httptest.NewRequestWithContext(ctx, method, "/_sim/"+path, strings.NewReader(body)))
	if res.Code >= http.StatusBadRequest {
		return fmt.Errorf("simulator: %s: status %d: %s", path, res.Code, res.Body)
	}
	return nil
}

// start starts roles on the stage; close ends them.
func (s *stage) start(ctx context.Context, roles ...string) error {
	for _, role := range roles {
		p, err := s.env.start(ctx, role, s.settings)
		if err != nil {
			return err
		}
		s.running = append(s.running, p)
	}
	return nil
}

// stopRoles ends the roles, the last first.
func (s *stage) stopRoles() error {
	var errs []error
	for i := len(s.running) - 1; i >= 0; i-- {
		errs = append(errs, s.running[i].stop())
	}
	s.running = nil
	return errors.Join(errs...)
}

func (s *stage) close(ctx context.Context) error {
	errs := []error{s.stopRoles()}
	for _, c := range s.closers {
		errs = append(errs, c())
	}
	return errors.Join(append(errs, s.backends.close(ctx))...)
}

// chatIDs returns the ids of n simulated private chats.
func chatIDs(n int) []int64 {
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = simulator.DefaultChat + int64(i)
	}
	return ids
}

// settled reports whether everything known is embedded, predicted, decided and sent, what others ordered apart, and how many
// live articles there are.
func (s *stage) settled(ctx context.Context) (articles int, settled bool, err error) {
	start := s.sim.Clock().Now().AddDate(0, 0, -2)
	c, err := s.db.DayCounts(ctx, start, start.AddDate(0, 0, 4))
	if err == nil && c.GaveUp > 0 {
		err = fmt.Errorf("%d tasks were given up", c.GaveUp)
	}
	if err != nil {
		return 0, false, err
	}
	var due int // in one statement: what is due moves from one of them to the next
	err = s.db.Bun().NewRaw(`
		select (select count(*) from articles where embedded_at is null) + (select count(*) from model_calls where state = 'due' and generation = 1)
			+ (select count(*) from model_calls where state = 'done' and decided_at is null) + (select count(*) from stories where filing_due)
			+ (select count(*) from alerts where send and told_at is null)`).Scan(ctx, &due)
	if err != nil {
		return 0, false, fmt.Errorf("what is due: %w", err)
	}
	return c.Articles, due == 0, nil
}
