package servers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// initData makes the data directory once. All is done in a directory beside it that is renamed at the very end, so a
// data directory that exists is whole, and what an interrupted initdb left is thrown away.
func initData(ctx context.Context, bin, data string, owner account, durable bool) error {
	if _, err := os.Stat(data); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("postgres: data: %w", err)
	}
	draft := data + ".new"
	if err := os.RemoveAll(draft); err != nil {
		return fmt.Errorf("postgres: an interrupted initdb: %w", err)
	}
	if err := os.Mkdir(draft, 0o700); err != nil {
		return fmt.Errorf("postgres: data: %w", err)
	}
	if err := owner.own(draft); err != nil {
		return fmt.Errorf("postgres: data: %w", err)
	}
	args := []string{"-D", draft, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=" + locale()}
	if !durable {
		args = append(args, "--no-sync")
	}
	if err := runAs(ctx, owner, draft, "", filepath.Join(bin, "initdb"), args...); err != nil {
		return err
	}
	// The single-user mode needs no port, and a data directory without its database never gets its name.
	create := "CREATE DATABASE " + databaseName + "\n"
	if err := runAs(ctx, owner, draft, create, filepath.Join(bin, "postgres"), "--single", "-D", draft, "postgres"); err != nil {
		return err
	}
	if err := os.Rename(draft, data); err != nil {
		return fmt.Errorf("postgres: data: %w", err)
	}
	return nil
}

// locale is UTF-8 with plain byte order everywhere; macOS has no C.UTF-8 and takes C with the UTF8 encoding.
func locale() string {
	if runtime.GOOS == "darwin" {
		return "C"
	}
	return "C.UTF-8"
}

// runAs runs a short program to its end in dir and puts what it printed into the error.
func runAs(ctx context.Context, owner account, dir, input, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...) // #nosec G204 -- a program that this machine has installed, with arguments of our own
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(input)
	owner.apply(cmd)
	if printed, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("postgres: %s: %w: %s", filepath.Base(program), err, strings.TrimSpace(string(printed)))
	}
	return nil
}

// removeStalePid removes the pid file of a server that was killed. Postgres forgives most of them itself, but not one
// whose pid has since been given to another process. The caller holds the directory's lock, so a server that lives was
// started by other means.
func removeStalePid(data string) error {
	path := filepath.Join(data, "postmaster.pid")
	raw, err := os.ReadFile(path) // #nosec G304 -- a file of the server's own folder
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("postgres: pid file: %w", err)
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err == nil && alive(pid) && strings.Contains(commandLine(pid), data) {
		return fmt.Errorf("postgres: another Tickerwire runs in %s (pid %d): %w", data, pid, ErrInUse)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("postgres: stale pid file: %w", err)
	}
	return nil
}

// commandLine is what a process was started with, empty when that cannot be read.
func commandLine(pid int) string {
	if raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil {
		return strings.ReplaceAll(string(raw), "\x00", " ")
	}
	raw, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output() // #nosec G204 -- a program that this machine has installed, with arguments of our own
	if err != nil {
		return ""
	}
	return string(raw)
}
