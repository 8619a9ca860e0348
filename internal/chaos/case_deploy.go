package chaos

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	deployRounds  = 2
	deploySpeed   = 5400
	deployTasks   = 6    // that are ordered at each step
	deployTaskMS  = 2500 // shorter than a worker drains
	deployVisits  = 4
	deployVisitMS = 15
)

// caseDeploy replaces every process, one after the other, while news flows and requests come in through nginx: SIGTERM, the
// end that follows, the next. In between the schema becomes one version newer.
func caseDeploy(ctx context.Context, b *bench, r *Report) (func(context.Context) error, error) {
	w, err := b.newWorld(ctx, r, setup{chats: 4, everyTick: deploySpeed})
	if err != nil {
		return nil, err
	}
	if err := w.startFleet(ctx); err != nil {
		return w.close, err
	}
	addresses := make([]string, 2)
	for i := range addresses {
		if addresses[i], err = freeAddress(); err != nil {
			return w.close, err
		}
		if err := w.startBehind(ctx, i+1, addresses[i]); err != nil {
			return w.close, err
		}
	}
	a, err := w.startNginx(ctx, addresses)
	if err != nil {
		return w.close, err
	}
	if err := a.signIn(ctx); err != nil {
		return w.close, err
	}
	if err := w.sim.setClock(ctx, time.Time{}, deploySpeed); err != nil {
		return w.close, err
	}
	visitors := startVisitors(ctx, a, deployVisits, deployVisitMS*time.Millisecond)
	defer visitors.leave()
	keys, err := w.replaceAll(ctx, addresses)
	if err != nil {
		return w.close, err
	}
	took, longest, failed, some := judgeVisits(visitors.leave())
	r.times("requests", took)
	r.check("no request failed", failed == 0 && len(took) > 100, "%d answered, %d failed, the longest %.1f s; %v", len(took), failed, longest.Seconds(), some)
	if err := w.moreNews(ctx); err != nil {
		return w.close, err
	}
	if err := w.finishArchive(ctx); err != nil {
		return w.close, err
	}
	if err := w.verify(ctx, quietLimit); err != nil {
		return w.close, err
	}
	return w.settle(func(context.Context) error { return w.checkOnce(keys) }), nil
}

func (w *world) startBehind(ctx context.Context, n int, addr string) error {
	return w.start(ctx, fmt.Sprintf("api-%d", n), "api", "HTTP_ADDR="+addr, "TRUSTED_PROXIES=127.0.0.0/8")
}

// replaceAll replaces every process in turn and returns the tasks that were ordered meanwhile.
func (w *world) replaceAll(ctx context.Context, addresses []string) (keys []string, err error) {
	var drains, handovers []time.Duration
	names := []string{"worker-1", "api-1", "scheduler-1", "worker-2", "api-2", "scheduler-2", "scheduler-3"}
	for round := range deployRounds {
		for _, name := range names {
			ordered, err := w.ringMany(ctx, kindCount, fmt.Sprintf("deploy-%d-%s", round, name), deployTasks, deployTaskMS)
			if err != nil {
				return nil, err
			}
			keys = append(keys, ordered...)
			leader, err := w.awaitLeader(ctx)
			if err != nil {
				return nil, err
			}
			began := time.Now()
			if err := w.stopThose(func(n string) bool { return n == name }); err != nil {
				return nil, err
			}
			drains = append(drains, time.Since(began))
			if name == leader {
				took, err := w.handover(ctx, began)
				if err != nil {
					return nil, err
				}
				handovers = append(handovers, took)
			}
			if err := w.startAnew(ctx, name, addresses); err != nil {
				return nil, err
			}
		}
		if round == 0 {
			if err := w.nextSchema(ctx); err != nil {
				return nil, err
			}
		}
	}
	if _, err := w.awaitEffects(ctx, time.Minute, keys); err != nil {
		return nil, err
	}
	w.report.did("each of %d processes ended by SIGTERM and started anew, %d times, one after the other, while news flows and %d clients call through nginx; after the first round the schema is one version newer",
		len(names), deployRounds, deployVisits)
	w.report.times("from SIGTERM to a process's end", drains)
	p95 := w.report.times("from the leader's SIGTERM to the next leader", handovers)
	w.report.check("the lead was handed over within 3 s", len(handovers) > 0 && p95 <= takeoverGoal, "%d times, p95 %.1f s", len(handovers), p95.Seconds())
	died, err := w.said(`"msg":"worker died"`)
	w.report.check("nobody was taken for dead", died == 0, "%d", died)
	return keys, err
}

// handover measures from a leader's SIGTERM until another leads.
func (w *world) handover(ctx context.Context, since time.Time) (time.Duration, error) {
	next, err := w.awaitLeader(ctx)
	if err != nil {
		return 0, err
	}
	at, err := leadingSince(w.procs[next].log)
	return at.Sub(since), err
}

func (w *world) startAnew(ctx context.Context, name string, addresses []string) error {
	role, n, _ := strings.Cut(name, "-")
	if role != "api" {
		return w.startOwn(ctx, name, role)
	}
	i := int(n[0] - '1')
	if err := w.startBehind(ctx, i+1, addresses[i]); err != nil {
		return err
	}
	return until(ctx, procLimit, name+" to be ready", func() (bool, error) {
		err := (&api{url: "http://" + addresses[i]}).call(ctx, "GET", "/health/ready", nil, nil)
		return err == nil, err
	})
}

// nextSchema does what a migration of the next version might: the running version must go on, and start, on it.
func (w *world) nextSchema(ctx context.Context) error {
	var errs []error
	for _, statement := range []string{
		`alter table articles add column next_version text not null default ''`,
		`create table next_version (id bigint generated always as identity primary key)`,
		`insert into schema_migrations (version, name) select max(version) + 1, 'next' from schema_migrations`,
	} {
		_, err := w.db.Bun().ExecContext(ctx, statement)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("the next schema: %w", err)
	}
	return nil
}
