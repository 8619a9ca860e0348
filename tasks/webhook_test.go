package tasks_test

import (
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
	"tickerwire/tasks"
)

// hook makes a recipient that is a webhook and hears of every stock.
func (r *rig) hook() int64 {
	r.t.Helper()
	id, err := r.db.CreateWebhook(r.t.Context(), notice.Recipient{HookURL: "https://hook.invalid/", HookSecret: "s", Language: "ko", Active: true,
		WatchAll: true, Rule: notice.DefaultRule()})
	r.must(err)
	return id
}

// TestADownWebhookIsTriedByItself: its alert is told to the others and done; it comes again when its wait is over, and is
// given up after as many tries as a task.
func TestADownWebhookIsTriedByItself(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	alert := r.alert()
	r.recipient(1)
	r.hook()
	const tries = 8
	down := true
	chats, hooks := &sender{}, &sender{}
	hooks.answer = func(int64, int) error {
		if down {
			return fault.New(fault.Unavailable, "down")
		}
		return nil
	}
	w := r.worker(func(w *tasks.Worker) { w.Sender, w.Hooks = chats, hooks })
	send := func() {
		t.Helper()
		r.must(w.Do(t.Context(), tasks.SendAlert{AlertID: alert}))
	}
	over := func() { r.exec(`update notices set retry_at = now() where retry_at is not null`) }
	for try := 1; try <= tries; try++ {
		send()
		send() // before its wait is over
		if chats.sent[1] != 1 || hooks.sent[0] != try {
			t.Fatalf("try %d: the chat had %d messages, the webhook %d posts", try, chats.sent[1], hooks.sent[0])
		}
		if n := r.number(`select count(*) from alerts where told_at is not null`); n != 1 {
			t.Fatalf("try %d: the alert waits for the webhook", try)
		}
		again, err := r.db.FailedNotices(t.Context(), 10)
		r.must(err)
		if len(again) != 0 {
			t.Fatalf("try %d: rung for before the wait is over", try)
		}
		over()
		if again, err = r.db.FailedNotices(t.Context(), 10); err != nil || (len(again) == 1) != (try < tries) {
			t.Fatalf("try %d: to be rung for: %v, %v", try, again, err)
		}
	}
	if n := r.number(`select count(*) from notices where state = 'refused' and attempt = ?`, tries); n != 1 {
		t.Errorf("after %d tries the message is not given up: %v", tries, r.notices(alert))
	}

	down = false
	second := r.alert()
	r.exec(`update alerts set topic = 'another' where id = ?`, second) // else one of the stock would be enough
	r.must(w.Do(t.Context(), tasks.SendAlert{AlertID: second}))
	if got := r.notices(second); got["sent"] != 2 {
		t.Errorf("when it is back: %v", got)
	}
	down = true
	hooks.edits = func(int64, int) error { return fault.After(fault.Limited, time.Minute, "slow down") }
	r.exec(`update notices set text = text || '.', version = 2 where alert_id = ? and state = 'sent'`, second)
	for range tries {
		for range 2 {
			r.must(w.Do(t.Context(), tasks.SendAlert{AlertID: second}))
		}
		over()
	}
	r.must(w.Do(t.Context(), tasks.SendAlert{AlertID: second}))
	if n := r.number(`select count(*) from notices where alert_id = ? and shown = 2 and edit_error like '%slow down%'`, second); n != 1 || hooks.edited[1000] != tries {
		t.Errorf("an edit that is not taken was posted %d times, %d are given up", hooks.edited[1000], n)
	}
	if n := r.number(`select count(*) from notices where alert_id = ? and shown = 2 and edit_error = ''`, second); n != 1 {
		t.Error("the chat's message was not brought in line")
	}
}
