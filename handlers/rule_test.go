package handlers_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

func TestWatchlist(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 2)
	user := s.as("user")
	put := func(body any) answer {
		return s.do(request{method: "PUT", path: "/api/watchlist", token: user, body: body})
	}
	empty := s.get(user, "/api/watchlist").want(http.StatusOK).object()
	expect(t, empty, false, "all")
	if n := len(empty["stocks"].([]any)); n != 0 {
		t.Errorf("%d stocks on a list that nobody wrote", n)
	}
	kept := put(map[string]any{"codes": []string{"100002", "100001"}}).want(http.StatusOK).object()
	expect(t, kept, "100002", "stocks", 0, "code")
	expect(t, kept, "누리테크", "stocks", 1, "name")
	expect(t, kept, true, "stocks", 0, "alerts")
	quiet := put(fields{"codes": []string{"100002", "100001"}, "silent": []string{"100001"}}).want(http.StatusOK).object()
	expect(t, quiet, true, "stocks", 0, "alerts")
	expect(t, quiet, false, "stocks", 1, "alerts")
	moved := put(fields{"codes": []string{"100001", "100002"}}).want(http.StatusOK).object() // as who knows nothing of it
	expect(t, moved, false, "stocks", 0, "alerts")
	expect(t, moved, true, "stocks", 1, "alerts")
	put(fields{"codes": []string{"100002"}}).want(http.StatusOK)
	expect(t, put(fields{"codes": []string{"100002", "100001"}}).want(http.StatusOK).object(), true, "stocks", 1, "alerts") // it is new
	expect(t, put(fields{"codes": []string{"100002", "100001"}, "silent": []string{"100001"}}).want(http.StatusOK).object(), false, "stocks", 1, "alerts")
	expect(t, put(fields{"codes": []string{"100002", "100001"}, "silent": []string{}}).want(http.StatusOK).object(), true, "stocks", 1, "alerts")
	if field := put(fields{"codes": []string{"100002"}, "silent": []string{"100001"}}).field(); field != "silent" {
		t.Errorf("a stock without alerts that is not on the list: field %q", field)
	}
	put(fields{"codes": []string{"100002", "100001"}}).want(http.StatusOK)
	for name, body := range map[string]any{
		"codes": map[string]any{"codes": []string{"100001", "100001"}}, "unknown": map[string]any{"codes": []string{"999999"}},
		"missing": map[string]any{"all": true}, "not codes": map[string]any{"codes": []string{"<b>"}},
	} {
		if got := put(body); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	expect(t, s.get(user, "/api/watchlist").want(http.StatusOK).object(), "100001", "stocks", 1, "code")
	expect(t, put(map[string]any{"codes": []string{}, "all": true}).want(http.StatusOK).object(), true, "all")
	if other := s.get(s.as("operator"), "/api/watchlist").want(http.StatusOK).object(); other["all"] != false {
		t.Error("another user's list was changed")
	}
}

func TestRule(t *testing.T) {
	t.Parallel()
	s := open(t)
	user := s.as("user")
	put := func(body any) answer {
		return s.do(request{method: "PUT", path: "/api/alerts/rule", token: user, body: body})
	}
	rule := s.get(user, "/api/alerts/rule").want(http.StatusOK).object()
	for key, want := range map[string]any{"language": "ko", "active": true, "linked": false, "min_shift": 0.0, "direction": 0.0, "urgent": true,
		"digest": true, "quiet_from": 21.0, "quiet_to": 8.0, "daily_cap": 3.0, "muted_until": nil} {
		expect(t, rule, want, key)
	}
	expect(t, rule, .05, "gate", "min_shift")
	expect(t, rule, .3, "gate", "min_score_pct")
	if got := fmt.Sprint(rule["horizons"]); got != "[1 3 5]" {
		t.Errorf("horizons %s", got)
	}
	until := now.Add(time.Hour).Format(time.RFC3339)
	changed := put(map[string]any{"language": "en", "horizons": []int{5}, "daily_cap": 5, "quiet_from": 0, "quiet_to": 0, "min_shift": .1, "direction": -1,
		"urgent": false, "digest": false, "muted_until": until}).want(http.StatusOK).object()
	for key, want := range map[string]any{"language": "en", "daily_cap": 5.0, "quiet_from": 0.0, "quiet_to": 0.0, "min_shift": .1, "direction": -1.0,
		"urgent": false, "digest": false} {
		expect(t, changed, want, key)
	}
	if changed["muted_until"] == nil || fmt.Sprint(changed["horizons"]) != "[5]" {
		t.Errorf("%v", changed)
	}
	for field, body := range map[string]map[string]any{
		"daily_cap": {"daily_cap": 6}, "quiet_from": {"quiet_from": 24}, "horizons": {"horizons": []int{2}}, "min_shift": {"min_shift": .6},
		"direction": {"direction": 2}, "language": {"language": "fr"}, "everything": {"everything": true},
	} {
		problem := put(body).want(http.StatusBadRequest).object()
		expect(t, problem, field, "field")
	}
	// A whole rule replaces the one before; language and the switch stay.
	reset := put(map[string]any{"active": false}).want(http.StatusOK).object()
	for key, want := range map[string]any{"language": "en", "active": false, "daily_cap": 3.0, "urgent": true, "muted_until": nil} {
		expect(t, reset, want, key)
	}
}

// decisions writes an alert with an option, one for digests, a filing's no, and decides on them for everybody.
func (s *site) decisions(w world) (sent notice.Alert) {
	s.Helper()
	ctx := s.Context()
	_, err := s.db.Bun().ExecContext(ctx, `delete from alerts`)
	must(s, err)
	for i, a := range []notice.Alert{
		{Kind: notice.Signal, Topic: notice.TopicSignal, Send: true, Reason: notice.ReasonPassed},
		{Kind: notice.Signal, Topic: notice.TopicSignal, Digest: true, Reason: notice.ReasonUnproven},
		{Kind: notice.Signal, Topic: notice.TopicSignal, Reason: notice.ReasonBelowCost},
	} {
		story, err := s.db.Story(ctx, w.stories[i])
		must(s, err)
		made, err := s.db.PredictionsOfCall(ctx, w.calls[i][0].CallID)
		must(s, err)
		a.StoryID, a.ArticleID, a.Code, a.PredictionID, a.DecidedAt = story.ID, story.FirstID, story.Codes[0], made[0].ID, now.Add(-time.Hour)
		a.Options = []notice.Option{{PredictionID: made[0].ID, Horizon: made[0].Horizon, Shift: -.06, ScorePct: .4, Reason: a.Reason}}
		saved, err := s.db.SaveDecisions(ctx, store.Decisions{CallID: w.calls[i][0].CallID, Alerts: []notice.Alert{a}})
		must(s, err)
		if !a.Send && !a.Digest {
			continue
		}
		full, err := s.db.Alert(ctx, saved[0].ID)
		must(s, err)
		must(s, s.db.DecideNotices(ctx, full, market.DayOf(now), func(r notice.Recipient, told []notice.Told) (store.Decision, error) {
			return store.Decision{Verdict: notice.Decide(r, full, told, now)}, nil
		}))
		if a.Send {
			sent = full
		}
	}
	return sent
}

func TestWhyIWasNotAlerted(t *testing.T) {
	t.Parallel()
	s := open(t)
	w := seed(t, s.db, 6)
	user := s.as("user")
	put := func(path string, body any) {
		s.do(request{method: "PUT", path: path, token: user, body: body}).want(http.StatusOK)
	}
	put("/api/watchlist", map[string]any{"all": true, "codes": []string{}})
	put("/api/alerts/rule", map[string]any{"language": "en"})
	sent := s.decisions(w)
	why := func(story int64) map[string]any {
		return s.get(user, fmt.Sprintf("/api/alerts/why?story=%d", story)).want(http.StatusOK).object()
	}
	first := why(w.stories[0])
	expect(t, first, true, "decisions", 0, "sent")
	expect(t, first, "passed", "decisions", 0, "options", 0, "reason")
	expect(t, first, "suppressed", "decisions", 0, "mine", "state")
	expect(t, first, "no_chat", "decisions", 0, "mine", "reason")
	expect(t, first, "No chat is linked.", "decisions", 0, "mine", "explanation")
	second := why(w.stories[1])
	expect(t, second, true, "decisions", 0, "digest")
	expect(t, second, "unproven", "decisions", 0, "reason")
	third := why(w.stories[2])
	expect(t, third, "below_cost", "decisions", 0, "reason")
	expect(t, third, "below_cost", "decisions", 0, "options", 0, "reason")
	expect(t, third, nil, "decisions", 0, "mine")
	if n := len(why(w.stories[5])["decisions"].([]any)); n != 0 {
		t.Errorf("%d decisions of a story that nobody decided on", n)
	}
	s.get(user, "/api/alerts/why?story=99999").want(http.StatusNotFound)
	s.get(user, "/api/alerts/why").want(http.StatusBadRequest)

	list := s.get(user, "/api/alerts").want(http.StatusOK).object()
	expect(t, list, "no_chat", "items", 0, "mine", "reason")
	if n := len(list["items"].([]any)); n != 1 {
		t.Errorf("%d alerts are listed, want 1", n)
	}
	detail := s.get(user, fmt.Sprintf("/api/alerts/%d", sent.ID)).want(http.StatusOK).object()
	expect(t, detail, true, "sent")
	expect(t, detail, "passed", "options", 0, "reason")
	expect(t, detail, "suppressed", "mine", "state")
	expect(t, detail, 1.0, "delivery", "suppressed")
	no := int64(dig(t, third, "decisions", 0, "alert_id").(float64))
	expect(t, s.get(user, fmt.Sprintf("/api/alerts/%d", no)).want(http.StatusOK).object(), false, "sent")
	s.get(user, "/api/alerts/99999").want(http.StatusNotFound)
	expect(t, s.get(s.as("operator"), fmt.Sprintf("/api/alerts/%d", sent.ID)).want(http.StatusOK).object(), nil, "mine")
}

func TestPreviewOfARule(t *testing.T) {
	t.Parallel()
	s := open(t)
	w := seed(t, s.db, 6)
	user := s.as("user")
	s.decisions(w)
	preview := func(body any) map[string]any {
		return s.do(request{method: "POST", path: "/api/alerts/rule/preview", token: user, body: body}).want(http.StatusOK).object()
	}
	nothing := preview(map[string]any{})
	expect(t, nothing, 2.0, "candidates")
	expect(t, nothing, 0.0, "sent")
	expect(t, nothing, "not_on_watchlist", "reasons", 0, "reason")
	s.do(request{method: "PUT", path: "/api/watchlist", token: user, body: map[string]any{"all": true, "codes": []string{}}}).want(http.StatusOK)
	all := preview(map[string]any{"quiet_from": 0, "quiet_to": 0})
	expect(t, all, 1.0, "sent")
	expect(t, all, 1.0, "held")
	expect(t, all, 1.0, "signals")
	expect(t, all, 0.0, "judged", 0, "picks")
	_, err := s.db.Bun().ExecContext(t.Context(), `insert into outcomes (story_id, code, horizon, base_day, target_day, return_pct, excess_pct, sigma_pct, flat, known_at)
		select a.story_id, a.code, p.horizon, '2026-03-04', '2026-03-05', 1, sign(p.probability - p.base_rate), 2, false, ?0
		from alerts a join predictions p on p.id = a.prediction_id
		on conflict (story_id, code, horizon, version) do update set excess_pct = excluded.excess_pct, void = '', known_at = excluded.known_at`, now.Add(-time.Second))
	must(t, err)
	judged := preview(map[string]any{"quiet_from": 0, "quiet_to": 0})
	expect(t, judged, "sent", "judged", 0, "chooser")
	expect(t, judged, 1.0, "judged", 0, "picks")
	expect(t, judged, 1.0, "judged", 0, "right")
	expect(t, judged, 0.0, "judged", 1, "picks")
	if n := len(judged["judged"].([]any)); n != 3 {
		t.Errorf("%d choosers", n)
	}
	up := preview(map[string]any{"direction": 1})
	expect(t, up, 0.0, "sent")
	expect(t, up, 2.0, "reasons", 0, "count")
	expect(t, up, "direction_not_wanted", "reasons", 0, "reason")
	if rule := s.get(user, "/api/alerts/rule").want(http.StatusOK).object(); rule["direction"] != 0.0 {
		t.Error("a preview changed the rule")
	}
}
