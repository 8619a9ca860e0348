package store_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/notice"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// TestTakeDownReachesEveryMessage takes an article down that digests tell of and that another story's signal shows as similar
// past news: no text that is kept names it, and what was not sent yet comes without it.
func TestTakeDownReachesEveryMessage(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	call, _ := championCall(t, db, 0) // its predictions show article 2
	if _, err := db.SavePredictions(t.Context(), store.CallDone{CallID: call.CallID}, predictionsOf(call, nuri)); err != nil {
		t.Fatal(err)
	}
	gone := save(t, db, article(1))[0]
	join(t, db, embedded(gone, 90, nuri))
	if gone.ID != 2 {
		t.Fatalf("the article is %d", gone.ID)
	}
	for chat := range int64(2) {
		if _, err := db.SaveRecipient(t.Context(), notice.Recipient{ChatID: 7 + chat, Language: "ko", Active: true, Rule: notice.DefaultRule()}); err != nil {
			t.Fatal(err)
		}
	}
	exec(t, db, `insert into alerts (id, kind, story_id, article_id, code, prediction_id, send, reason, decided_at, told_at) overriding system value values
		(1, 'disclosure', 2, 2, '900001', null, true, 'urgent', ?0, now()), (2, 'signal', 1, 1, '900001', 1, true, 'passed', ?0, now()),
		(3, 'disclosure', 1, 1, '900001', null, true, 'urgent', ?0, now())`, noon)
	exec(t, db, `insert into notices (id, alert_id, recipient_id, state, text, day, part, prediction_id) overriding system value values
		(1, null, 1, 'sent', '누리테크, 신규 공장 1호 착공', '2026-03-05', 1, null), (2, null, 1, 'sent', '나머지', '2026-03-05', 2, null),
		(3, null, 2, 'due', '누리테크, 신규 공장 1호 착공', '2026-03-05', 1, null),
		(4, 2, 1, 'sent', '누리테크, 신규 공장 0호 착공', '2026-03-04', 1, 1), (5, 2, 2, 'due', '누리테크, 신규 공장 0호 착공', '2026-03-04', 1, 1)`)
	exec(t, db, `insert into notices (id, alert_id, recipient_id, state, reason, day, digest_id) overriding system value values
		(6, 1, 1, 'held', 'quiet_hours', '2026-03-04', 1), (7, 1, 2, 'held', 'quiet_hours', '2026-03-04', 3), (8, 3, 2, 'held', 'quiet_hours', '2026-03-04', 3)`)
	exec(t, db, `insert into notices (id, alert_id, recipient_id, state, text, day) overriding system value values (9, 3, 1, 'sent', '누리테크, 신규 공장 0호 착공', '2026-03-04')`)

	down := takeDown(t, db, gone.URL)
	for _, line := range []string{"messages to be worded anew 2/0", "message texts 3/0", "alerts held for digests 1/0"} {
		if !slices.Contains(proof(down), line) {
			t.Errorf("the proof lacks %q: %v", line, proof(down))
		}
	}
	var kept []string
	err := db.Bun().NewRaw(`select concat_ws(' ', id, state, reason, text, digest_id) from notices order by id`).Scan(t.Context(), &kept)
	want := []string{"1 sent  ", "2 sent  ", "4 sent  ", "6 held quiet_hours  1", "7 suppressed taken_down ", "8 held quiet_hours ", "9 sent  누리테크, 신규 공장 0호 착공"}
	if diff := cmp.Diff(want, kept); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if n := count(t, db, `select count(*) from alerts where told_at is null and id = 2`); n != 1 {
		t.Error("nobody is rung for the signal whose message is to be worded anew")
	}
	again, err := db.HeldNotices(t.Context(), 2, noon.AddDate(0, 0, 1), 10)
	if err != nil || len(again) != 1 || again[0].NoticeID != 8 {
		t.Errorf("the next digest carries %+v, %v", again, err)
	}
}
