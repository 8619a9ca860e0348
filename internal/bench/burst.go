package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"tickerwire/internal/burst"
	"tickerwire/internal/notice"
	"tickerwire/internal/simulator"
	"tickerwire/store"
	"tickerwire/tasks"
)

const (
	burstAlerts     = 50
	burstRecipients = 10_000
	burstEach       = 3 // alerts that a recipient watches for
	burstWorkers    = 3
	burstFaster     = 100 // times, of both limits
	burstKills      = 30
	burstLimit      = 8 * time.Minute
	burstLook       = 250 * time.Millisecond // Postgres counts all notices meanwhile
	onTheWay        = 20 * time.Millisecond  // by which messages may come closer to each other: no faster limit makes it less
	paceRecipients  = 1000                   // enough for more than a minute's messages at the real limit
	perSecond       = 30                     // messages that Telegram takes
)

// burstWhole has fifty alerts come at once to ten thousand recipients, each of whom watches for three of them, with Telegram's
// limits and ours a hundred times as fast as the real ones: how much longer it takes than the limit alone allows, and
// whether every alert and recipient ended in one way.
func burstWhole(ctx context.Context, env *Env) (_ []Figure, err error) {
	s, err := env.openBurst(ctx, burstRecipients, burstFaster)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	before := s.sim.Traffic("telegram")
	started := time.Now()
	if err := s.ring(ctx); err != nil {
		return nil, err
	}
	if err := s.awaitSent(ctx); err != nil {
		return nil, err
	}
	messages := s.sim.Messages()
	took := messages[len(messages)-1].At.Sub(started)
	least := time.Duration(float64(len(messages)) * float64(time.Second) / (perSecond * burstFaster))
	figures, err := s.fates(ctx, "burst", 0)
	return append(figures,
		Figure{Name: "burst.least", Value: least.Seconds(), Unit: "s that the limit alone takes"},
		Figure{Name: "burst.took", Value: took.Seconds(), Unit: "s"},
		Figure{Name: "burst.over", Value: 100 * (took.Seconds()/least.Seconds() - 1), Unit: "% longer than the least", Goal: atMost(10)},
		Figure{Name: "burst.429", Value: float64(s.sim.Traffic("telegram").Refused - before.Refused), Unit: "answers 429"}), err
}

// burstKilled is burstWhole with workers killed at random.
func burstKilled(ctx context.Context, env *Env) (_ []Figure, err error) {
	s, err := env.openBurst(ctx, burstRecipients, burstFaster)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	if err := s.ring(ctx); err != nil {
		return nil, err
	}
	random, inFlight := rand.New(rand.NewPCG(1, 1)), 0
	for range burstKills {
		if err := pause(ctx, 50*time.Millisecond, 500*time.Millisecond); err != nil {
			return nil, err
		}
		n, err := s.kill(ctx, random.IntN(burstWorkers))
		if err != nil {
			return nil, err
		}
		inFlight += n
	}
	if err := s.awaitSent(ctx); err != nil {
		return nil, err
	}
	figures, err := s.fates(ctx, "burst.killed", inFlight)
	return append(figures, Figure{Name: "burst.killed.inflight", Value: float64(inFlight), Unit: "messages in hand at the kills"},
		Figure{Name: "burst.killed.kills", Value: burstKills, Unit: "workers"}), err
}

// burstPace sends for a minute at the real limits.
func burstPace(ctx context.Context, env *Env) (_ []Figure, err error) {
	s, err := env.openBurst(ctx, paceRecipients, 1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	if err := s.ring(ctx); err != nil {
		return nil, err
	}
	if err := pause(ctx, warmUp, warmUp); err != nil {
		return nil, err
	}
	before, messages := s.sim.Traffic("telegram"), len(s.sim.Messages())
	if err := pause(ctx, measured, measured); err != nil {
		return nil, err
	}
	came := len(s.sim.Messages()) - messages
	return []Figure{
		{Name: "soak.burst.rate", Value: float64(came) / measured.Seconds(), Unit: "messages/s", Goal: atLeast(28)},
		{Name: "soak.burst.refused", Value: float64(s.sim.Traffic("telegram").Refused - before.Refused), Unit: "answers 429", Goal: atMost(0)},
	}, nil
}

// burstStage is a stage with recipients and alerts that are decided on and not yet sent.
type burstStage struct {
	*stage
	recipients int
	alerts     []int64
	workers    []*process
}

func (e *Env) openBurst(ctx context.Context, recipients int, faster float64) (_ *burstStage, err error) {
	s, err := e.stageWith(ctx, simulator.DefaultStart(), recipients, simulator.Limits{TelegramPerSecond: int(perSecond * faster),
		TelegramPerChat: time.Duration(float64(time.Second) / faster)}, func(m *simulator.Market) simulator.World { return newScript(m) })
	if err != nil {
		return nil, err
	}
	b := &burstStage{stage: s, recipients: recipients}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close(ctx))
		}
	}()
	if err := s.start(ctx, "scheduler"); err != nil {
		return nil, err
	}
	if faster != 1 {
		perChat := 1 / (1/faster + onTheWay.Seconds()) // a chat gets three messages only: what they wait costs the burst nothing
		if err := burst.Faster(ctx, s.db, perSecond*faster, perChat); err != nil {
			return nil, err
		}
	}
	plan := burst.Plan{Alerts: burstAlerts, Recipients: recipients, Each: burstEach, FirstChat: simulator.DefaultChat, At: s.sim.Clock().Now()}
	if b.alerts, err = plan.Lay(ctx, s.db); err != nil {
		return nil, err
	}
	for range burstWorkers {
		p, err := e.start(ctx, "worker", s.settings)
		if err != nil {
			return nil, err
		}
		b.workers = append(b.workers, p)
	}
	return b, nil
}

func (s *burstStage) ring(ctx context.Context) error {
	var errs []error
	for _, id := range s.alerts {
		errs = append(errs, s.queue.Ring(ctx, tasks.SendAlert{AlertID: id}))
	}
	return errors.Join(errs...)
}

// awaitSent waits until every alert is told and no message is in anybody's hand. What was quarantined, because workers kept
// dying with it in hand, is run again, as an operator would.
func (s *burstStage) awaitSent(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, burstLimit)
	defer cancel()
	for {
		open, err := burst.Open(ctx, s.db, s.alerts)
		if err != nil || open == 0 {
			return err
		}
		stopped, err := s.db.RetryFailures(ctx, store.RetryFilter{FailureMatch: store.FailureMatch{Kind: tasks.SendAlert{}.Kind()}})
		if err != nil {
			return err
		}
		for _, f := range stopped {
			if err := s.queue.RingRaw(ctx, f.Kind, f.Key, f.Queue, f.Payload); err != nil {
				return err
			}
		}
		if err := pause(ctx, burstLook, burstLook); err != nil {
			return fmt.Errorf("%d alerts and messages are open: %w", open, err)
		}
	}
}

// kill kills a worker, starts another in its place, and returns how many messages it had in hand. Postgres may still be busy
// with its last claims when it is gone, and they may be ambiguous already when the next one has started: it looks twice.
func (s *burstStage) kill(ctx context.Context, i int) (inFlight int, err error) {
	p := s.workers[i]
	if err := p.cmd.Process.Kill(); err != nil {
		return 0, fmt.Errorf("kill: %w", err)
	}
	<-p.done
	early, err := burst.InHand(ctx, s.db, p.cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	if s.workers[i], err = s.env.start(ctx, "worker", s.settings); err != nil {
		return 0, err
	}
	late, err := burst.InHand(ctx, s.db, p.cmd.Process.Pid)
	return max(early, late), err
}

// fates holds what became of every alert and recipient against what the simulator has, and what is ambiguous against what
// workers had in hand when they were killed.
func (s *burstStage) fates(ctx context.Context, name string, inFlight int) ([]Figure, error) {
	f, err := burst.Read(ctx, s.db, s.alerts, nil)
	if err != nil {
		return nil, err
	}
	twice, missing, err := burst.Strays(ctx, s.db, nil, s.sim.Messages())
	if err != nil {
		return nil, err
	}
	return []Figure{
		{Name: name + ".pairs", Value: float64(f.Pairs), Unit: "alerts and recipients who watch for them", Goal: atLeast(float64(burstEach * s.recipients))},
		{Name: name + ".open", Value: float64(burstEach*s.recipients - f.Pairs + f.Open()), Unit: "of them in no final state", Goal: atMost(0)},
		{Name: name + ".unexplained", Value: float64(f.Unexplained), Unit: "of them without a reason", Goal: atMost(0)},
		{Name: name + ".sent", Value: float64(f.States[notice.Sent]), Unit: "messages"},
		{Name: name + ".twice", Value: float64(len(twice)), Unit: "messages that came twice", Goal: atMost(0)},
		{Name: name + ".missing", Value: float64(len(missing)), Unit: "messages that count as sent and are not there", Goal: atMost(0)},
		{Name: name + ".refused", Value: float64(f.States[notice.Refused]), Unit: "messages"},
		{Name: name + ".ambiguous", Value: float64(f.States[notice.Ambiguous]), Unit: "messages that may have come", Goal: atMost(float64(inFlight))},
	}, nil
}

func (s *burstStage) close(ctx context.Context) error {
	var errs []error
	for _, p := range s.workers {
		errs = append(errs, p.stop())
	}
	s.workers = nil
	return errors.Join(append(errs, s.stage.close(ctx))...)
}
