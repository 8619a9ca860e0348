package tasks_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/notice"
	"tickerwire/store"
	"tickerwire/tasks"
)

// TestAlertsAtOnceKeepTheDailyCap sends twenty alerts at once to one recipient who takes three a day.
func TestAlertsAtOnceKeepTheDailyCap(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var alerts []int64
	for range 20 {
		alerts = append(alerts, r.alert())
	}
	r.exec(`update alerts set topic = 'topic ' || id`) // else one of the stock would be enough
	r.recipient(1)
	r.exec(`update recipients set daily_cap = 3`)
	chats := &sender{}
	w := r.worker(func(w *tasks.Worker) { w.Sender = chats })
	var group sync.WaitGroup
	for _, id := range alerts {
		group.Go(func() {
			if err := w.Do(t.Context(), tasks.SendAlert{AlertID: id}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if chats.sent[1] != 3 {
		t.Errorf("%d messages were sent, want 3", chats.sent[1])
	}
	for state, want := range map[string]int{"sent": 3, "suppressed": 17} {
		if n := r.number(`select count(*) from notices where state = ?`, state); n != want {
			t.Errorf("%d notices are %s, want %d", n, state, want)
		}
	}
}

// TestSendingStopsBeforeItsTaskEnds: what there is no time for is put back, uncounted, and the next run goes on.
func TestSendingStopsBeforeItsTaskEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	alert := r.alert()
	for chat := range 3 {
		r.recipient(int64(chat + 1))
	}
	chats := &sender{}
	w := r.worker(func(w *tasks.Worker) { w.Sender = chats })
	soon, cancel := context.WithTimeout(t.Context(), 19*time.Second)
	defer cancel()
	err := w.Do(soon, tasks.SendAlert{AlertID: alert})
	if fault.KindOf(err) != fault.Limited || tasks.Verdict(err, 1) != "put back" || len(chats.sent) != 0 {
		t.Errorf("19 s before its end the task sent %v and returned %v", chats.sent, err)
	}
	if n := r.number(`select count(*) from alerts where told_at is not null`); n != 0 {
		t.Error("the alert counts as told")
	}
	later, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for range 2 {
		r.must(w.Do(later, tasks.SendAlert{AlertID: alert}))
	}
	if fmt.Sprint(chats.sent) != "map[1:1 2:1 3:1]" {
		t.Errorf("messages per chat: %v", chats.sent)
	}
}

// TestWhatIsGoneDropsNoAlert: the stock is no longer tracked and a neighbour's article was taken down.
func TestWhatIsGoneDropsNoAlert(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.open(story(0))
	alert := r.signal(id, forecast.Evidence{Neighbours: []forecast.Neighbour{{ArticleID: 999_999, Code: nuri, Weight: 1}}})
	if n := r.number(`select count(*) from stocks`); n != 0 {
		t.Fatalf("%d stocks are tracked, want none", n)
	}
	r.recipient(1)
	chats := &sender{}
	w := r.worker(func(w *tasks.Worker) { w.Sender = chats })
	r.must(w.Do(t.Context(), tasks.SendAlert{AlertID: alert}))
	if chats.sent[1] != 1 {
		t.Errorf("%d messages were sent, want 1", chats.sent[1])
	}
}

// strong is a prediction of the champion's call that passes the gate at any volatility that the panel has.
func (r *rig) strong(storyID int64, e forecast.Evidence) (store.Call, []forecast.Prediction) {
	r.t.Helper()
	call, err := r.db.Call(r.t.Context(), storyID, r.calls(storyID, 1)[0].ModelID, 1)
	r.must(err)
	return call, []forecast.Prediction{{StoryID: storyID, Code: nuri, ModelID: call.ModelID, CallID: call.CallID, Horizon: 5, Generation: 1,
		AsOf: noon, MadeAt: noon, Probability: .9, BaseRate: .45, ExpectedPct: 1, LowPct: -1, HighPct: 3, Origin: forecast.Live, Evidence: e}}
}

// signal decides that a story's prediction is to be sent; it returns the alert.
func (r *rig) signal(storyID int64, e forecast.Evidence) int64 {
	r.t.Helper()
	call, made := r.strong(storyID, e)
	ids, err := r.db.SavePredictions(r.t.Context(), store.CallDone{CallID: call.CallID}, made)
	r.must(err)
	s, err := r.db.Story(r.t.Context(), storyID)
	r.must(err)
	saved, err := r.db.SaveDecisions(r.t.Context(), store.Decisions{CallID: call.CallID, Alerts: []notice.Alert{{Kind: notice.Signal, StoryID: storyID,
		ArticleID: s.FirstID, Code: nuri, PredictionID: ids[0], Topic: notice.TopicSignal, Send: true, Reason: "passed", DecidedAt: noon,
		Options: []notice.Option{{PredictionID: ids[0], Horizon: 5, Shift: .45, ScorePct: 2, Reason: notice.ReasonPassed}}}}})
	r.must(err)
	return saved[0].ID
}

// TestWhyAStoryIsNotAnnounced decides on stories whose prediction is strong, and on an urgent filing.
func TestWhyAStoryIsNotAnnounced(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	r.prove()
	w := r.worker(nil)
	decide := func(storyID int64) string {
		t.Helper()
		call, made := r.strong(storyID, forecast.Evidence{})
		_, err := r.db.SavePredictions(t.Context(), store.CallDone{CallID: call.CallID}, made)
		r.must(err)
		r.must(w.Do(t.Context(), tasks.NotifyPrediction{StoryID: storyID, ModelID: call.ModelID, Generation: 1}))
		return r.reason(storyID)
	}
	old := story(1)
	old.PublishedAt = old.AvailableAt.Add(-3 * time.Hour)
	if got := decide(r.open(old)); got != notice.ReasonStale {
		t.Errorf("news of three hours before: %q", got)
	}
	root, first, second := r.open(story(2)), r.open(story(3)), r.open(story(4))
	r.exec(`update stories set echo_of = ? where id in (?, ?)`, root, first, second)
	if got := decide(first); got != notice.ReasonPassed {
		t.Errorf("the first of its cluster: %q", got)
	}
	for what, id := range map[string]int64{"another echo of the same story": second, "the story that both echo": root} {
		if got := decide(id); got != notice.ReasonEcho {
			t.Errorf("%s: %q", what, got)
		}
	}
	if got := decide(r.open(story(5))); got != notice.ReasonPassed {
		t.Errorf("another story of the stock, the same day: %q; how often is the recipient's question", got)
	}

	late, urgent := filing(6), filing(7)
	late.PublishedAt, late.TimeQuality = (dayOf(noon)-4).At(0, 0), "date"
	for want, f := range map[string]store.NewArticle{notice.ReasonStale: late, notice.ReasonUrgent: urgent} {
		id := r.open(f)
		r.must(w.Do(t.Context(), tasks.NotifyDisclosure{StoryID: id}))
		if got := r.reason(id); got != want {
			t.Errorf("filing: %q, want %q", got, want)
		}
	}
}

// reason returns why a story's only alert is or is not sent.
func (r *rig) reason(storyID int64) (text string) {
	r.t.Helper()
	r.must(r.db.Bun().NewRaw(`select reason from alerts where story_id = ?`, storyID).Scan(r.t.Context(), &text))
	return text
}

// TestRetriedWorkIsResolved rings for given-up work again, as an operator's order does.
func TestRetriedWorkIsResolved(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const kind, key = "t:again", "a/b:1"
	r.must(r.db.RecordFailure(t.Context(), store.Failure{Kind: kind, Key: key, Queue: bench, Payload: []byte(`{"n":1}`), Error: "it broke", State: store.FailureGaveUp}))
	rows, err := r.db.RetryFailures(t.Context(), store.RetryFilter{FailureMatch: store.FailureMatch{Kind: kind}})
	if err != nil || len(rows) != 1 {
		t.Fatalf("%+v, %v", rows, err)
	}
	for range 60 { // however often: every ring is another epoch, and so many are enough
		r.must(r.queue.RingRaw(t.Context(), kind, key, bench, rows[0].Payload))
	}
	if n := r.count(bench, "pending"); n != 50 {
		t.Errorf("%d rings, want 50", n)
	}
	payloads := make(chan string, 50)
	w := r.worker(func(w *tasks.Worker) {
		w.Extra = map[string]tasks.Processor{kind: func(_ context.Context, payload []byte) error { payloads <- string(payload); return nil }}
		w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(bench, 4, 1))
	})
	r.serve(w)
	if got := receive(t, "the retried task", payloads); got != `{"n":1}` {
		t.Errorf("payload %s", got)
	}
	poll(t, "the failure to be resolved", func() bool { return r.failure(kind, key).State == store.FailureResolved })
}
