package tasks_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/tasks"
)

// kst reads a KST wall time; only a clock time means the Wednesday of noon.
func kst(s string) time.Time {
	if len(s) == len("15:04:05") {
		s = "2026-03-04 " + s
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05", s, market.KST)
	if err != nil {
		panic(err)
	}
	return at.UTC()
}

func times(list ...string) []time.Time {
	var out []time.Time
	for _, s := range list {
		out = append(out, kst(s))
	}
	return out
}

func TestDueTicks(t *testing.T) {
	t.Parallel()
	every := func(misfire, last string) store.Schedule {
		return store.Schedule{Name: "s", Cron: "@every 60s", Misfire: misfire, MaxLate: time.Hour, LastTick: kst(last)}
	}
	with := func(s store.Schedule, edit func(*store.Schedule)) store.Schedule { edit(&s); return s }
	cron := func(spec, misfire, last string) store.Schedule {
		return store.Schedule{Name: "s", Cron: spec, Misfire: misfire, MaxLate: 7 * 24 * time.Hour, LastTick: kst(last)}
	}
	for name, c := range map[string]struct {
		s       store.Schedule
		now     string
		ring    []time.Time
		settled string
	}{
		"new: it starts from now":               {store.Schedule{Cron: "@every 60s", Misfire: "all", MaxLate: time.Hour}, "12:00:30", nil, "12:00:30"},
		"not due":                               {every("all", "12:00:00"), "12:00:59", nil, "12:00:00"},
		"due to the second":                     {every("skip", "12:00:00"), "12:01:00", times("12:01:00"), "12:01:00"},
		"all makes up for each":                 {every("all", "12:00:00"), "12:03:40", times("12:01:00", "12:02:00", "12:03:00"), "12:03:00"},
		"once makes up for all of them":         {every("once", "12:00:00"), "12:03:40", times("12:03:00"), "12:03:00"},
		"skip: the last is missed":              {every("skip", "12:00:00"), "12:03:31", nil, "12:03:00"},
		"skip: the last is on time":             {every("skip", "12:00:00"), "12:03:30", times("12:03:00"), "12:03:00"},
		"paused: settled, not rung":             {with(every("all", "12:00:00"), func(s *store.Schedule) { s.Paused = true }), "12:03:40", nil, "12:03:00"},
		"paused and new":                        {store.Schedule{Cron: "@every 60s", Misfire: "all", MaxLate: time.Hour, Paused: true}, "12:00:30", nil, "12:00:30"},
		"the clock was set back":                {with(every("all", "12:00:00"), func(s *store.Schedule) { s.Settled = time.Minute }), "09:00:00", nil, "09:00:00"},
		"another's clock is far ahead":          {every("all", "12:00:00"), "09:00:00", nil, "12:00:00"},
		"another's clock is ahead for long":     {with(every("all", "12:00:00"), func(s *store.Schedule) { s.Settled = time.Minute }), "11:59:00", nil, "12:00:00"},
		"all, but not later than MaxLate":       {with(cron("*/15 * * * *", "all", "02:00:00"), func(s *store.Schedule) { s.MaxLate = time.Hour }), "12:00:00", times("11:15:00", "11:30:00", "11:45:00", "12:00:00"), "12:00:00"},
		"once, later than MaxLate":              {with(cron("0 3 * * *", "once", "02:00:00"), func(s *store.Schedule) { s.MaxLate = time.Hour }), "12:00:00", nil, "02:00:00"},
		"once, the period longer than MaxLate":  {with(every("once", "2026-03-03 12:00:00"), func(s *store.Schedule) { s.Cron = "@every 24h" }), "12:00:05", times("12:00:00"), "12:00:00"},
		"all, the grid outlives MaxLate":        {with(every("all", "02:00:30"), func(s *store.Schedule) { s.Cron = "@every 40m" }), "12:00:00", times("11:20:30"), "11:20:30"},
		"fields are in KST":                     {cron("0 9 * * *", "all", "08:59:59"), "09:00:00", times("09:00:00"), "09:00:00"},
		"midnight is KST's":                     {cron("@daily", "all", "12:00:00"), "2026-03-05 00:00:00", times("2026-03-05 00:00:00"), "2026-03-05 00:00:00"},
		"weekdays are KST's":                    {cron("30 8 * * 1-5", "all", "2026-03-06 08:30:00"), "2026-03-09 08:30:00", times("2026-03-09 08:30:00"), "2026-03-09 08:30:00"},
		"the weekend has none":                  {cron("30 8 * * 1-5", "all", "2026-03-06 08:30:00"), "2026-03-08 23:59:59", nil, "2026-03-06 08:30:00"},
		"a Monday that is a Sunday in UTC":      {cron("30 8 * * 0", "all", "2026-03-06 08:30:00"), "2026-03-09 08:30:00", times("2026-03-08 08:30:00"), "2026-03-08 08:30:00"},
		"a day that never comes":                {cron("0 0 30 2 *", "all", "12:00:00"), "2026-03-05 12:00:00", nil, "12:00:00"},
		"skip of a daily one: half a day late":  {cron("0 9 * * *", "skip", "08:00:00"), "21:00:00", times("09:00:00"), "09:00:00"},
		"skip of a daily one: more than half":   {cron("0 9 * * *", "skip", "08:00:00"), "21:00:01", nil, "09:00:00"},
		"skip of a quick one: two seconds late": {store.Schedule{Cron: "@every 1s", Misfire: "skip", MaxLate: time.Hour, LastTick: kst("12:00:00")}, "12:00:09", times("12:00:09"), "12:00:09"},
	} {
		ring, settled, err := tasks.DueTicks(c.s, kst(c.now))
		if diff := cmp.Diff(c.ring, ring); err != nil || diff != "" || !settled.Equal(kst(c.settled)) {
			t.Errorf("%s: settled %s, want %s; %v %s", name, settled.In(market.KST), c.settled, err, diff)
		}
	}
	if _, _, err := tasks.DueTicks(store.Schedule{Name: "mine", Cron: "61 * * * *"}, noon); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no cron: %v, want Invalid", err)
	}
}

func TestTicksAtOnceAreBounded(t *testing.T) {
	t.Parallel()
	s := store.Schedule{Name: "s", Cron: "@every 1s", Misfire: store.MisfireAll, MaxLate: 24 * time.Hour, LastTick: noon}
	ring, settled, err := tasks.DueTicks(s, noon.Add(time.Hour))
	if err != nil || len(ring) != tasks.MaxTicks || !settled.Equal(noon.Add(time.Hour)) {
		t.Fatalf("%d ticks, settled %s, %v", len(ring), settled, err)
	}
	if first := noon.Add(time.Hour - (tasks.MaxTicks-1)*time.Second); !ring[0].Equal(first) || !ring[len(ring)-1].Equal(settled) {
		t.Errorf("ticks from %s to %s, want the newest from %s", ring[0], ring[len(ring)-1], first)
	}
}

// enumerate lists every tick of a cron after one instant up to another.
func enumerate(t *testing.T, cron string, after, until time.Time) []string {
	t.Helper()
	var list []string
	for at := after; ; {
		next, err := tasks.NextTicks(cron, at, 200)
		if err != nil {
			t.Fatal(err)
		}
		for _, at = range next {
			if at.After(until) {
				return list
			}
			list = append(list, at.UTC().Format(time.RFC3339))
		}
	}
}

func TestMisfireAllMissesNothing(t *testing.T) {
	t.Parallel()
	crons := []string{"@every 1s", "@every 90s", "@every 1h", "* * * * *", "*/7 * * * *", "5,35 9-15 * * 1-5", "0 0 * * *", "@hourly"}
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 17))
		cron := crons[random.IntN(len(crons))]
		longest := 6 * time.Hour // a step
		if cron == "@every 1s" {
			longest = tasks.MaxTicks * time.Second
		}
		now := noon.Add(time.Duration(random.Int64N(int64(7 * 24 * time.Hour))))
		s := store.Schedule{Name: "s", Cron: cron, Misfire: store.MisfireAll, MaxLate: 14 * 24 * time.Hour}
		var first time.Time
		var got []string
		for range 1 + random.IntN(40) {
			ring, settled, err := tasks.DueTicks(s, now)
			if err != nil {
				t.Fatal(err)
			}
			for _, tick := range ring {
				got = append(got, tick.UTC().Format(time.RFC3339))
			}
			if s.LastTick = settled; first.IsZero() {
				first = settled
			}
			if random.IntN(4) > 0 { // sometimes two looks at one instant
				now = now.Add(time.Duration(random.Int64N(int64(longest) / 20)))
			}
			if random.IntN(8) == 0 {
				now = now.Add(time.Duration(random.Int64N(int64(longest) * 9 / 10)))
			}
		}
		if _, settled, err := tasks.DueTicks(s, now); err != nil || len(got) > 0 && settled.Before(s.LastTick) {
			t.Fatal(settled, err)
		}
		if diff := cmp.Diff(enumerate(t, cron, first, s.LastTick), got); diff != "" {
			t.Fatalf("seed %d, %s: %s", seed, cron, diff)
		}
	}
}

// TestNoTickIsLostToAClockThatIsSetBack walks a clock to and fro: with the ticks' rows taking each once, all are there.
func TestNoTickIsLostToAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 18))
		const cron = "*/7 * * * *"
		s := store.Schedule{Name: "s", Cron: cron, Misfire: store.MisfireAll, MaxLate: 24 * time.Hour, LastTick: noon}
		now, latest := noon, noon
		rows := map[string]bool{}
		for range 60 {
			now = now.Add(time.Duration(random.Int64N(int64(80*time.Minute))) - 30*time.Minute)
			now = time.Unix(max(now.Unix(), noon.Unix()), 0)
			if now.After(latest) {
				latest = now
			}
			ring, settled, err := tasks.DueTicks(s, now)
			if err != nil {
				t.Fatal(err)
			}
			for _, tick := range ring {
				rows[tick.UTC().Format(time.RFC3339)] = true
			}
			s.LastTick = settled
		}
		var got []string
		for tick := range rows {
			got = append(got, tick)
		}
		slices.Sort(got)
		if diff := cmp.Diff(enumerate(t, cron, noon, latest), got); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
}

func TestKSTHasNoDaylightSaving(t *testing.T) {
	t.Parallel()
	list, err := tasks.NextTicks("30 2 * * *", kst("2026-01-01 00:00:00"), 365)
	if err != nil || len(list) != 365 {
		t.Fatal(len(list), err)
	}
	for i, at := range list {
		if want := kst("2026-01-01 02:30:00").Add(time.Duration(i) * 24 * time.Hour); !at.Equal(want) {
			t.Fatalf("tick %d at %s, want %s", i, at, want)
		}
	}
	if _, err := tasks.NextTicks("every day", noon, 1); fault.KindOf(err) != fault.Invalid {
		t.Errorf("%v, want Invalid", err)
	}
}

func TestOnTime(t *testing.T) {
	t.Parallel()
	for cron, want := range map[string]time.Duration{"@every 1s": 2 * time.Second, "@every 4s": 2 * time.Second, "@every 60s": 30 * time.Second,
		"0 * * * *": 30 * time.Minute, "0 9 * * 1-5": 12 * time.Hour} {
		if got, err := tasks.OnTime(cron, kst("2026-03-04 09:00:00").In(market.KST)); err != nil || got != want {
			t.Errorf("%s: %s (%v), want %s", cron, got, err, want)
		}
	}
}

func TestTickHeaders(t *testing.T) {
	t.Parallel()
	tick := store.Tick{Schedule: "crawl-한빛", At: noon.Add(123 * time.Microsecond)}
	if got, ok := tasks.TickOf(tasks.TickHeaders(tick)); !ok || got != tick {
		t.Errorf("got %+v, %v", got, ok)
	}
	for _, h := range []map[string]string{nil, {"schedule": "s"}, {"tick": noon.Format(time.RFC3339Nano)}, {"schedule": "s", "tick": "yesterday"}} {
		if got, ok := tasks.TickOf(h); ok {
			t.Errorf("%v is the tick %+v", h, got)
		}
	}
}

func TestSchedulesOfTheProgram(t *testing.T) {
	t.Parallel()
	list, err := tasks.Schedules([]tasks.Source{{NewsSource: &source{name: "hanbit"}, Every: 90 * time.Second}}, tasks.Periods{Market: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range list {
		got = append(got, fmt.Sprint(s.Name, " ", s.Kind, " ", string(s.Payload), " ", s.Queue, " ", s.Cron, " ", s.Misfire))
		if _, err := tasks.ParseCron(s.Cron); err != nil {
			t.Error(err)
		}
	}
	want := []string{"bars bars:due {} control @every 1m0s once", "market market:due {} control @every 1m0s once",
		"outcomes outcome:evaluate {} control @every 1m0s once",
		"performance performance:update {} control @every 1m0s once", "drift drift:watch {} control @every 1h0m0s once", "calibration calibration:fit {} control 35 17 * * * once",
		"digests digest:send {} notify 0 * * * * once",
		"amendments alert:amend {} notify @every 1m0s once",
		"filers filers:refresh {} crawl @every 24h0m0s once",
		"summaries summaries:expire {} control @every 1h0m0s once",
		`crawl-hanbit news:crawl {"source":"hanbit"} crawl @every 1m30s once`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
