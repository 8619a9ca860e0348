package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"tickerwire/internal/config"
)

// running says where the private servers of a standalone program are, for the operator's errands beside it.
type running struct {
	DatabaseURL  string `json:"database_url"`
	RedisURL     string `json:"redis_url"`
	SimulatorURL string `json:"simulator_url,omitempty"`
}

const runningName = "running.json"

// note writes it down; the addresses may hold passwords, and only the program's own user can read them.
func (h home) note(cfg config.Config) error {
	raw, err := json.Marshal(running{string(cfg.DatabaseURL), string(cfg.RedisURL), cfg.SimulatorURL})
	if err != nil {
		return fmt.Errorf("%s: %w", runningName, err)
	}
	return h.write(runningName, raw)
}

// forget removes what note wrote.
func (h home) forget() error {
	if err := os.Remove(filepath.Join(h.dir, runningName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("DATA_DIR: %w", err)
	}
	return nil
}

// besideStandalone returns the settings with the addresses of the standalone program that runs on DATA_DIR; settings that
// name a database are returned as they are.
func besideStandalone(cfg config.Config) (config.Config, error) {
	if cfg.DatabaseURL != "" {
		return cfg, nil
	}
	raw, err := os.ReadFile(filepath.Join(cfg.DataDir, runningName))
	if errors.Is(err, fs.ErrNotExist) {
		return cfg, fmt.Errorf("DATABASE_URL: is not set, and no standalone program runs on DATA_DIR (%s)", cfg.DataDir)
	}
	if err != nil {
		return cfg, fmt.Errorf("DATA_DIR: %w", err)
	}
	var r running
	if err := json.Unmarshal(raw, &r); err != nil {
		return cfg, fmt.Errorf("DATA_DIR: %s: %w", runningName, err)
	}
	cfg.DatabaseURL, cfg.RedisURL, cfg.SimulatorURL = config.Secret(r.DatabaseURL), config.Secret(r.RedisURL), r.SimulatorURL
	return cfg, nil
}
