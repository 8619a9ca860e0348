package openai

import (
	"context"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

// leastWait is how long to back off after a limit that names no wait, or hardly any.
const leastWait = time.Second

// Learner keeps for the whole fleet what a service says of its own limits; the keys are those of upstream.Limiter.
type Learner interface {
	// Learn is told how often a key's requests may leave.
	Learn(ctx context.Context, key string, rate upstream.Rate) error
	// Pause is told that none of a key's requests would pass for a while.
	Pause(ctx context.Context, key string, d time.Duration) error
}

// learn passes on what an answer says of the model's limits. used is how many tokens the request took, 0 when that is
// unknown: the next one is taken to be like it. It is advice: a Learner that fails to keep it does not spoil the answer,
// and what it keeps it in fails the next request's Take.
func (c *Client) learn(ctx context.Context, model string, res *upstream.Response, refused error, used int64) {
	if c.Learner == nil {
		return
	}
	key := limitKey(model)
	if fault.KindOf(refused) == fault.Limited {
		_ = c.Learner.Pause(ctx, key, fault.RetryAfterOf(refused)) // see above
		return
	}
	requests, tokens := readAllowance(res.Header, "requests"), readAllowance(res.Header, "tokens")
	if requests.aMinute() {
		_ = c.Learner.Learn(ctx, key, upstream.Rate{PerMinute: float64(requests.limit)}) // see above
	}
	if wait := max(requests.wait(1), tokens.wait(max(used, 1))); wait > 0 {
		_ = c.Learner.Pause(ctx, key, wait) // see above
	}
}

// allowance is one limit of a service, of requests or of tokens; the zero allowance says nothing.
type allowance struct {
	limit, left int64
	reset       time.Duration // until all of it is left again
}

// readAllowance reads x-ratelimit-limit-*, x-ratelimit-remaining-* and x-ratelimit-reset-*.
func readAllowance(h http.Header, what string) allowance {
	limit, err := strconv.ParseInt(h.Get("X-Ratelimit-Limit-"+what), 10, 64)
	left, err2 := strconv.ParseInt(h.Get("X-Ratelimit-Remaining-"+what), 10, 64)
	reset, ok := resetOf(h, what)
	if err != nil || err2 != nil || !ok || limit < 1 || left < 0 || left > limit {
		return allowance{}
	}
	return allowance{limit, left, reset}
}

// wait returns how long until n are left, 0 when they are: a limit fills up steadily. More than all of it never are.
func (a allowance) wait(n int64) time.Duration {
	missing := min(n, a.limit) - a.left
	if missing <= 0 {
		return 0
	}
	return time.Duration(float64(a.reset) * float64(missing) / float64(a.limit-a.left))
}

// aMinute reports a limit per minute, the only kind that is a pace; one per day is felt at its end.
func (a allowance) aMinute() bool {
	if a.left == a.limit {
		return false
	}
	whole := float64(a.reset) * float64(a.limit) / float64(a.limit-a.left)
	return whole > float64(15*time.Second) && whole < float64(2*time.Minute) // the reset is rounded
}

// resetOf reads x-ratelimit-reset-*: a Go-style duration ("6m0s", "547ms"), from some servers plain seconds.
func resetOf(h http.Header, what string) (time.Duration, bool) {
	value := strings.TrimSpace(h.Get("X-Ratelimit-Reset-" + what))
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	d, err := time.ParseDuration(value)
	return d, err == nil && d >= 0
}

// waitOf returns how long a limited caller is asked to wait: by the headers meant for it, else until the limit that
// was hit is full again, else by the message; 0 when nothing says.
func waitOf(res *upstream.Response, said complaint) time.Duration {
	if d := statedWait(res); d > 0 {
		return d
	}
	var wait time.Duration
	for _, what := range []string{"requests", "tokens"} {
		if said.kind != "requests" && said.kind != "tokens" || said.kind == what {
			if d, ok := resetOf(res.Header, what); ok {
				wait = max(wait, d)
			}
		}
	}
	if wait > 0 {
		return wait
	}
	return spokenWait(said.message)
}

// statedWait reads Retry-After-Ms and Retry-After.
func statedWait(res *upstream.Response) time.Duration {
	if ms, err := strconv.ParseUint(strings.TrimSpace(res.Header.Get("Retry-After-Ms")), 10, 31); err == nil && ms > 0 {
		return time.Duration(ms) * time.Millisecond
	}
	return res.RetryAfter
}

var spoken = regexp.MustCompile(`(?i)(?:try again in|retry after) (?:(\d[\d.hms]{0,20}[hms])|(\d{1,6}) second)`)

// spokenWait reads "Please try again in 176ms" and "retry after 20 seconds".
func spokenWait(message string) time.Duration {
	parts := spoken.FindStringSubmatch(message)
	if parts == nil {
		return 0
	}
	if seconds, err := strconv.Atoi(parts[2]); err == nil {
		return time.Duration(seconds) * time.Second
	}
	d, err := time.ParseDuration(parts[1])
	if err != nil {
		return 0
	}
	return d
}
