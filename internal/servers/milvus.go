package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// MilvusOptions says where a private Milvus lives. Venv and Dir are required.
type MilvusOptions struct {
	// Venv is the Python virtual environment that scripts/install-test-services.sh makes. It holds the standalone server
	// (Linux x86-64) or Milvus Lite (everywhere); the standalone server is preferred when both are there.
	Venv string
	// Dir keeps log, configuration and data; created when missing.
	Dir string
	// Ephemeral does without syncing to disk and without an orderly end.
	Ephemeral bool
}

// Milvus is a running private server. It needs 150 to 300 MB of memory and, the standalone server, 300 MB of disk.
type Milvus struct {
	child     *child
	lock      *dirLock
	address   string
	engine    string
	ephemeral bool
}

// Engines of Milvus.
const (
	engineStandalone = "standalone"
	engineLite       = "lite"
)

// StartMilvus starts a server on a free loopback port and returns when it is ready: in about 3 s. Bound it by ctx.
// Errors: ErrNoMilvus when Venv holds none, ErrInUse when another running Tickerwire owns Dir.
func StartMilvus(ctx context.Context, o MilvusOptions) (_ *Milvus, err error) {
	dir, err := homeDir(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("milvus: directory: %w", err)
	}
	venv, err := filepath.Abs(o.Venv)
	if err != nil {
		return nil, fmt.Errorf("milvus: virtual environment: %w", err)
	}
	lock, err := lockDir(ctx, dir, "milvus")
	if err != nil {
		return nil, err
	}
	m := &Milvus{lock: lock, ephemeral: o.Ephemeral}
	switch {
	case isFile(standaloneBinary(venv)):
		m.engine, err = engineStandalone, m.startStandalone(ctx, venv, dir)
	case isFile(liteBinary(venv)):
		m.engine, err = engineLite, m.startLite(ctx, venv, dir)
	default:
		err = fmt.Errorf("milvus: not in %s, run scripts/install-test-services.sh: %w", venv, ErrNoMilvus)
	}
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	return m, nil
}

// Address is host:port for the SDK.
func (m *Milvus) Address() string { return m.address }

// Engine is "standalone" (the real server) or "lite" (Milvus Lite, the same protocol for one machine).
func (m *Milvus) Engine() string { return m.engine }

// Pid is the process of the server, or of the gate whose child the server is.
func (m *Milvus) Pid() int { return m.child.process.Pid }

// Done is closed when the server process has ended, asked or not.
func (m *Milvus) Done() <-chan struct{} { return m.child.done }

// Stop ends the server, in order unless it is ephemeral; when ctx ends first it is killed.
func (m *Milvus) Stop(ctx context.Context) error {
	return errors.Join(m.child.stop(ctx), m.lock.release())
}

// farewell is the signal that ends the server.
func (m *Milvus) farewell() syscall.Signal {
	if m.ephemeral {
		return syscall.SIGINT
	}
	return syscall.SIGTERM
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// freshEnv is this process's environment without what would change a Python program or the server.
func freshEnv(add ...string) []string {
	var env []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "PYTHON") && !strings.HasPrefix(name, "MILVUS") && !strings.HasPrefix(name, "LD_") {
			env = append(env, pair)
		}
	}
	return append(env, add...)
}
