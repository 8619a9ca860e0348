package store_test

import (
	"crypto/rand"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
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
	if one, err := db.Alert(t.Context(), saved[0].ID); err != nil || !cmp.Equal(saved[0], one, cmpopts.IgnoreFields(notice.Alert{}, "Cluster")) || one.Cluster != story.ID {
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

// claimable makes an alert that is due for one recipient and returns the notice's id.
func claimable(t *testing.T, db *store.DB) int64 {
	t.Helper()
	alert := alerts(t, db, 1, []market.Code{nuri}, notice.RightsIssue)[0]
	reader(t, db, 42)
	if got := decided(t, db, alert, market.DayOf(noon)); got[0].State != notice.Due {
		t.Fatalf("%+v", got)
	}
	due, err := db.DueNotices(t.Context(), alert.ID, 0, 10)
	if err != nil || len(due) != 1 || due[0].Recipient.ChatID != 42 {
		t.Fatalf("%+v, %v", due, err)
	}
	return due[0].NoticeID
}

func claim(t *testing.T, db *store.DB, ids ...int64) []store.Claimed {
	t.Helper()
	won, err := db.ClaimNotices(t.Context(), ids, "me", rand.Text())
	if err != nil {
		t.Fatal(err)
	}
	return won
}

// mark marks one attempt and reports whether it could.
func mark(t *testing.T, db *store.DB, m store.Mark) bool {
	t.Helper()
	marked, err := db.MarkNotices(t.Context(), []store.Mark{m})
	if err != nil {
		t.Fatal(err)
	}
	return len(marked) == 1 && marked[0] == m.ID
}

func TestOneClaimWins(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	id := claimable(t, db)
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			got, err := db.ClaimNotices(t.Context(), []int64{id}, "me", rand.Text())
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

// TestAClaimWhoseAnswerWasLostIsAskedForAgain: with its token the claimant gets the very attempt that it has won, and nobody
// else does, in the same process neither.
func TestAClaimWhoseAnswerWasLostIsAskedForAgain(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	id := claimable(t, db)
	ask := func(process, token string) []store.Claimed {
		got, err := db.ClaimNotices(t.Context(), []int64{id}, process, token)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := ask("me", "one")
	if len(first) != 1 {
		t.Fatalf("won %v", first)
	}
	if others := append(ask("me", "two"), ask("you", "one")...); len(others) != 0 {
		t.Errorf("others won %v", others)
	}
	if diff := cmp.Diff(first, ask("me", "one")); diff != "" {
		t.Error(diff)
	}
	if !mark(t, db, store.Mark{ID: id, Attempt: first[0].Attempt, State: notice.Sent, MessageID: 1}) {
		t.Error("the attempt cannot be marked")
	}
	if again := ask("me", "one"); len(again) != 0 {
		t.Errorf("won after it was sent: %v", again)
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
			id := claimable(t, db)
			got := claim(t, db, id)
			if !mark(t, db, store.Mark{ID: id, Attempt: got[0].Attempt, State: tt.state, Reason: "because", MessageID: 7}) {
				t.Fatal("not marked")
			}
			if n := count(t, db, `select count(*) from notices where sent_at is not null`); (n == 1) != (tt.state == notice.Sent) {
				t.Errorf("sent_at is set in %d rows", n)
			}
			failed, err := db.FailedNotices(t.Context(), 10)
			if err != nil || (len(failed) == 1) != tt.again {
				t.Errorf("failed: %v, %v", failed, err)
			}
			if err := db.MarkTold(t.Context(), 1); err != nil {
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
	id := claimable(t, db)
	first := claim(t, db, id)[0].Attempt
	mark(t, db, store.Mark{ID: id, Attempt: first, State: notice.Failed, Reason: "connection refused"})
	second := claim(t, db, id)[0].Attempt
	if mark(t, db, store.Mark{ID: id, Attempt: first, State: notice.Sent, MessageID: 1}) {
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
	if !mark(t, db, store.Mark{ID: id, Attempt: second, State: notice.Sent, MessageID: 9}) {
		t.Error("who was taken for dead knows better")
	}
	if _, err := db.MarkNotices(t.Context(), []store.Mark{{ID: id, Attempt: second, State: notice.Claimed}}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("marked claimed: %v, want Invalid", err)
	}
}

// TestClaimsOfTheDeadExpireAtOnce: nobody waits for the claim's age where its process is known to be dead.
func TestClaimsOfTheDeadExpireAtOnce(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	claim(t, db, claimable(t, db))
	exec(t, db, `insert into workers (id, role, host, pid, version) values ('me', 'worker', 'h', 1, 'test')`)
	if n, err := db.ExpireClaims(t.Context(), time.Hour); err != nil || n != 0 {
		t.Errorf("of a living process %d expired, %v", n, err)
	}
	exec(t, db, `update workers set state = 'dead'`)
	if n, err := db.ExpireClaims(t.Context(), time.Hour); err != nil || n != 1 {
		t.Errorf("of a dead process %d expired, %v; want 1", n, err)
	}
}

// TestAMessageIsBroughtInLine: a sent message whose text has changed is due again, as an edit, until it shows that text.
func TestAMessageIsBroughtInLine(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	id := claimable(t, db)
	mark(t, db, store.Mark{ID: id, Attempt: claim(t, db, id)[0].Attempt, State: notice.Sent, MessageID: 70})
	edits := func() []store.Delivery {
		t.Helper()
		list, err := db.DueNotices(t.Context(), 1, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if list := edits(); len(list) != 0 {
		t.Fatalf("%+v", list)
	}
	exec(t, db, `update notices set text = '그 뒤', version = 2`)
	list := edits()
	if len(list) != 1 || list[0].MessageID != 70 || list[0].Text != "그 뒤" || list[0].Version != 2 || list[0].Code != nuri {
		t.Fatalf("%+v", list)
	}
	if again, err := db.FailedNotices(t.Context(), 10); err != nil || len(again) != 1 {
		t.Errorf("rung for: %v, %v", again, err)
	}
	if err := db.MarkEdited(t.Context(), id, 2, ""); err != nil {
		t.Fatal(err)
	}
	if list := edits(); len(list) != 0 {
		t.Errorf("in line, and due: %+v", list)
	}
	if again, err := db.FailedNotices(t.Context(), 10); err != nil || len(again) != 0 {
		t.Errorf("rung for: %v, %v", again, err)
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

func TestPutOff(t *testing.T) {
	t.Parallel()
	for state, ends := range map[notice.State]bool{notice.Due: true, notice.Failed: true, notice.Claimed: false, notice.Sent: false,
		notice.Ambiguous: false, notice.Refused: false, notice.Held: false} {
		db := storetest.New(t)
		id := claimable(t, db)
		exec(t, db, `update notices set state = ?, reason = ''`, string(state))
		if err := db.PutOff(t.Context(), id, notice.Verdict{State: notice.Suppressed, Reason: notice.ReasonMuted}); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db, `select count(*) from notices where state = 'suppressed' and reason = 'muted'`); (n == 1) != ends {
			t.Errorf("%s: %d notices were put off", state, n)
		}
		if got := claim(t, db, id); ends && len(got) != 0 {
			t.Errorf("%s: what was put off was claimed: %+v", state, got)
		}
	}
}

func TestRecipients(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	r := notice.Recipient{ChatID: -100, Language: "ko", Active: true, MutedUntil: noon, Codes: []market.Code{garam},
		Rule: notice.Rule{MinShift: .1, Horizons: []int{1, 5}, Direction: -1, Urgent: true, Digest: true, QuietFrom: 22, QuietTo: 7, DailyCap: 3}}
	id, err := db.SaveRecipient(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	r.Codes, r.DailyCap, r.Horizons = []market.Code{nuri}, 5, []int{}
	if again, err := db.SaveRecipient(t.Context(), r); err != nil || again != id {
		t.Fatalf("the same chat got id %d, %v; want %d", again, err, id)
	}
	r.ID = id
	got, err := db.Recipients(t.Context(), true)
	if diff := cmp.Diff([]notice.Recipient{r}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if one, err := db.RecipientOfChat(t.Context(), -100); err != nil || one.ID != id {
		t.Errorf("of its chat: %+v, %v", one, err)
	}
	if err := db.SwitchOff(t.Context(), id, "blocked by the user"); err != nil {
		t.Fatal(err)
	}
	if got, err := db.Recipients(t.Context(), true); err != nil || len(got) != 0 {
		t.Errorf("active: %v, %v", got, err)
	}
	if got, err := db.Recipients(t.Context(), false); err != nil || len(got) != 1 || got[0].Active || got[0].OffReason != "blocked by the user" {
		t.Errorf("all: %v, %v", got, err)
	}
	if _, err := db.SaveRecipient(t.Context(), r); err != nil || count(t, db, `select count(*) from recipients where active and off_reason = ''`) != 1 {
		t.Errorf("switched on again, the reason must go: %v", err)
	}
	if err := db.SwitchOff(t.Context(), 77, ""); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v, want NotFound", err)
	}
}

func TestARecipientOfAUser(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	user, err := db.CreateUser(t.Context(), store.User{Email: "a@example.com", PasswordHash: "h", Role: "user"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.RecipientOfUser(t.Context(), user); fault.KindOf(err) != fault.NotFound {
		t.Errorf("before he has one: %v, want NotFound", err)
	}
	want := notice.Recipient{UserID: user, Language: "ko", Active: true, Rule: notice.DefaultRule()}
	for range 2 {
		got, err := db.UserRecipient(t.Context(), user)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(notice.Recipient{}, "ID")); err != nil || diff != "" {
			t.Fatalf("%v %s", err, diff)
		}
		want.ID = got.ID
	}
	// Edits at once do not undo each other's; one that is refused changes nothing.
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			_, err := db.EditRecipient(t.Context(), want.ID, func(r *notice.Recipient) error {
				r.Codes = append(r.Codes, market.Code([]byte{'1', '0', '0', '0', '0', byte('0' + i)}))
				r.ChatID = 42
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	refused := fault.New(fault.Invalid, "no")
	if _, err := db.EditRecipient(t.Context(), want.ID, func(r *notice.Recipient) error { r.Active = false; return refused }); err != refused {
		t.Errorf("got %v", err)
	}
	got, err := db.RecipientOfUser(t.Context(), user)
	if err != nil || len(got.Codes) != 8 || got.ChatID != 42 || !got.Active || got.ID != want.ID {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := db.EditRecipient(t.Context(), 77, func(*notice.Recipient) error { return nil }); fault.KindOf(err) != fault.NotFound {
		t.Errorf("nobody's: %v, want NotFound", err)
	}
}

// TestWhatEachPredictionCameTo: two champions of different horizons decide on one story, one after the other.
func TestWhatEachPredictionCameTo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second string
		want          string // of each prediction, by its id
		send, digest  int    // alerts in the end
	}{
		"the first may be told of":      {notice.ReasonPassed, notice.ReasonPassed, "passed story_already_alerted", 1, 0},
		"the first is for digests":      {notice.ReasonUnproven, notice.ReasonPassed, "unproven story_already_alerted", 0, 1},
		"a no may be turned into a yes": {notice.ReasonBelowCost, notice.ReasonPassed, "below_cost passed", 1, 0},
		"or into one for digests":       {notice.ReasonBelowCost, notice.ReasonUnproven, "below_cost unproven", 0, 1},
		"two noes":                      {notice.ReasonBelowCost, notice.ReasonLate, "below_cost late", 0, 0},
	} {
		db := storetest.New(t)
		one, two := championCall(t, db, 0)
		for i, reason := range []string{c.first, c.second} {
			call := []store.CallRef{one, two}[i]
			ids, err := db.SavePredictions(t.Context(), store.CallDone{CallID: call.CallID}, predictionsOf(call, nuri))
			if err != nil {
				t.Fatal(err)
			}
			exec(t, db, `update model_calls set decided_at = null where id = ?`, call.CallID) // as a champion's of another horizon
			story, err := db.Story(t.Context(), call.StoryID)
			if err != nil {
				t.Fatal(err)
			}
			a := notice.Alert{Kind: notice.Signal, Topic: notice.TopicSignal, StoryID: story.ID, ArticleID: story.FirstID, Code: nuri, PredictionID: ids[i],
				Send: reason == notice.ReasonPassed, Digest: reason == notice.ReasonUnproven, Reason: reason, DecidedAt: noon,
				Options: []notice.Option{{PredictionID: ids[i], Horizon: forecast.Horizons[i], Shift: .1, ScorePct: 1, Reason: reason}}}
			if _, err := db.SaveDecisions(t.Context(), store.Decisions{CallID: call.CallID, Alerts: []notice.Alert{a}}); err != nil {
				t.Fatal(err)
			}
		}
		infos, err := db.DecisionsOf(t.Context(), one.StoryID, noon)
		if err != nil || len(infos) != 1 || len(infos[0].Alert.Options) != 2 {
			t.Fatalf("%s: %+v, %v", name, infos, err)
		}
		o := infos[0].Alert.Options
		if got := o[0].Reason + " " + o[1].Reason; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if send, digest := count(t, db, `select count(*) from alerts where send`), count(t, db, `select count(*) from alerts where digest`); send != c.send || digest != c.digest {
			t.Errorf("%s: %d to send, %d for digests", name, send, digest)
		}
		recent, err := db.RecentAlerts(t.Context(), noon.Add(-time.Hour), noon, 10)
		if err != nil || len(recent) != c.send+c.digest || len(recent) == 1 && (len(recent[0].Options) != 2 || recent[0].Cluster != one.StoryID) {
			t.Errorf("%s: recent %+v, %v", name, recent, err)
		}
	}
}
