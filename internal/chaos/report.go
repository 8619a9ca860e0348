package chaos

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Report is what was seen in one case.
type Report struct {
	Case    string   `json:"case"`
	Title   string   `json:"title"`
	Done    []string `json:"done"` // what was broken, and how
	Checks  []Result `json:"checks"`
	Figures []Figure `json:"figures"`
	Error   string   `json:"error,omitempty"`
	Seconds float64  `json:"seconds"` // until it only had to settle
	Passed  bool     `json:"passed"`
}

// Result is one thing that must hold, and what was found.
type Result struct {
	Name  string `json:"name"`
	Found string `json:"found"`
	Holds bool   `json:"holds"`
}

// Figure is one number that was measured.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// nothing is what a check found that had nothing to look at.
const nothing = "0 looked at"

func (r *Report) did(format string, args ...any) {
	r.Done = append(r.Done, fmt.Sprintf(format, args...))
}

// check notes whether something holds, with what was found.
func (r *Report) check(name string, holds bool, format string, args ...any) {
	r.Checks = append(r.Checks, Result{Name: name, Holds: holds, Found: fmt.Sprintf(format, args...)})
}

func (r *Report) figure(name string, value float64, unit string) {
	r.Figures = append(r.Figures, Figure{name, value, unit})
}

// times notes durations: how many, median, 95th percentile and the longest. It returns the 95th percentile.
func (r *Report) times(name string, list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	r.figure(name+", count", float64(len(sorted)), "")
	r.figure(name+", p50", percentile(sorted, 50).Seconds(), "s")
	r.figure(name+", p95", percentile(sorted, 95).Seconds(), "s")
	r.figure(name+", longest", sorted[len(sorted)-1].Seconds(), "s")
	return percentile(sorted, 95)
}

// percentile returns the smallest value that at least p percent of the sorted list do not exceed.
func percentile(sorted []time.Duration, p int) time.Duration {
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

// fail notes an error of the harness itself.
func (r *Report) fail(err error) {
	switch {
	case err == nil:
	case r.Error == "":
		r.Error = err.Error()
	default:
		r.Error += "\n" + err.Error()
	}
}

func (r *Report) passed() bool {
	return r.Error == "" && len(r.Checks) > 0 && !slices.ContainsFunc(r.Checks, func(c Result) bool { return !c.Holds })
}

// print writes the case as a table.
func (r *Report) print(out io.Writer) {
	r.Passed = r.passed()
	fmt.Fprintf(out, "\n--- case %s: %s: %s (%.0f s)\n", r.Case, r.Title, verdict(r.Passed), r.Seconds)
	for _, d := range r.Done {
		fmt.Fprintf(out, "  did    %s\n", d)
	}
	idle := 0
	for _, c := range r.Checks {
		if c.Holds && c.Found == nothing {
			idle++
			continue
		}
		fmt.Fprintf(out, "  %-6s %-58s %s\n", verdict(c.Holds), c.Name, c.Found)
	}
	if idle > 0 {
		fmt.Fprintf(out, "  %-6s %d further properties of the checker had nothing to look at\n", "-", idle)
	}
	for _, f := range r.Figures {
		fmt.Fprintf(out, "  figure %-58s %.2f %s\n", f.Name, f.Value, f.Unit)
	}
	if r.Error != "" {
		fmt.Fprintf(out, "  error  %s\n", r.Error)
	}
}

func verdict(holds bool) string {
	if holds {
		return "PASS"
	}
	return "FAIL"
}

// summary writes a line per case; it returns an error that names those that failed.
func summary(out io.Writer, reports []*Report) error {
	fmt.Fprintln(out, "\ncase  result  seconds  checks  what")
	var failed []string
	for _, r := range reports {
		fmt.Fprintf(out, "%4s  %-6s  %7.0f  %6d  %s\n", r.Case, verdict(r.Passed), r.Seconds, len(r.Checks), r.Title)
		if !r.Passed {
			failed = append(failed, r.Case)
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("cases that failed: %v", failed)
	}
	return nil
}

// writeJSON writes the reports to a file, whose folder is made.
func writeJSON(path string, reports []*Report) error {
	raw, err := json.MarshalIndent(struct {
		At    time.Time `json:"at"`
		Cases []*Report `json:"cases"`
	}{time.Now().UTC(), reports}, "", "  ")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := os.WriteFile(path, append(raw, '\n'), 0o644); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// medianOf returns the median of durations, 0 of none.
func medianOf(list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	return percentile(slices.Sorted(slices.Values(list)), 50)
}
