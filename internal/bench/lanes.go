package bench

import (
	"context"
	"time"

	"tickerwire/internal/simulator"
)

// lane is one upstream's share of the work: what its tasks call, and what the upstream allows.
type lane struct {
	name     string
	second   bool    // it is exercised in the second minute: it shares an upstream or a token with one of the first
	upstream string  // the simulator's name
	limit    float64 // requests within span, as the upstream allows them or as the program is set up
	span     time.Duration
	chats    []int64 // of Telegram, when the limit is that of each chat
	call     func(context.Context, *caller, int) error
}

// The chats of Telegram's lanes: enough for the bot's own limit to be the one that is met, and few enough for it not to be.
const (
	manyChats = 60
	fewChats  = 8
	groups    = 8
)

// naverFast is Naver's limit on its hub, in requests a second.
const naverFast = 50

// groupIDs returns the ids of the groups: Telegram's are negative.
func groupIDs() []int64 {
	ids := make([]int64, groups)
	for i := range ids {
		ids[i] = -simulator.DefaultChat - int64(i)
	}
	return ids
}

// lanes is the table of the limits that are exercised.
func lanes() []lane {
	latest := func(ctx context.Context, c *caller, n int) error {
		_, _, err := c.search.Latest(ctx, c.companies[n%len(c.companies)], "")
		return err
	}
	return []lane{
		{name: "kis", upstream: "kis", limit: 18, span: time.Second, call: func(ctx context.Context, c *caller, n int) error {
			_, err := c.account.Quote(ctx, c.code(n))
			return err
		}},
		{name: "dart", upstream: "dart", limit: 1000, span: time.Minute, call: func(ctx context.Context, c *caller, _ int) error {
			_, _, err := c.filings.Latest(ctx, "", "")
			return err
		}},
		{name: "naver.hub", upstream: "naver", limit: naverFast, span: time.Second, call: latest},
		{name: "krx", upstream: "krx", limit: 2, span: time.Second, call: func(ctx context.Context, c *caller, _ int) error {
			_, _, err := c.exchange.DailyBars(ctx, benchDay)
			return err
		}},
		{name: "telegram", upstream: "telegram", limit: 30, span: time.Second, call: func(ctx context.Context, c *caller, n int) error {
			return c.send(ctx, chatIDs(manyChats), n)
		}},
		{name: "kis.paper", second: true, upstream: "kis-paper", limit: 1, span: time.Second, call: func(ctx context.Context, c *caller, n int) error {
			_, err := c.paper.Quote(ctx, c.code(n))
			return err
		}},
		{name: "naver", second: true, upstream: "naver", limit: 10, span: time.Second, call: latest},
		{name: "telegram.chat", second: true, upstream: "telegram", limit: 1, span: time.Second, chats: chatIDs(fewChats),
			call: func(ctx context.Context, c *caller, n int) error { return c.send(ctx, chatIDs(fewChats), n) }},
		{name: "telegram.group", second: true, upstream: "telegram", limit: 20, span: time.Minute, chats: groupIDs(),
			call: func(ctx context.Context, c *caller, n int) error { return c.send(ctx, groupIDs(), n) }},
	}
}

// laneOf finds a lane by its name.
func laneOf(name string) (lane, bool) {
	for _, l := range lanes() {
		if l.name == name {
			return l, true
		}
	}
	return lane{}, false
}

// allowed is how many requests a span of time allows, over all chats where the limit is each one's.
func (l lane) allowed(d time.Duration) float64 {
	return l.limit * float64(d) / float64(l.span) * float64(max(1, len(l.chats)))
}

// ahead is how many orders are kept waiting: a second's worth is booked ahead, and as much comes back to ask again. Orders
// of a chat come back late for its next token where there are too few.
func (l lane) ahead() int { return max(8, int(l.allowed(2*time.Second)), 8*len(l.chats)) }
