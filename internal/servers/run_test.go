package servers_test

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"tickerwire/internal/servers"
)

func TestRunExitCodes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		want   int
	}{
		"success": {"true", 0},
		"failure": {"exit 7", 7},
		"crash":   {"kill -ABRT $$", 128 + 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := servers.Run{}.Do(bounded(t), "sh", "-c", c.script)
			if got != c.want || err != nil {
				t.Errorf("got %d, %v, want %d", got, err, c.want)
			}
		})
	}
	if got, err := (servers.Run{}).Do(bounded(t), "no-such-command"); got == 0 || err == nil {
		t.Errorf("a missing command: %d, %v", got, err)
	}
	if got, err := (servers.Run{}).Do(bounded(t)); got == 0 || err == nil {
		t.Errorf("no command: %d, %v", got, err)
	}
}

func TestRunStartsAndStopsServers(t *testing.T) {
	t.Parallel()
	lines, code := runScript(t, servers.Run{Postgres: true, Redis: true},
		`echo $TEST_DATABASE_URL; echo $TEST_REDIS_URL; echo "[$TEST_MILVUS_ADDRESS]"; sleep 300 & echo $!; exit 3`, nil)
	if code != 3 {
		t.Errorf("code %d", code)
	}
	if !strings.HasPrefix(lines[0], "postgres://postgres@127.0.0.1:") || !strings.HasPrefix(lines[1], "redis://127.0.0.1:") {
		t.Errorf("addresses %q", lines)
	}
	if want := "[" + os.Getenv("TEST_MILVUS_ADDRESS") + "]"; lines[2] != want {
		t.Errorf("Milvus was not asked for: %s, want what this process has: %s", lines[2], want)
	}
	left, err := strconv.Atoi(lines[3])
	fatal(t, err)
	gone(t, left)
}

func TestRunForwardsSignals(t *testing.T) {
	t.Parallel()
	for name, sig := range map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines, code := runScript(t, servers.Run{}, `trap 'echo asked; exit 5' `+name+`; echo up; while :; do sleep 0.05; done`, sig)
			if code != 5 || lines[len(lines)-1] != "asked" {
				t.Errorf("code %d, %q", code, lines)
			}
		})
	}
}

// runScript runs a shell script and returns its lines. The signal is sent at the first of them.
func runScript(t *testing.T, run servers.Run, script string, sig os.Signal) ([]string, int) {
	t.Helper()
	out, in, err := os.Pipe()
	fatal(t, err)
	signals := make(chan os.Signal, 1)
	run.Signals, run.Out = signals, in
	type end struct {
		code int
		err  error
	}
	ended := make(chan end, 1)
	go func() {
		code, err := run.Do(bounded(t), "sh", "-c", script)
		_ = in.Close()
		ended <- end{code, err}
	}()
	var lines []string
	for scanner := bufio.NewScanner(out); scanner.Scan(); lines = append(lines, scanner.Text()) {
		if sig != nil {
			signals <- sig
			sig = nil
		}
	}
	last := <-ended
	fatal(t, last.err)
	return lines, last.code
}
