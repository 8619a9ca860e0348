package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"tickerwire/internal/servers"
	"tickerwire/store"
)

// Env is what benchmarks run in: a temporary folder, the program's binaries, and a place to say what goes on.
type Env struct {
	dir string
	bin string
	out io.Writer
	n   int // backends started so far
}

func newEnv(bin string, out io.Writer) (*Env, error) {
	abs, err := filepath.Abs(bin)
	if err != nil {
		return nil, fmt.Errorf("binaries: %w", err)
	}
	dir, err := os.MkdirTemp("", "tickerwire-bench-")
	if err != nil {
		return nil, fmt.Errorf("temporary folder: %w", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // for the user that Postgres runs as under root
		return nil, errors.Join(fmt.Errorf("temporary folder: %w", err), os.RemoveAll(dir))
	}
	return &Env{dir: dir, bin: abs, out: out}, nil
}

func (e *Env) close() error { return os.RemoveAll(e.dir) }

// say prints one line of progress.
func (e *Env) say(format string, args ...any) {
	fmt.Fprintf(e.out, time.Now().Format("15:04:05")+"  "+format+"\n", args...)
}

// stopLimit bounds the end of servers and processes.
const stopLimit = 20 * time.Second

// backends is a private Postgres with our schema and a private Redis, both as durable as those of `make run`.
type backends struct {
	postgres *servers.Postgres
	redis    *servers.Redis
	db       *store.DB
}

// backends starts a fresh pair, so that no benchmark meets what another left behind. The caller closes it.
func (e *Env) backends(ctx context.Context) (*backends, error) { return e.backendsThat(ctx, false) }

// backendsThat is backends; with forget Postgres writes without care for a crash, for what is only read afterwards.
func (e *Env) backendsThat(ctx context.Context, forget bool) (_ *backends, err error) {
	e.n++
	home := filepath.Join(e.dir, fmt.Sprintf("servers-%d", e.n))
	b := &backends{}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close(ctx))
		}
	}()
	group, starting := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		b.postgres, err = servers.StartPostgres(starting, servers.PostgresOptions{Dir: filepath.Join(home, "postgres"), Ephemeral: forget})
		return err
	})
	group.Go(func() (err error) {
		b.redis, err = servers.StartRedis(starting, servers.RedisOptions{Dir: filepath.Join(home, "redis")})
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if b.db, err = store.Open(ctx, store.Options{URL: b.postgres.URL()}); err != nil {
		return nil, err
	}
	_, err = b.db.Migrate(ctx)
	return b, err
}

// close ends both, also when ctx has ended.
func (b *backends) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	var errs []error
	if b.db != nil {
		errs = append(errs, b.db.Close())
	}
	if b.redis != nil {
		errs = append(errs, b.redis.Stop(ctx))
	}
	if b.postgres != nil {
		errs = append(errs, b.postgres.Stop(ctx))
	}
	return errors.Join(errs...)
}

// redisClient returns a client as the worker's own is: it retries for long. addr other than "" is asked in the server's
// place. The caller closes it.
func (b *backends) redisClient(addr string) (*redis.Client, error) {
	options, err := redis.ParseURL(b.redis.URL())
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	if addr != "" {
		options.Addr = addr
	}
	options.MaxRetries, options.MinRetryBackoff, options.MaxRetryBackoff = 60, 100*time.Millisecond, 500*time.Millisecond
	options.PoolSize = 64
	return redis.NewClient(options), nil
}
