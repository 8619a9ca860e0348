package store_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/store"
	"tickerwire/store/migrations"
	"tickerwire/store/storetest"
)

func TestMigrateTwice(t *testing.T) {
	t.Parallel()
	db := storetest.Empty(t)
	all, err := store.ReadMigrations(migrations.Files)
	if err != nil {
		t.Fatal(err)
	}
	first, err := db.Migrate(t.Context())
	if err != nil || len(first) != len(all) {
		t.Fatalf("first Migrate applied %v, %v; want %d files", first, err, len(all))
	}
	second, err := db.Migrate(t.Context())
	if err != nil || len(second) != 0 {
		t.Fatalf("second Migrate applied %v, %v; want none", second, err)
	}
	if err := db.CheckSchema(t.Context()); err != nil {
		t.Fatalf("CheckSchema of a current schema: %v", err)
	}
}

func TestMigrateConcurrently(t *testing.T) {
	t.Parallel()
	db := storetest.Empty(t)
	var wg sync.WaitGroup
	counts := make([]int, 4)
	for i := range counts {
		wg.Go(func() {
			applied, err := db.Migrate(t.Context())
			if err != nil {
				t.Error(err)
			}
			counts[i] = len(applied)
		})
	}
	wg.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	if all, err := store.ReadMigrations(migrations.Files); err != nil || total != len(all) {
		t.Fatalf("four processes applied %d files, want %d (%v)", total, len(all), err)
	}
}

func TestCheckSchema(t *testing.T) {
	t.Parallel()
	db := storetest.Empty(t)
	err := db.CheckSchema(t.Context())
	if fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "tickerctl migrate") {
		t.Fatalf("an empty schema gives %v, want Unavailable that says what to run", err)
	}
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	exec := func(q string) {
		t.Helper()
		if _, err := db.Bun().ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	exec(`insert into schema_migrations (version, name) select max(version) + 1, 'later' from schema_migrations`)
	if err := db.CheckSchema(t.Context()); err != nil {
		t.Fatalf("a schema newer by one: %v, want nil", err)
	}
	exec(`insert into schema_migrations (version, name) select max(version) + 1, 'much later' from schema_migrations`)
	if err := db.CheckSchema(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("a schema newer by two: %v, want Unavailable", err)
	}
	exec(`delete from schema_migrations where name <> '0001_stocks.sql'`)
	if err := db.CheckSchema(t.Context()); err == nil || !strings.Contains(err.Error(), "schema is at 1,") {
		t.Fatalf("an old schema: %v, want it to say that the schema is at 1", err)
	}
}

func TestReadMigrations(t *testing.T) {
	t.Parallel()
	file := &fstest.MapFile{Data: []byte("select 1;")}
	tests := []struct {
		name  string
		files fstest.MapFS
		ok    bool
	}{
		{"in order", fstest.MapFS{"0001_a.sql": file, "0002_b.sql": file}, true},
		{"a gap", fstest.MapFS{"0001_a.sql": file, "0003_b.sql": file}, false},
		{"a double", fstest.MapFS{"0001_a.sql": file, "0001_b.sql": file}, false},
		{"not from one", fstest.MapFS{"0002_a.sql": file}, false},
		{"a stray name", fstest.MapFS{"0001_a.sql": file, "notes.sql": file}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			list, err := store.ReadMigrations(tt.files)
			if (err == nil) != tt.ok {
				t.Fatalf("got %v, %v; want ok = %v", list, err, tt.ok)
			}
			if !tt.ok && fault.KindOf(err) != fault.Invalid {
				t.Fatalf("got %v, want an Invalid fault", err)
			}
		})
	}
}

func TestOpenHidesPassword(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	tests := []struct {
		name, url string
		kind      fault.Kind
	}{
		{"nobody listens", "postgres://u:sesame@127.0.0.1:1/db?sslmode=disable", fault.Unavailable},
		{"a broken port", "postgres://u:sesame@127.0.0.1:port/db", fault.Invalid},
		{"no such scheme", "mysql://u:sesame@127.0.0.1/db", fault.Invalid},
		{"an unknown sslmode", "postgres://u:sesame@127.0.0.1:1/db?sslmode=perhaps", fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := store.Open(ctx, store.Options{URL: tt.url})
			if fault.KindOf(err) != tt.kind || strings.Contains(err.Error(), "sesame") {
				t.Fatalf("got %v, want kind %v and no password", err, tt.kind)
			}
		})
	}
}
