package servers_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"tickerwire/internal/servers"
)

func TestPostgresKeepsItsData(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	first := startPostgres(t, servers.PostgresOptions{Dir: dir})
	for query, want := range map[string]string{
		"SHOW server_encoding":      "UTF8",
		"SHOW listen_addresses":     "127.0.0.1",
		"SHOW fsync":                "on",
		"SHOW synchronous_commit":   "on",
		"SELECT current_database()": "tickerwire",
	} {
		if got := ask(t, first.URL(), query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	exec1(t, first.URL(), "CREATE TABLE stock AS SELECT '삼성전자'::text AS name")
	fatal(t, first.Stop(bounded(t)))

	second := startPostgres(t, servers.PostgresOptions{Dir: dir})
	if got := ask(t, second.URL(), "SELECT name FROM stock"); got != "삼성전자" {
		t.Errorf("after the second start: %q", got)
	}
}

func TestEphemeralPostgresLeavesNothing(t *testing.T) {
	t.Parallel()
	server := startPostgres(t, servers.PostgresOptions{Dir: openDir(t), Ephemeral: true, MaxConnections: 321})
	for query, want := range map[string]string{
		"SHOW fsync": "off", "SHOW synchronous_commit": "off", "SHOW full_page_writes": "off", "SHOW max_connections": "321",
	} {
		if got := ask(t, server.URL(), query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	fatal(t, server.Stop(bounded(t)))
	if _, err := os.Stat(server.DataDir()); !os.IsNotExist(err) {
		t.Errorf("data after Stop: %v", err)
	}
}

func TestPostgresWhereItsUserCannotGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fatal(t, os.Chmod(filepath.Dir(dir), 0o700))
	server := startPostgres(t, servers.PostgresOptions{Dir: filepath.Join(dir, "pg"), Ephemeral: true})
	if got := ask(t, server.URL(), "SELECT 'here'"); got != "here" {
		t.Error(got)
	}
	fatal(t, server.Stop(bounded(t)))
	for _, path := range []string{server.DataDir(), filepath.Dir(server.DataDir())} {
		if _, err := os.Stat(path); err == nil && !strings.HasPrefix(path, dir) {
			t.Errorf("%s is still there", path)
		}
	}
}

func TestPostgresRefusesAnOwnedDirectory(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	startPostgres(t, servers.PostgresOptions{Dir: dir})
	_, err := servers.StartPostgres(bounded(t), servers.PostgresOptions{Dir: dir})
	want := fmt.Sprintf("another Tickerwire runs in %s (pid %d)", dir, os.Getpid())
	if !errors.Is(err, servers.ErrInUse) || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestPostgresAfterKill(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	first := startPostgres(t, servers.PostgresOptions{Dir: dir})
	exec1(t, first.URL(), "CREATE TABLE kept AS SELECT 'yes'::text AS answer")
	fatal(t, syscall.Kill(postmaster(t, first.DataDir()), syscall.SIGKILL))
	<-first.Done()
	fatal(t, first.Stop(bounded(t)))

	second := startPostgres(t, servers.PostgresOptions{Dir: dir})
	if got := ask(t, second.URL(), "SELECT answer FROM kept"); got != "yes" {
		t.Error(got)
	}
}

func TestPostgresAfterItsOwnerWasKilled(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	first := startOwner(t, dir, nil)
	exec1(t, first.url, "CREATE TABLE kept AS SELECT 'yes'::text AS answer")
	fatal(t, first.cmd.Process.Kill())
	_ = first.cmd.Wait()

	second := startPostgres(t, servers.PostgresOptions{Dir: dir})
	if got := ask(t, second.URL(), "SELECT answer FROM kept"); got != "yes" {
		t.Error(got)
	}
}

func TestPostgresWithAForeignPidFile(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	first := startPostgres(t, servers.PostgresOptions{Dir: dir})
	fatal(t, first.Stop(bounded(t)))
	stale := fmt.Sprintf("%d\n%s\n", os.Getpid(), first.DataDir())
	fatal(t, os.WriteFile(filepath.Join(first.DataDir(), "postmaster.pid"), []byte(stale), 0o644))
	startPostgres(t, servers.PostgresOptions{Dir: dir})
}

func TestPostgresAfterAnInterruptedInitdb(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	fatal(t, os.Mkdir(filepath.Join(dir, "data.new"), 0o700))
	fatal(t, os.WriteFile(filepath.Join(dir, "data.new", "PG_VERSION"), []byte("15\n"), 0o600))
	startPostgres(t, servers.PostgresOptions{Dir: dir})
	if _, err := os.Stat(filepath.Join(dir, "data.new")); !os.IsNotExist(err) {
		t.Errorf("the leftover: %v", err)
	}
}

func TestPostgresAsAnotherUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Log("this is a normal user: the other tests are this one")
		return
	}
	const nobody = 65534
	dir := openDir(t)
	fatal(t, os.Chown(dir, nobody, nobody))
	for range 2 {
		user := startOwner(t, dir, &syscall.Credential{Uid: nobody, Gid: nobody})
		if got := ask(t, user.url, "SELECT current_user"); got != "postgres" {
			t.Error(got)
		}
		fatal(t, user.input.Close())
		fatal(t, user.cmd.Wait())
	}
}

func TestNoPostgres(t *testing.T) {
	t.Parallel()
	_, err := servers.StartPostgres(context.Background(), servers.PostgresOptions{Dir: openDir(t), Bin: t.TempDir()})
	if !errors.Is(err, servers.ErrNoPostgres) {
		t.Errorf("got %v", err)
	}
}

func TestPostgresDataOfAnotherVersion(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	fatal(t, os.Mkdir(filepath.Join(dir, "data"), 0o700))
	fatal(t, os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("9\n"), 0o600))
	_, err := servers.StartPostgres(context.Background(), servers.PostgresOptions{Dir: dir})
	if !errors.Is(err, servers.ErrNoPostgres) || !strings.Contains(err.Error(), "PostgreSQL 9's") {
		t.Errorf("got %v", err)
	}
}

// postmaster reads the server's pid.
func postmaster(t *testing.T, data string) int {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	fatal(t, err)
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(first)
	fatal(t, err)
	return pid
}
