package tasks_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/tasks"
)

// TestWhatWasHeldComesInOneDigest: what came by night and what is unproven is held, and comes once, in the morning.
func TestWhatWasHeldComesInOneDigest(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.recipient(1)
	r.exec(`update recipients set quiet_from = 21, quiet_to = 8`)
	r.recipient(2) // nothing is held for him: he has no quiet hours, and wants no digest
	r.exec(`update recipients set digest = false where chat_id = 2`)
	s := &sender{}
	w := r.worker(func(w *tasks.Worker) { w.Sender = s })
	night := dayOf(noon).At(23, 30)
	r.clock.set(night)
	filing, unproven := r.alert(), r.signal(r.open(story(50)), forecast.Evidence{})
	r.exec(`update alerts set decided_at = ?`, night)
	r.exec(`update alerts set send = false, digest = true, reason = 'unproven' where id = ?`, unproven)
	r.exec(`update alert_options set reason = 'unproven'`)
	for _, id := range []int64{filing, unproven} {
		r.must(w.Do(t.Context(), tasks.SendAlert{AlertID: id}))
	}
	if got := fmt.Sprint(r.notices(filing), r.notices(unproven), s.sent); got != "map[held:1 sent:1] map[held:1 suppressed:1] map[2:1]" {
		t.Fatal(got)
	}
	r.must(w.Do(t.Context(), tasks.SendDigests{}))
	r.clock.set((dayOf(noon) + 1).At(7, 59))
	r.must(w.Do(t.Context(), tasks.SendDigests{}))
	if s.sent[1] != 0 {
		t.Fatalf("%d messages came in quiet hours", s.sent[1])
	}
	r.clock.set((dayOf(noon) + 1).At(8, 0))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := w.Do(t.Context(), tasks.SendDigests{}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if s.sent[1] != 1 || s.sent[2] != 1 {
		t.Errorf("messages per chat: %v", s.sent)
	}
	if n := r.number(`select count(*) from notices where state = 'held' and digest_id = (select id from notices where alert_id is null and state = 'sent')`); n != 2 {
		t.Errorf("the digest carries %d notices, want 2", n)
	}
	var text string
	r.must(r.db.Bun().NewRaw(`select text from notices where alert_id is null`).Scan(t.Context(), &text))
	for _, want := range []string{"모아보기", "방해 금지 시간에 온 소식</b> · 1건", "미검증 신호</b> · 1건", "유상증자", "누리테크"} {
		if !strings.Contains(text, want) {
			t.Errorf("the digest lacks %q:\n%s", want, text)
		}
	}
	// What is held later the same day comes the next day, and a day with nothing held has none.
	r.clock.set((dayOf(noon) + 1).At(22, 0))
	late := r.alert()
	r.exec(`update alerts set decided_at = ? where id = ?`, r.clock.Now(), late)
	r.must(w.Do(t.Context(), tasks.SendAlert{AlertID: late}))
	for _, at := range []time.Time{(dayOf(noon) + 1).At(22, 30), (dayOf(noon) + 2).At(9, 0), (dayOf(noon) + 2).At(10, 0), (dayOf(noon) + 3).At(9, 0)} {
		r.clock.set(at)
		r.must(w.Do(t.Context(), tasks.SendDigests{}))
	}
	if s.sent[1] != 2 || r.number(`select count(*) from notices where alert_id is null`) != 2 {
		t.Errorf("%d digests came, want 2", s.sent[1])
	}
}

// TestASentMessageIsAmended: by how many outlets tell the story, and by what happened once that is known; nothing is sent
// anew, and what was said stays.
func TestASentMessageIsAmended(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.recipient(1)
	r.recipient(2)
	r.exec(`update recipients set language = 'en' where chat_id = 2`)
	s := &sender{}
	w := r.worker(func(w *tasks.Worker) { w.Sender = s })
	alert := r.signal(r.open(story(0)), forecast.Evidence{})
	r.must(w.Do(t.Context(), tasks.SendAlert{AlertID: alert}))
	text := func(chat int64) (text string) {
		t.Helper()
		r.must(r.db.Bun().NewRaw(`select text from notices n join recipients r on r.id = n.recipient_id where chat_id = ?`, chat).Scan(t.Context(), &text))
		return text
	}
	edits := func() int { return r.number(`select count(*) from notices where state = 'sent' and shown < version`) }
	first := text(1)
	if !strings.Contains(first, "봉인 <code>#1 ") {
		t.Errorf("the message carries no seal:\n%s", first)
	}
	r.must(w.Do(t.Context(), tasks.AmendAlerts{}))
	if edits() != 0 || text(1) != first {
		t.Error("amended though nothing is new")
	}
	r.exec(`update stories set articles = 7`)
	r.must(w.Do(t.Context(), tasks.AmendAlerts{}))
	if got := text(1); edits() != 2 || !strings.Contains(got, "매체 7곳") {
		t.Errorf("%d edits:\n%s", edits(), got)
	}
	if !r.holds(tasks.QueueNotify, tasks.TaskID(tasks.SendAlert{AlertID: alert}, 1)) {
		t.Error("nobody was rung to edit them")
	}
	outcome := forecast.Outcome{StoryID: 1, Code: nuri, Horizon: 5, Version: 1, BaseDay: dayOf(noon), TargetDay: dayOf(noon) + 7, ExcessPct: 2.5,
		KnownAt: (dayOf(noon) + 7).At(16, 5)}
	r.must(r.db.Bun().NewRaw(`select story_id from alerts`).Scan(t.Context(), &outcome.StoryID))
	r.must(r.db.SaveOutcomes(t.Context(), []forecast.Outcome{outcome}))
	r.must(w.Do(t.Context(), tasks.AmendAlerts{}))
	if got := text(1); strings.Contains(got, "적중 ·") {
		t.Errorf("an outcome that nobody can know yet is told:\n%s", got)
	}
	r.clock.set((dayOf(noon) + 7).At(16, 6))
	for range 2 {
		r.must(w.Do(t.Context(), tasks.AmendAlerts{}))
	}
	if got := text(1); !strings.Contains(got, "✅ 적중 · 5거래일 초과수익률 +2.5%") || !strings.HasPrefix(got, first[:strings.LastIndex(first, "\n\n")]) {
		t.Errorf("what happened is not told, or what was said has changed:\n%s", got)
	}
	if got := text(2); !strings.Contains(got, "✅ Hit") {
		t.Errorf("in English:\n%s", got)
	}
	if s.sent[1] != 1 || s.sent[2] != 1 || r.number(`select max(version) from notices`) != 3 {
		t.Errorf("sent %v; %d versions", s.sent, r.number(`select max(version) from notices`))
	}
}
