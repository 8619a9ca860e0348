package app_test

import (
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
	for _, want := range []string{"100 % ", " stories, ", "; 0 differ\n"} {
		if !strings.Contains(said, want) {
			t.Errorf("leakcheck does not say %q:\n%s", want, said)
		}
	}
	if strings.Contains(said, " 0 stories") || strings.HasPrefix(said, "0 stories") {
		t.Errorf("nothing was compared:\n%s", said)
	}
}
