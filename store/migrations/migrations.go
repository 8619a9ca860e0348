// Package migrations holds the schema as numbered SQL files, applied in order, each in its own transaction, and never
// edited once merged.
package migrations

import "embed"

// Files holds the .sql files, named NNNN_concern.sql.
//
//go:embed *.sql
var Files embed.FS
