package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/config"
	"tickerwire/internal/notice"
	"tickerwire/internal/simulator"
	"tickerwire/internal/upstream/simclock"
)

const (
	demoSeed     = 20261123
	archiveSpeed = 3600
	clockKept    = time.Second // how often the world's clock is written down
)

// demo is the simulated outside world of the standalone program.
type demo struct {
	cfg    config.Config
	home   home
	world  worldFile
	market *simulator.Market // nil for an archive
	server *simulator.Server
	url    string
	stop   func(context.Context) error // ends the server and returns its error
}

// worldFile says which world a home lives in and how far its clock has come.
type worldFile struct {
	Archive string    `json:"archive,omitempty"` // "" is the invented market
	Clock   time.Time `json:"clock"`
	// Imported says that what was before the clock's start has been brought in.
	Imported bool `json:"imported"`
}

// startDemo opens the world, at the instant at which it was left, and listens on a free port of this machine. On out it
// names the lines of an archive that cannot be used.
func startDemo(ctx context.Context, cfg config.Config, h home, out io.Writer) (*demo, error) {
	d := &demo{cfg: cfg, home: h}
	if cfg.SimulatorArchive != "" {
		abs, err := filepath.Abs(cfg.SimulatorArchive)
		if err != nil {
			return nil, fmt.Errorf("SIMULATOR_ARCHIVE: %w", err)
		}
		d.world.Archive = abs
	}
	if err := d.resume(); err != nil {
		return nil, err
	}
	world, speed, err := d.open(out)
	if err != nil {
		return nil, err
	}
	if cfg.SimulatorSpeed > 0 {
		speed = cfg.SimulatorSpeed
	}
	d.server = simulator.New(world, simulator.Options{Start: d.world.Clock, Speed: speed, FirstID: time.Now().Unix()})
	ln, err := listen("simulator", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d.url = "http://" + ln.Addr().String()
	d.serve(ctx, ln)
	return d, nil
}

// serve answers as the outside world until stop is called: longer than ctx, so that what is under way when the program
// ends still finds it.
func (d *demo) serve(ctx context.Context, ln net.Listener) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- serveHTTP(ctx, ln, d.server) }()
	d.stop = func(context.Context) error {
		d.server.Close() // a bot that polls would be waited for
		cancel()
		return <-done
	}
}

// open makes the world and says how fast its clock runs by itself.
func (d *demo) open(out io.Writer) (simulator.World, float64, error) {
	if d.world.Archive != "" {
		world, err := simulator.OpenArchive(d.world.Archive)
		if err != nil {
			return nil, 0, err
		}
		for _, refused := range world.Refused() {
			fmt.Fprintln(out, "passed over:", refused)
		}
		return world, archiveSpeed, nil
	}
	world, err := simulator.NewMarket(simulator.MarketOptions{Seed: demoSeed})
	d.market = world
	return world, 1, err
}

const worldName = "world.json"

// resume reads where the home's world was left. A home keeps one world: mixing two would tell the statistics lies.
func (d *demo) resume() error {
	raw, err := os.ReadFile(filepath.Join(d.home.dir, worldName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("DATA_DIR: %w", err)
	}
	var left worldFile
	if err := json.Unmarshal(raw, &left); err != nil {
		return fmt.Errorf("DATA_DIR: %s: %w", worldName, err)
	}
	if left.Archive != d.world.Archive {
		return fmt.Errorf("DATA_DIR: %s holds %s, and this start asks for %s; choose another DATA_DIR or remove it",
			d.home.dir, left.name(), d.world.name())
	}
	d.world = left
	return nil
}

func (w worldFile) name() string {
	if w.Archive == "" {
		return "the invented market"
	}
	return "the archive " + w.Archive
}

// prepare brings in what was before the clock's start, and the recipient of the demonstration. Doing it again changes
// nothing.
func (d *demo) prepare(ctx context.Context, r *role, out io.Writer) error {
	if d.world.Imported {
		return d.addRecipient(ctx, r)
	}
	dir := d.world.Archive
	if d.market != nil {
		var err error
		if dir, err = os.MkdirTemp("", "tickerwire-history-"); err != nil {
			return fmt.Errorf("history: %w", err)
		}
		defer os.RemoveAll(dir)
		if err := d.market.WriteArchive(dir); err != nil {
			return fmt.Errorf("history: %w", err)
		}
	}
	folder, err := archive.Open(dir)
	if err != nil {
		return err
	}
	index, err := r.openIndex(ctx)
	if err != nil {
		return err
	}
	im := importer{folder: folder, db: r.db, worker: r.worker(index, outside{}), calendar: r.calendar, progress: io.Discard, report: out, now: r.clock.now()}
	steps := im.steps()
	if d.world.Archive != "" {
		// The archive's news and closes come through the crawlers; only the stocks to follow must be known before.
		steps = steps[:1]
	}
	started := time.Now()
	got, err := im.run(ctx, steps...)
	if err != nil {
		return err
	}
	d.world.Imported = true
	if got.Articles > 0 {
		r.log.InfoContext(ctx, "history imported", "articles", got.Articles, "bars", got.Bars, "outcomes", got.Outcomes,
			"took", time.Since(started).Round(10*time.Millisecond))
	}
	return d.addRecipient(ctx, r)
}

// addRecipient links the simulator's chat, without quiet hours, so that whoever starts the program sees an alert.
func (d *demo) addRecipient(ctx context.Context, r *role) error {
	keys, err := simclock.ReadKeys(ctx, d.url)
	if err != nil {
		return err
	}
	rule := notice.DefaultRule()
	rule.QuietTo, rule.DailyCap = rule.QuietFrom, 20
	for _, chat := range keys.TelegramChats {
		_, err := r.db.SaveRecipient(ctx, notice.Recipient{ChatID: chat, Language: "ko", Active: true, WatchAll: true, Rule: rule})
		if err != nil {
			return err
		}
	}
	return nil
}

// keepClock writes down how far the world's clock has come, so that the next start goes on from there.
func (d *demo) keepClock(ctx context.Context) error {
	tick := time.NewTicker(clockKept)
	defer tick.Stop()
	for {
		if err := d.save(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return d.save()
		case <-tick.C:
		}
	}
}

func (d *demo) save() error {
	d.world.Clock = d.server.Clock().Now()
	raw, err := json.Marshal(d.world)
	if err != nil {
		return fmt.Errorf("%s: %w", worldName, err)
	}
	return d.home.write(worldName, raw)
}
