package servers_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/uptrace/bun/driver/pgdriver"

	"tickerwire/internal/servers"
)

// helperDir makes the test binary a process that runs a persisted Postgres in that directory until its input ends.
const helperDir = "SERVERS_TEST_HELPER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		if err := helper(dir); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func helper(dir string) error {
	ctx := context.Background()
	server, err := servers.StartPostgres(ctx, servers.PostgresOptions{Dir: dir})
	if err != nil {
		return err
	}
	fmt.Println(server.URL())
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return server.Stop(ctx)
}

// owner is another process that owns a Postgres.
type owner struct {
	cmd   *exec.Cmd
	url   string
	input io.Closer
}

// startOwner starts the helper, as the given user, and returns when its server is up.
func startOwner(t *testing.T, dir string, credential *syscall.Credential) *owner {
	t.Helper()
	cmd := exec.Command(copyOfThisTest(t))
	cmd.Env = append(os.Environ(), helperDir+"="+dir)
	cmd.Dir = "/"
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
	input, err := cmd.StdinPipe()
	fatal(t, err)
	output, err := cmd.StdoutPipe()
	fatal(t, err)
	fatal(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(output).ReadString('\n')
	fatal(t, err)
	if !strings.HasPrefix(line, "postgres://") {
		t.Fatalf("helper says %q", line)
	}
	return &owner{cmd: cmd, url: strings.TrimSpace(line), input: input}
}

// copyOfThisTest is this test's binary where every user can run it.
func copyOfThisTest(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	fatal(t, err)
	raw, err := os.ReadFile(self)
	fatal(t, err)
	path := filepath.Join(openDir(t), "servers.test")
	fatal(t, os.WriteFile(path, raw, 0o755))
	return path
}

// openDir is a temporary directory that every user can pass through.
func openDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	fatal(t, os.Chmod(filepath.Dir(dir), 0o755))
	fatal(t, os.Chmod(dir, 0o755))
	return dir
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func startPostgres(t *testing.T, o servers.PostgresOptions) *servers.Postgres {
	t.Helper()
	server, err := servers.StartPostgres(bounded(t), o)
	fatal(t, err)
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	return server
}

func exec1(t *testing.T, url, statement string) {
	t.Helper()
	db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(url)))
	defer db.Close()
	_, err := db.ExecContext(bounded(t), statement)
	fatal(t, err)
}

func ask(t *testing.T, url, query string) string {
	t.Helper()
	db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(url)))
	defer db.Close()
	var answer string
	fatal(t, db.QueryRowContext(bounded(t), query).Scan(&answer))
	return answer
}

// gone waits until no process has that pid.
func gone(t *testing.T, pid int) {
	t.Helper()
	await(t, fmt.Sprintf("the end of process %d", pid), func() bool { return syscall.Kill(pid, 0) != nil })
}

// await polls for what has no event, up to a limit that only a failure reaches.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
