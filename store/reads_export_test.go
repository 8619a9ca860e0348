package store

import "github.com/jackc/pgx/v5/pgxpool"

// ReadPool is where the observed statements are read.
func (db *DB) ReadPool() *pgxpool.Pool { return db.reads.pool }
