// Package servers runs private servers (Postgres, Redis, Milvus) from binaries of this machine, for the standalone
// demonstration and for tests: no Docker, no system service, nothing listening beyond loopback, nothing left running.
// A server belongs to the process that started it: it is stopped by Stop, and on Linux also dies with its starter.
// It must not know what is kept in the servers: no schema, no keys, no collections. Production servers are not started
// from here; they are addressed by the configuration.
package servers

import "errors"

// Errors that name a missing program. The text of the wrapping error says how to get it.
var (
	// ErrNoPostgres means that no PostgreSQL binaries were found and none could be downloaded.
	ErrNoPostgres = errors.New("no PostgreSQL binaries")
	// ErrNoRedis means that redis-server is not installed: StartMiniredis is the way on.
	ErrNoRedis = errors.New("no redis-server")
	// ErrNoMilvus means that the virtual environment holds no Milvus.
	ErrNoMilvus = errors.New("no Milvus")
	// ErrInUse means that a server of another running Tickerwire owns the directory.
	ErrInUse = errors.New("directory in use")
)
