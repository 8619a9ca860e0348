package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tickerwire/internal/proxy"
)

const (
	halfOpenRounds = 3
	silenceFor     = 8 * time.Second
	serverFinds    = 13 * time.Second // what the settings of every session ask of Postgres' system
	flowGoal       = 10 * time.Second // from the connections' end until new work is done
	handGoal       = 60 * time.Second // until what was in hand is done
	answerGoal     = 16 * time.Second // the API's own limit, and a second
)

// caseHalfOpen has every connection to Redis, to Postgres or to both carry nothing more without a word to either side, and
// once nobody be reached for a while, as when a firewall forgets or a machine dies.
func caseHalfOpen(ctx context.Context, b *bench, r *Report) (func(context.Context) error, error) {
	w, err := b.newWorld(ctx, r, setup{proxied: true, direct: true, chats: 4, everyTick: slowSpeed})
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
	if err := w.sim.setClock(ctx, time.Time{}, slowSpeed); err != nil {
		return w.close, err
	}
	w.toPG.ServerFinds(serverFinds)
	w.toRedis.ServerFinds(serverFinds)
	visitors := startVisitors(ctx, a, 3, 50*time.Millisecond)
	defer visitors.leave()
	keys, err := w.hangAll(ctx)
	if err != nil {
		return w.close, err
	}
	calm := time.Now()
	if err := wait(ctx, 5*time.Second); err != nil {
		return w.close, err
	}
	seen := visitors.leave()
	_, longest, failed, some := judgeVisits(seen)
	r.figure("requests", float64(len(seen)), "")
	r.figure("requests that failed meanwhile", float64(failed), "")
	r.figure("the longest request", longest.Seconds(), "s")
	r.check("every request ended by its deadline", longest <= answerGoal, "%d requests, the longest %.1f s; %v", len(seen), longest.Seconds(), some)
	after, _, failed, some := judgeVisits(between(seen, calm, time.Now()))
	r.check("all requests are answered afterwards", failed == 0 && len(after) > 0, "%d answered, %d failed; %v", len(after), failed, some)
	if err := w.finishArchive(ctx); err != nil {
		return w.close, err
	}
	if err := w.verify(ctx, quietLimit); err != nil {
		return w.close, err
	}
	return w.settle(func(ctx context.Context) error { return w.checkEffects(ctx, keys) }), nil
}

// hangAll does it, to each server and to both, and returns the tasks that were ordered beside.
func (w *world) hangAll(ctx context.Context) (keys []string, err error) {
	flow, hand := map[string][]time.Duration{}, map[string][]time.Duration{}
	hung := 0
	for round := range halfOpenRounds {
		for _, c := range []struct {
			name    string
			proxies []*proxy.Proxy
		}{{"Redis", []*proxy.Proxy{w.toRedis}}, {"Postgres", []*proxy.Proxy{w.toPG}}, {"both", []*proxy.Proxy{w.toRedis, w.toPG}}} {
			name := fmt.Sprintf("%s-%d", c.name, round)
			held, err := w.ringMany(ctx, kindKept, "held-"+name, 20, 1500)
			if err != nil {
				return nil, err
			}
			keys = append(keys, held...)
			if err := w.awaitBegun(ctx, held); err != nil {
				return nil, err
			}
			started := time.Now()
			for _, p := range c.proxies {
				hung += p.Hang()
			}
			took, err := w.flows(ctx, time.Minute, started, "after-"+name)
			if err != nil {
				return nil, fmt.Errorf("%s hang: %w", c.name, err)
			}
			flow[c.name] = append(flow[c.name], took)
			last, err := w.awaitEffects(ctx, 90*time.Second, held)
			if err != nil {
				return nil, fmt.Errorf("%s hang: %w", c.name, err)
			}
			hand[c.name] = append(hand[c.name], max(0, last.Sub(started)))
			if err := wait(ctx, 3*time.Second); err != nil {
				return nil, err
			}
		}
	}
	var all, held time.Duration
	for name := range flow {
		p95 := w.report.times(name+" hang: until new work is done", flow[name])
		all, held = max(all, p95), max(held, w.report.times(name+" hang: until what was in hand is done", hand[name]))
	}
	w.report.check(fmt.Sprintf("new work is done within %s", flowGoal), all <= flowGoal, "%.1f s", all.Seconds())
	w.report.check(fmt.Sprintf("what was in hand is done within %s", handGoal), held <= handGoal, "%.1f s", held.Seconds())
	dead, err := w.said(`"msg":"declared dead while alive`)
	if err != nil {
		return nil, err
	}
	w.report.figure("processes that were taken for dead and went on", float64(dead), "")
	w.report.check("connections were hanging", hung >= 20*halfOpenRounds, "%d", hung)
	w.report.did("%d times each: every connection to Redis, to Postgres, to both carries nothing more and nobody is told; %d connections in all", halfOpenRounds, hung)
	return keys, w.silence(ctx)
}

// silence lets nobody reach either server for a while.
func (w *world) silence(ctx context.Context) error {
	w.toRedis.Silence()
	w.toPG.Silence()
	if err := wait(ctx, silenceFor); err != nil {
		return err
	}
	w.toRedis.Restore("")
	w.toPG.Restore("")
	back := time.Now()
	took, err := w.flows(ctx, time.Minute, back, "after-silence")
	if err != nil {
		return errors.Join(errors.New("after the silence"), err)
	}
	w.report.did("both servers silent for %s, new connections included", silenceFor)
	w.report.figure("after the silence: until new work is done", took.Seconds(), "s")
	w.report.check(fmt.Sprintf("after the silence new work is done within %s", 2*flowGoal), took <= 2*flowGoal, "%.1f s", took.Seconds())
	return nil
}

// awaitBegun waits until every task has begun.
func (w *world) awaitBegun(ctx context.Context, keys []string) error {
	return until(ctx, 20*time.Second, "the tasks to begin", func() (bool, error) {
		list, err := w.ledger.read()
		return reached(list, began, keys), err
	})
}
