package tasks_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
	"tickerwire/tasks"
)

// notices returns the states of an alert's notices, with their numbers.
func (r *rig) notices(alert int64) map[string]int {
	r.t.Helper()
	var rows []struct {
		State string
		N     int
	}
	r.must(r.db.Bun().NewRaw(`select state, count(*) as n from notices where alert_id = ? group by state`, alert).Scan(r.t.Context(), &rows))
	states := map[string]int{}
	for _, row := range rows {
		states[row.State] = row.N
	}
	return states
}

func TestHowASendCanGo(t *testing.T) {
	t.Parallel()
	once := func(err error) func(int64, int) error {
		return func(_ int64, try int) error {
			if try == 1 {
				return err
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		answer func(int64, int) error
		first  fault.Kind // of the task's first run; Internal for a success
		states []string   // of the notice after each of three runs
		tries  int
		active bool // the recipient, in the end
	}{
		"taken":            {once(nil), fault.Internal, []string{"sent", "sent", "sent"}, 1, true},
		"down, then taken": {once(fault.New(fault.Unavailable, "down")), fault.Unavailable, []string{"failed", "sent", "sent"}, 2, true},
		"too many":         {once(fault.After(fault.Limited, time.Second, "slow down")), fault.Limited, []string{"failed", "sent", "sent"}, 2, true},
		"a lost answer":    {once(errors.New("connection reset")), fault.Internal, []string{"ambiguous", "ambiguous", "ambiguous"}, 1, true},
		"blocked":          {once(fault.New(fault.Forbidden, "bot was blocked by the user")), fault.Internal, []string{"refused", "refused", "refused"}, 1, false},
		"malformed":        {once(fault.New(fault.Invalid, "bad markup")), fault.Internal, []string{"refused", "refused", "refused"}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			alert, chat := r.alert(), int64(42)
			r.recipient(chat)
			s := &sender{answer: c.answer}
			w := r.worker(func(w *tasks.Worker) { w.Sender = s })
			for i, want := range c.states {
				err := w.Do(t.Context(), tasks.SendAlert{AlertID: alert})
				failed := i == 0 && c.first != fault.Internal
				if (err != nil) != failed || failed && fault.KindOf(err) != c.first {
					t.Errorf("run %d: %v", i+1, err)
				}
				if diff := cmp.Diff(map[string]int{want: 1}, r.notices(alert)); diff != "" {
					t.Errorf("run %d: %s", i+1, diff)
				}
				if told := r.number(`select count(*) from alerts where told_at is not null`); (told == 1) == failed {
					t.Errorf("run %d: told %d", i+1, told)
				}
			}
			if s.sent[chat] != c.tries {
				t.Errorf("%d requests left, want %d", s.sent[chat], c.tries)
			}
			if n := r.number(`select count(*) from recipients where active`); (n == 1) != c.active {
				t.Errorf("%d recipients are active", n)
			}
			if n := r.number(`select count(*) from notices where state = 'sent' and message_id = 1042 and attempt = ?`, c.tries); n != 1 && c.states[2] == "sent" {
				t.Error("the message's number is not kept")
			}
		})
	}
}

func TestThroughTheQueueADownMessengerIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	alert := r.alert()
	r.recipient(1)
	r.recipient(2)
	s := &sender{answer: func(chat int64, try int) error {
		if chat == 2 && try < 3 {
			return fault.New(fault.Unavailable, "down")
		}
		return nil
	}}
	r.serve(r.worker(func(w *tasks.Worker) { w.Sender = s }))
	job := tasks.SendAlert{AlertID: alert}
	r.must(r.queue.Ring(t.Context(), job))
	poll(t, "everybody to be told", func() bool { return r.notices(alert)["sent"] == 2 })
	r.awaitEmpty(tasks.QueueNotify)
	if diff := cmp.Diff(map[int64]int{1: 1, 2: 3}, s.sent); diff != "" {
		t.Errorf("requests per chat: %s", diff)
	}
	if f := r.failure(job.Kind(), job.Key()); f == nil || f.State != "resolved" || f.Attempts != 2 {
		t.Errorf("the failure is %+v, want it resolved after two", f)
	}
}

func TestRecipientsRulesHold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	alert := r.alert()
	for i, edit := range []func(*notice.Recipient){
		func(*notice.Recipient) {},
		func(n *notice.Recipient) { n.QuietFrom, n.QuietTo = 12, 13 },
		func(n *notice.Recipient) { n.Codes, n.WatchAll = append(n.Codes, garam), false },
		func(n *notice.Recipient) { n.DailyCap = 0 },
		func(n *notice.Recipient) { n.Active = false },
		func(n *notice.Recipient) { n.MutedUntil = noon.Add(time.Hour) },
		func(n *notice.Recipient) { n.UserID, n.ChatID = r.user(), 0 },
	} {
		chat := notice.Recipient{ChatID: int64(i + 1), Language: "ko", Active: true, WatchAll: true, Rule: notice.DefaultRule()}
		edit(&chat)
		_, err := r.db.SaveRecipient(t.Context(), chat)
		r.must(err)
	}
	s := &sender{}
	r.must(r.worker(func(w *tasks.Worker) { w.Sender = s }).Do(t.Context(), tasks.SendAlert{AlertID: alert}))
	if diff := cmp.Diff(map[int64]int{1: 1}, s.sent); diff != "" {
		t.Errorf("requests per chat: %s", diff)
	}
	if diff := cmp.Diff(map[string]int{"sent": 1, "held": 1, "suppressed": 4}, r.notices(alert)); diff != "" {
		t.Error(diff)
	}
}

// TestTwoSendersTellEachRecipientOnce has two workers send the same alert at once, a day at a time.
func TestTwoSendersTellEachRecipientOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const chats, rounds = 4, 20
	for chat := range chats {
		r.recipient(int64(chat + 1))
	}
	for range rounds {
		alert := r.alert()
		s := &sender{}
		var group sync.WaitGroup
		for range 2 {
			w := r.worker(func(w *tasks.Worker) { w.Sender = s })
			group.Go(func() {
				if err := w.Do(t.Context(), tasks.SendAlert{AlertID: alert}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if diff := cmp.Diff(map[int64]int{1: 1, 2: 1, 3: 1, 4: 1}, s.sent); diff != "" {
			t.Fatalf("requests per chat: %s", diff)
		}
		if diff := cmp.Diff(map[string]int{"sent": chats}, r.notices(alert)); diff != "" {
			t.Fatal(diff)
		}
		r.clock.advance(24 * time.Hour)
	}
}
