package chaos

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"tickerwire/tasks"
)

// ring orders a task. The harness insists for a while: Redis may be away from it, too.
func (w *world) ring(ctx context.Context, o order) error {
	return until(ctx, ringLimit, "the queue to take an order", func() (bool, error) {
		err := w.queue.Ring(ctx, o)
		return err == nil, err
	})
}

const ringLimit = 60 * time.Second

// ringMany orders that many tasks, which take so many milliseconds, and returns their names.
func (w *world) ringMany(ctx context.Context, kind, prefix string, n, ms int) ([]string, error) {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("%s-%d", prefix, i)
		if err := w.ring(ctx, order{kind: kind, queue: queueChaos, Name: keys[i], MS: ms}); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// awaitEffects waits until every task has had its effect, and returns when the last had.
func (w *world) awaitEffects(ctx context.Context, limit time.Duration, keys []string) (last time.Time, err error) {
	err = until(ctx, limit, fmt.Sprintf("the effects of %d tasks such as %s", len(keys), keys[0]), func() (bool, error) {
		list, err := w.ledger.read()
		if err != nil || !reached(list, effect, keys) {
			return false, err
		}
		first := make(map[string]time.Time)
		for _, e := range list {
			if at, had := first[e.Key]; e.What == effect && (!had || e.At.Before(at)) {
				first[e.Key] = e.At
			}
		}
		for _, key := range keys {
			if first[key].After(last) {
				last = first[key]
			}
		}
		return true, nil
	})
	return last, err
}

// flows measures from a moment until tasks that are ordered after it have had their effect.
func (w *world) flows(ctx context.Context, limit time.Duration, since time.Time, name string) (time.Duration, error) {
	keys, err := w.ringMany(ctx, kindKept, name, 4, 0)
	if err != nil {
		return 0, err
	}
	last, err := w.awaitEffects(ctx, limit, keys)
	return last.Sub(since), err
}

// throughput orders that many tasks that take no time, and returns how many a second were carried out.
func (w *world) throughput(ctx context.Context, name string, n int) (float64, []string, error) {
	started := time.Now()
	keys, err := w.ringMany(ctx, kindCount, name, n, 0)
	if err != nil {
		return 0, nil, err
	}
	last, err := w.awaitEffects(ctx, 2*time.Minute, keys)
	return float64(n) / last.Sub(started).Seconds(), keys, err
}

// filingReport is of a kind that everybody is told of at once.
const filingReport = "주요사항보고서(유상증자결정)"

// chatSpace is longer than Telegram wants between two messages in a chat.
const chatSpace = 1200 * time.Millisecond

// alertTimes has the simulator show urgent filings one after another, and measures each from then until Telegram has the
// first message about it.
func (w *world) alertTimes(ctx context.Context, n int) (took []time.Duration, err error) {
	stocks, err := w.db.Stocks(ctx, true)
	if err != nil {
		return nil, err
	}
	for i := range n {
		before, err := w.sim.messages(ctx)
		if err != nil {
			return nil, err
		}
		started := time.Now()
		code := stocks[(w.filed+i)%len(stocks)].Code
		if err := w.sim.call(ctx, http.MethodPost, "filings", map[string]any{"code": code, "report": filingReport}, nil); err != nil {
			return nil, err
		}
		if err := w.queue.Ring(ctx, tasks.CrawlNews{Source: "dart"}); err != nil {
			return nil, err
		}
		err = until(ctx, 60*time.Second, "the message about a filing", func() (bool, error) {
			now, err := w.sim.messages(ctx)
			if err != nil || len(now) <= len(before) {
				return false, err
			}
			took = append(took, now[len(before)].At.Sub(started))
			return true, nil
		})
		if err != nil {
			return nil, err
		}
		if err := wait(ctx, chatSpace); err != nil {
			return nil, err
		}
	}
	w.filed += n
	return took, nil
}

// said counts the lines of all processes' logs that hold a text.
func (w *world) said(text string) (n int, err error) {
	logs, err := os.ReadDir(w.dir)
	if err != nil {
		return 0, fmt.Errorf("logs: %w", err)
	}
	for _, entry := range logs {
		if !strings.HasSuffix(entry.Name(), ".log") {
			continue
		}
		raw, err := os.ReadFile(w.dir + "/" + entry.Name())
		if err != nil {
			return 0, fmt.Errorf("logs: %w", err)
		}
		n += strings.Count(string(raw), text)
	}
	return n, nil
}

// checkSteady notes that nobody was taken for dead and the lead stayed where it was.
func (w *world) checkSteady() error {
	leads, err := w.said(`"msg":"leading"`)
	if err != nil {
		return err
	}
	w.report.check("the lead stayed where it was", leads == 1, "%d times somebody began to lead", leads)
	died, err := w.said(`"msg":"worker died"`)
	if err != nil {
		return err
	}
	w.report.check("nobody was taken for dead", died == 0, "%d times", died)
	again, err := w.said(`"msg":"rung again"`)
	w.report.figure("tasks that seemed to be in nobody's hand, and were rung for again", float64(again), "")
	return err
}

// checkEffects notes whether each task beside was carried out, and how often that took more than one run.
func (w *world) checkEffects(ctx context.Context, keys []string) error {
	list, err := w.ledger.read()
	if err != nil {
		return err
	}
	var kept int
	if err := w.db.Bun().NewRaw(`select count(*) from chaos_effects where key = any(?::text[])`, "{"+strings.Join(keys, ",")+"}").Scan(ctx, &kept); err != nil {
		return fmt.Errorf("effects: %w", err)
	}
	w.report.check("each task beside had its effect", reached(list, finished, keys) && kept == len(keys), "%d tasks, %d effects, %d runs", len(keys), kept, runsOf(list, keys))
	return nil
}
