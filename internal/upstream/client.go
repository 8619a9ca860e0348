// Package upstream is the program's one polite way out over HTTP: a named User-Agent, a deadline, a cap on bodies, a
// rate shared by the whole fleet, Retry-After, decoding of Korean encodings, and keys cut out of every error. The
// packages below it hold one outside system each and speak in nouns.
// Robots are asked where nobody gave us a key. It never retries: that belongs to the queue. It knows neither the store nor
// the tasks, and it keeps no bodies.
package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/tracing"
)

// Limits of a Client whose own fields are zero.
const (
	DefaultTimeout       = 15 * time.Second
	DefaultMaxBody int64 = 10 << 20
)

const maxRedirects = 5

// Client sends polite requests. Its zero value works, without a name and without a rate limit; one Client serves many
// upstreams at once and is safe for concurrent use. The fields must not change after the first request.
type Client struct {
	HTTP      *http.Client     // its Transport keeps the connections, see NewTransport; nil means the standard library's
	UserAgent string           // see UserAgent
	Limiter   Limiter          // asked before each request; nil limits nothing (tests, tools)
	Robots    *Robots          // asked before each request that says so; nil asks nobody
	MaxBody   int64            // bytes after decompression; 0 means DefaultMaxBody
	Timeout   time.Duration    // of one request, body included; 0 means DefaultTimeout
	Now       func() time.Time // the wall clock, for Retry-After dates and daily quotas; nil means time.Now
}

// UserAgent returns the name under which the program calls out: "Tickerwire/1.2 (+mailto:ops@example.org)".
func UserAgent(version, contact string) string {
	return fmt.Sprintf("Tickerwire/%s (+%s)", version, contact)
}

// Request is one call to an upstream.
type Request struct {
	Method  string // "" means GET
	URL     string
	Header  http.Header
	Query   url.Values // added to the URL's own query
	Body    []byte
	Key     string   // whose rate limit it counts against, e.g. "naver"
	Secrets []string // keys and tokens that Header, Query or Body hold; they never show up in an error
	Robots  bool     // whether the host's robots.txt has a say: for pages and feeds, not for interfaces that gave us a key
}

// Response is a complete answer.
type Response struct {
	Status     int
	Header     http.Header
	Body       []byte
	RetryAfter time.Duration // what the upstream asks for; 0 when it asks for nothing
}

// Text returns the body as UTF-8, see Text.
func (r *Response) Text() string { return Text(r.Body, r.Header.Get("Content-Type")) }

// Do sends the request and reads the whole answer.
//
// A 2xx or 304 answer is a response without an error. Any other answer is a response together with a fault made from
// its status alone (401 Unauthorized, 403 Forbidden, 404 and 410 NotFound, 429 Limited, 408, 3xx and 5xx Unavailable,
// other 4xx Invalid), so that a client which knows the body's own codes can look again. Without a response the error is
// the limiter's, that of robots.txt (Forbidden, or Unavailable while nobody can say), the end of ctx (errors.Is finds it),
// or Unavailable: nobody answered, the answer broke off, or it is larger than MaxBody. What a 429 or 503 asks to wait is
// waited for by whoever shares the Limiter.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	req, err := c.build(ctx, r)
	if err != nil {
		return nil, err
	}
	where := Redact(req.Method+" "+req.URL.String(), r.Secrets...)
	if r.Robots && c.Robots != nil {
		if err := c.permitted(ctx, req.URL); err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
	}
	if c.Limiter != nil {
		if err := c.take(ctx, r.Key); err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
	}
	traced, span := tracing.Call(ctx, req.Method, req.URL.Host)
	res, err := c.send(req.WithContext(traced), r)
	if err != nil {
		span.End(err)
	} else {
		span.Answered(res.Status)
	}
	switch {
	case err == nil:
		err = statusFault(where, res)
		if failed := c.pause(ctx, r.Key, res); failed != nil {
			err = errors.Join(err, failed)
		}
		return res, err
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s: %w", where, ctx.Err())
	case fault.KindOf(err) != fault.Internal: // of robots.txt, on the way
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return nil, &fault.Error{Kind: fault.Unavailable, Message: where + ": " + Redact(err.Error(), r.Secrets...), Err: err}
}

// pause tells the fleet to wait, where its limiter can.
func (c *Client) pause(ctx context.Context, key string, res *Response) error {
	limiter, ok := c.Limiter.(Pauser)
	asks := res.Status == http.StatusTooManyRequests || res.Status == http.StatusServiceUnavailable
	if !ok || !asks || res.RetryAfter <= 0 {
		return nil
	}
	return limiter.Pause(ctx, key, res.RetryAfter)
}

func (c *Client) build(ctx context.Context, r Request) (*http.Request, error) {
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	var body io.Reader
	if r.Body != nil {
		body = bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, method, r.URL, body)
	if err != nil {
		return nil, fault.New(fault.Invalid, "upstream request: %s", Redact(withoutURL(err).Error(), r.Secrets...))
	}
	if len(r.Query) > 0 {
		query := req.URL.Query()
		for name, values := range r.Query {
			query[name] = append(query[name], values...)
		}
		req.URL.RawQuery = query.Encode()
	}
	for name, values := range r.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	if c.UserAgent != "" {
		req.Header.Set("User-Agent", c.UserAgent)
	}
	return req, nil
}

func (c *Client) send(req *http.Request, r Request) (*Response, error) {
	timeout := c.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(req.Context(), timeout)
	defer cancel()

	var plain http.Client
	if c.HTTP != nil {
		plain = *c.HTTP
	}
	plain.CheckRedirect = c.redirects(r)
	answer, err := plain.Do(req.WithContext(ctx))
	if err != nil {
		return nil, withoutURL(err)
	}
	defer answer.Body.Close()
	limit := c.MaxBody
	if limit == 0 {
		limit = DefaultMaxBody
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("the answer broke off after %d bytes: %w", len(body), err)
	}
	if int64(len(body)) > limit {
		return nil, fmt.Errorf("the answer is larger than %d bytes", limit)
	}
	return &Response{Status: answer.StatusCode, Header: answer.Header, Body: body,
		RetryAfter: retryAfter(answer.Header, c.now())}, nil
}

// redirects follows a few hops, and none to another place when the request carries keys: net/http would take custom
// headers along, and the query in a Referer. Robots are asked about each hop, too.
func (c *Client) redirects(r Request) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return fmt.Errorf("more than %d redirects", maxRedirects)
		}
		from := via[0].URL
		if len(r.Secrets) > 0 && (req.URL.Host != from.Host || req.URL.Scheme != from.Scheme) {
			return fmt.Errorf("refused to carry a key on to %s://%s", req.URL.Scheme, req.URL.Host)
		}
		if r.Robots && c.Robots != nil {
			return c.permitted(req.Context(), req.URL)
		}
		return nil
	}
}

// UntilMidnight returns the wall time left until the next midnight KST, when daily quotas start anew.
func (c *Client) UntilMidnight() time.Duration {
	now := c.now()
	return (market.DayOf(now) + 1).At(0, 0).Sub(now)
}

func (c *Client) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// withoutURL takes net/http's wrapping off an error: it repeats the URL, keys and all.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
