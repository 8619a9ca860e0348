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
// error that has a kind already keeps it. nil stays nil.
func fail(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	what := fmt.Sprintf(format, args...)
	switch {
	case fault.KindOf(err) != fault.Internal:
		return fmt.Errorf("store: %s: %w", what, err)
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("store: %w", fault.New(fault.NotFound, "%s does not exist", what))
	case unreachable(err):
		return fmt.Errorf("store: %s: %v: %w", what, err,
			&fault.Error{Kind: fault.Unavailable, Message: "the database cannot be reached", Err: err})
	}
	return fmt.Errorf("store: %s: %w", what, err)
}

// notFound is the fault of a row that is not there.
func notFound(format string, args ...any) error { return fail(sql.ErrNoRows, format, args...) }

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
