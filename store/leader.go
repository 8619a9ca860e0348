package store

import (
	"context"
	"errors"
	"time"
)

// Lead runs lead in the one process of the fleet that holds the leader's lock. It asks for the lock every retry; the
// lock is given back, and another process may lead, as soon as lead returns, the process dies or its connection does.
// lead's context ends when the lock is lost. Lead returns when ctx ends or lead fails.
func (db *DB) Lead(ctx context.Context, retry time.Duration, lead func(context.Context) error) error {
	tick := time.NewTicker(retry)
	defer tick.Stop()
	for {
		if err := db.tryLead(ctx, retry, lead); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// tryLead leads once if the lock is free. An unreachable database is no error: the next try may find it.
func (db *DB) tryLead(ctx context.Context, check time.Duration, lead func(context.Context) error) (err error) {
	conn, err := db.bun.Conn(ctx)
	if err != nil {
		return nil //nolint:nilerr // the database is away: nobody leads now
	}
	defer conn.Close() //nolint:errcheck // closing gives the lock back whatever it answers
	var got bool
	if err := conn.NewRaw(`select pg_try_advisory_lock(hashtext(current_schema()), ?)`, leaderLock).Scan(ctx, &got); err != nil || !got {
		return nil //nolint:nilerr // as above
	}
	// A session lock outlives the pool's use of the connection: it must be given back before the connection is.
	defer conn.ExecContext(context.WithoutCancel(ctx), `select pg_advisory_unlock(hashtext(current_schema()), ?)`, leaderLock) //nolint:errcheck // a lost connection has given it back
	ctx, lost := context.WithCancel(ctx)
	defer lost()
	held := make(chan struct{})
	go func() {
		defer close(held)
		defer lost()
		tick := time.NewTicker(check)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if _, err := conn.ExecContext(ctx, `select 1`); err != nil {
					return
				}
			}
		}
	}()
	err = lead(ctx)
	lost()
	<-held
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
