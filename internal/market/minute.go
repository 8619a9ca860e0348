package market

import "time"

// Venue is where a stock is traded.
type Venue string

// The venues. An article's first tradable price may be on either.
const (
	KRX Venue = "krx" // the exchange: its session and, since 2026-09-14, its after-market
	NXT Venue = "nxt" // Nextrade, the alternative system, since 2025-03-04
)

// Minute is one minute's trading of one stock at one venue. Prices are raw won, Volume is shares. A minute without a
// trade has none.
type Minute struct {
	Code                   Code
	Venue                  Venue
	At                     time.Time // when the minute begins
	Open, High, Low, Close int64
	Volume                 int64
	Source                 string
	KnownAt                time.Time // when the minute was over
}
