package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
)

// Scratch is a database in a schema of its own that is dropped with Discard.
type Scratch struct {
	*DB
	schema string
	o      Options
}

// OpenScratch makes a new, migrated schema in the database of o, in which the user may create schemas, and opens it. What
// else is in that database is not touched.
func OpenScratch(ctx context.Context, o Options) (*Scratch, error) {
	s := &Scratch{schema: "scratch_" + strings.ToLower(rand.Text()), o: o}
	if err := s.outside(ctx, `create schema `+s.schema); err != nil {
		return nil, err
	}
	inside := o
	inside.SearchPath = s.schema
	var err error
	if s.DB, err = Open(ctx, inside); err == nil {
		_, err = s.DB.Migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Discard(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// Discard closes the database and drops its schema.
func (s *Scratch) Discard(ctx context.Context) error {
	var err error
	if s.DB != nil {
		err = s.DB.Close()
	}
	return errors.Join(err, s.outside(ctx, fmt.Sprintf(`drop schema %s cascade`, s.schema)))
}

// outside runs a statement beside the schema.
func (s *Scratch) outside(ctx context.Context, statement string) (err error) {
	o := s.o
	o.MaxConns = 1
	db, err := Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.bun.ExecContext(ctx, statement)
	return fail(err, "a schema to throw away")
}
