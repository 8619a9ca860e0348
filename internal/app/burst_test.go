package app_test

import (
	"fmt"
	"testing"
	"time"

	"tickerwire/internal/burst"
	"tickerwire/internal/notice"
	"tickerwire/internal/simulator"
	"tickerwire/tasks"
)

const (
	burstFaster = 10 // times, of Telegram's limits and ours
	burstFirst  = int64(800_000)
	burstTalks  = 5  // chats of readers who write to the bot
	burstAsks   = 10 // times before the listener is killed, and as often afterwards
)

// TestABurstSurvivesAKilledWorker has many alerts come at once to many recipients, and kills the worker that also listens to
// the bot's readers in the middle: every alert comes to exactly one end for each of them, no message comes twice, no more
// may have come than the dead one had in hand; and every update of the bot's has its effect once, by whoever is left.
func TestABurstSurvivesAKilledWorker(t *testing.T) {
	t.Parallel()
	plan := burst.Plan{Alerts: 12, Recipients: 300, Each: 3, FirstChat: burstFirst}
	var chats []int64
	for i := range burstTalks {
		chats = append(chats, talkIn(i))
	}
	for i := range plan.Recipients {
		chats = append(chats, plan.FirstChat+int64(i))
	}
	f := newFleet(t, simulator.Limits{TelegramPerSecond: 30 * burstFaster, TelegramPerChat: time.Second / burstFaster}, chats...)
	f.start("scheduler") // it declares the limits
	fatal(t, burst.Faster(t.Context(), f.db.DB, 30*burstFaster, burstFaster))
	plan.At = f.sim.Clock().Now()
	alerts, err := plan.Lay(t.Context(), f.db.DB)
	fatal(t, err)
	for i := range burstTalks {
		f.recipient(talkIn(i))
	}
	workers := f.start("worker", "worker")
	listener := workers[f.listener(workers)]

	queue := tasks.NewQueue(f.redis())
	for _, id := range alerts {
		fatal(t, queue.Ring(t.Context(), tasks.SendAlert{AlertID: id}))
	}
	for i := range burstAsks {
		f.writes(talkIn(i), fmt.Sprintf("/quiet %d-%d", i, i+1))
	}
	until(t, patience, func() error {
		if n, m := len(f.sim.Messages()), f.db.number(t, `select count(*) from bot_updates`); n < 100 || m < 3 {
			return fmt.Errorf("%d messages and %d updates", n, m)
		}
		return nil
	})
	f.kill(listener)
	killed := time.Now()
	early, err := burst.InHand(t.Context(), f.db.DB, listener.process.Pid)
	fatal(t, err)
	for i := range burstAsks {
		f.writes(talkIn(i), fmt.Sprintf("/quiet %d-%d", burstAsks+i, burstAsks+i+1))
	}
	until(t, patience, func() error {
		if n := f.db.number(t, `select count(*) from bot_updates`); n < 2*burstAsks {
			return fmt.Errorf("%d of %d updates are done", n, 2*burstAsks)
		}
		return nil
	})
	t.Logf("all updates were done %s after the listener was killed", time.Since(killed).Round(10*time.Millisecond))
	late, err := burst.InHand(t.Context(), f.db.DB, listener.process.Pid)
	fatal(t, err)
	until(t, patience, func() error {
		open, err := burst.Open(t.Context(), f.db.DB, alerts)
		fatal(t, err)
		if open > 0 {
			return fmt.Errorf("%d alerts and messages are open", open)
		}
		return nil
	})
	f.checkBurst(plan, alerts, max(early, late))
	f.checkAnswers()
}

// talkIn returns the chat of the i-th question.
func talkIn(i int) int64 { return simulator.DefaultChat + int64(i%burstTalks) }

// checkBurst holds every alert and recipient against what the simulator has.
func (f *fleet) checkBurst(plan burst.Plan, alerts []int64, inHand int) {
	f.Helper()
	fates, err := burst.Read(f.Context(), f.db.DB, alerts, nil)
	fatal(f, err)
	pairs := plan.Recipients * plan.Each // of who watches: nothing is written of the others
	if fates.Pairs != pairs || fates.Open() != 0 || fates.Unexplained != 0 {
		f.Errorf("%d of %d pairs are known, %d are open, %d have no reason: %v", fates.Pairs, pairs, fates.Open(), fates.Unexplained, fates.States)
	}
	sent, ambiguous := fates.States[notice.Sent], fates.States[notice.Ambiguous]
	if sent+ambiguous != pairs {
		f.Errorf("%d sent and %d ambiguous, want %d together; suppressed: %v", sent, ambiguous, pairs, fates.Reasons)
	}
	if ambiguous > inHand {
		f.Errorf("%d messages are ambiguous, and %d were in hand", ambiguous, inHand)
	}
	var messages []simulator.Message
	for _, m := range f.sim.Messages() {
		if m.ChatID >= plan.FirstChat {
			messages = append(messages, m)
		}
	}
	twice, missing, err := burst.Strays(f.Context(), f.db.DB, nil, messages)
	fatal(f, err)
	for _, line := range append(twice, missing...) {
		f.Error(line)
	}
	f.Logf("%d messages, %d ambiguous of %d in hand, %d answers 429", len(messages), ambiguous, inHand, f.sim.Traffic("telegram").Refused)
}

// checkAnswers wants every update's effect done in its order, and each answered once. What the killed one had done and not
// answered yet, only whoever asks again learns.
func (f *fleet) checkAnswers() {
	f.Helper()
	missing := 0
	for i := range 2 * burstAsks {
		answer := fmt.Sprintf(notice.AnswersIn("en").Quiet, i, i+1)
		if i >= burstAsks {
			f.answered(talkIn(i), answer)
		}
		switch n := f.heard(talkIn(i))[answer]; {
		case n == 0:
			missing++
		case n > 1:
			f.Errorf("update %d was answered %d times", i, n)
		}
	}
	for i := 2*burstAsks - burstTalks; i < 2*burstAsks; i++ {
		if n := f.db.number(f, `select count(*) from recipients where chat_id = ? and quiet_from = ? and quiet_to = ?`, talkIn(i), i, i+1); n != 1 {
			f.Errorf("the effect of update %d is not its chat's last", i)
		}
	}
	f.Logf("%d of %d answers went with the killed worker", missing, burstAsks)
}
