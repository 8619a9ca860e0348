package store

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"tickerwire/internal/fault"
)

// leaderSilence is how long a leader's connection may be silent before another process ends it: a process that hangs
// keeps its connections open, and with them the lock.
const leaderSilence = 5 * time.Second

// leaderAnswers is how long the leader's own connection may take to answer: whoever hears nothing over it has stopped to
// lead before another begins.
const leaderAnswers = 3 * time.Second

// Lead runs lead in the one process of the fleet that holds the leader's lock. It asks for the lock every retry; the
// lock is given back, and another process may lead, as soon as lead returns, the process dies or its connection does. A
// leader that hangs loses it after leaderSilence.
// lead's context ends when the lock is lost. Lead returns when ctx ends or lead fails.
func (db *DB) Lead(ctx context.Context, retry time.Duration, lead func(context.Context) error) error {
	return db.alone(ctx, leaderLock, retry, lead)
}

// Listen is Lead for the one process of the fleet that asks the messenger what its readers have written.
func (db *DB) Listen(ctx context.Context, retry time.Duration, listen func(context.Context) error) error {
	return db.alone(ctx, botLock, retry, listen)
}

func (db *DB) alone(ctx context.Context, lock int, retry time.Duration, lead func(context.Context) error) error {
	tick := time.NewTicker(retry)
	defer tick.Stop()
	for {
		if err := db.tryLead(ctx, lock, retry, lead); err != nil && ctx.Err() == nil {
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
func (db *DB) tryLead(ctx context.Context, lock int, check time.Duration, lead func(context.Context) error) (err error) {
	conn, err := db.bun.Conn(ctx)
	if err != nil {
		return nil //nolint:nilerr // the database is away: nobody leads now
	}
	defer conn.Close() //nolint:errcheck // closing gives the lock back whatever it answers
	asked, answered := context.WithTimeout(ctx, leaderAnswers)
	defer answered()
	var got bool
	if err := conn.NewRaw(`select pg_try_advisory_lock(hashtext(current_schema()), ?)`, lock).Scan(asked, &got); err != nil {
		return nil //nolint:nilerr // as above
	}
	if !got {
		_, err := conn.ExecContext(asked, endSilentLeader, lock, leaderSilence.Seconds())
		if err = fail(err, "end a silent leader"); fault.KindOf(err) != fault.Unavailable {
			return err
		}
		return nil // as above
	}
	// A session lock outlives the pool's use of the connection: it must be given back before the connection is.
	defer func() {
		bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaderAnswers)
		defer cancel()
		_, _ = conn.ExecContext(bye, `select pg_advisory_unlock(hashtext(current_schema()), ?)`, lock) // a lost connection has given it back
	}()
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
				if !holds(ctx, conn) {
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

// holds asks the leader's connection for an answer: while it gives one, the lock is held.
func holds(ctx context.Context, conn bun.Conn) bool {
	ctx, cancel := context.WithTimeout(ctx, leaderAnswers)
	defer cancel()
	_, err := conn.ExecContext(ctx, `select 1`)
	return err == nil
}

// endSilentLeader ends the connection that holds the leader's lock, when nothing has come over it for a while: a leader
// that lives says something every retry.
const endSilentLeader = `
	select pg_terminate_backend(a.pid)
	from pg_locks l join pg_stat_activity a on a.pid = l.pid
	where l.locktype = 'advisory' and l.granted and l.objsubid = 2
		and l.database = (select oid from pg_database where datname = current_database())
		and l.classid::bigint = hashtext(current_schema())::bigint & 4294967295 and l.objid::bigint = ?
		and a.state_change < now() - make_interval(secs => ?)`
