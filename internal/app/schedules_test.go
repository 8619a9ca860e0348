package app_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/app"
	"tickerwire/internal/config"
	"tickerwire/internal/market"
	"tickerwire/store"
)

// TestScheduleList prints a schedule on the grid of its last tick, one that never ticked, and one that is paused.
func TestScheduleList(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	_, err := db.Migrate(t.Context())
	fatal(t, err)
	of := func(name, cron, misfire string, paused bool) store.Schedule {
		return store.Schedule{Name: name, Kind: "outcome:evaluate", Payload: json.RawMessage(`{}`), Queue: "market", Cron: cron,
			Misfire: misfire, Paused: paused, MaxLate: time.Hour}
	}
	fatal(t, db.DeclareSchedules(t.Context(), []store.Schedule{of("often", "@every 2h", store.MisfireOnce, false),
		of("yearly", "30 8 1 1 *", store.MisfireSkip, false), of("rests", "@daily", store.MisfireAll, true)}))
	last := time.Now().Add(-5 * time.Hour).Truncate(time.Second)
	_, err = db.AddTicks(t.Context(), "often", time.Time{}, last, nil, "test")
	fatal(t, err)

	var out strings.Builder
	fatal(t, app.Errand(t.Context(), config.Config{DatabaseURL: config.Secret(db.url)}, []string{"schedule", "list"}, nil, &out))
	kst := func(at time.Time) string { return at.In(market.KST).Format(time.DateTime) }
	newYear := func(n int) string { // the nth from now on
		year := market.DayOf(time.Now()).Year()
		if time.Now().Before(market.NewDay(year, time.January, 1).At(8, 30)) {
			year--
		}
		return kst(market.NewDay(year+n, time.January, 1).At(8, 30))
	}
	for name, want := range map[string]string{
		"often":  "often @every 2h no once " + kst(last) + " " + kst(last.Add(6*time.Hour)) + ", " + kst(last.Add(8*time.Hour)) + ", " + kst(last.Add(10*time.Hour)),
		"yearly": "yearly 30 8 1 1 * no skip never " + newYear(1) + ", " + newYear(2) + ", " + newYear(3),
		"rests":  "rests @daily yes all never",
		"NAME":   "NAME CRON (KST) PAUSED MISFIRE LAST TICK NEXT TICKS",
	} {
		if line := lineOf(t, out.String(), name); line != want {
			t.Errorf("%q, want %q", line, want)
		}
	}
}
