package servers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/uptrace/bun/driver/pgdriver"
)

const (
	databaseName       = "tickerwire"
	defaultConnections = 100
)

// PostgresOptions says where a private Postgres lives. Dir is required.
type PostgresOptions struct {
	// Dir keeps log, lock and data; created when missing. Started again on the same Dir, the server has its data again.
	// As root the server runs as the user postgres (else nobody); when that user cannot reach Dir, as below /root, the
	// data live in /var/lib/tickerwire-<hash of Dir> instead. DataDir tells.
	Dir string
	// Bin is the directory of initdb and postgres. Empty: PATH, Debian's and Homebrew's directories, then a download.
	Bin string
	// Cache keeps downloaded binaries. Empty: the user's cache directory, /var/cache/tickerwire for root.
	Cache string
	// Ephemeral trades durability for speed, and Stop removes the data.
	Ephemeral bool
	// MaxConnections is Postgres' max_connections; 0 means 100.
	MaxConnections int
}

// Postgres is a running private server with an empty database "tickerwire" at first start. Everybody on this machine
// may connect without a password; nobody else can.
type Postgres struct {
	child *child
	lock  *dirLock
	dir   string // PostgresOptions.Dir
	data  string // below dir, or elsewhere
	port  int
	keep  bool
}

// StartPostgres starts a server on a free loopback port and returns when it answers queries. Errors: ErrInUse when
// another running Tickerwire owns Dir, ErrNoPostgres when there are no binaries to run.
func StartPostgres(ctx context.Context, o PostgresOptions) (_ *Postgres, err error) {
	dir, err := homeDir(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("postgres: directory: %w", err)
	}
	lock, err := lockDir(ctx, dir, "postgres")
	if err != nil {
		return nil, err
	}
	p := &Postgres{lock: lock, dir: dir, keep: !o.Ephemeral}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.leave())
		}
	}()
	owner, err := serverAccount()
	if err != nil {
		return nil, err
	}
	if p.data, err = dataDir(dir, owner); err != nil {
		return nil, err
	}
	bin, err := findPostgres(ctx, o.Bin, o.Cache, p.data)
	if err != nil {
		return nil, err
	}
	if err := initData(ctx, bin, p.data, owner, !o.Ephemeral); err != nil {
		return nil, err
	}
	if err := removeStalePid(p.data); err != nil {
		return nil, err
	}
	if err := onFreePort(func(port int) error { return p.start(ctx, o, bin, owner, port) }); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Postgres) start(ctx context.Context, o PostgresOptions, bin string, owner account, port int) error {
	cmd := exec.Command(filepath.Join(bin, "postgres"), settings(o, p.data, port)...) // #nosec G204 -- a program that this machine has installed, with arguments of our own
	cmd.Dir = p.data
	owner.apply(cmd)
	cmd.ExtraFiles = []*os.File{p.lock.file}
	c, err := startChild("postgres", cmd, filepath.Join(p.dir, "postgres.log"), syscall.SIGINT, syscall.SIGINT)
	if err != nil {
		return err
	}
	p.child, p.port = c, port
	db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(p.URL())))
	defer db.Close()
	return c.await(ctx, db.PingContext)
}

// settings are given on the command line, so that an old data directory follows a new version of this program.
func settings(o PostgresOptions, data string, port int) []string {
	connections := o.MaxConnections
	if connections == 0 {
		connections = defaultConnections
	}
	args := []string{"-D", data}
	set := func(pairs ...string) {
		for _, pair := range pairs {
			args = append(args, "-c", pair)
		}
	}
	set("listen_addresses=127.0.0.1", "port="+strconv.Itoa(port), "unix_socket_directories=",
		"max_connections="+strconv.Itoa(connections), "timezone=UTC", "log_timezone=UTC")
	if o.Ephemeral {
		set("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")
	}
	return args
}

// URL is the data source name for pgdriver and psql.
func (p *Postgres) URL() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", p.port, databaseName)
}

// DataDir is where the data are.
func (p *Postgres) DataDir() string { return p.data }

// Done is closed when the server process has ended, asked or not.
func (p *Postgres) Done() <-chan struct{} { return p.child.done }

// Stop disconnects the clients and ends the server; when ctx ends first the server is killed. An ephemeral server's
// data are removed.
func (p *Postgres) Stop(ctx context.Context) error {
	return errors.Join(p.child.stop(ctx), p.leave())
}

// leave gives the directory back; a server that kept nothing leaves nothing.
func (p *Postgres) leave() error {
	var err error
	if !p.keep && p.data != "" {
		err = removeAll(p.data)
		if stand := filepath.Dir(p.data); stand != p.dir {
			err = errors.Join(err, os.RemoveAll(stand))
		}
	}
	return errors.Join(err, p.lock.release())
}

// removeAll removes a directory that a dying server's last processes may still write to: they are out of our sight,
// so a failed removal is tried once more.
func removeAll(dir string) error {
	if os.RemoveAll(dir) == nil {
		return nil
	}
	return os.RemoveAll(dir)
}
