package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun/driver/pgdriver"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// TestStoryDaysNeverDrift has writers add and remove stories' companies at once, and compares what is kept per day with what
// there is.
func TestStoryDaysNeverDrift(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	bulk(t, db, 60)
	var group sync.WaitGroup
	for writer := range 4 {
		group.Go(func() {
			for round := range 12 {
				at := (writer*12 + round) % 60
				for _, statement := range []string{
					fmt.Sprintf(`insert into story_codes (story_id, code, available_at, base_day)
						select id, 'Z0000' || (id + %d) %% 3, available_at, '2026-03-02'::date + (id %% 4)::int from stories where id %% 7 = %d on conflict do nothing`, writer, round%7),
					fmt.Sprintf(`delete from story_codes where story_id %% 11 = %d and code like 'Z%%'`, at%11),
				} {
					if _, err := db.Bun().ExecContext(t.Context(), statement); err != nil && !deadlocked(err) {
						t.Error(err)
					}
				}
			}
		})
	}
	group.Wait()
	type day struct {
		Code    string
		BaseDay string
		Stories int
		Newest  int64
	}
	read := func(query string) (days []day) {
		t.Helper()
		if err := db.Bun().NewRaw(query).Scan(t.Context(), &days); err != nil {
			t.Fatal(err)
		}
		return days
	}
	kept := read(`select code, base_day::text, stories, newest from story_days order by 1, 2`)
	counted := read(`select code, base_day::text, count(*) as stories, max(story_id) as newest from story_codes group by 1, 2 order by 1, 2`)
	if diff := cmp.Diff(counted, kept); diff != "" || len(kept) == 0 {
		t.Errorf("%d days (-counted +kept):\n%s", len(kept), diff)
	}
}

// deadlocked reports that the server has ended a transaction so that others go on: the program's own begin anew.
func deadlocked(err error) bool {
	var pg pgdriver.Error
	return errors.As(err, &pg) && pg.Field('C') == "40P01"
}

func TestChartOfNothing(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	day := market.DayOf(noon)
	if _, err := db.Chart(t.Context(), store.ChartFilter{Code: "999999", From: day - 5, To: day, KnownBy: noon, Days: 10, Markers: 10}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a stock that is not tracked: %v", err)
	}
}
