package servers

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	embedded "github.com/fergusstrange/embedded-postgres"
)

// downloadMajor is the major version of what downloadPostgres brings.
const downloadMajor = 17

// downloadPostgres brings the binaries into cache, once, and returns their directory. The library has no call for the
// download alone: it is asked to start a server where no data can be, which ends right after it has fetched, verified
// and unpacked the binaries. Root could not let it start one anyway.
func downloadPostgres(cache string) (string, error) {
	cache, err := cacheDir(cache)
	if err != nil {
		return "", err
	}
	home := filepath.Join(cache, "postgres-"+strconv.Itoa(downloadMajor))
	if bin := filepath.Join(home, "bin"); hasPostgres(bin) {
		return bin, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil { // #nosec G301 -- the user that the server runs as must get through
		return "", fmt.Errorf("cache: %w", err)
	}
	draft, err := os.MkdirTemp(cache, "download-")
	if err != nil {
		return "", fmt.Errorf("cache: %w", err)
	}
	defer os.RemoveAll(draft)
	if err := os.Chmod(draft, 0o755); err != nil { // #nosec G302 -- the user that the server runs as must get through
		return "", fmt.Errorf("cache: %w", err)
	}
	binaries := filepath.Join(draft, "server")
	if err := fetchPostgres(draft, binaries); err != nil {
		return "", err
	}
	// Who came first wins: the content is the same.
	if err := os.Rename(binaries, home); err != nil && !hasPostgres(filepath.Join(home, "bin")) {
		return "", fmt.Errorf("cache: %w", err)
	}
	return filepath.Join(home, "bin"), nil
}

func fetchPostgres(draft, binaries string) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	server := embedded.NewDatabase(embedded.DefaultConfig().
		Version(embedded.V17).
		Port(uint32(port)). // #nosec G115 -- a port
		CachePath(draft).
		BinariesPath(binaries).
		RuntimePath(filepath.Join(draft, "run")).
		DataPath("/dev/null/nowhere").
		Logger(io.Discard))
	err = server.Start()
	if err == nil {
		return errors.Join(errors.New("a server started where no data can be"), server.Stop())
	}
	if !hasPostgres(filepath.Join(binaries, "bin")) {
		return err
	}
	return nil
}

// cacheDir is where downloads are kept. Root's own cache directory is closed to the user that runs the server.
func cacheDir(cache string) (string, error) {
	if cache != "" {
		return filepath.Abs(cache)
	}
	if os.Geteuid() == 0 {
		return "/var/cache/tickerwire", nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("cache: %w", err)
	}
	return filepath.Join(dir, "tickerwire"), nil
}
