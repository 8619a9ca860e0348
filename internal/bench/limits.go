package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"tickerwire/internal/market"
	"tickerwire/internal/simulator"
)

const (
	callers    = 4                // worker processes
	warmUp     = 10 * time.Second // from the workers' start
	measured   = time.Minute
	feedEvery  = 200 * time.Millisecond // between two looks whether there is enough work
	stallEvery = 5 * time.Millisecond
)

// benchDay is a trading day in the invented market's past whose rows are published.
var benchDay = market.NewDay(2026, time.November, 19)

// newMarket returns the invented market that every process of a benchmark agrees on.
func newMarket() (*simulator.Market, error) {
	return simulator.NewMarket(simulator.MarketOptions{Seed: worldSeed})
}

// keepLimits has four worker processes call every upstream as much as the limiter lets them, for a minute after a warm-up,
// and asks the simulator, which counts as the real services do, how many requests came and whether it refused any. Two
// minutes in all: some lanes share an upstream.
func keepLimits(ctx context.Context, env *Env) (_ []Figure, err error) {
	s, _, err := env.scripted(ctx, manyChats)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	if err := s.openGroups(ctx); err != nil {
		return nil, err
	}
	rdb, err := s.redisClient("")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rdb.Close()) }()
	first, err := s.minute(ctx, rdb, "first", func(l lane) bool { return !l.second }, envNaver+"="+strconv.Itoa(naverFast))
	if err != nil {
		return first, err
	}
	second, err := s.minute(ctx, rdb, "second", func(l lane) bool { return l.second })
	return append(first, second...), err
}

// openGroups makes the groups known to the simulator.
func (s *stage) openGroups(ctx context.Context) error {
	for _, id := range groupIDs() {
		if err := s.control(ctx, http.MethodPut, fmt.Sprintf("telegram/chats/%d", id), "{}"); err != nil {
			return err
		}
	}
	return nil
}

// minute starts the workers, keeps the chosen lanes in work and measures.
func (s *stage) minute(ctx context.Context, rdb *redis.Client, name string, chosen func(lane) bool, settings ...string) (_ []Figure, err error) {
	list := slices.DeleteFunc(lanes(), func(l lane) bool { return !chosen(l) })
	var names []string
	for _, l := range list {
		names = append(names, l.name)
	}
	settings = append(append(slices.Clone(s.settings), envLanes+"="+strings.Join(names, ",")), settings...)
	f := feeder{stage: s, look: asynq.NewInspectorFromRedisClient(rdb), lanes: list, rung: map[string]int{}}
	if err := f.top(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stopRoles()) }()
	for range callers {
		p, err := s.env.start(ctx, "bench", settings, callerRole)
		if err != nil {
			return nil, err
		}
		s.running = append(s.running, p)
	}
	if err := f.feed(ctx, warmUp); err != nil {
		return nil, err
	}
	before, stalled := s.count(list), watchStalls()
	err = f.feed(ctx, measured)
	worst := stalled()
	if err != nil {
		return nil, err
	}
	after := s.count(list)
	s.tellRefusals(list, before.at)
	return append(s.usage(list, before, after),
		Figure{Name: "soak.limits." + name + ".stall", Value: milliseconds(worst), Unit: "ms that this process stood still"}), nil
}

// watchStalls notes by how much this process, and with it the simulator, wakes too late, until it is asked for the worst:
// what is refused in such a moment had come in time.
func watchStalls() (worst func() time.Duration) {
	stop, found := make(chan struct{}), make(chan time.Duration)
	go func() {
		most := time.Duration(0)
		for {
			slept := time.Now()
			select {
			case <-time.After(stallEvery):
				most = max(most, time.Since(slept)-stallEvery)
			case <-stop:
				found <- most
				return
			}
		}
	}()
	return func() time.Duration {
		close(stop)
		return <-found
	}
}

// tellRefusals prints in which seconds there were any.
func (s *stage) tellRefusals(list []lane, since time.Time) {
	for _, l := range list {
		for _, second := range s.sim.TrafficSeconds(l.upstream) {
			if second.Refused > 0 && !second.At.Before(since) {
				s.env.say("soak.limits: %s refused %d at %s", l.upstream, second.Refused, second.At.Format("15:04:05"))
			}
		}
	}
}

// feeder keeps lanes in work.
type feeder struct {
	*stage
	look  *asynq.Inspector
	lanes []lane
	rung  map[string]int // orders so far, by lane
}

// feed tops the queues up for a while.
func (f *feeder) feed(ctx context.Context, d time.Duration) error {
	for end := time.Now().Add(d); time.Now().Before(end); {
		if err := f.top(ctx); err != nil {
			return err
		}
		wait := min(feedEvery, max(0, time.Until(end)))
		if err := pause(ctx, wait, wait); err != nil {
			return err
		}
	}
	return nil
}

// top rings for as many orders as are missing.
func (f *feeder) top(ctx context.Context) error {
	queues, err := f.look.Queues()
	if err != nil {
		return fmt.Errorf("queues: %w", err)
	}
	for _, l := range f.lanes {
		waiting := 0
		if queue := callQueue(l.name); slices.Contains(queues, queue) { // one that never had an order is unknown
			info, err := f.look.GetQueueInfo(queue)
			if err != nil {
				return fmt.Errorf("queue of %s: %w", l.name, err)
			}
			waiting = info.Size
		}
		for ; waiting < l.ahead(); waiting++ {
			f.rung[l.name]++
			if err := f.queue.Ring(ctx, order{l.name, f.rung[l.name]}); err != nil {
				return err
			}
		}
	}
	return nil
}

// counts is what the simulator has counted by an instant.
type counts struct {
	at       time.Time
	traffic  map[string]simulator.Traffic // by upstream
	messages []simulator.Message          // all that Telegram took
}

func (s *stage) count(list []lane) counts {
	c := counts{at: time.Now(), traffic: map[string]simulator.Traffic{}, messages: s.sim.Messages()}
	for _, l := range list {
		c.traffic[l.upstream] = s.sim.Traffic(l.upstream)
	}
	return c
}

// usage compares what came between two counts with what was allowed.
func (s *stage) usage(list []lane, before, after counts) []Figure {
	var figures []Figure
	span := after.at.Sub(before.at)
	for _, l := range list {
		name := "soak.limits." + l.name
		was, is := before.traffic[l.upstream], after.traffic[l.upstream]
		came := is.Taken - was.Taken
		used := float64(came) / l.allowed(span)
		if l.chats != nil {
			came, used = l.perChat(after.messages[len(before.messages):])
		}
		figures = append(figures,
			Figure{Name: name + ".refused", Value: float64(is.Refused - was.Refused), Unit: "requests", Goal: atMost(0)},
			Figure{Name: name + ".used", Value: 100 * used, Unit: "%", Goal: atLeast(90)},
			Figure{Name: name + ".taken", Value: float64(came), Unit: "requests"})
	}
	return figures
}

// perChat returns how many of the messages went to the lane's chats, and how much of its limit each used on average. The
// pace of a chat is taken from its first message to its last: of a few in a minute, one more or less would tell nothing.
func (l lane) perChat(messages []simulator.Message) (came int, used float64) {
	for _, chat := range l.chats {
		var first, last time.Time
		n := 0
		for _, m := range messages {
			if m.ChatID != chat {
				continue
			}
			if n++; n == 1 {
				first = m.At
			}
			last = m.At
		}
		came += n
		if n > 1 {
			used += float64(n-1) * float64(l.span) / float64(last.Sub(first)) / l.limit / float64(len(l.chats))
		}
	}
	return came, used
}
