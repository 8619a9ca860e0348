package app

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tickerwire/internal/config"
)

// home is the folder of the standalone program: its servers' data, its secrets, its world.
type home struct{ dir string }

func openHome(dir string) (home, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return home{}, fmt.Errorf("DATA_DIR: %w", err)
	}
	if err := os.MkdirAll(abs, 0o755); err != nil { // #nosec G301 -- the user that Postgres runs as must get through
		return home{}, fmt.Errorf("DATA_DIR: %w", err)
	}
	return home{dir: abs}, nil
}

// secret returns the secret kept under name; it makes one at first.
func (h home) secret(name string) (config.Secret, error) {
	path := filepath.Join(h.dir, name+".secret")
	kept, err := os.ReadFile(path) // #nosec G304 -- a file of our own folder
	if err == nil {
		return config.Secret(strings.TrimSpace(string(kept))), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("DATA_DIR: %w", err)
	}
	secret := randomText(48)
	if err := h.write(name+".secret", []byte(secret+"\n")); err != nil {
		return "", err
	}
	return config.Secret(secret), nil
}

// write replaces a file at once: a crash leaves the old one or the new one.
func (h home) write(name string, content []byte) error {
	path := filepath.Join(h.dir, name)
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return fmt.Errorf("DATA_DIR: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("DATA_DIR: %w", err)
	}
	return nil
}

// randomText returns n random bytes as text.
func randomText(n int) string {
	raw := make([]byte, n)
	rand.Read(raw) // never fails
	return base64.RawURLEncoding.EncodeToString(raw)
}
