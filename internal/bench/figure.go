package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Better says in which direction a figure is good.
type Better int

// The directions.
const (
	Higher Better = iota
	Lower
)

// Goal is what a figure is measured against; a value equal to At meets it.
type Goal struct {
	At     float64
	Better Better
}

func atLeast(v float64) *Goal { return &Goal{At: v, Better: Higher} }
func atMost(v float64) *Goal  { return &Goal{At: v, Better: Lower} }

// metBy reports whether a value meets the goal.
func (g Goal) metBy(v float64) bool {
	if g.Better == Lower {
		return v <= g.At
	}
	return v >= g.At
}

// Figure is one number that was measured, in its unit. Goal is nil for a number that is only told.
type Figure struct {
	Name  string
	Value float64
	Unit  string
	Goal  *Goal
}

// result is a figure as results.json shows it; goal and met are null without a goal.
type result struct {
	Name  string   `json:"name"`
	Value float64  `json:"value"`
	Unit  string   `json:"unit"`
	Goal  *float64 `json:"goal"`
	Met   *bool    `json:"met"`
}

func (f Figure) result() result {
	r := result{Name: f.Name, Value: f.Value, Unit: f.Unit}
	if f.Goal != nil {
		met := f.Goal.metBy(f.Value)
		r.Goal, r.Met = &f.Goal.At, &met
	}
	return r
}

// writeResults writes the figures as a JSON list. Of an older list it keeps the figures of the benchmarks that were not
// run: those whose names begin with none of ran.
func writeResults(path string, figures []Figure, ran []string) error {
	list, err := readResults(path)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(old result) bool {
		return slices.ContainsFunc(ran, func(name string) bool { return old.Name == name || strings.HasPrefix(old.Name, name+".") })
	})
	for _, f := range figures {
		list = append(list, f.result())
	}
	raw, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return fmt.Errorf("results: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("results: %w", err)
	}
	if err := os.WriteFile(path, append(raw, '\n'), 0o644); err != nil {
		return fmt.Errorf("results: %w", err)
	}
	return nil
}

// readResults returns the list that a file holds, none where there is no file.
func readResults(path string) ([]result, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []result
	if err == nil {
		err = json.Unmarshal(raw, &list)
	}
	if err != nil {
		return nil, fmt.Errorf("older results: %w", err)
	}
	return list, nil
}

// missed is an error that names the figures whose goals are not met, nil when all are.
func missed(figures []Figure) error {
	var names []string
	for _, f := range figures {
		if f.Goal != nil && !f.Goal.metBy(f.Value) {
			names = append(names, f.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("%d goals were missed: %s", len(names), strings.Join(names, ", "))
}

// writeTable prints the figures in aligned columns.
func writeTable(out io.Writer, figures []Figure) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nname\tvalue\tunit\tgoal\tmet")
	for _, f := range figures {
		goal, met := "", ""
		if f.Goal != nil {
			sign := map[Better]string{Higher: ">=", Lower: "<="}[f.Goal.Better]
			goal, met = sign+" "+short(f.Goal.At), map[bool]string{true: "yes", false: "NO"}[f.Goal.metBy(f.Value)]
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", f.Name, short(f.Value), f.Unit, goal, met)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("table: %w", err)
	}
	return nil
}

// short prints a number with as many digits as tell anything.
func short(v float64) string {
	digits := 0
	switch {
	case v == float64(int64(v)):
	case v < 10 && v > -10:
		digits = 2
	case v < 1000 && v > -1000:
		digits = 1
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}
