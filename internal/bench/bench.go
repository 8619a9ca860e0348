// Package bench measures the program: each benchmark runs a bounded load on private servers and answers figures, some
// with a goal. Rates are compared within one run, in rounds that take turns, since a machine's mood changes by the
// minute. The package drives the program as it is, mostly as real processes; it must not stand in for any part of it,
// and nothing in it may make a figure look better than what a user would see.
package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"time"
)

// Benchmark measures something and answers what it found.
type Benchmark struct {
	Name string // the start of its figures' names
	Set  string // which it is run with: "" for those of `make bench`
	Run  func(context.Context, *Env) ([]Figure, error)
}

// All returns every benchmark, in the order in which they run.
func All() []Benchmark {
	return []Benchmark{
		{Name: "demo", Run: firstAlert},
		{Name: "embed", Run: embedding},
		{Name: "worker", Run: idleWorker},
		{Name: "queue.start", Run: enqueueToStart},
		{Name: "queue.noop", Run: noopRatio},
		{Name: "queue.slow", Run: slowRatio},
		{Name: "alert", Run: alertLatency},
		{Name: "loaded", Run: alertLoaded},
		{Name: "bot", Run: botAnswers},
		{Name: "pipeline", Run: pipelineRate},
		{Name: "backtest", Run: backtesting}, // before vectors: a process is said to have used what its parent held when it was started
		{Name: "vectors", Run: similar},
		{Name: "large.noop", Set: large, Run: largeNoop},
		{Name: "burst", Set: large, Run: burstWhole},
		{Name: "burst.killed", Set: large, Run: burstKilled},
		{Name: "large.vectors", Set: large, Run: largeSimilar},
		{Name: "soak.limits", Set: soak, Run: keepLimits},
		{Name: "soak.day", Set: soak, Run: keepDays},
		{Name: "soak.burst", Set: soak, Run: burstPace},
		{Name: "soak.sick", Set: soak, Run: sickSource},
		{Name: "reads", Set: reads, Run: readFew},
		{Name: "reads-large", Set: readsOfMany, Run: readMany},
	}
}

// The sets beside the first.
const (
	large = "large" // takes minutes: `make bench-large`
	soak  = "soak"  // limits kept and a sick source borne: `make soak`

	reads       = "reads"       // the API's answers beside a reference's: `make bench-reads`
	readsOfMany = "reads-large" // the same with a million articles
)

const (
	callerRole  = "caller"
	resultsFile = "results.json"
)

// Main is the program: it runs the benchmarks that args ask for, prints their figures as a table on out and writes them
// to results.json. A benchmark that cannot be run is an error, after the others have run; so is a goal that a soak misses,
// since it speaks of right and wrong and not of speed. "caller" is the role of a benchmark's own workers.
func Main(ctx context.Context, args []string, out io.Writer) (err error) {
	if len(args) == 1 && args[0] == callerRole {
		return call(ctx)
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(out)
	set := flags.String("set", "", "which benchmarks: large, those that take minutes; soak; reads; reads-large; else the usual ones")
	only := flags.String("only", "", "run those whose name fits this regular expression")
	dir := flags.String("out", "bench/out", "where results.json is written")
	bin := flags.String("bin", "bin", "where the program's binaries are")
	profile := flags.String("cpuprofile", "", "write a profile of this process, in which the queue's benchmarks run, to this file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	stopProfile, err := startProfile(*profile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopProfile()) }()
	env, err := newEnv(*bin, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, env.close()) }()
	figures, ran, err := run(ctx, env, func(b Benchmark) bool { return b.Set == *set && pattern.MatchString(b.Name) })
	if len(figures) > 0 {
		err = errors.Join(err, writeTable(out, figures), writeResults(filepath.Join(*dir, resultsFile), figures, ran))
	}
	if *set == soak {
		err = errors.Join(err, missed(figures))
	}
	return err
}

// startProfile profiles this process into a file until stop is called; without a path it does nothing.
func startProfile(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("-cpuprofile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("-cpuprofile: %w", err), f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}

// run runs the benchmarks that are wanted, one after the other, and returns all that they found, and their names.
func run(ctx context.Context, env *Env, want func(Benchmark) bool) (figures []Figure, ran []string, err error) {
	var errs []error
	for _, b := range All() {
		if !want(b) || ctx.Err() != nil {
			continue
		}
		started := time.Now()
		found, err := b.Run(ctx, env)
		figures, ran = append(figures, found...), append(ran, b.Name)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", b.Name, err))
		}
		env.say("%s took %s", b.Name, time.Since(started).Round(100*time.Millisecond))
	}
	return figures, ran, errors.Join(append(errs, context.Cause(ctx))...)
}
