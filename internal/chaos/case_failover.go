package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	failoverSpeed = 3600
	lastSecond    = time.Second
	failoverGoal  = 20 * time.Second // 2 s of silence, an election, and a client that finds the new master
)

// caseFailover ends Redis' master, which its replica has not followed in the last second, under full work: what was
// acknowledged then is lost with it. Sentinels make the replica the master.
func caseFailover(ctx context.Context, b *bench, r *Report) (func(context.Context) error, error) {
	w, err := b.newWorld(ctx, r, setup{sentinels: true, chats: 4, everyTick: failoverSpeed})
	if err != nil {
		return nil, err
	}
	if err := w.startFleet(ctx); err != nil {
		return w.close, err
	}
	a, err := w.startAPI(ctx)
	if err != nil {
		return w.close, err
	}
	if err := w.sim.setClock(ctx, time.Time{}, failoverSpeed); err != nil {
		return w.close, err
	}
	if _, err := w.flows(ctx, 30*time.Second, time.Now(), "before"); err != nil {
		return w.close, err
	}
	if err := wait(ctx, 8*time.Second); err != nil { // of news that flows
		return w.close, err
	}
	visitors := startVisitors(ctx, a, 2, 50*time.Millisecond)
	defer visitors.leave()
	run, keys, err := w.loseLastSecond(ctx, a)
	if err != nil {
		return w.close, err
	}
	again := time.Now()
	if err := wait(ctx, 5*time.Second); err != nil {
		return w.close, err
	}
	seen := visitors.leave()
	_, _, failed, _ := judgeVisits(seen)
	r.figure("requests that failed meanwhile", float64(failed), "")
	answered, _, failed, some := judgeVisits(between(seen, again, time.Now()))
	r.check("all requests are answered afterwards", failed == 0 && len(answered) > 0, "%d answered, %d failed; %v", len(answered), failed, some)
	err = until(ctx, 2*time.Minute, "the run that was ordered in the last second", func() (bool, error) {
		run, err = a.run(ctx, run.ID)
		return run.State == "done", err
	})
	if err != nil {
		return w.close, err
	}
	r.check("the run that was ordered in the last second is done", run.State == "done" && run.Done == run.Total, "%s, %d of %d", run.State, run.Done, run.Total)
	if err := w.moreNews(ctx); err != nil {
		return w.close, err
	}
	if err := w.finishArchive(ctx); err != nil {
		return w.close, err
	}
	if err := w.verify(ctx, 2*quietLimit); err != nil { // retries that were lost are looked for every minute
		return w.close, err
	}
	return w.settle(func(ctx context.Context) error { return w.checkEffects(ctx, keys) }), nil
}

// marker is a key that is written in the last second.
const marker = "chaos:marker"

// loseLastSecond keeps the replica from following for a second in which much is ordered, kills the master, and waits until
// work flows again. The harness's own orders are known to nobody else: what was lost of them it orders again.
func (w *world) loseLastSecond(ctx context.Context, a *api) (run ordered, keys []string, err error) {
	address, err := w.group.Master(ctx)
	if err != nil {
		return run, nil, err
	}
	master := redis.NewClient(&redis.Options{Addr: address})
	defer master.Close()
	if err := keepApart(ctx, master); err != nil {
		return run, nil, err
	}
	ends := time.Now().Add(lastSecond)
	if err := master.Set(ctx, marker, "acknowledged", 0).Err(); err != nil {
		return run, nil, fmt.Errorf("marker: %w", err)
	}
	if keys, err = w.ringMany(ctx, kindKept, "last", 20, 3000); err != nil {
		return run, nil, err
	}
	if run, err = a.orderAll(ctx); err != nil {
		return run, nil, err
	}
	stocks, err := w.db.Stocks(ctx, true)
	if err != nil {
		return run, nil, err
	}
	if err := w.sim.call(ctx, http.MethodPost, "filings", map[string]any{"code": stocks[0].Code, "report": filingReport}, nil); err != nil {
		return run, nil, err
	}
	if err := wait(ctx, time.Until(ends)); err != nil {
		return run, nil, err
	}
	if err := w.group.Kill(address); err != nil {
		return run, nil, err
	}
	killed := time.Now()
	took, err := w.flows(ctx, 90*time.Second, killed, "after")
	if err != nil {
		return run, nil, err
	}
	next, err := w.group.Master(ctx)
	if err != nil {
		return run, nil, err
	}
	w.report.figure("from the master's kill until new work is done", took.Seconds(), "s")
	w.report.check(fmt.Sprintf("work flows again within %s", failoverGoal), took <= failoverGoal, "%.1f s", took.Seconds())
	lost := errors.Is(w.rdb.Get(ctx, marker).Err(), redis.Nil)
	w.report.check("another is the master, and the last second is lost", next != address && lost, "%s -> %s, the marker is gone: %v", address, next, lost)
	w.report.did("kill -9 of Redis' master, whose replica was kept from following for %s, %s of silence before Sentinels act; tasks, a run and a filing ordered in that second",
		lastSecond, sentinelPatience)
	again, err := w.ringMany(ctx, kindKept, "last", len(keys), 0)
	if err != nil {
		return run, nil, err
	}
	_, err = w.awaitEffects(ctx, time.Minute, again)
	return run, keys, err
}

// keepApart keeps the replica from following its master any more: it may not ask for what it has missed.
func keepApart(ctx context.Context, master *redis.Client) error {
	if err := master.Do(ctx, "acl", "setuser", "default", "-psync", "-sync").Err(); err != nil {
		return fmt.Errorf("keep the replica apart: %w", err)
	}
	if err := master.ClientKillByFilter(ctx, "TYPE", "replica").Err(); err != nil {
		return fmt.Errorf("keep the replica apart: %w", err)
	}
	return nil
}

// caseCluster runs the whole archive on a Redis cluster.
func caseCluster(ctx context.Context, b *bench, r *Report) (func(context.Context) error, error) {
	w, err := b.newWorld(ctx, r, setup{cluster: true, chats: 4, everyTick: archiveSpeed})
	if err != nil {
		return nil, err
	}
	if err := w.startFleet(ctx); err != nil {
		return w.close, err
	}
	a, err := w.startAPI(ctx)
	if err != nil {
		return w.close, err
	}
	if err := w.sim.setClock(ctx, time.Time{}, archiveSpeed/2); err != nil {
		return w.close, err
	}
	rate, keys, err := w.throughput(ctx, "cluster", 500)
	if err != nil {
		return w.close, err
	}
	r.figure("tasks, two workers with a fetch loop each", rate, "a second")
	var queues struct{ Items []struct{ Name string } }
	err = a.call(ctx, http.MethodGet, "/api/queues", nil, &queues)
	r.check("the API lists the queues", err == nil && len(queues.Items) > 3, "%d queues, %v", len(queues.Items), err)
	if err := wait(ctx, 30*time.Second); err != nil { // of news that flows
		return w.close, err
	}
	if err := w.finishArchive(ctx); err != nil {
		return w.close, err
	}
	if err := w.verify(ctx, quietLimit); err != nil {
		return w.close, err
	}
	r.did("the whole archive on three nodes of a Redis cluster, which REDIS_URL names")
	return w.settle(func(context.Context) error { return w.checkOnce(keys) }), nil
}
