package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/time/rate"

	"tickerwire/internal/fault"
)

// How many attempts at a password are taken per account and per address, by all processes together. A success clears
// the account's count. Whoever is attacked may be kept from signing in anew for a while, never from working: a
// session's refresh is not counted.
const (
	attemptWindow  = 5 * time.Minute
	accountLimit   = 10
	addressLimit   = 60
	throttleBudget = 500 * time.Millisecond // for asking Redis
)

// Without Redis each process takes so many attempts of all accounts together. Failing closed would lock out the
// operators just when they must look at what is down; failing open would let passwords be guessed at full speed.
const (
	reserveRate  = 1 // a second
	reserveBurst = 5
)

// countAttempt adds one to a counter that starts to run out with its first attempt.
const countAttempt = `
local n = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
	redis.call('PEXPIRE', KEYS[1], ARGV[1])
	left = tonumber(ARGV[1])
end
return {n, left}`

type throttle struct {
	redis   redis.UniversalClient
	script  *redis.Script
	reserve *rate.Limiter
	log     *slog.Logger
}

func newThrottle(client redis.UniversalClient, log *slog.Logger) *throttle {
	return &throttle{redis: client, script: redis.NewScript(countAttempt),
		reserve: rate.NewLimiter(reserveRate, reserveBurst), log: log}
}

// attempt counts one attempt before the password is looked at; Limited when there were too many. An empty address is
// not counted.
func (t *throttle) attempt(ctx context.Context, account, address string) error {
	ctx, cancel := context.WithTimeout(ctx, throttleBudget)
	defer cancel()
	for _, c := range []struct {
		key   string
		limit int64
	}{{addressKey(address), addressLimit}, {accountKey(account), accountLimit}} {
		n, left, err := t.count(ctx, c.key)
		if err != nil {
			return t.without(err)
		}
		if n > c.limit {
			return fault.After(fault.Limited, left, "too many attempts to sign in")
		}
	}
	return nil
}

func (t *throttle) count(ctx context.Context, key string) (n int64, left time.Duration, err error) {
	got, err := t.script.Run(ctx, t.redis, []string{key}, attemptWindow.Milliseconds()).Int64Slice()
	if err != nil {
		return 0, 0, err
	}
	return got[0], time.Duration(got[1]) * time.Millisecond, nil
}

func (t *throttle) without(cause error) error {
	t.log.Warn("sign-ins are throttled without redis", "error", cause)
	if !t.reserve.Allow() {
		return fault.After(fault.Limited, time.Second, "too many attempts to sign in")
	}
	return nil
}

// succeed clears the account's count.
func (t *throttle) succeed(ctx context.Context, account string) {
	ctx, cancel := context.WithTimeout(ctx, throttleBudget)
	defer cancel()
	if err := t.redis.Del(ctx, accountKey(account)).Err(); err != nil {
		t.log.Warn("an account's sign-in count was not cleared", "error", err)
	}
}

// Addresses and accounts are kept as hashes only.
func addressKey(address string) string { return "signin:address:" + digest(address) }
func accountKey(account string) string { return "signin:account:" + digest(strings.ToLower(account)) }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}
