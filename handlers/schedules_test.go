package handlers_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"tickerwire/store"
)

func TestSchedulesAreOperated(t *testing.T) {
	t.Parallel()
	s := open(t)
	admin, operator, doc := s.as("admin"), s.as("operator"), s.spec()
	crawl := store.CrawlSchedule("한빛신문")
	must(t, s.db.DeclareSchedules(t.Context(), []store.Schedule{
		{Name: crawl, Kind: "news:crawl", Payload: []byte(`{}`), Queue: "crawl", Cron: "@every 1m0s", Misfire: store.MisfireOnce, MaxLate: time.Hour},
		{Name: "calibration", Kind: "c:fit", Payload: []byte(`{}`), Queue: "control", Cron: "35 17 * * *", Misfire: store.MisfireOnce, MaxLate: time.Hour},
	}))
	last := now.Add(-30 * time.Second)
	if _, err := s.db.AddTicks(t.Context(), crawl, time.Time{}, last, []time.Time{last}, "me"); err != nil {
		t.Fatal(err)
	}
	must(t, s.db.FinishTick(t.Context(), store.Tick{Schedule: crawl, At: last}, "done"))

	list := s.get(operator, "/api/schedules").want(http.StatusOK)
	doc.check("GET", "/api/schedules", list)
	item := s.row(operator, "/api/schedules", "name", crawl)
	expect(t, item, "done", "last_ticks", 0, "outcome")
	expect(t, item, "2026-03-04T13:00:30+09:00", "next_ticks", 0) // on the grid of its last tick
	expect(t, s.row(operator, "/api/schedules", "name", "calibration"), "2026-03-04T17:35:00+09:00", "next_ticks", 0)
	if names := s.walk(operator, "/api/schedules?limit=1", "name"); len(names) != 2 {
		t.Errorf("in pages of one: %v", names)
	}

	path := "/api/schedules/" + url.PathEscape(crawl)
	edited := s.send(admin, "PATCH", path, fields{"cron": "0 12 * * *", "misfire": "skip", "max_late_seconds": 60}).want(http.StatusOK)
	doc.check("PATCH", "/api/schedules/{name}", edited)
	expect(t, edited.object(), "2026-03-05T12:00:00+09:00", "next_ticks", 0)
	expect(t, edited.object(), 1.0, "edited_by")
	kept, err := s.db.Schedule(t.Context(), crawl)
	if err != nil || kept.Cron != "0 12 * * *" || !kept.LastTick.Equal(now) || kept.MaxLate != time.Minute || kept.Paused {
		t.Errorf("%+v, %v: want it to count from now", kept, err)
	}
	paused := s.send(admin, "PATCH", path, fields{"paused": true}).want(http.StatusOK).object()
	expect(t, paused, "0 12 * * *", "cron")
	if next := dig(t, paused, "next_ticks").([]any); len(next) != 0 {
		t.Errorf("a paused schedule ticks at %v", next)
	}
	ran := s.send(admin, "POST", path+"/run", nil).want(http.StatusAccepted)
	doc.check("POST", "/api/schedules/{name}/run", ran)
	s.send(admin, "POST", path+"/run", nil).want(http.StatusAccepted) // within the same second: the same tick
	s.queue.down = true
	s.send(admin, "POST", "/api/schedules/calibration/run", nil).want(http.StatusAccepted) // the sweep will ring
	if len(s.queue.ticks) != 1 || s.queue.ticks[0].Schedule != crawl || !s.queue.ticks[0].At.Equal(now) {
		t.Errorf("rung for %v", s.queue.ticks)
	}
	if open, err := s.db.OpenTicks(t.Context(), -time.Second, 10); len(open) != 2 || err != nil {
		t.Errorf("open ticks %v, %v", open, err)
	}
	if after, err := s.db.Schedule(t.Context(), crawl); err != nil || !after.LastTick.Equal(kept.LastTick) {
		t.Errorf("an ordered tick moved the schedule's own to %s, %v", after.LastTick, err)
	}
	for body, field := range map[string]string{`{"cron":"every day"}`: "cron", `{"cron":"0 0 30 2 *"}`: "cron", `{"cron":""}`: "cron",
		`{"misfire":"never"}`: "misfire", `{"max_late_seconds":0}`: "max_late_seconds"} {
		if got := s.send(admin, "PATCH", path, body).field(); got != field {
			t.Errorf("%s: field %q", body, got)
		}
	}
	s.send(admin, "PATCH", "/api/schedules/nothing", fields{"paused": true}).want(http.StatusNotFound)
	s.send(admin, "POST", "/api/schedules/nothing/run", nil).want(http.StatusNotFound)
	s.send(operator, "POST", path+"/run", nil).want(http.StatusForbidden)
}
