package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"

	"github.com/uptrace/bun"

	"tickerwire/internal/fault"
	"tickerwire/store/migrations"
)

// Migration is one numbered SQL file.
type Migration struct {
	Version int
	Name    string // the file's name
	SQL     string
}

var migrationName = regexp.MustCompile(`^(\d{4})_[a-z0-9_]+\.sql$`)

// ReadMigrations returns the .sql files of fsys in order. A name that is not NNNN_concern.sql, a number used twice or a
// gap is an error.
func ReadMigrations(fsys fs.FS) ([]Migration, error) {
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("store: list migrations: %w", err)
	}
	var list []Migration
	for i, name := range names { // Glob sorts by name, hence by number
		m := migrationName.FindStringSubmatch(name)
		if m == nil {
			return nil, fault.New(fault.Invalid, "migration %s is not named NNNN_concern.sql", name)
		}
		version, err := strconv.Atoi(m[1])
		if err != nil || version != i+1 {
			return nil, fault.New(fault.Invalid, "migration %s stands where number %04d belongs: numbers start at 0001, without a gap or a double", name, i+1)
		}
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("store: migration %s: %w", name, err)
		}
		list = append(list, Migration{Version: version, Name: name, SQL: string(body)})
	}
	return list, nil
}

// Migrate brings the schema to this program's version and returns the names of the files it applied, in order. Each
// file runs in a transaction of its own; several processes may call it at once. A schema that is newer than the
// program is left alone.
func (db *DB) Migrate(ctx context.Context) (applied []string, err error) {
	list, err := ReadMigrations(migrations.Files)
	if err != nil {
		return nil, err
	}
	// A pool of its own: building an index over a million articles takes longer than any query of ours may.
	patient := connect(db.options, 0)
	defer patient.Close()
	conn, err := patient.Conn(ctx)
	if err != nil {
		return nil, fail(err, "migrate: connect")
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `select pg_advisory_lock(hashtext(current_schema()), ?)`, migrateLock); err != nil {
		return nil, fail(err, "migrate: lock")
	}
	defer func() {
		// A cancelled context must not leave the lock on a pooled connection.
		if _, unlockErr := conn.ExecContext(context.WithoutCancel(ctx), `select pg_advisory_unlock(hashtext(current_schema()), ?)`, migrateLock); err == nil && unlockErr != nil {
			err = fail(unlockErr, "migrate: unlock")
		}
	}()
	if _, err := conn.ExecContext(ctx, `create table if not exists schema_migrations (
		version integer primary key, name text not null, applied_at timestamptz not null default now())`); err != nil {
		return nil, fail(err, "migrate: table schema_migrations")
	}
	current, err := schemaVersion(ctx, conn)
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		if m.Version <= current {
			continue
		}
		if err := apply(ctx, conn, m); err != nil {
			return applied, err
		}
		applied = append(applied, m.Name)
	}
	return applied, nil
}

// apply runs one file and notes it, both or neither.
func apply(ctx context.Context, conn bun.Conn, m Migration) error {
	err := conn.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		// Without arguments, so that a question mark in the file is not taken for a placeholder.
		if _, err := tx.Tx.ExecContext(ctx, m.SQL); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `insert into schema_migrations (version, name) values (?, ?)`, m.Version, m.Name)
		return err
	})
	return fail(err, "migration %s", m.Name)
}

// CheckSchema returns nil when this program can run on the schema: at its own version, or one newer. Otherwise it is an
// Unavailable fault that says what to do.
func (db *DB) CheckSchema(ctx context.Context) error {
	list, err := ReadMigrations(migrations.Files)
	if err != nil {
		return err
	}
	current, err := schemaVersion(ctx, db.bun)
	if sqlState(err) == "42P01" { // no table schema_migrations: nothing was ever applied
		current, err = 0, nil
	}
	if err != nil {
		return err
	}
	switch need := len(list); {
	case current < need:
		return fault.New(fault.Unavailable, "schema is at %d, this program needs %d: run `tickerctl migrate`", current, need)
	case current > need+1:
		return fault.New(fault.Unavailable, "schema is at %d, this program knows %d and one more: update the program", current, need)
	}
	return nil
}

func schemaVersion(ctx context.Context, q bun.IDB) (int, error) {
	var version sql.NullInt64
	if err := q.NewRaw(`select max(version) from schema_migrations`).Scan(ctx, &version); err != nil {
		return 0, fail(err, "schema version")
	}
	return int(version.Int64), nil
}
