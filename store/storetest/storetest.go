// Package storetest gives a test a clean, migrated database of its own on a real Postgres. It holds no fixtures.
package storetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"tickerwire/store"
	"tickerwire/store/migrations"
)

// New returns a database that is new, migrated and the test's own; it is dropped when the test ends. The server is the one
// of TEST_DATABASE_URL, on which the user may create databases; without it the test fails. The migrations run once per
// server: every database is a copy of the first one.
func New(t testing.TB) *store.DB {
	t.Helper()
	name, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	return open(t, create(t, name))
}

// Empty is New without the migrations.
func Empty(t testing.TB) *store.DB {
	t.Helper()
	return open(t, EmptyURL(t))
}

// EmptyURL returns the URL of an empty database of the test's own, for programs that connect by themselves; it is dropped
// when the test ends, whoever is still connected.
func EmptyURL(t testing.TB) string {
	t.Helper()
	return create(t, "template0")
}

// URL returns TEST_DATABASE_URL and fails the test when it is unset.
func URL(t testing.TB) string {
	t.Helper()
	server, err := serverURL()
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// URLOf returns the URL of a test's database, for a process of the test's that connects by itself.
func URLOf(t testing.TB, db *store.DB) string {
	t.Helper()
	var name string
	if err := db.Bun().NewRaw(`select current_database()`).Scan(t.Context(), &name); err != nil {
		t.Fatal(err)
	}
	return sibling(URL(t), name)
}

func serverURL() (string, error) {
	server := os.Getenv("TEST_DATABASE_URL")
	if server == "" {
		return "", errors.New("TEST_DATABASE_URL is unset: name a Postgres on which databases may be created, as in postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable")
	}
	return server, nil
}

func open(t testing.TB, url string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{URL: url, MaxConns: 12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// create makes a database as a copy of another one, drops it when the test ends, and returns its URL.
func create(t testing.TB, template string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text()[:16])
	if err := administer(t.Context(), "create database "+name+" template "+template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // after the test's context has ended, hence with one of its own
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
		defer cancel()
		if err := administer(ctx, "drop database "+name+" with (force)"); err != nil {
			t.Error(err)
		}
	})
	return sibling(URL(t), name)
}

// administer runs statements on the server's own database, over one connection.
func administer(ctx context.Context, statements ...string) error {
	server, err := serverURL()
	if err != nil {
		return err
	}
	admin, err := store.Open(ctx, store.Options{URL: server, MaxConns: 1})
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := admin.Bun().ExecContext(ctx, s); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", s, err), admin.Close())
		}
	}
	return admin.Close()
}

// sibling returns the URL of another database on a server.
func sibling(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server // it was connected to
	}
	u.Path = "/" + name
	return u.String()
}

// templateLock keeps the processes of a test run from making the same database at once.
const templateLock = 5710

// migrated returns the name of the database that New copies, once it is there. It is named after the migrations.
var migrated = sync.OnceValues(func() (string, error) {
	sum := sha256.New()
	list, err := store.ReadMigrations(migrations.Files)
	if err != nil {
		return "", err
	}
	for _, m := range list {
		fmt.Fprintln(sum, m.Name, m.SQL) // a hash never fails to be written
	}
	name := "template_" + hex.EncodeToString(sum.Sum(nil))[:16]
	server, err := serverURL()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	admin, err := store.Open(ctx, store.Options{URL: server, MaxConns: 1}) // the lock is the one connection's
	if err != nil {
		return "", err
	}
	defer admin.Close()
	var there bool
	if _, err = admin.Bun().ExecContext(ctx, `select pg_advisory_lock(?)`, templateLock); err == nil {
		err = admin.Bun().NewRaw(`select exists (select from pg_database where datname = ?)`, name).Scan(ctx, &there)
	}
	if err != nil || there {
		return name, err
	}
	raw := name + "_raw" // what a killed process left is not what it was to be
	for _, s := range []string{"drop database if exists " + raw, "create database " + raw + " template template0"} {
		if _, err := admin.Bun().ExecContext(ctx, s); err != nil {
			return "", fmt.Errorf("%s: %w", s, err)
		}
	}
	db, err := store.Open(ctx, store.Options{URL: sibling(server, raw), MaxConns: 1})
	if err != nil {
		return "", err
	}
	_, err = db.Migrate(ctx)
	if err = errors.Join(err, db.Close()); err != nil {
		return "", err
	}
	_, err = admin.Bun().ExecContext(ctx, "alter database "+raw+" rename to "+name)
	return name, err
})
