package chaos

import (
	"context"
	"slices"

	"tickerwire/internal/burst"
	"tickerwire/store"
)

// checkMessages holds every message against the notices.
func checkMessages(ctx context.Context, db *store.DB, seen Seen) (Result, error) {
	twice, missing, err := burst.Strays(ctx, db, nil, seen.Messages)
	return found("no message came twice, none that counts as sent is missing", len(seen.Messages), slices.Concat(twice, missing)), err
}
