package market

import "time"

// Bar is one official daily row of one stock. Prices are raw won as traded that day, Volume is shares.
// A day may have several versions: KIS's after the close, KRX's at T+1, and later corrections; a reader takes the one
// with the latest KnownAt that is not after its own as_of.
type Bar struct {
	Code                   Code
	Day                    Day
	Open, High, Low, Close int64   // won; Open, High and Low are 0 when the source gives a close only
	Volume                 int64   // shares
	AdjFactor              float64 // multiply raw prices by it to compare across splits; 1 when nothing happened
	Source                 string  // "kis", "krx" or "import"
	KnownAt                time.Time
}

// Adjusted returns the close times the adjustment factor, in won.
func (b Bar) Adjusted() float64 { return float64(b.Close) * b.AdjFactor }

// ReturnPct returns the change from base to target in percent; base must be positive.
func ReturnPct(base, target float64) float64 { return (target/base - 1) * 100 }
