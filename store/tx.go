package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/driver/pgdriver"

	"tickerwire/internal/fault"
)

// txAttempts is how often a transaction is tried that the server ends because of a deadlock or a serialisation failure.
const txAttempts = 4

// tx runs fn in a transaction. fn may run several times: it must change nothing but the database.
func (db *DB) tx(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) error {
	var err error
	for range txAttempts {
		err = db.bun.RunInTx(ctx, nil, fn)
		if code := sqlState(err); code != "40P01" && code != "40001" {
			return err
		}
	}
	return err
}

// fail adds what was asked for to err and gives it a kind: a missing row is NotFound, a lost server Unavailable. An
// error that has a kind already keeps it. nil stays nil. Of one row by its name use failOne.
func fail(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	what := fmt.Sprintf(format, args...)
	switch {
	case fault.KindOf(err) != fault.Internal:
		return fmt.Errorf("store: %s: %w", what, err)
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("store: %w", fault.New(fault.NotFound, "%s: there is no such row", what))
	case unreachable(err):
		return fmt.Errorf("store: %s: %v: %w", what, err,
			fault.Because(fault.Unavailable, err, "the database cannot be reached"))
	}
	return fmt.Errorf("store: %s: %w", what, err)
}

// failOne is fail for one row that was asked for by its name, which the format says: a caller reads that it does not exist.
func failOne(err error, format string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) && fault.KindOf(err) == fault.Internal {
		return notFound(format, args...)
	}
	return fail(err, format, args...)
}

// notFound is the fault of a row that is not there.
func notFound(format string, args ...any) error {
	return fmt.Errorf("store: %w", fault.New(fault.NotFound, "%s does not exist", fault.Say(format, args...)))
}

// unreachable reports whether err means that the server is away rather than that it refused the statement.
func unreachable(err error) bool {
	var netErr net.Error
	var op *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &op) && op.Op == "dial": // which says that a deadline has passed, too
		return true
	case errors.Is(err, context.DeadlineExceeded):
		return false
	}
	switch sqlState(err) {
	case "57P01", "57P02", "57P03", "53300": // shut down, crashed, starting, too many connections
		return true
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &netErr)
}

// sqlState returns the server's five-letter error code in err's chain, "" when there is none.
func sqlState(err error) string {
	var pg pgdriver.Error
	if errors.As(err, &pg) {
		return pg.Field('C')
	}
	return pgxState(err)
}
