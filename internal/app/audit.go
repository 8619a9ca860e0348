package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"time"

	"tickerwire/handlers"
	"tickerwire/internal/config"
	"tickerwire/store"
)

// auditLimit bounds the writing of what became of an errand.
const auditLimit = 5 * time.Second

// change is what an errand is about to change, for the audit log. Input holds no secret.
type change struct {
	action string // the command, without its arguments: "tickerctl user create"
	of     string // what it is asked of: an address, a folder, a version
	input  map[string]any
}

// changing opens the configured database for an errand that changes something, and writes down that it does: nothing is
// changed of which there is no row.
func changing(ctx context.Context, cfg config.Config, c change, do func(*store.DB) error) error {
	return withDB(ctx, cfg, func(db *store.DB) error {
		if err := db.CheckSchema(ctx); err != nil {
			return err
		}
		return audited(ctx, db, c, func() error { return do(db) })
	})
}

// audited does what a row of the audit log was written of, and notes there how it ended. An errand that was killed leaves a
// row without an end.
func audited(ctx context.Context, db *store.DB, c change, do func() error) error {
	id, err := beginAudit(ctx, db, c)
	if err != nil {
		return err
	}
	err = do()
	status := 200
	if err != nil {
		status = handlers.StatusOf(err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditLimit)
	defer cancel()
	return errors.Join(err, db.EndAudit(ctx, id, status))
}

func beginAudit(ctx context.Context, db *store.DB, c change) (int64, error) {
	input, err := json.Marshal(c.input)
	if err != nil {
		return 0, fmt.Errorf("encode an audit row: %w", err)
	}
	if c.input == nil {
		input = nil
	}
	host, err := os.Hostname()
	if err != nil {
		host = "a machine without a name"
	}
	return db.BeginAudit(ctx, store.AuditEntry{Actor: "tickerctl:" + account(), Action: c.action, Path: c.of, Input: input, Address: host})
}

// account names the account of the operating system that runs this process; its number where it has no name, as in a
// container.
func account() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return strconv.Itoa(os.Getuid())
}
