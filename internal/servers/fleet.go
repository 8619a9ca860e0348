package servers

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sync/errgroup"
)

// fleet is the servers of one Run.
type fleet struct {
	home     string
	postgres *Postgres
	redis    *Redis
	milvus   *Milvus
	env      []string
}

// start starts what r asks for, all at once. What was started is stopped by stop, also after an error.
func (f *fleet) start(ctx context.Context, r Run) error {
	group, ctx := errgroup.WithContext(ctx)
	if r.Postgres {
		group.Go(func() (err error) {
			f.postgres, err = StartPostgres(ctx, PostgresOptions{
				Dir: filepath.Join(f.home, "postgres"), Ephemeral: true, MaxConnections: testClients,
			})
			return err
		})
	}
	if r.Redis {
		group.Go(func() (err error) {
			f.redis, err = StartRedis(ctx, RedisOptions{Dir: filepath.Join(f.home, "redis"), Ephemeral: true})
			return err
		})
	}
	if r.Milvus {
		group.Go(func() (err error) {
			f.milvus, err = StartMilvus(ctx, MilvusOptions{Venv: r.Venv, Dir: filepath.Join(f.home, "milvus"), Ephemeral: true})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("start servers: %w", err)
	}
	f.tell()
	return nil
}

// tell fills env with the addresses.
func (f *fleet) tell() {
	if f.postgres != nil {
		f.env = append(f.env, "TEST_DATABASE_URL="+f.postgres.URL())
	}
	if f.redis != nil {
		f.env = append(f.env, "TEST_REDIS_URL="+f.redis.URL())
	}
	if f.milvus != nil {
		f.env = append(f.env, "TEST_MILVUS_ADDRESS="+f.milvus.Address())
	}
}

// stop stops what runs, also when ctx has ended.
func (f *fleet) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	var errs []error
	if f.postgres != nil {
		errs = append(errs, f.postgres.Stop(ctx))
	}
	if f.redis != nil {
		errs = append(errs, f.redis.Stop(ctx))
	}
	if f.milvus != nil {
		errs = append(errs, f.milvus.Stop(ctx))
	}
	return errors.Join(errs...)
}
