package simulator

import (
	"sync"
	"time"

	"tickerwire/internal/market"
)

// Limits are the upstreams' own limits, counted on the wall clock. A zero field takes the real service's value.
type Limits struct {
	KISPerSecond      int           // 18 data calls of the real account
	KISPaperPerSecond int           // 1 of the paper one
	KISTokenEvery     time.Duration // 60 s between two answers with a token
	NaverPerSecond    int           // 50, over both profiles together
	NaverPerDay       int           // 25,000, over both profiles together, reset at midnight KST
	KRXPerDay         int           // 10,000
	DARTPerMinute     int           // 1,000
	DARTPerDay        int           // 20,000
	TelegramPerSecond int           // 30, over all chats
	TelegramPerChat   time.Duration // 1 s between two messages of one chat
	TelegramPerGroup  int           // 20 a minute in one group
	TelegramRetry     time.Duration // 1 s until the second try of a delivery to the webhook, then longer
	OpenAIRequests    int           // 3,000 a minute of one key and model
	OpenAITokens      int           // 1,000,000 a minute of one key and model
}

func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		to    *int
		value int
	}{{&l.KISPerSecond, 18}, {&l.KISPaperPerSecond, 1}, {&l.NaverPerSecond, 50}, {&l.NaverPerDay, 25_000}, {&l.KRXPerDay, 10_000}, {&l.DARTPerMinute, 1_000},
		{&l.DARTPerDay, 20_000}, {&l.TelegramPerSecond, 30}, {&l.TelegramPerGroup, 20},
		{&l.OpenAIRequests, 3_000}, {&l.OpenAITokens, 1_000_000}} {
		if *f.to == 0 {
			*f.to = f.value
		}
	}
	if l.KISTokenEvery == 0 {
		l.KISTokenEvery = time.Minute
	}
	if l.TelegramPerChat == 0 {
		l.TelegramPerChat = time.Second
	}
	if l.TelegramRetry == 0 {
		l.TelegramRetry = time.Second
	}
	return l
}

// window allows n events in any span of the given length. The zero window allows nothing.
type window struct {
	n    int
	span time.Duration
	past []time.Time // the events within the last span, oldest first
}

// wait returns how long until one more event is allowed at now, 0 when it is.
func (w *window) wait(now time.Time) time.Duration {
	for len(w.past) > 0 && now.Sub(w.past[0]) >= w.span {
		w.past = w.past[1:]
	}
	if len(w.past) < w.n {
		return 0
	}
	return w.past[len(w.past)-w.n].Add(w.span).Sub(now)
}

// add counts one event.
func (w *window) add(now time.Time) { w.past = append(w.past, now) }

// gate is a window that many requests share.
type gate struct {
	mu sync.Mutex
	window
}

func newGate(n int, span time.Duration) *gate { return &gate{window: window{n: n, span: span}} }

// pass counts one event when it is allowed and reports whether it was.
func (g *gate) pass(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.wait(now) > 0 {
		return false
	}
	g.add(now)
	return true
}

// daily allows n events a day, from midnight to midnight KST.
type daily struct {
	mu   sync.Mutex
	n    int
	day  market.Day
	used int
}

func (d *daily) pass(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if today := market.DayOf(now); today != d.day {
		d.day, d.used = today, 0
	}
	if d.used >= d.n {
		return false
	}
	d.used++
	return true
}

// left returns how many events the rest of the day allows.
func (d *daily) left(now time.Time) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if market.DayOf(now) != d.day {
		return d.n
	}
	return d.n - d.used
}

// leave makes the rest of the day allow n events; the next day is whole again.
func (d *daily) leave(n int, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.day, d.used = market.DayOf(now), d.n-n
}
