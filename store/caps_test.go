package store_test

import (
	"sync"
	"testing"

	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// alerts writes so many alerts to send, each of a story of its own, and returns their ids. codes and topics are taken in
// turn.
func alerts(t *testing.T, db *store.DB, n int, codes []market.Code, topics ...string) []int64 {
	t.Helper()
	var ids []int64
	for i := range n {
		code, topic := codes[i%len(codes)], topics[i%len(topics)]
		kind := notice.Disclosure
		if topic == notice.TopicSignal {
			kind = notice.Signal
		}
		a := save(t, db, filing(i, code))
		story := join(t, db, embedded(a[0], 0, code))[0].StoryID
		saved, err := db.SaveDecisions(t.Context(), store.Decisions{FilingStory: story, Alerts: []notice.Alert{{Kind: kind, StoryID: story,
			ArticleID: a[0].ID, Code: code, Topic: topic, Send: true, Reason: "passed", DecidedAt: noon}}})
		if err != nil || len(saved) != 1 || saved[0].Topic != topic {
			t.Fatalf("%+v, %v", saved, err)
		}
		ids = append(ids, saved[0].ID)
	}
	return ids
}

func reader(t *testing.T, db *store.DB, chat int64) int64 {
	t.Helper()
	id, err := db.SaveRecipient(t.Context(), notice.Recipient{ChatID: chat, Language: "ko", Active: true, DailyCap: 3})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestPlansAtOnceKeepTheDailyCap(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	codes := make([]market.Code, 20)
	for i := range codes {
		codes[i] = market.Code([]byte{'9', '0', '0', '1', byte('0' + i/10), byte('0' + i%10)})
	}
	ids, anna := alerts(t, db, 20, codes, notice.TopicSignal), reader(t, db, 42)
	var group sync.WaitGroup
	for _, id := range ids {
		group.Go(func() { plan(t, db, id, market.DayOf(noon), anna) })
	}
	group.Wait()
	for where, want := range map[string]int{`state = 'due'`: 3, `state = 'suppressed' and reason = 'daily_cap'`: 17} {
		if n := count(t, db, `select count(*) from notices where `+where); n != want {
			t.Errorf("%s: %d, want %d", where, n, want)
		}
	}
}

func TestOneNoticePerStockTopicAndDay(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	one := []market.Code{nuri}
	today := market.DayOf(noon)
	ids := alerts(t, db, 6, one, notice.TopicSignal, notice.TopicSignal, notice.TradingHalt, notice.RightsIssue, notice.TradingHalt, notice.TopicSignal)
	anna, bora := reader(t, db, 42), reader(t, db, 43)
	exec(t, db, `insert into notices (alert_id, recipient_id, state, reason, day) values (?, ?, 'suppressed', 'quiet_hours', ?)`, ids[0], anna, today.String())
	for _, c := range []struct {
		what      string
		alert     int64
		recipient int64
		day       market.Day
		want      string
	}{
		{"a signal after one that quiet hours held back", ids[1], anna, today, ""},
		{"a halt after the signal", ids[2], anna, today, ""},
		{"a rights issue after the halt", ids[3], anna, today, ""},
		{"a second halt", ids[4], anna, today, notice.ReasonStockAlerted},
		{"a second signal", ids[5], anna, today, notice.ReasonStockAlerted},
		{"the signal for somebody else", ids[5], bora, today, ""},
		{"the first signal for him, the next day", ids[0], bora, today + 1, ""},
	} {
		plan(t, db, c.alert, c.day, c.recipient)
		state := "due"
		if c.want != "" {
			state = "suppressed"
		}
		if n := count(t, db, `select count(*) from notices where alert_id = ? and recipient_id = ? and state = ? and reason = ?`, c.alert, c.recipient, state, c.want); n != 1 {
			t.Errorf("%s: not %s %q", c.what, state, c.want)
		}
	}
}

// TestWhatCountsForTheDay looks whether a cap of one leaves room for another notice beside one of each state.
func TestWhatCountsForTheDay(t *testing.T) {
	t.Parallel()
	for state, counts := range map[notice.State]bool{notice.Due: true, notice.Claimed: true, notice.Sent: true, notice.Ambiguous: true,
		notice.Failed: true, notice.Refused: false, notice.Suppressed: false} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			db := storetest.New(t)
			ids, anna := alerts(t, db, 2, []market.Code{nuri, garam}, notice.TopicSignal), reader(t, db, 42)
			exec(t, db, `insert into notices (alert_id, recipient_id, state, day) values (?, ?, ?, ?)`, ids[0], anna, string(state), market.DayOf(noon).String())
			p := store.Plan{AlertID: ids[1], Day: market.DayOf(noon), Texts: map[string]string{"ko": "가"}, Wanted: []notice.Recipient{{ID: anna, DailyCap: 1}}}
			if err := db.PlanNotices(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			if n := count(t, db, `select count(*) from notices where alert_id = ? and state = 'suppressed' and reason = 'daily_cap'`, ids[1]); (n == 1) != counts {
				t.Errorf("held back: %v, want %v", n == 1, counts)
			}
		})
	}
}

func TestClusterAlerted(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	a := save(t, db, article(0), article(1), article(2), article(3))
	// 0 is the first; 1 and 2 echo it, at 55 degrees to either side; 3 is another story.
	joined := join(t, db, embedded(a[0], 0, nuri), embedded(a[1], 55, nuri), embedded(a[2], -55, nuri), embedded(a[3], 180, nuri))
	ask := func(story int64) bool {
		t.Helper()
		yes, err := db.ClusterAlerted(t.Context(), story)
		if err != nil {
			t.Fatal(err)
		}
		return yes
	}
	if n := count(t, db, `select count(*) from stories where echo_of = ?`, joined[0].StoryID); n != 2 {
		t.Fatalf("%d echoes, want 2", n)
	}
	exec(t, db, `insert into alerts (kind, story_id, article_id, code, send, reason, decided_at) values ('signal', ?, ?, ?, false, 'below_cost', now())`,
		joined[0].StoryID, a[0].ID, string(nuri))
	if ask(joined[2].StoryID) {
		t.Error("a no of the first story counts as an alert")
	}
	exec(t, db, `insert into alerts (kind, story_id, article_id, code, send, reason, decided_at) values ('signal', ?, ?, ?, true, 'passed', now())`,
		joined[1].StoryID, a[1].ID, string(nuri))
	for i, want := range []bool{true, false, true, false} {
		if got := ask(joined[i].StoryID); got != want {
			t.Errorf("story %d: %v, want %v", i, got, want)
		}
	}
}
