package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tickerwire/internal/proxy"
)

const (
	leaderKills  = 6
	takeoverGoal = 3 * time.Second
	clockOff     = 20 * time.Second
)

// caseLeader kills the leader of three schedulers right when it makes a tick. The application clock of one scheduler is
// 20 s ahead: it follows the simulator's through a proxy of the harness. Then a process whose wall clock seems 5 s off is
// refused.
func caseLeader(ctx context.Context, b *bench, r *Report) (func(context.Context) error, error) {
	w, err := b.newWorld(ctx, r, setup{everyTick: 2})
	if err != nil {
		return nil, err
	}
	shifted, err := shiftedSimulator(w.sim.url, clockOff)
	if err != nil {
		return w.close, err
	}
	closeAll := func(ctx context.Context) error { return errors.Join(w.close(ctx), shifted.Close()) }
	err = errors.Join(w.startScheduler(ctx, 1, ""), w.startScheduler(ctx, 2, ""), w.startScheduler(ctx, 3, shifted.url()),
		w.startOwn(ctx, "worker-1", "worker"), w.startOwn(ctx, "worker-2", "worker"))
	if err != nil {
		return closeAll, err
	}
	if err := w.sim.setClock(ctx, time.Time{}, 1); err != nil {
		return closeAll, err
	}
	if err := w.killLeaders(ctx, shifted.url()); err != nil {
		return closeAll, err
	}
	if err := w.refuseWrongClock(ctx); err != nil {
		return closeAll, err
	}
	if err := w.sim.setClock(ctx, time.Time{}, 0); err != nil {
		return closeAll, err
	}
	if err := w.verify(ctx, quietLimit); err != nil {
		return closeAll, err
	}
	settle := w.settle(nil)
	return func(ctx context.Context) error { return errors.Join(settle(ctx), shifted.Close()) }, nil
}

// startScheduler starts a scheduler, on another simulator's clock where one is given.
func (w *world) startScheduler(ctx context.Context, n int, simulator string) error {
	name := fmt.Sprintf("scheduler-%d", n)
	if simulator == "" {
		return w.start(ctx, name, "scheduler")
	}
	return w.start(ctx, name, "scheduler", "SIMULATOR_URL="+simulator)
}

// killLeaders kills whoever leads, right after it has made a tick, and measures until somebody else leads.
func (w *world) killLeaders(ctx context.Context, shifted string) error {
	var took []time.Duration
	var who []string
	for range leaderKills {
		leader, err := w.awaitLeader(ctx)
		if err != nil {
			return err
		}
		if err := w.awaitTick(ctx); err != nil {
			return err
		}
		at, err := w.procs[leader].kill()
		if err != nil {
			return err
		}
		who = append(who, leader)
		delete(w.procs, leader)
		next, err := w.awaitLeader(ctx)
		if err != nil {
			return err
		}
		since, err := leadingSince(w.procs[next].log)
		if err != nil {
			return err
		}
		took = append(took, since.Sub(at))
		if err := wait(ctx, 3*time.Second); err != nil {
			return err
		}
		n, _ := strconv.Atoi(strings.TrimPrefix(leader, "scheduler-"))
		url := ""
		if n == 3 {
			url = shifted
		}
		if err := w.startScheduler(ctx, n, url); err != nil {
			return err
		}
	}
	w.report.did("kill -9 of the leader of three schedulers right after a tick's row appeared, %d times: %s; the application clock of scheduler-3 is %s ahead",
		leaderKills, strings.Join(who, ", "), clockOff)
	p95 := w.report.times("from the leader's kill to the next leader", took)
	w.report.check("the lead is taken over within 3 s", len(took) > 0 && p95 <= takeoverGoal, "p95 %.1f s", p95.Seconds())
	return nil
}

// awaitLeader returns the scheduler that says that it leads.
func (w *world) awaitLeader(ctx context.Context) (leader string, err error) {
	err = until(ctx, 20*time.Second, "a leader", func() (bool, error) {
		for name, p := range w.procs {
			raw, err := os.ReadFile(p.log)
			if err != nil {
				return false, err
			}
			if p.alive() && strings.Contains(string(raw), `"msg":"leading"`) {
				leader = name
				return true, nil
			}
		}
		return false, nil
	})
	return leader, err
}

// leadingSince reads when a log says that its process began to lead.
func leadingSince(log string) (time.Time, error) {
	raw, err := os.ReadFile(log)
	if err != nil {
		return time.Time{}, fmt.Errorf("log: %w", err)
	}
	for _, line := range strings.Split(string(raw), "\n") {
		var l struct {
			Time time.Time
			Msg  string
		}
		if json.Unmarshal([]byte(line), &l) == nil && l.Msg == "leading" {
			return l.Time, nil
		}
	}
	return time.Time{}, fmt.Errorf("log %s: nobody leads", log)
}

// awaitTick returns as soon as another tick's row is there: it is then made, and perhaps not yet rung.
func (w *world) awaitTick(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	const ask = `select count(*) from ticks where schedule = 'chaos-all'`
	var before, now int
	if err := w.db.Bun().NewRaw(ask).Scan(ctx, &before); err != nil {
		return fmt.Errorf("ticks: %w", err)
	}
	for now = before; now == before; {
		if err := w.db.Bun().NewRaw(ask).Scan(ctx, &now); err != nil {
			return fmt.Errorf("ticks: %w", err)
		}
	}
	return nil
}

// refuseWrongClock starts schedulers whose Redis, through a proxy that rewrites its answer to TIME, seems to live 5 s and
// 1 s later: the first must refuse to run, the second must not.
func (w *world) refuseWrongClock(ctx context.Context) error {
	for _, c := range []struct {
		off    time.Duration
		refuse bool
	}{{5 * time.Second, true}, {time.Second, false}} {
		p, err := proxy.Listen(addressOf(w.redis.URL()))
		if err != nil {
			return err
		}
		p.Rewrite(laterTime(c.off))
		name := fmt.Sprintf("scheduler-off-%d", int(c.off.Seconds()))
		err = w.start(ctx, name, "scheduler", "REDIS_URL=redis://"+p.Addr()+"/0")
		refused := err != nil && strings.Contains(err.Error(), "clock is")
		w.report.check(fmt.Sprintf("a process whose wall clock is %s off is refused: %v", c.off, c.refuse), refused == c.refuse && (refused || err == nil),
			"%.180s", lastLine(err))
		stopped := w.stopThose(func(n string) bool { return n == name })
		if err := errors.Join(stopped, p.Close()); err != nil {
			return err
		}
	}
	w.report.did("schedulers started whose Redis, through a proxy that rewrites the answer to TIME, seems to live 5 s and 1 s later")
	return nil
}

func lastLine(err error) string {
	if err == nil {
		return "it runs"
	}
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	return lines[len(lines)-1]
}

// timeAnswer is Redis' answer to TIME.
var timeAnswer = regexp.MustCompile(`^\*2\r\n\$10\r\n(\d{10})\r\n\$\d+\r\n\d+\r\n`)

// laterTime rewrites answers to TIME to a later one.
func laterTime(off time.Duration) func([]byte) []byte {
	return func(answer []byte) []byte {
		m := timeAnswer.FindSubmatchIndex(answer)
		if m == nil {
			return answer
		}
		seconds, err := strconv.ParseInt(string(answer[m[2]:m[3]]), 10, 64)
		if err != nil {
			return answer
		}
		later := strconv.AppendInt(nil, seconds+int64(off.Seconds()), 10)
		return append(append(append([]byte(nil), answer[:m[2]]...), later...), answer[m[3]:]...)
	}
}

// shifted is the simulator with another clock.
type shifted struct{ *httpServer }

// shiftedSimulator passes everything on to a simulator, but shows its clock later.
func shiftedSimulator(target string, off time.Duration) (shifted, error) {
	forward, err := reverseProxy(target)
	if err != nil {
		return shifted{}, err
	}
	s, err := serve(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/_sim/clock" || req.Method != http.MethodGet {
			forward.ServeHTTP(rw, req)
			return
		}
		var state struct {
			Now   time.Time `json:"now"`
			Speed float64   `json:"speed"`
		}
		if err := callJSON(req.Context(), http.MethodGet, target+"/_sim/clock", nil, nil, &state); err != nil {
			http.Error(rw, err.Error(), http.StatusBadGateway)
			return
		}
		state.Now = state.Now.Add(off)
		rw.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(rw).Encode(state) // a client that has gone sees nothing
	}))
	return shifted{s}, err
}
