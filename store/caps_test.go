package store_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// alerts writes so many alerts to send, each of a story of its own. codes and topics are taken in turn.
func alerts(t *testing.T, db *store.DB, n int, codes []market.Code, topics ...string) []notice.Alert {
	t.Helper()
	var list []notice.Alert
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
		list = append(list, saved[0])
	}
	return list
}

func reader(t *testing.T, db *store.DB, chat int64) int64 {
	t.Helper()
	id, err := db.SaveRecipient(t.Context(), notice.Recipient{ChatID: chat, Language: "ko", Active: true, WatchAll: true, Rule: notice.DefaultRule()})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// decided decides on an alert by the rules, at noon of a day, and returns what became of it, by recipient.
func decided(t *testing.T, db *store.DB, a notice.Alert, day market.Day) []notice.Verdict {
	t.Helper()
	if a.Kind == notice.Signal { // of a prediction that nothing is kept of
		a.Options = []notice.Option{{Horizon: 1, Shift: .1, ScorePct: 1, Reason: notice.ReasonPassed}}
	}
	err := db.DecideNotices(t.Context(), a, day, func(r notice.Recipient, told []notice.Told) (store.Decision, error) {
		d := store.Decision{Verdict: notice.Decide(r, a, told, day.At(12, 0))}
		if d.State == notice.Due {
			d.Text = "누리테크 공시"
		}
		return d, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var list []notice.Verdict
	if err := db.Bun().NewRaw(`select state, reason from notices where alert_id = ? order by recipient_id`, a.ID).Scan(t.Context(), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestDecisionsAtOnceKeepTheDailyCap(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	codes := make([]market.Code, 20)
	for i := range codes {
		codes[i] = market.Code([]byte{'9', '0', '0', '1', byte('0' + i/10), byte('0' + i%10)})
	}
	list := alerts(t, db, 20, codes, notice.TopicSignal)
	for chat := range 4 {
		reader(t, db, int64(chat+1))
	}
	var group sync.WaitGroup
	for range 2 { // each alert by two at once
		for _, a := range list {
			group.Go(func() { decided(t, db, a, market.DayOf(noon)) })
		}
	}
	group.Wait()
	var got []struct {
		RecipientID int64
		Due, Capped int
	}
	err := db.Bun().NewRaw(`select recipient_id, count(*) filter (where state = 'due' and text <> '') as due,
		count(*) filter (where state = 'suppressed' and reason = 'daily_cap' and text = '') as capped from notices group by recipient_id`).Scan(t.Context(), &got)
	if err != nil || len(got) != 4 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, r := range got {
		if r.Due != 3 || r.Capped != 17 {
			t.Errorf("%+v, want 3 and 17", r)
		}
	}
}

// TestEverybodyIsDecidedOn: more recipients than are decided on at once, of whom some do not watch the stock and some are
// switched off. Nothing is written of the former.
func TestEverybodyIsDecidedOn(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	a := alerts(t, db, 1, []market.Code{nuri}, notice.TopicSignal)[0]
	exec(t, db, `insert into recipients (chat_id, codes, watch_all, active, quiet_from, quiet_to)
		select n, case when n % 4 = 0 then array[?, '100002'] else '{100002}' end, n % 4 = 1, n % 5 > 0, 0, 0 from generate_series(1, 2600) n`, string(nuri))
	for range 2 {
		decided(t, db, a, market.DayOf(noon))
		var got []struct {
			State, Reason string
			N             int
		}
		err := db.Bun().NewRaw(`select state, reason, count(*) as n from notices group by state, reason order by reason`).Scan(t.Context(), &got)
		if err != nil || fmt.Sprint(got) != "[{suppressed inactive 260} {due passed 1040}]" {
			t.Errorf("%v, %v", got, err)
		}
	}
}

// TestWhoDoesNotWatchHasNoNotice: what became of the alert for him is known all the same, once it is told.
func TestWhoDoesNotWatchHasNoNotice(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	a := alerts(t, db, 1, []market.Code{nuri}, notice.TopicSignal)[0]
	exec(t, db, `insert into recipients (chat_id, codes, created_at) values (1, '{100002}', now()), (2, '{100002}', now() + interval '1 hour')`)
	decided(t, db, a, market.DayOf(noon))
	for _, c := range []struct {
		when      string
		recipient int64
		want      string
	}{{"before it is told", 1, "[]"}, {"told", 1, "[suppressed not_on_watchlist]"}, {"told before his time", 2, "[]"}} {
		if c.when == "told" {
			if err := db.MarkTold(t.Context(), a.ID); err != nil {
				t.Fatal(err)
			}
		}
		list, err := db.NoticesOf(t.Context(), c.recipient, []int64{a.ID})
		got := []string{}
		for _, n := range list {
			got = append(got, string(n.State), n.Reason)
		}
		if err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, %v, want %s", c.when, got, err, c.want)
		}
	}
}

// TestAStockIsWatchedWithoutAlerts: whoever switched its alerts off is not even asked for, whatever else he watches.
func TestAStockIsWatchedWithoutAlerts(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	list := alerts(t, db, 2, []market.Code{nuri}, notice.TopicSignal, notice.TopicSignal)
	rule := notice.DefaultRule()
	for chat, r := range []notice.Recipient{{Codes: []market.Code{nuri, "100002"}}, {Codes: []market.Code{nuri, "100002"}, Silent: []market.Code{nuri}},
		{WatchAll: true, Codes: []market.Code{nuri}, Silent: []market.Code{nuri}}, {Codes: []market.Code{nuri, "100002"}, Silent: []market.Code{"100002"}}} {
		r.ChatID, r.Language, r.Active, r.Rule = int64(chat+1), "ko", true, rule
		if _, err := db.SaveRecipient(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	asked := func(a notice.Alert) (ids []int64) {
		t.Helper()
		err := db.DecideNotices(t.Context(), a, market.DayOf(noon), func(r notice.Recipient, _ []notice.Told) (store.Decision, error) {
			ids = append(ids, r.ID)
			return store.Decision{Verdict: notice.Verdict{State: notice.Suppressed, Reason: "x"}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	if got := asked(list[0]); !slices.Equal(got, []int64{1, 4}) {
		t.Errorf("decided on for %v, want 1 and 4", got)
	}
	edited, err := db.EditRecipient(t.Context(), 2, func(r *notice.Recipient) error {
		r.Silence(nil)
		return nil
	})
	if err != nil || len(edited.Silent) != 0 || len(edited.Codes) != 2 {
		t.Fatalf("%+v, %v", edited, err)
	}
	if got := asked(list[1]); !slices.Equal(got, []int64{1, 2, 4}) {
		t.Errorf("once it is switched on: decided on for %v, want 1, 2 and 4", got)
	}
}

func TestOneNoticePerStockTopicAndDay(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	today := market.DayOf(noon)
	list := alerts(t, db, 6, []market.Code{nuri}, notice.TopicSignal, notice.TopicSignal, notice.TradingHalt, notice.RightsIssue, notice.TradingHalt, notice.TopicSignal)
	reader(t, db, 42)
	exec(t, db, `update recipients set daily_cap = 20`)
	decided(t, db, list[0], today)
	exec(t, db, `update notices set state = 'held', reason = 'quiet_hours'`)
	for _, c := range []struct {
		what  string
		alert int
		day   market.Day
		want  string
	}{
		{"a signal after one that quiet hours held back", 1, today, notice.ReasonPassed},
		{"a halt after the signal", 2, today, notice.ReasonPassed},
		{"a rights issue after the halt", 3, today, notice.ReasonPassed},
		{"a second halt", 4, today, notice.ReasonStockAlerted},
		{"a signal of the next day", 5, today + 1, notice.ReasonPassed},
	} {
		if got := decided(t, db, list[c.alert], c.day); got[0].Reason != c.want {
			t.Errorf("%s: %+v, want %q", c.what, got, c.want)
		}
	}
}

// TestWhatCountsForTheDay sets one notice's state and looks whether a cap of one leaves room for another.
func TestWhatCountsForTheDay(t *testing.T) {
	t.Parallel()
	for state, counts := range map[notice.State]bool{notice.Due: true, notice.Claimed: true, notice.Sent: true, notice.Ambiguous: true,
		notice.Failed: true, notice.Refused: false, notice.Suppressed: false, notice.Held: false} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			db := storetest.New(t)
			list := alerts(t, db, 2, []market.Code{nuri, garam}, notice.TopicSignal)
			reader(t, db, 42)
			exec(t, db, `update recipients set daily_cap = 1`)
			decided(t, db, list[0], market.DayOf(noon))
			exec(t, db, `update notices set state = ?`, string(state))
			if got := decided(t, db, list[1], market.DayOf(noon)); (got[0].State == notice.Due) == counts || (got[0].Reason == notice.ReasonDailyCap) != counts {
				t.Errorf("%+v; counts: %v", got, counts)
			}
		})
	}
}

func TestEarlierAlerts(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	a := save(t, db, article(0), article(1), article(2), article(3))
	// 0 is the first; 1 and 2 echo it, at 55 degrees to either side; 3 is another story.
	joined := join(t, db, embedded(a[0], 0, nuri), embedded(a[1], 55, nuri), embedded(a[2], -55, nuri), embedded(a[3], 180, nuri))
	ask := func(story int64) bool {
		t.Helper()
		earlier, err := db.EarlierAlerts(t.Context(), story)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range earlier {
			if e.Code != nuri || e.Title == "" || e.Direction != 0 {
				t.Errorf("%+v", e)
			}
		}
		return len(earlier) > 0
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
