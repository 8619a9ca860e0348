package store

import (
	"context"
	"database/sql"
	"errors"
	"math/bits"
	"time"

	"github.com/uptrace/bun"
)

// A breaker opens after so many failures in a row, or so many among the last few attempts.
const (
	breakerInRow  = 5
	breakerFailed = 10
	breakerAmong  = 20
)

// It stays open for breakerFirst, doubled each time that the source fails again, up to breakerMost. Whoever tries it then
// has breakerProbe to come back; the others ask again every breakerAgain.
const (
	breakerFirst = 10 * time.Second
	breakerMost  = 5 * time.Minute
	breakerProbe = time.Minute
	breakerAgain = 2 * time.Second
)

// rememberedAttempts is how many attempts a Breaker remembers.
const rememberedAttempts = 32

// BreakerState is a breaker's state at an instant.
type BreakerState string

// The states. An open breaker lets nobody through; a half open one lets one crawl try the source.
const (
	BreakerClosed   BreakerState = "closed"
	BreakerOpen     BreakerState = "open"
	BreakerHalfOpen BreakerState = "half_open"
)

// Breaker keeps the whole fleet from asking a source that is down. It is a value: its methods return what follows, and
// take the wall clock's now. The zero Breaker is closed.
type Breaker struct {
	OpenUntil  time.Time // zero while it is closed; past it, it is half open
	ProbeUntil time.Time // until when the crawl that tries the source has time; zero when none does
	Opened     int       // how often it opened since it was closed
	Recent     uint32    // the last attempts, the newest in the lowest bit; 1: failed
	Attempts   int       // how many of them there were
	Counted    int       // how many since it was closed: those before do not open it again
}

// State returns the state at now.
func (b Breaker) State(now time.Time) BreakerState {
	switch {
	case b.OpenUntil.IsZero():
		return BreakerClosed
	case now.Before(b.OpenUntil):
		return BreakerOpen
	}
	return BreakerHalfOpen
}

// ErrorRate returns the share of the remembered attempts that failed; 0 when there are none.
func (b Breaker) ErrorRate() float64 {
	return float64(bits.OnesCount32(b.Recent&newest(b.Attempts))) / float64(max(b.Attempts, 1))
}

// Enter asks to crawl at now. A wait above zero says no, and when to ask again; else the caller may, and is the one who
// tries the source when it is half open.
func (b Breaker) Enter(now time.Time) (Breaker, time.Duration) {
	switch b.State(now) {
	case BreakerOpen:
		return b, b.OpenUntil.Sub(now)
	case BreakerHalfOpen:
		if now.Before(b.ProbeUntil) {
			return b, breakerAgain
		}
		b.ProbeUntil = now.Add(breakerProbe)
	}
	return b, 0
}

// Note counts an attempt that ended at now. One that succeeds closes a half open breaker, one that fails opens it again,
// for longer. What ends while it is open was begun before and changes nothing.
func (b Breaker) Note(failed bool, now time.Time) Breaker {
	b.Recent <<= 1
	if failed {
		b.Recent |= 1
	}
	b.Attempts, b.Counted = min(b.Attempts+1, rememberedAttempts), min(b.Counted+1, rememberedAttempts)
	switch b.State(now) {
	case BreakerHalfOpen:
		if !failed {
			return Breaker{Recent: b.Recent, Attempts: b.Attempts}
		}
		return b.open(now)
	case BreakerClosed:
		counted := b.Recent & newest(b.Counted)
		inRow := bits.TrailingZeros32(^counted)
		if failed && (inRow >= breakerInRow || bits.OnesCount32(counted&newest(breakerAmong)) >= breakerFailed) {
			return b.open(now)
		}
	}
	return b
}

func (b Breaker) open(now time.Time) Breaker {
	b.OpenUntil, b.ProbeUntil = now.Add(min(breakerFirst<<min(b.Opened, 10), breakerMost)), time.Time{}
	b.Opened++
	return b
}

// newest is a mask of the n newest attempts.
func newest(n int) uint32 { return uint32(1)<<n - 1 }

// breakerColumns are a Breaker's columns of sources.
type breakerColumns struct {
	OpenUntil  time.Time `bun:"open_until,nullzero"`
	ProbeUntil time.Time `bun:"probe_until,nullzero"`
	Opened     int       `bun:"opened"`
	Recent     int64     `bun:"recent"`
	Attempts   int       `bun:"attempts"`
	Counted    int       `bun:"counted"`
}

func (c breakerColumns) toNoun() Breaker {
	return Breaker{OpenUntil: c.OpenUntil, ProbeUntil: c.ProbeUntil, Opened: c.Opened, Recent: uint32(c.Recent), // #nosec G115 -- the bits of the column, 32 of them
		Attempts: c.Attempts, Counted: c.Counted}
}

// EnterSource asks whether a source may be crawled now. off: an admin has switched it off; a wait above zero: its breaker
// is open, or somebody else tries it. Who may and is put back before it has asked the source must leave it again, see
// LeaveSource; SaveCrawl does so for everybody else.
func (db *DB) EnterSource(ctx context.Context, name string) (off bool, wait time.Duration, err error) {
	var row struct{ Off, Closed bool }
	err = db.bun.NewRaw(`select off, open_until is null as closed from sources where name = ?`, name).Scan(ctx, &row)
	switch {
	case errors.Is(err, sql.ErrNoRows): // it was never crawled nor declared
		return false, 0, nil
	case err != nil || row.Off || row.Closed:
		return row.Off, 0, failOne(err, "source %s", name)
	}
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		return changeBreaker(ctx, tx, name, func(b Breaker, now time.Time) Breaker {
			b, wait = b.Enter(now)
			return b
		})
	})
	return false, wait, fail(err, "enter source %s", name)
}

// LeaveSource lets somebody else try a half open source.
func (db *DB) LeaveSource(ctx context.Context, name string) error {
	_, err := db.bun.ExecContext(ctx, `update sources set probe_until = null where name = ? and probe_until is not null`, name)
	return fail(err, "leave source %s", name)
}

// changeBreaker changes a source's breaker under the row's lock, on the database's wall clock. The lock is none of the key:
// who has just written of the source elsewhere holds it to its key.
func changeBreaker(ctx context.Context, tx bun.Tx, name string, change func(b Breaker, now time.Time) Breaker) error {
	var row struct {
		breakerColumns
		Now time.Time
	}
	err := tx.NewRaw(`
		select open_until, probe_until, opened, recent, attempts, counted, clock_timestamp() as now
		from sources where name = ? for no key update`, name).Scan(ctx, &row)
	if err != nil {
		return err
	}
	b := change(row.toNoun(), row.Now)
	_, err = tx.ExecContext(ctx, `
		update sources set open_until = ?, probe_until = ?, opened = ?, recent = ?, attempts = ?, counted = ? where name = ?`,
		bun.NullZero(b.OpenUntil), bun.NullZero(b.ProbeUntil), b.Opened, int64(b.Recent), b.Attempts, b.Counted, name)
	return err
}
