package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"tickerwire/internal/config"
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
)

// DoctorOptions say how Doctor asks and answers.
type DoctorOptions struct {
	Limit      time.Duration // of each check
	JSON       bool          // a program reads the answer
	Embeddings string        // "model/dimensions" of the service in OPENAI_BASE_URL, which is asked for a vector; "" for none
}

// finding is one line of the doctor's. State is one of the four below.
type finding struct {
	Name  string         `json:"name"`
	State string         `json:"state"`
	Asked string         `json:"asked,omitempty"` // in a few words
	Means string         `json:"means,omitempty"` // what the answer was
	Cause upstream.Cause `json:"cause,omitempty"` // "" where the answer does not tell
	Do    string         `json:"do,omitempty"`    // one clause
}

const (
	stateOK       = "ok"
	stateFail     = "FAIL"
	stateUnset    = "not configured"
	stateNotAsked = "not asked" // it may work: nothing was allowed to leave
)

// Doctor checks everything that is configured, each with one cheap question at most, and prints a line for each on out.
// It is an error when something that is configured does not work. No key is ever printed.
func Doctor(ctx context.Context, cfg config.Config, o DoctorOptions, out io.Writer) error {
	findings, err := examine(ctx, cfg, o)
	return errors.Join(err, report(out, findings, o.JSON))
}

// report prints the findings; it is an error when some of them are failures.
func report(out io.Writer, findings []finding, asJSON bool) error {
	if err := printFindings(out, findings, asJSON); err != nil {
		return err
	}
	failed := 0
	for _, f := range findings {
		if f.State == stateFail {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("doctor: %d of %d do not work", failed, len(findings))
	}
	return nil
}

func printFindings(out io.Writer, findings []finding, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(findings)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range findings {
		said := f.Means
		if f.Do != "" {
			said = strings.TrimSpace(said + " -> " + f.Do)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", f.Name, f.State, f.Asked, said)
	}
	return table.Flush()
}

// probe is one check: a name, what is asked in a few words, and the question, which returns what the answer means. One
// that is not configured has none, but says what to set.
type probe struct {
	name, asked string
	ask         func(context.Context) (means string, err error)
	set         string                    // for one that is not configured
	cures       map[upstream.Cause]string // what to do about a cause with this system; see cures
}

// doctor is a role of which any part may be missing.
type doctor struct {
	*role
	at         hosts
	limit      time.Duration
	embeddings string
}

// examine opens what there is to open, and asks first our own servers, then the outside, each side by side: without
// Redis nobody knows whether a call may leave.
func examine(ctx context.Context, cfg config.Config, o DoctorOptions) (findings []finding, err error) {
	opening, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	d := newDoctor(cfg, o)
	defer func() { err = errors.Join(err, d.close()) }()
	reachedCfg, at, err := reached(opening, cfg)
	if err == nil {
		d.clock, err = openClock(opening, cfg)
	}
	if err != nil {
		p := probe{name: "simulator", asked: "its keys and clock"}
		return append(d.all(ctx, d.inside()), d.explain(p, advise(err, "start it, or take SIMULATOR_URL away"))), nil
	}
	d.cfg, d.at = reachedCfg, at
	return d.run(ctx), nil
}

func newDoctor(cfg config.Config, o DoctorOptions) *doctor {
	return &doctor{limit: o.Limit, embeddings: o.Embeddings, role: &role{backends: &backends{}, cfg: cfg, log: newLog(cfg.LogLevel, "doctor"),
		clock: clock{now: time.Now}, calendar: market.NewCalendar()}}
}

func (d *doctor) run(ctx context.Context) []finding {
	findings := d.all(ctx, d.inside())
	return append(findings, d.all(ctx, d.outside(ctx))...)
}

// all asks side by side.
func (d *doctor) all(ctx context.Context, probes []probe) []finding {
	findings := make([]finding, len(probes))
	var wg sync.WaitGroup
	for i, p := range probes {
		wg.Go(func() {
			if p.set != "" {
				findings[i] = finding{Name: p.name, State: stateUnset, Do: p.set}
				return
			}
			ctx, cancel := context.WithTimeout(ctx, d.limit)
			defer cancel()
			means, err := p.ask(ctx)
			if err != nil {
				findings[i] = d.explain(p, err)
				return
			}
			findings[i] = finding{Name: p.name, State: stateOK, Asked: p.asked, Means: means}
		})
	}
	wg.Wait()
	return findings
}

// close ends what the checks of our own servers opened.
func (d *doctor) close() error {
	var errs []error
	if d.quick != nil {
		errs = append(errs, d.quick.Close())
	}
	if d.db != nil {
		errs = append(errs, d.db.Close())
	}
	return errors.Join(errs...)
}
