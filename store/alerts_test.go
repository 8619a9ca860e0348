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

// claimable makes an alert and a recipient and returns the claim that joins them.
func claimable(t *testing.T, db *store.DB) store.Claim {
	t.Helper()
	a := save(t, db, filing(0, nuri))
	story := join(t, db, embedded(a[0], 0, nuri))[0].StoryID
	saved, err := db.SaveDecisions(t.Context(), store.Decisions{FilingStory: story, Alerts: []notice.Alert{
		{Kind: notice.Disclosure, StoryID: story, ArticleID: a[0].ID, Code: nuri, Send: true, Reason: "urgent filing", DecidedAt: noon}}})
	if err != nil {
		t.Fatal(err)
	}
	recipient, err := db.SaveRecipient(t.Context(), notice.Recipient{ChatID: 42, Language: "ko", Active: true, DailyCap: 3})
	if err != nil {
		t.Fatal(err)
	}
	return store.Claim{AlertID: saved[0].ID, RecipientID: recipient, Day: market.DayOf(noon), Text: "누리테크 공시", DailyCap: 3}
}

func TestClaimNoticeOnce(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	claim := claimable(t, db)
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			got, err := db.ClaimNotice(t.Context(), claim)
			if err != nil || got.Won != (got.Attempt == 1) || got.Suppressed != "" {
				t.Errorf("%+v, %v", got, err)
			}
			if got.Won {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d claimants won, want 1", won.Load())
	}
}

func TestClaimNoticeAgain(t *testing.T) {
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
			claim := claimable(t, db)
			got, err := db.ClaimNotice(t.Context(), claim)
			if err != nil || !got.Won {
				t.Fatal(got, err)
			}
			if err := db.MarkNotice(t.Context(), got.ID, got.Attempt, tt.state, "because", 7); err != nil {
				t.Fatal(err)
			}
			if n := count(t, db, `select count(*) from notices where sent_at is not null`); (n == 1) != (tt.state == notice.Sent) {
				t.Errorf("sent_at is set in %d rows", n)
			}
			failed, err := db.FailedNotices(t.Context(), 10)
			if err != nil || (len(failed) == 1) != tt.again {
				t.Errorf("failed: %v, %v", failed, err)
			}
			again, err := db.ClaimNotice(t.Context(), claim)
			if err != nil || again.Won != tt.again || (again.Won && again.Attempt != 2) || again.Suppressed != "" {
				t.Errorf("claimed again: %+v, %v; want %v", again, err, tt.again)
			}
		})
	}
}

func TestMarkNoticeFenced(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	claim := claimable(t, db)
	claimed, err := db.ClaimNotice(t.Context(), claim)
	if err != nil {
		t.Fatal(err)
	}
	id, first := claimed.ID, claimed.Attempt
	if err := db.MarkNotice(t.Context(), id, first, notice.Failed, "connection refused", 0); err != nil {
		t.Fatal(err)
	}
	if claimed, err = db.ClaimNotice(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
	second := claimed.Attempt
	if err := db.MarkNotice(t.Context(), id, first, notice.Sent, "", 1); fault.KindOf(err) != fault.Conflict {
		t.Errorf("an old attempt: %v, want Conflict", err)
	}
	if n, err := db.ExpireClaims(t.Context(), time.Hour); err != nil || n != 0 {
		t.Errorf("a young claim expired: %d, %v", n, err)
	}
	if n, err := db.ExpireClaims(t.Context(), 0); err != nil || n != 1 {
		t.Errorf("expired %d, %v; want 1", n, err)
	}
	if err := db.MarkNotice(t.Context(), id, second, notice.Sent, "", 1); fault.KindOf(err) != fault.Conflict {
		t.Errorf("an expired attempt: %v, want Conflict", err)
	}
	if n := count(t, db, `select count(*) from notices where state = 'ambiguous' and reason = 'crashed between send and mark' and attempt = 2`); n != 1 {
		t.Error("the notice must be ambiguous")
	}
	if err := db.MarkNotice(t.Context(), id, second, notice.Claimed, "", 0); fault.KindOf(err) != fault.Invalid {
		t.Errorf("marked claimed: %v, want Invalid", err)
	}
}

func TestSaveSuppressed(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	claim := claimable(t, db)
	for range 2 {
		if err := db.SaveSuppressed(t.Context(), claim, "quiet hours"); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := db.ClaimNotice(t.Context(), claim); err != nil || got.Won {
		t.Errorf("a suppressed notice was claimed: %+v, %v", got, err)
	}
	exec(t, db, `update notices set state = 'sent', reason = ''`)
	if err := db.SaveSuppressed(t.Context(), claim, "cap"); err != nil || count(t, db, `select count(*) from notices where state = 'sent' and reason = ''`) != 1 {
		t.Errorf("a sent notice must stay as it is: %v", err)
	}
	exec(t, db, `update notices set state = 'failed'`)
	if err := db.SaveSuppressed(t.Context(), claim, "cap"); err != nil || count(t, db, `select count(*) from notices where state = 'suppressed'`) != 1 {
		t.Errorf("a failed notice that is no longer wanted must end: %v", err)
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
