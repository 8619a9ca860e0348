package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

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
	burstLook       = 50 * time.Millisecond
	paceRecipients  = 1000 // enough for more than a minute's messages at the real limit
	perSecond       = 30   // messages that Telegram takes
)

// burst has fifty alerts come at once to ten thousand recipients, each of whom watches for three of them, with Telegram's
// limits and ours a hundred times as fast as the real ones: how much longer it takes than the limit alone allows, and
// whether every alert and recipient ended in one way.
func burst(ctx context.Context, env *Env) (_ []Figure, err error) {
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
		Figure{Name: "burst.refused", Value: float64(s.sim.Traffic("telegram").Refused - before.Refused), Unit: "answers 429"}), err
}

// burstKilled is burst with workers killed at random.
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
		for _, l := range []store.Limit{{Key: "telegram", PerSecond: perSecond * faster}, {Key: "telegram:*", PerSecond: faster}} {
			if _, err := s.db.Bun().ExecContext(ctx, `
				insert into limits (key, per_second, changed_at) values (?, ?, now())
				on conflict (key) do update set per_second = excluded.per_second, per_minute = 0, changed_at = now()`, l.Key, l.PerSecond); err != nil {
				return nil, fmt.Errorf("limits: %w", err)
			}
		}
	}
	if err := b.fill(ctx); err != nil {
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

// fill invents the alerts, urgent filings of fifty companies, and the recipients.
func (s *burstStage) fill(ctx context.Context) error {
	now := s.sim.Clock().Now()
	for _, q := range []struct {
		query string
		args  []any
	}{
		{`insert into articles (source, external_id, title, published_at, time_quality, first_seen_at, available_at, kind, filer, report_type, embedded_at)
			select 'dart', 'burst-' || i, '주요사항보고서(유상증자결정)', ?0, 'exact', ?0, ?0, 'disclosure', '가상기업 ' || i, '주요사항보고서(유상증자결정)', now()
			from generate_series(0, ?1 - 1) i`, []any{now, burstAlerts}},
		{`insert into stories (first_article_id, codes, available_at)
			select id, array['8' || lpad(split_part(external_id, '-', 2), 5, '0')], available_at from articles where external_id like 'burst-%' order by id`, nil},
		{`insert into alerts (kind, story_id, article_id, code, topic, send, reason, decided_at)
			select 'disclosure', s.id, s.first_article_id, s.codes[1], 'rights_issue', true, 'urgent', ?0
			from stories s join articles a on a.id = s.first_article_id where a.external_id like 'burst-%' order by s.id`, []any{now}},
		{`insert into recipients (chat_id, language, quiet_from, quiet_to, codes)
			select ?0 + i, case i % 2 when 0 then 'ko' else 'en' end, 0, 0,
				(select array_agg('8' || lpad(((i + k * 17) % ?2)::text, 5, '0')) from generate_series(0, ?3 - 1) k)
			from generate_series(0, ?1 - 1) i`, []any{simulator.DefaultChat, s.recipients, burstAlerts, burstEach}},
		{`analyze`, nil},
	} {
		if _, err := s.db.Bun().ExecContext(ctx, q.query, q.args...); err != nil {
			return fmt.Errorf("burst: %w", err)
		}
	}
	return nil
}

func (s *burstStage) ids(ctx context.Context) (ids []int64, err error) {
	err = s.db.Bun().NewRaw(`select id from alerts order by id`).Scan(ctx, &ids)
	return ids, err
}

func (s *burstStage) ring(ctx context.Context) error {
	ids, err := s.ids(ctx)
	for _, id := range ids {
		err = errors.Join(err, s.queue.Ring(ctx, tasks.SendAlert{AlertID: id}))
	}
	return err
}

// awaitSent waits until every alert is told and no message is in anybody's hand. What was quarantined, because workers kept
// dying with it in hand, is run again, as an operator would.
func (s *burstStage) awaitSent(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, burstLimit)
	defer cancel()
	for {
		var open int
		err := s.db.Bun().NewRaw(`
			select (select count(*) from alerts where told_at is null) + (select count(*) from notices where state in ('due', 'claimed', 'failed'))`).Scan(ctx, &open)
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
	inHand := func() (n int, err error) {
		err = s.db.Bun().NewRaw(`select count(*) from notices where state = 'claimed' and claimed_by like '%/' || ? || '/%'`, p.cmd.Process.Pid).Scan(ctx, &n)
		return n, err
	}
	early, err := inHand()
	if err != nil {
		return 0, fmt.Errorf("in flight: %w", err)
	}
	if s.workers[i], err = s.env.start(ctx, "worker", s.settings); err != nil {
		return 0, err
	}
	late, err := inHand()
	if err != nil {
		return 0, fmt.Errorf("in flight: %w", err)
	}
	return max(early, late), nil
}

// fates holds what became of every alert and recipient against what the simulator has, and what is ambiguous against what
// workers had in hand when they were killed.
func (s *burstStage) fates(ctx context.Context, name string, inFlight int) ([]Figure, error) {
	var rows []struct {
		State string
		N     int
	}
	err := s.db.Bun().NewRaw(`
		select state, count(*) as n from notices where state <> 'suppressed' or reason <> '' group by state`).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("fates: %w", err)
	}
	var pairs, final, ambiguous, refused, sent int
	for _, r := range rows {
		pairs += r.N
		switch r.State {
		case "sent":
			sent, final = r.N, final+r.N
		case "ambiguous":
			ambiguous, final = r.N, final+r.N
		case "refused":
			refused, final = r.N, final+r.N
		case "suppressed":
			final += r.N
		}
	}
	type key struct {
		chat int64
		text string
	}
	got, twice := map[key]int{}, 0
	for _, m := range s.sim.Messages() {
		if got[key{m.ChatID, m.Text}]++; got[key{m.ChatID, m.Text}] == 2 {
			twice++
		}
	}
	var missing int
	err = s.db.Bun().NewRaw(`select count(*) from notices where state = 'sent' and message_id = 0`).Scan(ctx, &missing)
	missing += max(0, sent-len(got))
	return []Figure{
		{Name: name + ".pairs", Value: float64(pairs), Unit: "alerts and recipients"},
		{Name: name + ".open", Value: float64(burstAlerts*s.recipients - final), Unit: "of them in no final state", Goal: atMost(0)},
		{Name: name + ".sent", Value: float64(sent), Unit: "messages"},
		{Name: name + ".twice", Value: float64(twice), Unit: "messages that came twice", Goal: atMost(0)},
		{Name: name + ".missing", Value: float64(missing), Unit: "messages that count as sent and are not there", Goal: atMost(0)},
		{Name: name + ".refused", Value: float64(refused), Unit: "messages"},
		{Name: name + ".ambiguous", Value: float64(ambiguous), Unit: "messages that may have come", Goal: atMost(float64(inFlight))},
	}, err
}

func (s *burstStage) close(ctx context.Context) error {
	var errs []error
	for _, p := range s.workers {
		errs = append(errs, p.stop())
	}
	s.workers = nil
	return errors.Join(append(errs, s.stage.close(ctx))...)
}
