package servers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

var (
	serverVersion = regexp.MustCompile(`\) (\d+)`) // as in "postgres (PostgreSQL) 15.18"
	firstNumber   = regexp.MustCompile(`\d+`)
)

// findPostgres returns the directory of initdb and postgres: bin when given, else the first place that has them, else a
// download. Data that exist already are only opened by the major version that made them.
func findPostgres(ctx context.Context, bin, cache, data string) (string, error) {
	made, err := madeBy(data)
	if err != nil {
		return "", err
	}
	places := []string{bin}
	if bin == "" {
		places = binaryPlaces()
	}
	var seen []string
	for _, place := range places {
		if !hasPostgres(place) {
			continue
		}
		if made == 0 {
			return place, nil
		}
		version := majorVersion(ctx, place)
		if version == made {
			return place, nil
		}
		seen = append(seen, fmt.Sprintf("%d in %s", version, place))
	}
	switch {
	case bin != "" && len(seen) == 0:
		return "", fmt.Errorf("postgres: initdb and postgres are not in %s: %w", bin, ErrNoPostgres)
	case made != 0 && made != downloadMajor:
		return "", fmt.Errorf("postgres: the data in %s are PostgreSQL %d's, found: %s; install postgresql-%d or move the data away: %w",
			data, made, strings.Join(seen, ", "), made, ErrNoPostgres)
	}
	place, err := downloadPostgres(cache)
	if err != nil {
		return "", fmt.Errorf("postgres: no binaries here (Debian: apt-get install postgresql; macOS: brew install postgresql), "+
			"and the download failed: %w: %w", err, ErrNoPostgres)
	}
	return place, nil
}

// binaryPlaces lists where initdb and postgres may be, best first.
func binaryPlaces() []string {
	var places []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if filepath.IsAbs(dir) {
			places = append(places, dir)
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
	} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			continue
		}
		sort.Slice(found, func(i, j int) bool { return numberIn(found[i]) > numberIn(found[j]) })
		places = append(places, found...)
	}
	return places
}

// numberIn is the first number in a path, 0 without one.
func numberIn(path string) int {
	n, err := strconv.Atoi(firstNumber.FindString(path))
	if err != nil {
		return 0
	}
	return n
}

// hasPostgres reports whether both programs are in dir.
func hasPostgres(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

// majorVersion asks the binary; 0 when it does not answer.
func majorVersion(ctx context.Context, dir string) int {
	printed, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output() // #nosec G204 -- a program that this machine has installed, with arguments of our own
	if err != nil {
		return 0
	}
	match := serverVersion.FindSubmatch(printed)
	if match == nil {
		return 0
	}
	return numberIn(string(match[1]))
}

// madeBy is the major version that made the data, 0 when there are none yet.
func madeBy(data string) (int, error) {
	raw, err := os.ReadFile(filepath.Join(data, "PG_VERSION")) // #nosec G304 -- a file of the server's own folder
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("postgres: data: %w", err)
	}
	return strconv.Atoi(strings.TrimSpace(string(raw)))
}
