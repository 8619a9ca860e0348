// Package storetest gives a test a clean, migrated schema of its own on a real Postgres. It holds no fixtures.
package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"testing"
	"time"

	"tickerwire/store"
)

// New returns a database whose schema is new, migrated and the test's own; it is dropped when the test ends. The server
// is the one of TEST_DATABASE_URL, a database in which the user may create schemas; without it the test fails.
func New(t testing.TB) *store.DB {
	t.Helper()
	db := Empty(t)
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// Empty is New without the migrations.
func Empty(t testing.TB) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{URL: URL(t), MaxConns: 12, SearchPath: schema(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// URL returns TEST_DATABASE_URL and fails the test when it is unset.
func URL(t testing.TB) string {
	t.Helper()
	url := os.Getenv("TEST_DATABASE_URL")
	if url == "" {
		t.Fatal("TEST_DATABASE_URL is unset: name a Postgres in which schemas may be created, as in postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable")
	}
	return url
}

// schema creates a schema with a name of its own and drops it when the test ends.
func schema(t testing.TB) string {
	t.Helper()
	admin, err := store.Open(t.Context(), store.Options{URL: URL(t), MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	name := "test_" + hex.EncodeToString(random(t))
	if _, err := admin.Bun().ExecContext(t.Context(), fmt.Sprintf(`create schema %s`, name)); err != nil {
		t.Fatal(err)
	}
	if err := admin.Close(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { drop(t, name) })
	return name
}

// drop runs after the test's context has ended, hence with one of its own.
func drop(t testing.TB, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
	defer cancel()
	admin, err := store.Open(ctx, store.Options{URL: URL(t), MaxConns: 1})
	if err != nil {
		t.Error(err)
		return
	}
	defer admin.Close()
	if _, err := admin.Bun().ExecContext(ctx, fmt.Sprintf(`drop schema %s cascade`, name)); err != nil {
		t.Error(err)
	}
}

func random(t testing.TB) []byte {
	b := make([]byte, 8)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return b
}
