package store_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

func TestDecisionsOfCall(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	champion, _ := championCall(t, db, 0)
	ids, err := db.SavePredictions(t.Context(), store.CallDone{CallID: champion.CallID}, predictionsOf(champion, nuri))
	if err != nil {
		t.Fatal(err)
	}
	story, err := db.Story(t.Context(), champion.StoryID)
	if err != nil {
		t.Fatal(err)
	}
	alert := notice.Alert{Kind: notice.Signal, StoryID: story.ID, ArticleID: story.FirstID, Code: nuri, PredictionID: ids[0], Send: true, Reason: "passed", DecidedAt: noon}
	silent := alert
	silent.Code, silent.Send, silent.Reason = garam, false, "too weak"
	saved, err := db.SaveDecisions(t.Context(), store.Decisions{CallID: champion.CallID, Alerts: []notice.Alert{alert, silent}})
	if diff := cmp.Diff([]notice.Alert{alert, silent}, saved, cmpopts.IgnoreFields(notice.Alert{}, "ID")); err != nil || diff != "" {
		t.Fatalf("%v %s", err, diff)
	}
	again, err := db.SaveDecisions(t.Context(), store.Decisions{CallID: champion.CallID, Alerts: []notice.Alert{alert, silent}})
	if err != nil || len(again) != 0 {
		t.Fatalf("the second time: %v, %v; want nothing new", again, err)
	}
	if one, err := db.Alert(t.Context(), saved[0].ID); err != nil || one != saved[0] {
		t.Errorf("got %+v, %v", one, err)
	}
	if left, err := db.UndecidedCalls(t.Context(), 0, 10); err != nil || len(left) != 0 {
		t.Errorf("undecided: %v, %v", left, err)
	}
	if due, err := db.AlertsToSend(t.Context(), 0, 10); err != nil || len(due) != 1 || due[0] != saved[0].ID {
		t.Errorf("to send: %v, %v; want %d", due, err, saved[0].ID)
	}
	if err := db.MarkTold(t.Context(), saved[0].ID); err != nil {
		t.Fatal(err)
	}
	if due, err := db.AlertsToSend(t.Context(), 0, 10); err != nil || len(due) != 0 {
		t.Errorf("told, yet to send: %v, %v", due, err)
	}
}

func TestDecisionsOfFiling(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	a := save(t, db, filing(0, nuri))
	story := join(t, db, embedded(a[0], 0, nuri))[0].StoryID
	due, err := db.UndecidedFilings(t.Context(), 0, 10)
	if diff := cmp.Diff([]int64{story}, due); err != nil || diff != "" {
		t.Fatalf("%v %s", err, diff)
	}
	saved, err := db.SaveDecisions(t.Context(), store.Decisions{FilingStory: story, Alerts: []notice.Alert{
		{Kind: notice.Disclosure, StoryID: story, ArticleID: a[0].ID, Code: nuri, Send: true, Reason: "urgent filing", DecidedAt: noon}}})
	if err != nil || len(saved) != 1 {
		t.Fatalf("got %v, %v", saved, err)
	}
	if due, err := db.UndecidedFilings(t.Context(), 0, 10); err != nil || len(due) != 0 {
		t.Errorf("undecided: %v, %v", due, err)
	}
	if _, err := db.SaveDecisions(t.Context(), store.Decisions{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("neither call nor filing: %v, want Invalid", err)
	}
}

// due makes an alert and a recipient for whom it is due, and returns the notice.
func due(t *testing.T, db *store.DB) (alert notice.Alert, id int64) {
	t.Helper()
	a := save(t, db, filing(0, nuri))
	story := join(t, db, embedded(a[0], 0, nuri))[0].StoryID
	saved, err := db.SaveDecisions(t.Context(), store.Decisions{FilingStory: story, Alerts: []notice.Alert{
		{Kind: notice.Disclosure, StoryID: story, ArticleID: a[0].ID, Code: nuri, Send: true, Reason: "urgent filing", DecidedAt: noon}}})
	if err != nil {
		t.Fatal(err)
	}
	plan(t, db, saved[0].ID, market.DayOf(noon), reader(t, db, 42))
	return saved[0], dueOf(t, db, saved[0].ID)[0].ID
}

// plan decides that recipients get an alert, as far as their day has room.
func plan(t *testing.T, db *store.DB, alert int64, day market.Day, ids ...int64) {
	t.Helper()
	p := store.Plan{AlertID: alert, Day: day, Texts: map[string]string{"ko": "누리테크 공시", "en": "Nuri filing"}}
	for _, id := range ids {
		p.Wanted = append(p.Wanted, notice.Recipient{ID: id, Language: "ko", DailyCap: 3})
	}
	if err := db.PlanNotices(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

func dueOf(t *testing.T, db *store.DB, alert int64) []store.DueNotice {
	t.Helper()
	list, err := db.DueNotices(t.Context(), alert, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func claim(t *testing.T, db *store.DB, ids ...int64) []store.Claimed {
	t.Helper()
	won, err := db.ClaimNotices(t.Context(), ids, "me")
	if err != nil {
		t.Fatal(err)
	}
	return won
}

func mark(t *testing.T, db *store.DB, m store.Mark) {
	t.Helper()
	if err := db.MarkNotices(t.Context(), []store.Mark{m}); err != nil {
		t.Fatal(err)
	}
}

func TestOneClaimWins(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	_, id := due(t, db)
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			got, err := db.ClaimNotices(t.Context(), []int64{id}, "me")
			if err != nil {
				t.Error(err)
			}
			for _, c := range got {
				won.Add(1)
				if diff := cmp.Diff(store.Claimed{ID: id, Attempt: 1, Version: 1, Text: "누리테크 공시"}, c); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d claimants won, want 1", won.Load())
	}
}

func TestWhatMayBeClaimedAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		state notice.State
		again bool
	}{
		{notice.Failed, true}, {notice.Sent, false}, {notice.Ambiguous, false}, {notice.Refused, false}, {notice.Suppressed, false},
	} {
		t.Run(string(tt.state), func(t *testing.T) {
			t.Parallel()
			db := storetest.New(t)
			alert, id := due(t, db)
			got := claim(t, db, id)
			mark(t, db, store.Mark{ID: id, Attempt: got[0].Attempt, State: tt.state, Reason: "because", MessageID: 7, Version: 1})
			if n := count(t, db, `select count(*) from notices where sent_at is not null and shown = 1`); (n == 1) != (tt.state == notice.Sent) {
				t.Errorf("sent_at is set in %d rows", n)
			}
			failed, err := db.FailedNotices(t.Context(), 10)
			if err != nil || (len(failed) == 1) != tt.again {
				t.Errorf("failed: %v, %v", failed, err)
			}
			if err := db.MarkTold(t.Context(), alert.ID); err != nil {
				t.Fatal(err)
			}
			if told := count(t, db, `select count(*) from alerts where told_at is not null`); (told == 1) == tt.again {
				t.Errorf("%d alerts count as told", told)
			}
			again := claim(t, db, id)
			if (len(again) == 1) != tt.again || tt.again && again[0].Attempt != 2 {
				t.Errorf("claimed again: %+v; want %v", again, tt.again)
			}
		})
	}
}

func TestMarksAreFenced(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	_, id := due(t, db)
	first := claim(t, db, id)[0].Attempt
	mark(t, db, store.Mark{ID: id, Attempt: first, State: notice.Failed, Reason: "connection refused"})
	second := claim(t, db, id)[0].Attempt
	mark(t, db, store.Mark{ID: id, Attempt: first, State: notice.Sent, MessageID: 1})
	if n := count(t, db, `select count(*) from notices where state = 'claimed' and attempt = 2`); n != 1 {
		t.Error("an old attempt has marked the new one")
	}
	if n, err := db.ExpireClaims(t.Context(), time.Hour); err != nil || n != 0 {
		t.Errorf("a young claim expired: %d, %v", n, err)
	}
	if n, err := db.ExpireClaims(t.Context(), 0); err != nil || n != 1 {
		t.Errorf("expired %d, %v; want 1", n, err)
	}
	if n := count(t, db, `select count(*) from notices where state = 'ambiguous' and reason = 'crashed between send and mark' and attempt = 2`); n != 1 {
		t.Error("the notice must be ambiguous")
	}
	if again := claim(t, db, id); len(again) != 0 {
		t.Errorf("an ambiguous notice was claimed: %+v", again)
	}
	mark(t, db, store.Mark{ID: id, Attempt: second, State: notice.Sent, MessageID: 9, Version: 1})
	if n := count(t, db, `select count(*) from notices where state = 'sent' and message_id = 9`); n != 1 {
		t.Error("who was taken for dead knows better")
	}
	if err := db.MarkNotices(t.Context(), []store.Mark{{ID: id, Attempt: second, State: notice.Claimed}}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("marked claimed: %v, want Invalid", err)
	}
}

// TestClaimsOfTheDeadExpireAtOnce: nobody waits for the claim's age where its process is known to be dead.
func TestClaimsOfTheDeadExpireAtOnce(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	_, id := due(t, db)
	claim(t, db, id)
	exec(t, db, `insert into workers (id, role, host, pid, version) values ('me', 'worker', 'h', 1, 'test')`)
	if n, err := db.ExpireClaims(t.Context(), time.Hour); err != nil || n != 0 {
		t.Errorf("of a living process %d expired, %v", n, err)
	}
	exec(t, db, `update workers set state = 'dead'`)
	if n, err := db.ExpireClaims(t.Context(), time.Hour); err != nil || n != 1 {
		t.Errorf("of a dead process %d expired, %v; want 1", n, err)
	}
}

func TestSuppress(t *testing.T) {
	t.Parallel()
	for state, ends := range map[notice.State]bool{notice.Due: true, notice.Failed: true, notice.Claimed: false, notice.Sent: false, notice.Ambiguous: false} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			db := storetest.New(t)
			_, id := due(t, db)
			exec(t, db, `update notices set state = ?`, string(state))
			if err := db.Suppress(t.Context(), id, notice.ReasonQuietHours); err != nil {
				t.Fatal(err)
			}
			if n := count(t, db, `select count(*) from notices where state = 'suppressed' and reason = 'quiet_hours'`); (n == 1) != ends {
				t.Errorf("ended: %v, want %v", n == 1, ends)
			}
		})
	}
}

// TestEverybodyIsDecidedAbout: who watches the stock, who does not, who is switched off, and who comes later.
func TestEverybodyIsDecidedAbout(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	alert := notice.Alert{ID: alerts(t, db, 1, []market.Code{nuri}, notice.TopicSignal)[0], Code: nuri}
	save := func(chat int64, active bool, codes ...market.Code) int64 {
		t.Helper()
		id, err := db.SaveRecipient(t.Context(), notice.Recipient{ChatID: chat, Language: "ko", Active: active, DailyCap: 3, Codes: codes})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	all, watches, other := save(1, true), save(2, true, garam, nuri), save(3, true, garam)
	save(4, false, nuri)
	list, err := db.Watchers(t.Context(), alert, 0, 10)
	if err != nil || len(list) != 2 || list[0].ID != all || list[1].ID != watches {
		t.Fatalf("watchers %+v, %v", list, err)
	}
	if rest, err := db.Watchers(t.Context(), alert, all, 10); err != nil || len(rest) != 1 || rest[0].ID != watches {
		t.Errorf("after the first: %+v, %v", rest, err)
	}
	if done, err := db.Planned(t.Context(), alert.ID); err != nil || done {
		t.Errorf("planned: %v, %v", done, err)
	}
	err = db.PlanNotices(t.Context(), store.Plan{AlertID: alert.ID, Day: market.DayOf(noon), Texts: map[string]string{"ko": "가"}, Wanted: list[:1],
		Held: []store.Held{{RecipientID: watches, Reason: notice.ReasonQuietHours}}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := db.FinishPlan(t.Context(), alert); err != nil {
			t.Fatal(err)
		}
		save(5, true, garam) // too late
	}
	if done, err := db.Planned(t.Context(), alert.ID); err != nil || !done {
		t.Errorf("planned: %v, %v", done, err)
	}
	if list, err := db.Watchers(t.Context(), alert, 0, 10); err != nil || len(list) != 0 {
		t.Errorf("undecided: %+v, %v", list, err)
	}
	if n := count(t, db, `select count(*) from held_back where reason = 'not_on_watchlist' and recipient_ids = array[?::bigint]`, other); n != 1 {
		t.Error("who does not watch the stock is not kept")
	}
	items, err := db.AlertList(t.Context(), store.AlertFilter{KnownBy: noon, Limit: 10})
	want := map[notice.State]int{notice.Due: 1, notice.Suppressed: 2}
	if err != nil || len(items) != 1 {
		t.Fatalf("%+v, %v", items, err)
	}
	if diff := cmp.Diff(want, items[0].Notices); diff != "" {
		t.Error(diff)
	}
}

// TestAWantedTextIsBroughtInLine: what is due says the new text at once, what was sent is edited, and nobody else is.
func TestAWantedTextIsBroughtInLine(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	ids := alerts(t, db, 1, []market.Code{nuri}, notice.TopicSignal)
	english, err := db.SaveRecipient(t.Context(), notice.Recipient{ChatID: 9, Language: "en", Active: true, DailyCap: 3})
	if err != nil {
		t.Fatal(err)
	}
	sent, waiting, lost := reader(t, db, 1), reader(t, db, 2), reader(t, db, 3)
	plan(t, db, ids[0], market.DayOf(noon), sent, waiting, lost, english)
	for _, d := range dueOf(t, db, ids[0]) {
		switch d.Recipient.ID {
		case sent, english:
			mark(t, db, store.Mark{ID: d.ID, Attempt: claim(t, db, d.ID)[0].Attempt, State: notice.Sent, MessageID: 70 + d.Recipient.ID, Version: 1})
		case lost:
			mark(t, db, store.Mark{ID: d.ID, Attempt: claim(t, db, d.ID)[0].Attempt, State: notice.Ambiguous})
		}
	}
	for range 2 { // the second time nothing changes
		if err := db.WantText(t.Context(), ids[0], map[string]string{"ko": "누리테크 공시, 그 뒤"}); err != nil {
			t.Fatal(err)
		}
	}
	list := dueOf(t, db, ids[0])
	if len(list) != 2 {
		t.Fatalf("%+v", list)
	}
	for _, d := range list {
		if d.Version != 2 || (d.MessageID != 0) != (d.Recipient.ID == sent) || d.MessageID != 0 && d.Text != "누리테크 공시, 그 뒤" {
			t.Errorf("%+v", d)
		}
	}
	exec(t, db, `update alerts set told_at = now()`)
	if due, err := db.AlertsToSend(t.Context(), 0, 10); err != nil || len(due) != 1 {
		t.Errorf("to send: %v, %v", due, err)
	}
	for _, d := range list {
		if d.MessageID != 0 {
			if err := db.MarkEdited(t.Context(), d.ID, d.Version, ""); err != nil {
				t.Fatal(err)
			}
			continue
		}
		c := claim(t, db, d.ID)[0]
		if c.Text != "누리테크 공시, 그 뒤" || c.Version != 2 {
			t.Errorf("%+v", c)
		}
		mark(t, db, store.Mark{ID: d.ID, Attempt: c.Attempt, State: notice.Sent, MessageID: 1, Version: c.Version})
	}
	if err := db.MarkTold(t.Context(), ids[0]); err != nil {
		t.Fatal(err)
	}
	if due, err := db.AlertsToSend(t.Context(), 0, 10); err != nil || len(due) != 0 || len(dueOf(t, db, ids[0])) != 0 {
		t.Errorf("in line, yet to send: %v, %v", due, err)
	}
}

func TestChatsMove(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	group, taken := reader(t, db, -5), reader(t, db, -1005)
	if err := db.MoveChat(t.Context(), group, -1006); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, `select count(*) from recipients where id = ? and chat_id = -1006 and active`, group); n != 1 {
		t.Error("the group was not followed")
	}
	if err := db.MoveChat(t.Context(), group, -1005); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, `select count(*) from recipients where id = ? and not active and off_reason = 'moved to chat -1005'`, group); n != 1 {
		t.Error("a group that moved to another recipient's chat goes on")
	}
	if n := count(t, db, `select count(*) from recipients where id = ? and active`, taken); n != 1 {
		t.Error("the other recipient must stay")
	}
}

func TestRecipients(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	r := notice.Recipient{ChatID: -100, Language: "ko", Active: true, QuietFrom: 22, QuietTo: 7, DailyCap: 3}
	id, err := db.SaveRecipient(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	r.Codes, r.DailyCap = []market.Code{nuri}, 5
	if again, err := db.SaveRecipient(t.Context(), r); err != nil || again != id {
		t.Fatalf("the same chat got id %d, %v; want %d", again, err, id)
	}
	r.ID = id
	got, err := db.Recipients(t.Context(), true)
	if diff := cmp.Diff([]notice.Recipient{r}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if err := db.SwitchOff(t.Context(), id, "blocked by the user"); err != nil {
		t.Fatal(err)
	}
	if got, err := db.Recipients(t.Context(), true); err != nil || len(got) != 0 {
		t.Errorf("active: %v, %v", got, err)
	}
	if got, err := db.Recipients(t.Context(), false); err != nil || len(got) != 1 || got[0].Active {
		t.Errorf("all: %v, %v", got, err)
	}
	if _, err := db.SaveRecipient(t.Context(), r); err != nil || count(t, db, `select count(*) from recipients where active and off_reason = ''`) != 1 {
		t.Errorf("switched on again, the reason must go: %v", err)
	}
	if err := db.SwitchOff(t.Context(), 77, ""); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v, want NotFound", err)
	}
}
