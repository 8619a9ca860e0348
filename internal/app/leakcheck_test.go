package app_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tickerwire/internal/simulator"
)

// TestLeakCheck finds nothing in a generated archive, by the program as it is run.
func TestLeakCheck(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	fatal(t, simulator.WriteGenerated(dir, simulator.ArchiveOptions{Seed: 5, Articles: 60}))
	_, tickerctl := errands(t, newDatabase(t))
	said := tickerctl("leakcheck", dir)
	for _, want := range []string{"100 % ", " stories, ", " fits of calibrations, ", "; 0 differ\n"} {
		if !strings.Contains(said, want) {
			t.Errorf("leakcheck does not say %q:\n%s", want, said)
		}
	}
	if strings.Contains(said, " 0 stories") || strings.HasPrefix(said, "0 stories") || strings.Contains(said, ", 0 fits") {
		t.Errorf("nothing was compared:\n%s", said)
	}
}

// TestLeakCheckOfALeakyProgram builds a tickerctl from sources in which predicates are gone that keep the future out, and has
// it look for leaks in itself: it names each, and its exit says that something is wrong.
func TestLeakCheckOfALeakyProgram(t *testing.T) {
	t.Parallel()
	leaky := buildLeaky(t, map[string][2]string{
		"store/bars.go":         {`Where("b.known_at <= ?", f.KnownBy)`, `Where("b.known_at is not null or ? is null", f.KnownBy)`},
		"store/judged.go":       {`knownOutcomes("p.story_id", "p.code", "?5")`, `knownOutcomes("p.story_id", "p.code", "'infinity'")`},
		"store/calibrations.go": {`where model_id = ? and origin = ? and known_at <= ?`, `where model_id = ? and origin = ? and ?::timestamptz is not null`},
	})
	dir := openDir(t)
	fatal(t, simulator.WriteGenerated(dir, simulator.ArchiveOptions{Seed: 5, Articles: 60}))
	p := command{name: "tickerctl", path: leaky, args: []string{"leakcheck", dir}}.run(t)
	p.refuses(t, "\nleak: 20", " of base rate\n", " of sigma\n", " of probability\n", " of calibration\n", " of calibration's record\n",
		" values depend on the future\n")
	if said := p.out.String(); strings.Contains(said, "; 0 differ\n") {
		t.Errorf("leaks are named, and none differs:\n%s", said)
	}
}

// buildLeaky builds tickerctl with a piece of each of some files replaced, which leaves the tree as it is.
func buildLeaky(t *testing.T, edits map[string][2]string) string {
	t.Helper()
	dir := openDir(t)
	replace := make(map[string]string)
	for file, edit := range edits {
		path, err := filepath.Abs(filepath.Join("../..", file))
		fatal(t, err)
		source, err := os.ReadFile(path)
		fatal(t, err)
		if n := strings.Count(string(source), edit[0]); n != 1 {
			t.Fatalf("%s holds %q %d times: nothing can be planted", file, edit[0], n)
		}
		replace[path] = filepath.Join(dir, filepath.Base(file))
		writeFile(t, dir, filepath.Base(file), strings.Replace(string(source), edit[0], edit[1], 1))
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	fatal(t, err)
	writeFile(t, dir, "overlay.json", string(overlay))
	program := filepath.Join(dir, "tickerctl")
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-ldflags=-s -w", "-o", program, "tickerwire/cmd/tickerctl")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build a leaky program: %v\n%s", err, out)
	}
	return program
}
