package upstream

import (
	"fmt"
	"strings"
	"time"

	"tickerwire/internal/fault"
)

// Rate is how often something may be asked: what the service itself allows within any second, any minute and a day. The
// limiter keeps below it, see share.
type Rate struct {
	PerSecond float64 // within any second; below one, one within 1/PerSecond seconds; 0 means no such limit
	PerMinute float64 // within any minute, likewise; 0 means no such limit
	Burst     int     // how many at once after a pause, at most; the windows may allow fewer; 0 means as many as they do
	PerDay    int64   // within one KST day; 0 means no such limit
}

// share is how much of a window is used. A service counts requests when they arrive: with the rest, one may be late and
// the next one early without both falling into a window that is full.
const share = 0.94

// slack is how far apart two requests may drift on their way, at the edge of a window that began with a burst.
const slack = 60 * time.Millisecond

// check refuses what would let nothing pass, or anything.
func (r Rate) check() error {
	if r.PerSecond < 0 || r.PerMinute < 0 || r.Burst < 0 || r.PerDay < 0 || r.PerSecond == 0 && r.PerMinute == 0 {
		return fault.New(fault.Invalid, "%+v is no rate: it needs a limit per second or per minute, and none below zero", r)
	}
	return nil
}

// script writes the rate as the bucket's script reads it.
func (r Rate) script() string {
	parts := []string{fmt.Sprint(r.PerDay)}
	for _, w := range []struct {
		name  string
		limit float64
		span  time.Duration
	}{{"s", r.PerSecond, time.Second}, {"m", r.PerMinute, time.Minute}} {
		if w.limit > 0 {
			interval, burst := pace(w.limit, w.span)
			if r.Burst > 0 {
				burst = min(burst, r.Burst)
			}
			tolerance := time.Duration(burst-1) * interval
			parts = append(parts, fmt.Sprintf("%s %d %d", w.name, interval.Microseconds(), tolerance.Microseconds()))
		}
	}
	return strings.Join(parts, " ")
}

// pace returns the time between two requests, and how many may leave at once, so that no window of the given span ever
// holds more than limit of them: not even when some are slack late.
func pace(limit float64, span time.Duration) (interval time.Duration, burst int) {
	interval = time.Duration(float64(span) / (share * limit))
	spare := limit - float64(span+slack)/float64(interval)
	return interval, 1 + max(0, int(spare))
}

// DefaultRates returns what each upstream allows. A pattern ends in "*".
// Sources: KIS 18/s per real account, 1/s per paper account and one token a minute; KRX 10,000, Naver 25,000 and DART
// 20,000 calls a day, DART 1,000 a minute; Telegram about 30/s in all, 1/s in one chat, 20 a minute in a group (group ids
// are negative). Naver and KRX name no other rate, publishers none at all: one request in two seconds per host is what a
// patient reader would do.
func DefaultRates() map[string]Rate {
	return map[string]Rate{
		"kis":         {PerSecond: 18},
		"kis:paper":   {PerSecond: 1},
		"kis:token":   {PerMinute: 1},
		"krx":         {PerSecond: 2, PerDay: 10_000},
		"naver":       {PerSecond: 10, PerDay: 25_000},
		"dart":        {PerMinute: 1_000, Burst: 20, PerDay: 20_000},
		"telegram":    {PerSecond: 30},
		"telegram:*":  {PerSecond: 1},
		"telegram:-*": {PerSecond: 1, PerMinute: 20},
		"openai*":     {PerSecond: 5}, // until its answers say more, see Bucket.Learn
		"*":           {PerMinute: 30},
	}
}

// rateFor returns the rate of a key: its own, else that of the longest pattern which fits it, else one per second.
func rateFor(rates map[string]Rate, key string) (rate Rate, found bool) {
	if rate, ok := rates[key]; ok {
		return rate, true
	}
	rate, length := Rate{PerSecond: 1, Burst: 1}, -1
	for pattern, r := range rates {
		prefix, isPattern := strings.CutSuffix(pattern, "*")
		if isPattern && strings.HasPrefix(key, prefix) && len(prefix) > length {
			rate, length = r, len(prefix)
		}
	}
	return rate, length >= 0
}
