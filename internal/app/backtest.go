package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/backtest"
	"tickerwire/internal/config"
	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/servers"
	"tickerwire/store"
	"tickerwire/store/vectors"
	"tickerwire/tasks"
)

// BacktestOptions say what is walked through, by whom, and where the report goes besides the terminal.
type BacktestOptions struct {
	Dir    string
	Models []string // by name; nil: every local one. Those that are not local are looked up in DATABASE_URL's registry
	JSON   string   // a file; "" for none
	HTML   string   // likewise
	// InDatabase works in a schema of DATABASE_URL that is dropped afterwards, else a private Postgres is started.
	InDatabase bool
}

func backtestErrand(ctx context.Context, cfg config.Config, args []string, out io.Writer) error {
	var o BacktestOptions
	flags := flag.NewFlagSet("backtest", flag.ContinueOnError)
	flags.Func("models", "names, with commas between them; every local model when it is not given", func(list string) error {
		o.Models = strings.Split(list, ",")
		return nil
	})
	flags.StringVar(&o.JSON, "json", "", "write the report as JSON to this file")
	flags.StringVar(&o.HTML, "html", "", "write the report as a page to this file")
	flags.BoolVar(&o.InDatabase, "in-database", false, "work in a schema of DATABASE_URL that is dropped afterwards, not on a private Postgres")
	var err error
	if o.Dir, err = parseOne(flags, args, "folder"); err != nil {
		return err
	}
	return Backtest(ctx, cfg, o, out)
}

// Backtest walks forward through an archive folder by the workers' own processors, on a database that is thrown away, and
// reports on out how the models would have done. It needs no Redis and, without language models, no network, and there is
// no sender in it: nobody can be told anything.
func Backtest(ctx context.Context, cfg config.Config, o BacktestOptions, out io.Writer) (err error) {
	started := time.Now()
	folder, err := archive.Open(o.Dir)
	if err != nil {
		return err
	}
	db, discard, err := openScratch(ctx, cfg, o.InDatabase)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, discard(context.WithoutCancel(ctx))) }()
	worker := walker(db, market.NewCalendar())
	models, err := enlist(ctx, cfg, db, o.Models)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(models, func(m forecast.Model) bool { return m.Kind == forecast.KindLLM }) {
		if worker.LLM, err = walkersLLM(ctx, cfg); err != nil {
			return err
		}
	}
	report, err := walkAndJudge(ctx, worker, models, folder, out)
	if err != nil {
		return err
	}
	if err := report.WriteText(out); err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{{o.JSON, report.WriteJSON}, {o.HTML, report.WriteHTML}} {
		if err := writeFile(f.name, f.write); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\n%.1f s, at most %d MB in memory\n", time.Since(started).Seconds(), peakMemory()>>20)
	return nil
}

// walkAndJudge reads a folder, walks through it and reports.
func walkAndJudge(ctx context.Context, worker *tasks.Worker, models []forecast.Model, folder archive.Folder, out io.Writer) (backtest.Report, error) {
	var refused refusals
	history, err := backtest.ReadHistory(folder, worker.Calendar, refused.add)
	if err != nil {
		return backtest.Report{}, err
	}
	refused.report(out)
	bar := progress{out: out, what: "articles", total: len(history.Articles)}
	walk := backtest.Walk{Worker: worker, Models: models, Moved: func(done, _ int) { bar.add(done - bar.done) }}
	walked, err := walk.Run(ctx, history)
	if err != nil {
		return backtest.Report{}, err
	}
	bar.end()
	report, err := backtest.Judge(ctx, worker.DB, models, history, walked)
	report.Archive.Refused = refused.count
	return report, err
}

// walker is a worker that has nothing to do with the outside, nor with a queue.
func walker(db *store.DB, calendar *market.Calendar) *tasks.Worker {
	return &tasks.Worker{DB: db, Index: vectors.NewExact(db), Predictors: predictors(), Calendar: calendar, Log: slog.New(slog.DiscardHandler)}
}

// openScratch opens a database to be thrown away: on a private Postgres, or in a schema of DATABASE_URL's.
func openScratch(ctx context.Context, cfg config.Config, inDatabase bool) (_ *store.DB, discard func(context.Context) error, err error) {
	url, stop := string(cfg.DatabaseURL), func(context.Context) error { return nil }
	if inDatabase {
		if err := cfg.ForRole("tickerctl"); err != nil {
			return nil, nil, err
		}
	} else if url, stop, err = privatePostgres(ctx); err != nil {
		return nil, nil, err
	}
	scratch, err := store.OpenScratch(ctx, store.Options{URL: url, MaxConns: 8})
	if err != nil {
		return nil, nil, errors.Join(err, stop(context.WithoutCancel(ctx)))
	}
	return scratch.DB, func(ctx context.Context) error { return errors.Join(scratch.Discard(ctx), stop(ctx)) }, nil
}

// privatePostgres starts a Postgres that keeps nothing.
func privatePostgres(ctx context.Context) (url string, stop func(context.Context) error, err error) {
	dir, err := os.MkdirTemp("", "tickerwire-scratch-")
	if err != nil {
		return "", nil, fmt.Errorf("a database to throw away: %w", err)
	}
	pg, err := servers.StartPostgres(ctx, servers.PostgresOptions{Dir: filepath.Join(dir, "postgres"), Ephemeral: true})
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	return pg.URL(), func(ctx context.Context) error { return errors.Join(pg.Stop(ctx), os.RemoveAll(dir)) }, nil
}

// localModels are those that a backtest is made of unless others are named: one of each local kind. Members of a pool are
// named by their places in the list, from 1, which are their ids in a new registry.
func localModels() []forecast.Model {
	return []forecast.Model{
		{Name: "analogue", Kind: forecast.KindAnalogue}, {Name: "baseline", Kind: forecast.KindBaseline},
		{Name: "lexicon", Kind: forecast.KindLexicon}, {Name: "pool", Kind: forecast.KindPool, Members: []int64{1, 3}},
	}
}

// enlist writes the models that are asked into a new registry, each pool after its members, and returns them as they stand
// there. Names that are not local are looked up in the configured database. Invalid names one that is nowhere.
func enlist(ctx context.Context, cfg config.Config, db *store.DB, names []string) ([]forecast.Model, error) {
	known := localModels()
	for i := range known {
		known[i].ID, known[i].Version = int64(i+1), forecast.VersionOf(known[i])
	}
	local := func(name string) bool {
		return slices.ContainsFunc(known, func(m forecast.Model) bool { return m.Name == name })
	}
	if names == nil {
		for _, m := range known {
			names = append(names, m.Name)
		}
	}
	if foreign := slices.IndexFunc(names, func(n string) bool { return !local(n) }); foreign >= 0 {
		err := withDB(ctx, cfg, func(registry *store.DB) (err error) {
			known, err = registry.Models(ctx)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("model %q is not local, and the registry cannot be read: %w", names[foreign], err)
		}
	}
	e := enlisting{db: db, known: known, ids: make(map[int64]int64)}
	for _, name := range names {
		i := slices.IndexFunc(known, func(m forecast.Model) bool { return m.Name == name })
		if i < 0 {
			return nil, fault.New(fault.Invalid, "there is no model %q", name)
		}
		if err := e.add(ctx, known[i]); err != nil {
			return nil, err
		}
	}
	return e.models, nil
}

// enlisting copies models of one registry into another.
type enlisting struct {
	db     *store.DB
	known  []forecast.Model
	ids    map[int64]int64 // from there to here
	models []forecast.Model
}

func (e *enlisting) add(ctx context.Context, m forecast.Model) error {
	if e.ids[m.ID] != 0 {
		return nil
	}
	there := m.ID
	var members []int64
	for _, id := range m.Members {
		i := slices.IndexFunc(e.known, func(m forecast.Model) bool { return m.ID == id })
		if i < 0 {
			return fault.New(fault.Invalid, "member %d of %q does not exist", id, m.Name)
		}
		if err := e.add(ctx, e.known[i]); err != nil {
			return err
		}
		members = append(members, e.ids[id])
	}
	here, err := e.db.Models(ctx)
	if err != nil {
		return err
	}
	m.ID, m.Members, m.Role, m.Horizons = 0, members, forecast.Challenger, nil
	if i := slices.IndexFunc(here, func(h forecast.Model) bool { return h.Name == m.Name }); i >= 0 { // made with the schema
		m = here[i]
	} else if m, err = e.db.CreateModel(ctx, m); err != nil {
		return err
	}
	e.ids[there] = m.ID
	e.models = append(e.models, m)
	return nil
}

// walkersLLM asks language models as a worker does, but with no limiter of the fleet's: a walk is one process.
func walkersLLM(ctx context.Context, cfg config.Config) (tasks.LLM, error) {
	cfg, at, err := reached(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return openLLM(cfg, at, newClient(cfg, nil), nil)
}

// writeFile makes a file, or replaces one; "" is none.
func writeFile(name string, write func(io.Writer) error) (err error) {
	if name == "" {
		return nil
	}
	f, err := os.Create(name) // #nosec G304 -- the file that the operator names
	if err != nil {
		return fmt.Errorf("backtest: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return write(f)
}
