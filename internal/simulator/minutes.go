package simulator

import (
	"math/rand/v2"
	"time"

	"tickerwire/internal/market"
)

// minute is one minute of a stock's day.
type minute struct {
	at                     time.Time
	open, high, low, close int64
	volume                 int64
}

// auction is how long no price is made before the close of a regular session: orders gather for its last minute.
const auction = 10 * time.Minute

// minutesOf draws a day's minutes on the exchange so that together they are its bar: they open and close where it does,
// touch its high and its low, and sum up to its volume. One in twelve has no trade and is not there.
func minutesOf(b market.Bar, s market.Session) []minute {
	r := rand.New(rand.NewPCG(textSeed(string(b.Code)), uint64(b.Day))) // #nosec G115 G404 -- a seed: any bits will do; the same world for the same seed is wanted
	n := int(s.Close.Add(-auction).Sub(s.Open) / time.Minute)
	highAt, lowAt := r.IntN(n), r.IntN(n)
	list := make([]minute, 0, n+1)
	price, left := b.Open, b.Volume
	for i := range n {
		if i > 0 && i != highAt && i != lowAt && r.IntN(12) == 0 {
			continue
		}
		m := minute{at: s.Open.Add(time.Duration(i) * time.Minute), open: price, volume: max(1, b.Volume/int64(n)*int64(50+r.IntN(100))/200)}
		// Half of the way that is left to the close, on average, with some noise of the day's own range.
		goal := b.Close + int64(float64(b.High-b.Low)*(r.Float64()-0.5)*float64(n-i)/float64(n))
		price = clamp(price+(goal-price)*int64(1+r.IntN(3))/int64(max(2, (n-i)/4)), b.Low, b.High)
		m.close = price
		m.high, m.low = max(m.open, m.close), min(m.open, m.close)
		if i == highAt {
			m.high = b.High
		}
		if i == lowAt {
			m.low = b.Low
		}
		left -= m.volume
		list = append(list, m)
	}
	return append(list, minute{at: s.Close, open: b.Close, high: b.Close, low: b.Close, close: b.Close, volume: max(1, left)})
}

// nextradeMinutes draws a day's minutes on Nextrade: few and thin before the exchange opens and after it has closed, and
// in between a tenth of the exchange's volume at the exchange's prices.
func nextradeMinutes(b market.Bar, s market.Session, windows []market.Window) []minute {
	regular := minutesOf(b, s)
	var list []minute
	for _, w := range windows {
		if w.Venue != market.NXT {
			continue
		}
		if w.Name == "main" {
			for _, m := range regular {
				if !m.at.Before(w.From) && m.at.Before(w.To) {
					m.volume = max(1, m.volume/10)
					list = append(list, m)
				}
			}
			continue
		}
		price := b.Open
		if w.Name == "after" {
			price = b.Close
		}
		for at := w.From; at.Before(w.To); at = at.Add(7 * time.Minute) {
			list = append(list, minute{at, price, price, price, price, max(1, b.Volume/5000)})
		}
	}
	return list
}

func clamp(n, least, most int64) int64 { return max(least, min(most, n)) }

// until returns the head of minutes that have begun by now, and whether the last of them is still running.
func until(list []minute, now time.Time) (begun []minute, running bool) {
	n := len(list)
	for n > 0 && list[n-1].at.After(now) {
		n--
	}
	return list[:n], n > 0 && now.Before(list[n-1].at.Add(time.Minute))
}
