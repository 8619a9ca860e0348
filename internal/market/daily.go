package market

import "time"

// IndexName names an index as the archive and the store do.
type IndexName string

// The indices that are kept.
const (
	KOSPI    IndexName = "KOSPI"
	KOSDAQ   IndexName = "KOSDAQ"
	KOSPI200 IndexName = "KOSPI200"
)

// IndexDay is one day's levels of one index, in points with two decimals. Open, High and Low are 0 when the source gives
// a close only. Like a Bar it may have several versions.
type IndexDay struct {
	Name                   IndexName
	Day                    Day
	Open, High, Low, Close float64
	Source                 string
	KnownAt                time.Time
}

// Flow is what the kinds of investors bought of one stock on one day, less what they sold.
type Flow struct {
	Code                              Code
	Day                               Day
	Persons, Foreigners, Institutions NetBuying
	Source                            string
	KnownAt                           time.Time
}

// NetBuying is bought less sold: Shares in shares, Won in won (sources give it to the million).
type NetBuying struct{ Shares, Won int64 }

// Quote is a stock's price of the moment, all prices in raw won. Upper and Lower are the day's price limits, Base is
// the price that they and the change count from.
type Quote struct {
	Code            Code
	Price, Base     int64
	Open, High, Low int64
	Upper, Lower    int64
	Volume          int64 // shares of the day so far
	Halted          bool
	Source          string
	At              time.Time
}

// OpenDay says of one day whether the exchange opens on it.
type OpenDay struct {
	Day  Day
	Open bool
}
