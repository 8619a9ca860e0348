package simulator_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tickerwire/internal/archive"
	"tickerwire/internal/simulator"
)

func TestProgramServesAndEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- simulator.Main(ctx, []string{"--addr", "127.0.0.1:0", "--archive", smallArchive(t), "--start", "2026-11-16T13:00:00+09:00", "--speed", "0"}, in, io.Discard)
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url, ready := strings.CutPrefix(strings.TrimSpace(line), "simulator ready on ")
	if !ready || !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Fatalf("it said %q", line)
	}
	res, err := http.Get(url + "/_sim/clock")
	if err != nil {
		t.Fatal(err)
	}
	if got := object(t, res.Body); got["now"] != "2026-11-16T13:00:00+09:00" || got["speed"] != 0. {
		t.Errorf("clock %v", got)
	}
	if err := res.Body.Close(); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func TestProgramWritesArchives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, args := range map[string][]string{
		"history": {"--write-history", filepath.Join(dir, "history"), "--seed", "3"},
		"archive": {"--write-archive", filepath.Join(dir, "archive"), "--articles", "12", "--seed", "3"},
	} {
		if err := simulator.Main(t.Context(), args, io.Discard, io.Discard); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(dir, name, archive.ArticlesFile))
		if err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProgramRefusals(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--addr", "0.0.0.0:0"}, {"--addr", "192.0.2.1:80"}, {"--addr", "example.org:80"}, {"--addr", ":0"}, {"--addr", "x"}, {"--start", "noon"}, {"--speed", "-1"},
		{"--archive", t.TempDir()}, {"--write-archive", t.TempDir(), "--articles", "-3"}, {"--colour"}} {
		if err := simulator.Main(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
}
