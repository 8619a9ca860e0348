package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/servers"
	"tickerwire/internal/simulator"
	"tickerwire/store/vectors"
	"tickerwire/tasks"
)

const (
	usualPast  = 100_000
	largePast  = 1_000_000
	usualCalls = 100
	largeCalls = 40

	// What the analogue model asks an index for.
	analogueHits   = 400
	analogueCosine = 0.25
	recallAt       = 30

	// A whole measurement may take so long, and Milvus or a worker hold so much: more is a failure, not a figure.
	usualLimit  = 10 * time.Minute
	largeLimit  = 30 * time.Minute
	memoryLimit = 8 << 10 // MB
)

// similar measures predictions by what is similar with a usual past, largeSimilar with a long one.
func similar(ctx context.Context, env *Env) ([]Figure, error) {
	return predictFrom(ctx, env, "vectors", usualPast, usualCalls, usualLimit)
}

func largeSimilar(ctx context.Context, env *Env) ([]Figure, error) {
	return predictFrom(ctx, env, "large.vectors", largePast, largeCalls, largeLimit)
}

// predictFrom brings a past of n articles with their outcomes in, and has a worker of the program make analogue
// predictions of the newest stories: by the exact index in its own memory, then by Milvus, which tickerctl has filled.
func predictFrom(ctx context.Context, env *Env, name string, n, calls int, limit time.Duration) (_ []Figure, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("%s took longer than %s", name, limit))
	defer cancel()
	s, _, err := env.scripted(ctx, 1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	world, err := newMarket()
	if err != nil {
		return nil, err
	}
	p, err := env.invent(ctx, n, simulator.DefaultStart(), world.Companies())
	if err != nil {
		return nil, err
	}
	env.say("%s: %d articles are invented", name, n)
	if err := s.bring(ctx, p); err != nil {
		return nil, err
	}
	env.say("%s: they are in Postgres", name)
	scanned, ratio, err := p.scanRatio(ctx)
	if err != nil {
		return nil, err
	}
	exact, err := s.predictions(ctx, calls)
	if err != nil {
		return nil, err
	}
	env.say("%s: %d predictions by the exact index", name, calls)
	want, err := p.nearest(ctx)
	if err != nil {
		return nil, err
	}
	p.index = nil // Milvus has use for the memory
	debug.FreeOSMemory()
	milvus, closeMilvus, err := s.fillMilvus(ctx, env)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeMilvus()) }()
	env.say("%s: Milvus is filled", name)
	recall, err := p.recall(ctx, want, milvus.index)
	if err != nil {
		return nil, err
	}
	env.say("%s: of Milvus' answers %.3f are right", name, recall)
	s.settings = append(s.settings, "MILVUS_ADDRESS="+milvus.server.Address())
	near, err := s.predictions(ctx, calls)
	if err != nil {
		return nil, err
	}
	held, err := familyRSS(milvus.server.Pid())
	if err != nil {
		return nil, err
	}
	return []Figure{
		{Name: name + ".scan.ratio", Value: ratio, Unit: "x", Goal: atLeast(0.6)},
		{Name: name + ".scan", Value: scanned, Unit: "GB/s"},
		{Name: name + ".exact.predictions", Value: exact.rate, Unit: "predictions/s"},
		{Name: name + ".exact.start", Value: exact.start.Seconds(), Unit: "s"},
		{Name: name + ".exact.rss", Value: exact.rss, Unit: "MB", Goal: atMost(memoryLimit)},
		{Name: name + ".milvus.predictions", Value: near.rate, Unit: "predictions/s"},
		{Name: name + ".milvus.fill", Value: milvus.filled.Seconds(), Unit: "s"},
		{Name: name + ".milvus.rss", Value: held, Unit: "MB", Goal: atMost(memoryLimit)},
		{Name: name + ".milvus.recall", Value: recall, Unit: "share", Goal: atLeast(0.98)},
	}, nil
}

// filled is a Milvus that holds what Postgres does.
type filled struct {
	server *servers.Milvus
	index  *vectors.Milvus
	filled time.Duration
}

// fillMilvus starts one and fills it the way an operator does. The caller closes it.
func (s *stage) fillMilvus(ctx context.Context, env *Env) (_ filled, closeBoth func() error, err error) {
	cache := os.Getenv("TICKERWIRE_CACHE")
	if cache == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return filled{}, nil, fmt.Errorf("milvus: %w", err)
		}
		cache = filepath.Join(home, ".cache", "tickerwire")
	}
	var f filled
	closeBoth = func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
		defer cancel()
		var errs []error
		if f.index != nil {
			errs = append(errs, f.index.Close())
		}
		if f.server != nil {
			errs = append(errs, f.server.Stop(ctx))
		}
		return errors.Join(errs...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeBoth())
		}
	}()
	f.server, err = servers.StartMilvus(ctx, servers.MilvusOptions{Venv: filepath.Join(cache, "milvus"), Dir: filepath.Join(env.dir, fmt.Sprintf("milvus-%d", env.n))})
	if err != nil {
		return f, nil, err
	}
	started := time.Now()
	if err := env.do(ctx, append(slices.Clone(s.settings), "MILVUS_ADDRESS="+f.server.Address()), "vectors", "rebuild"); err != nil {
		return f, nil, err
	}
	f.filled = time.Since(started)
	f.index, err = vectors.OpenMilvus(ctx, vectors.MilvusOptions{Address: f.server.Address(), Prefix: "tickerwire"})
	return f, closeBoth, err
}

// nearest are the nearest articles to each of the last, by the exact index, with the filters of a prediction.
func (p *past) nearest(ctx context.Context) ([][]vectors.Hit, error) {
	list := make([][]vectors.Hit, len(p.last))
	for i := range p.last {
		var err error
		if list[i], err = p.index.Nearest(ctx, p.query(i, recallAt)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// recall is the share of the nearest that an index finds. Of articles that are equally near any counts: many filings are
// equal to the letter.
func (p *past) recall(ctx context.Context, nearest [][]vectors.Hit, index vectors.Index) (float64, error) {
	const equal = 1e-5
	found, wanted := 0, 0
	for i, want := range nearest {
		q := p.query(i, analogueHits) // as the model asks; of its answer the nearest count
		got, err := index.Nearest(ctx, q)
		if err != nil {
			return 0, err
		}
		if len(want) == 0 {
			continue
		}
		farthest := want[len(want)-1].Cosine - equal
		for _, h := range got[:min(len(got), recallAt)] {
			if h.Cosine >= farthest {
				found++
			}
		}
		wanted += len(want)
	}
	return float64(found) / float64(wanted), nil
}

// predicting is how fast a worker predicted.
type predicting struct {
	rate  float64       // stories a second
	start time.Duration // from its start until its first prediction was kept: the index was read meanwhile
	rss   float64       // at the highest, in MB
}

// predictions starts a worker and has it predict the last n stories, after one that does not count.
func (s *stage) predictions(ctx context.Context, n int) (_ predicting, err error) {
	if err := s.order(ctx, 1); err != nil {
		return predicting{}, err
	}
	var p predicting
	started := time.Now()
	if err := s.start(ctx, "worker"); err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, s.stopRoles()) }()
	if err := s.predicted(ctx); err != nil {
		return p, err
	}
	p.start, started = time.Since(started), time.Now()
	if err := s.order(ctx, n); err != nil {
		return p, err
	}
	if err := s.predicted(ctx); err != nil {
		return p, err
	}
	p.rate = float64(n) / time.Since(started).Seconds()
	p.rss, err = peakRSS(s.running[0].cmd.Process.Pid)
	return p, err
}

// order rings for the analogue model's calls on the last n stories, as a generation and a run of its own: nobody is told of it.
func (s *stage) order(ctx context.Context, n int) error {
	s.generation = max(s.generation, 1) + 1
	var calls []struct{ StoryID, ModelID int64 }
	err := s.db.Bun().NewRaw(`
		with run as (insert into runs (kind, key, params, state, finished_at) values ('repredict', ?0::text, '{}', 'done', now()) returning id)
		insert into model_calls (story_id, model_id, generation, run_id)
		select s.id, m.id, ?0, run.id from (select id from stories order by available_at desc, id desc limit ?1) s, models m, run where m.name = 'analogue'
		returning story_id, model_id`, s.generation, n).Scan(ctx, &calls)
	if err != nil {
		return fmt.Errorf("order predictions: %w", err)
	}
	for _, c := range calls {
		job := tasks.PredictStory{StoryID: c.StoryID, ModelID: c.ModelID, ModelKind: forecast.KindAnalogue, Generation: s.generation}
		if err := s.queue.Ring(ctx, job); err != nil {
			return err
		}
	}
	return nil
}

// predicted waits until no call is due.
func (s *stage) predicted(ctx context.Context) error {
	for {
		var due int
		if err := s.db.Bun().NewRaw(`select count(*) from model_calls where state = 'due'`).Scan(ctx, &due); err != nil {
			return fmt.Errorf("calls that are due: %w", err)
		}
		if due == 0 {
			return nil
		}
		if err := pause(ctx, lookEvery, lookEvery); err != nil {
			return err
		}
	}
}

// familyRSS returns the most memory that a process and its children have held, in MB.
func familyRSS(pid int) (float64, error) {
	sum, err := peakRSS(pid)
	if err != nil {
		return 0, err
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0, fmt.Errorf("memory: %w", err)
	}
	for child := range strings.FieldsSeq(string(children)) {
		id, err := strconv.Atoi(child)
		if err != nil {
			return 0, fmt.Errorf("memory: %w", err)
		}
		more, err := peakRSS(id)
		if err != nil {
			return 0, err
		}
		sum += more
	}
	return sum, nil
}
