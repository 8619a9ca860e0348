package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// broke notes that a piece of work failed of a cause.
func broke(t testing.TB, db *store.DB, key, fingerprint, state string) {
	t.Helper()
	if err := db.RecordFailure(t.Context(), store.Failure{Kind: "k", Key: key, Queue: "q", Fingerprint: fingerprint, Error: "e", State: state}); err != nil {
		t.Fatal(err)
	}
}

// cause returns a cause with all its failures, resolved ones too.
func cause(t testing.TB, db *store.DB, fingerprint string) store.Cause {
	t.Helper()
	list, err := db.Causes(t.Context(), store.CauseFilter{FailureMatch: store.FailureMatch{Fingerprint: fingerprint}, Resolved: true})
	if err != nil || len(list) != 1 {
		t.Fatalf("cause %s: %+v, %v", fingerprint, list, err)
	}
	return list[0]
}

func TestACauseComesBack(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	resolve := func(key string) {
		t.Helper()
		if err := db.ResolveFailure(t.Context(), "k", key); err != nil {
			t.Fatal(err)
		}
	}
	cameBack := func(fingerprint string) bool { t.Helper(); return !cause(t, db, fingerprint).CameBackAt.IsZero() }
	broke(t, db, "1", "a", "")
	broke(t, db, "2", "a", "")
	resolve("1")
	broke(t, db, "1", "a", "")
	if cameBack("a") {
		t.Error("it came back although work 2 has been open all the time")
	}
	resolve("1")
	resolve("2")
	if cameBack("a") {
		t.Error("it came back by being resolved")
	}
	first := cause(t, db, "a").SeenAt
	if _, err := db.RecordCrash(t.Context(), store.Failure{Kind: "k", Key: "3", Queue: "q", Fingerprint: "a", Error: "e"}, 3); err != nil {
		t.Fatal(err)
	}
	got := cause(t, db, "a")
	if got.SeenAt != first || !got.CameBackAt.After(first) {
		t.Errorf("seen at %s, came back at %s; want first seen at %s", got.SeenAt, got.CameBackAt, first)
	}
	since := got.CameBackAt
	broke(t, db, "4", "a", "")
	if got := cause(t, db, "a"); got.CameBackAt != since {
		t.Errorf("a further failure moves its return from %s to %s", since, got.CameBackAt)
	}
	// Work that fails of one thing and then of another has not been done in between.
	broke(t, db, "5", "b", "")
	broke(t, db, "5", "c", "")
	broke(t, db, "5", "b", "")
	if cameBack("b") {
		t.Error("b came back although its only work never succeeded")
	}
}

func TestFailuresAreCountedByTheHour(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	var group sync.WaitGroup
	for i := range 40 { // over several connections: the parts of an hour
		group.Go(func() { broke(t, db, fmt.Sprint(i%20), "a", "") })
	}
	group.Wait()
	broke(t, db, "other", "b", "")
	exec(t, db, `update failure_hours set hour = date_trunc('hour', now())`) // should one have begun meanwhile
	exec(t, db, `insert into failure_hours (fingerprint, hour, part, failed) select 'a', date_trunc('hour', now()) - make_interval(hours => h), 0, h from unnest(array[1, 23, 24]) h`)
	list, err := db.Causes(t.Context(), store.CauseFilter{})
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	want := map[string][store.CauseHours]int{"a": {0: 23, 22: 1, 23: 40}, "b": {23: 1}}
	for _, c := range list {
		if c.Hours != want[c.Fingerprint] {
			t.Errorf("%s: %v, want %v", c.Fingerprint, c.Hours, want[c.Fingerprint])
		}
	}
}

func TestACauseIsIgnoredForAWhile(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	by := user(t, db, "operator@example.com").ID
	broke(t, db, "1", "a", store.FailureGaveUp)
	broke(t, db, "2", "b", store.FailureGaveUp)
	exec(t, db, `delete from failure_causes where fingerprint = 'b'`) // as a failure that the version before wrote
	listed := func(ignored bool) (names string) {
		t.Helper()
		list, err := db.Causes(t.Context(), store.CauseFilter{Ignored: &ignored})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			names += c.Fingerprint
		}
		return names
	}
	edit := func(fingerprint string, e store.CauseEdit) {
		t.Helper()
		if err := db.EditCause(t.Context(), fingerprint, e, by); err != nil {
			t.Fatal(err)
		}
	}
	until, note, nothing := time.Now().Add(time.Hour).Truncate(time.Second), "the model is away until Monday", ""
	edit("a", store.CauseEdit{IgnoreUntil: &until})
	edit("b", store.CauseEdit{Note: &note})
	if listed(true) != "a" || listed(false) != "b" {
		t.Errorf("ignored %q, others %q", listed(true), listed(false))
	}
	a, b := cause(t, db, "a"), cause(t, db, "b")
	if !a.IgnoredUntil.Equal(until) || a.IgnoredBy != by || a.Note != "" {
		t.Errorf("ignored: %+v", a)
	}
	if b.Note != note || b.NotedBy != by || b.NotedAt.IsZero() || !b.IgnoredUntil.IsZero() || !b.SeenAt.Equal(b.FirstAt) {
		t.Errorf("noted: %+v", b)
	}
	edit("b", store.CauseEdit{Note: &nothing})
	if b := cause(t, db, "b"); b.Note != "" || b.NotedBy != 0 || !b.NotedAt.IsZero() {
		t.Errorf("the note that was taken away: %+v", b)
	}
	exec(t, db, `update failure_causes set ignored_until = now() where fingerprint = 'a'`)
	if a := cause(t, db, "a"); listed(true) != "" || !a.IgnoredUntil.IsZero() || a.IgnoredBy != 0 {
		t.Errorf("when the time has come it is still ignored: %+v", a)
	}
	edit("a", store.CauseEdit{IgnoreUntil: &until})
	edit("a", store.CauseEdit{IgnoreUntil: new(time.Time)})
	if listed(true) != "" {
		t.Error("it is ignored although somebody wants to hear of it again")
	}
	if err := db.EditCause(t.Context(), "nothing", store.CauseEdit{Note: &note}, by); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a cause that nobody has: %v", err)
	}
}

// TestACauseIsForgottenWithItsFailures: what is ignored for longer stays so.
func TestACauseIsForgottenWithItsFailures(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	for i, name := range []string{"gone", "ignored", "fresh"} {
		broke(t, db, fmt.Sprint(i), name, store.FailureResolved)
	}
	exec(t, db, `update failures set last_at = now() - interval '31 days' where fingerprint <> 'fresh'`)
	exec(t, db, `update failure_causes set note = 'n', ignored_until = case fingerprint when 'ignored' then now() + interval '1 day' end`)
	exec(t, db, `update failure_hours set hour = now() - interval '3 days' where fingerprint = 'gone'`)
	if err := db.ForgetOld(t.Context()); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int{`select count(*) from failure_causes where fingerprint in ('ignored', 'fresh')`: 2, `select count(*) from failure_causes`: 2,
		`select count(*) from failure_hours`: 2} {
		if got := count(t, db, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}
