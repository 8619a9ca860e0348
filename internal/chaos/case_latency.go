package chaos

import (
	"context"
	"fmt"
	"time"

	"tickerwire/internal/proxy"
)

// delays are those of case 5a, with how many tasks are put through at each.
var delays = []struct {
	rtt   time.Duration
	tasks int
	goal  time.Duration // for the median from a filing to its message
}{{time.Millisecond, 1500, 2 * time.Second}, {50 * time.Millisecond, 300, 10 * time.Second}}

const latencyFilings = 10

// caseLatency puts a network between every process and Redis and Postgres: each round trip takes longer.
func caseLatency(ctx context.Context, b *bench, r *Report) (func(context.Context) error, error) {
	w, err := b.newWorld(ctx, r, setup{proxied: true, direct: true, chats: 4, everyTick: archiveSpeed})
	if err != nil {
		return nil, err
	}
	w.delay(delays[0].rtt)
	if err := w.startFleet(ctx); err != nil {
		return w.close, err
	}
	a, err := w.startAPI(ctx)
	if err != nil {
		return w.close, err
	}
	var keys []string
	for i, d := range delays {
		w.delay(d.rtt)
		done, err := w.underDelay(ctx, a, d.rtt, d.tasks, d.goal)
		if err != nil {
			return w.close, err
		}
		keys = append(keys, done...)
		if i == len(delays)-1 {
			break
		}
		if err := w.sim.setClock(ctx, time.Time{}, archiveSpeed/2); err != nil {
			return w.close, err
		}
		if err := wait(ctx, 20*time.Second); err != nil { // of news that flows
			return w.close, err
		}
	}
	started := time.Now()
	if err := w.finishArchive(ctx); err != nil {
		return w.close, err
	}
	if err := w.verify(ctx, 2*quietLimit); err != nil {
		return w.close, err
	}
	r.figure("50ms: the rest of the archive", time.Since(started).Seconds(), "s")
	r.did("proxies before Redis and Postgres, through which every process's every round trip takes 1 ms, then 50 ms, longer, while the archive runs")
	return w.settle(func(context.Context) error {
		if err := w.checkSteady(); err != nil {
			return err
		}
		return w.checkOnce(keys)
	}), nil
}

func (w *world) delay(d time.Duration) {
	for _, p := range []*proxy.Proxy{w.toPG, w.toRedis} {
		p.Delay(d)
	}
}

// underDelay measures tasks, alerts and requests.
func (w *world) underDelay(ctx context.Context, a *api, rtt time.Duration, n int, goal time.Duration) ([]string, error) {
	if err := w.sim.setClock(ctx, time.Time{}, 1); err != nil {
		return nil, err
	}
	name := rtt.String()
	rate, keys, err := w.throughput(ctx, "rtt-"+name, n)
	if err != nil {
		return nil, err
	}
	w.report.figure(name+": tasks, two workers with a fetch loop each", rate, "a second")
	visitors := startVisitors(ctx, a, 2, 20*time.Millisecond)
	took, err := w.alertTimes(ctx, latencyFilings)
	seen := visitors.leave()
	if err != nil {
		return nil, err
	}
	w.report.times(name+": from a filing to its message", took)
	answered, _, failed, some := judgeVisits(seen)
	w.report.times(name+": requests", answered)
	w.report.check(name+": every request was answered", failed == 0 && len(answered) > 0, "%d answered, %d failed; %v", len(answered), failed, some)
	median := medianOf(took)
	w.report.check(fmt.Sprintf("%s: alerts arrive, the median within %s", name, goal), len(took) == latencyFilings && median <= goal, "%d, %.2f s", len(took), median.Seconds())
	return keys, nil
}
