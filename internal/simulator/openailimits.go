package simulator

import (
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// pool is a limit per minute that fills up again steadily.
type pool struct {
	most, left float64
	at         time.Time
}

func (p *pool) refill(now time.Time) {
	if gone := now.Sub(p.at); gone > 0 {
		p.left = min(p.most, p.left+p.most*gone.Minutes())
		p.at = now
	}
}

// wait returns how long until n more are there, 0 when they are.
func (p *pool) wait(n float64) time.Duration {
	if n <= p.left {
		return 0
	}
	return time.Duration((n - p.left) / p.most * float64(time.Minute)).Round(time.Millisecond)
}

// pools are the two limits of one key and model.
type pools struct{ requests, tokens pool }

// take counts one request of so many tokens, or refuses it. The header tells what is left.
func (o *openAI) take(d dialect, r *request, model string, tokens int) (http.Header, *complaint) {
	if d != plainOpenAI {
		return http.Header{}, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	now, name := o.wall(), r.Header.Get("Authorization")+" "+model
	p := o.pools[name]
	if p == nil {
		rpm, tpm := float64(o.limits.OpenAIRequests), float64(o.limits.OpenAITokens)
		p = &pools{requests: pool{rpm, rpm, now}, tokens: pool{tpm, tpm, now}}
		o.pools[name] = p
	}
	p.requests.refill(now)
	p.tokens.refill(now)
	for _, limit := range []struct {
		what, unit string
		pool       *pool
		n          float64
	}{{"requests", "RPM", &p.requests, 1}, {"tokens", "TPM", &p.tokens, float64(tokens)}} {
		if refused := limit.pool.refuse(limit.what, limit.unit, model, limit.n); refused != nil {
			maps.Copy(refused.header, p.header())
			return nil, refused
		}
	}
	p.requests.left--
	p.tokens.left -= float64(tokens)
	return p.header(), nil
}

func (p *pool) refuse(what, unit, model string, n float64) *complaint {
	wait := p.wait(n)
	if wait == 0 {
		return nil
	}
	c := &complaint{status: http.StatusTooManyRequests, kind: what, code: "rate_limit_exceeded", header: retryHeader(wait)}
	where := fmt.Sprintf("for %s in organization org-simulated on %s per min (%s): Limit %.0f", model, what, unit, p.most)
	if n > p.most {
		c.message = fmt.Sprintf("Request too large %s, Requested %.0f. The input or output tokens must be reduced in order to run successfully.", where, n)
		c.header = http.Header{}
		return c
	}
	c.message = fmt.Sprintf("Rate limit reached %s, Used %.0f, Requested %.0f. Please try again in %s.", where, p.most-p.left, n, wait)
	return c
}

// retryHeader asks to come back later, in whole seconds and in milliseconds.
func retryHeader(wait time.Duration) http.Header {
	return http.Header{"Retry-After": {strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10)},
		"Retry-After-Ms": {strconv.FormatInt(wait.Milliseconds(), 10)}}
}

// header names both limits, what is left of them and when they are full again.
func (p *pools) header() http.Header {
	h := http.Header{}
	for what, pool := range map[string]*pool{"Requests": &p.requests, "Tokens": &p.tokens} {
		h.Set("X-Ratelimit-Limit-"+what, strconv.Itoa(int(pool.most)))
		h.Set("X-Ratelimit-Remaining-"+what, strconv.Itoa(int(pool.left)))
		h.Set("X-Ratelimit-Reset-"+what, pool.wait(pool.most).String())
	}
	return h
}

// tokensOf counts as a tokeniser would, about: a syllable of Korean is a token.
func tokensOf(text string) int { return (len(text) + 2) / 3 }
