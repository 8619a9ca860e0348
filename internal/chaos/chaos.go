// Package chaos runs the program as its Procfile says, breaks it on purpose (processes killed, Redis and Postgres taken
// away, clocks put wrong, answers lost) and then asks one checker whether everything that was acknowledged happened
// exactly once. It starts and ends only processes of its own, on loopback and free ports, and must not be imported by
// the program: what it needs inside of a process comes through app.Seams.
package chaos

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tickerwire/internal/simulator"
)

// runLimit bounds a whole run of one set.
const runLimit = 25 * time.Minute

// Sets of cases.
const (
	setCore  = "core"  // what dies, and the queue
	setLarge = "large" // networks, deploys, failovers and Milvus
)

// scenario is one case of the matrix. Its run does the breaking and the checking and writes both into the report. What it
// returns, if anything, is waited for while the next cases run: a settling that only takes time.
type scenario struct {
	number string
	title  string
	beside bool // it mostly waits: the next cases run meanwhile
	set    string
	run    func(context.Context, *bench, *Report) (settle func(context.Context) error, err error)
}

// scenarios is the table of cases. Those that leave work to settle come first, so that it does so beside the others.
func scenarios() []scenario {
	return []scenario{
		{"1", "kill -9 of workers mid-task", false, setCore, caseKill},
		{"2", "Redis away for 6 s and for 60 s", true, setCore, caseRedis},
		{"12", "faults in Redis and Postgres through a whole archive", false, setCore, caseFaults},
		{"3", "Postgres crashed and restarted during commits", false, setCore, casePostgres},
		{"9", "a handler that ignores its context", true, setCore, caseDeaf},
		{"8", "a poison task", false, setCore, casePoison},
		{"6", "three schedulers, the leader killed at the tick", false, setCore, caseLeader},
		{"10", "cancel while queued, running and just finished", false, setCore, caseCancel},
		{"11", "more failures than the queue's archive holds", false, setCore, caseFailures},
		{"4", "Milvus away, and too slow", false, setLarge, caseMilvus},
		{"5a", "1 ms and 50 ms to Redis and Postgres", false, setLarge, caseLatency},
		{"5b", "half-open connections to Redis and Postgres", false, setLarge, caseHalfOpen},
		{"5c", "lost answers of Redis and Postgres", false, setLarge, caseLostAnswers},
		{"7", "a rolling deploy under load", false, setLarge, caseDeploy},
		{"2b", "a failover of Redis that loses its last second", false, setLarge, caseFailover},
		{"2c", "Redis as a cluster", false, setLarge, caseCluster},
	}
}

// bench is what all cases share: the binaries, the Procfile, the archive, a folder for everything.
type bench struct {
	home    string // temporary
	bin     string
	self    string // this very program
	lines   procfile
	venv    string // Milvus' virtual environment
	archive string
	out     io.Writer
}

// Main runs the program's commands: none runs the cases, "worker" and "scheduler" are the roles with the harness's kinds
// of task, for the cases themselves. It returns an error when a case fails.
func Main(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 && (args[0] == "worker" || args[0] == "scheduler") {
		return runRole(ctx, args[0])
	}
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	only := flags.String("case", "", "numbers of the cases to run, with commas; empty runs all")
	bin := flags.String("bin", "bin", "folder of the program's binaries")
	set := flags.String("set", setCore, "which cases to run where none is named: core or large")
	venv := flags.String("venv", filepath.Join(cacheFolder(), "milvus"), "Milvus' virtual environment")
	lines := flags.String("procfile", "Procfile", "which processes there are")
	folder := flags.String("archive", os.Getenv("TICKERWIRE_ARCHIVE"), "archive folder; empty: ../shared/archive, else a generated one")
	result := flags.String("json", filepath.Join("bench", "out", "chaos.json"), "where the figures are written")
	keep := flags.Bool("keep", false, "keep the processes' logs")
	if err := flags.Parse(args); err != nil {
		return err
	}
	picked, err := pick(*only, *set)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	b, err := openBench(*bin, *lines, *folder, out)
	if err != nil {
		return err
	}
	b.venv = *venv
	reports := b.runAll(ctx, picked)
	err = errors.Join(summary(out, reports), writeJSON(*result, reports))
	if err != nil || *keep {
		fmt.Fprintf(out, "\nlogs of the processes: %s\n", b.home)
		return err
	}
	return os.RemoveAll(b.home)
}

// cacheFolder is where scripts/install-test-services.sh installs what it brings.
func cacheFolder() string {
	home, _ := os.UserHomeDir() // without one the folder does not exist, and Milvus says so
	return cmp.Or(os.Getenv("TICKERWIRE_CACHE"), filepath.Join(home, ".cache", "tickerwire"))
}

// pick returns the cases with the given numbers, or those of a set, in the matrix's order.
func pick(numbers, set string) ([]scenario, error) {
	all := scenarios()
	if numbers == "" {
		all = slices.DeleteFunc(all, func(s scenario) bool { return s.set != set })
		if len(all) == 0 {
			return nil, fmt.Errorf("there is no set %q of cases", set)
		}
		return all, nil
	}
	var picked []scenario
	wanted := strings.Split(numbers, ",")
	for _, s := range all {
		if slices.Contains(wanted, s.number) {
			picked = append(picked, s)
		}
	}
	if len(picked) < len(wanted) {
		return nil, fmt.Errorf("not every case of %q is known", numbers)
	}
	return picked, nil
}

// openBench finds what a run stands on and makes its temporary folder.
func openBench(bin, lines, folder string, out io.Writer) (*bench, error) {
	b := &bench{out: out}
	var err error
	if b.bin, err = filepath.Abs(bin); err != nil {
		return nil, err
	}
	if b.self, err = os.Executable(); err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	if b.lines, err = readProcfile(lines); err != nil {
		return nil, err
	}
	if b.home, err = os.MkdirTemp("", "tickerwire-chaos-"); err != nil {
		return nil, fmt.Errorf("temporary folder: %w", err)
	}
	if err := os.Chmod(b.home, 0o755); err != nil { // for the user that Postgres runs as under root
		return nil, fmt.Errorf("temporary folder: %w", err)
	}
	return b, b.findArchive(folder)
}

// findArchive takes the folder that was named, the one beside the repository, or writes one of the same size, and lays
// urgent filings into a copy.
func (b *bench) findArchive(folder string) error {
	beside := filepath.Join("..", "shared", "archive")
	if _, err := os.Stat(filepath.Join(beside, "articles.ndjson")); err == nil && folder == "" {
		folder = beside
	}
	if folder == "" {
		folder = filepath.Join(b.home, "generated")
		if err := simulator.WriteGenerated(folder, simulator.ArchiveOptions{Seed: 1}); err != nil {
			return err
		}
	}
	b.archive = filepath.Join(b.home, "archive")
	return withFilings(folder, b.archive)
}

// runAll runs the cases one after the other. What only has to settle does so beside the next ones, and so does a whole
// case that mostly waits.
func (b *bench) runAll(ctx context.Context, picked []scenario) []*Report {
	var reports []*Report
	var ended []<-chan struct{}
	for _, s := range picked {
		r := &Report{Case: s.number, Title: s.title}
		reports = append(reports, r)
		fmt.Fprintf(b.out, "\n=== case %s: %s\n", s.number, s.title)
		var settle func(context.Context) error
		if !s.beside {
			settle = s.begin(ctx, b, r)
		}
		done := make(chan struct{})
		ended = append(ended, done)
		go func() {
			defer close(done)
			if s.beside {
				settle = s.begin(ctx, b, r)
			}
			if settle != nil {
				r.fail(settle(ctx))
			}
		}()
	}
	for i, r := range reports {
		<-ended[i]
		r.print(b.out)
	}
	return reports
}

// begin runs a case up to where it only has to settle.
func (s scenario) begin(ctx context.Context, b *bench, r *Report) (settle func(context.Context) error) {
	started := time.Now()
	settle, err := s.run(ctx, b, r)
	r.fail(err)
	r.Seconds = time.Since(started).Seconds()
	return settle
}
