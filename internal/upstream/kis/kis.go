// Package kis reads prices from Korea Investment & Securities' Open API. It knows quotations only and has no way to
// place an order.
package kis

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
)

// The two real hosts: real accounts and paper accounts (which are allowed one call a second).
const (
	RealURL  = "https://openapi.koreainvestment.com:9443"
	PaperURL = "https://openapivts.koreainvestment.com:29443"
)

const (
	name       = "kis"
	quotations = "/uapi/domestic-stock/v1/quotations/"
	// tooFast is how long to back off after the per-second limit, which names no wait.
	tooFast = time.Second
)

// Client is the Open API of one account. Its access token is shared by the whole fleet through Redis, on wall time.
type Client struct {
	Client    *upstream.Client
	BaseURL   string // scheme and host; "" means RealURL
	AppKey    string
	AppSecret string
	Redis     redis.UniversalClient // where the fleet keeps the token
	Calendar  *market.Calendar
	Now       func() time.Time // the application clock: which rows are official by now
}

func (c *Client) base() string {
	if c.BaseURL == "" {
		return RealURL
	}
	return c.BaseURL
}

// limitKey returns whose rate counts: paper accounts are allowed less.
func (c *Client) limitKey() string {
	if c.base() == PaperURL {
		return name + ":paper"
	}
	return name
}

// envelope is what every answer has, data and token alike: data errors come as msg_cd, token errors as error_code, some
// of either kind the other way round.
type envelope struct {
	Result      string `json:"rt_cd"` // "0" is success
	Code        string `json:"msg_cd"`
	Message     string `json:"msg1"`
	ErrorCode   string `json:"error_code"`
	Description string `json:"error_description"`
}

func (e envelope) problem() (code, message string) {
	if e.ErrorCode != "" {
		return e.ErrorCode, e.Description
	}
	return e.Code, e.Message
}

// quote asks one quotation and unmarshals the answer into out. A refused token is thrown away for the whole fleet and
// the call repeated once with the next one.
func (c *Client) quote(ctx context.Context, path, transaction string, query url.Values, out any) error {
	for attempt := 1; ; attempt++ {
		token, err := c.token(ctx)
		if err != nil {
			return err
		}
		secrets := []string{c.AppKey, c.AppSecret, token}
		res, err := c.Client.Do(ctx, upstream.Request{
			URL:   c.base() + quotations + path,
			Query: query,
			Header: http.Header{
				"Content-Type": {"application/json; charset=utf-8"}, "Accept": {"application/json"},
				"Authorization": {"Bearer " + token}, "Appkey": {c.AppKey}, "Appsecret": {c.AppSecret},
				"Tr_id": {transaction}, "Tr_cont": {""}, "Custtype": {"P"},
			},
			Key: c.limitKey(), Secrets: secrets,
		})
		if res == nil {
			return err
		}
		refused, err := read(res, err, out, secrets)
		if !refused || attempt == 2 {
			return err
		}
		if err := c.forget(ctx, token); err != nil {
			return err
		}
	}
}

// read judges an answer by its msg_cd and not by its HTTP status: here 500 is how limits and tokens are refused.
// badToken says that a new token may help. status is the fault made from the HTTP status alone, nil for a 2xx.
func read(res *upstream.Response, status error, out any, secrets []string) (badToken bool, err error) {
	var e envelope
	if err := json.Unmarshal(res.Body, &e); err != nil {
		if status != nil {
			return false, status
		}
		return false, fault.New(fault.Unavailable, "the answer is no JSON: %w", err)
	}
	if e.Result == "0" && status == nil {
		if err := json.Unmarshal(res.Body, out); err != nil {
			return false, fault.New(fault.Unavailable, "the answer has another form: %w", err)
		}
		return false, nil
	}
	code, message := e.problem()
	switch code {
	case "EGW00121", "EGW00122", "EGW00123":
		return true, fault.New(fault.Unauthorized, "token refused (%s, %s)", code, upstream.Brief(message, secrets...))
	case "":
		if status != nil {
			return false, status
		}
	}
	return false, refusal(res, status, code, upstream.Brief(message, secrets...))
}

func refusal(res *upstream.Response, status error, code, message string) error {
	switch {
	case code == "EGW00201", code == "EGW00215":
		return fault.After(fault.Limited, max(res.RetryAfter, tooFast), "too many calls in this second (%s, %s)", code, message)
	case code == "EGW00133":
		return fault.After(fault.Limited, max(res.RetryAfter, issueEvery), "one token a minute (%s, %s)", code, message)
	case code == "EGW00204":
		return fault.New(fault.Forbidden, "this account is blocked (%s, %s)", code, message)
	case len(code) > 5 && code[:5] == "OPSQ2":
		return fault.New(fault.Invalid, "the question was refused (%s, %s)", code, message)
	case fault.KindOf(status) == fault.Unauthorized, fault.KindOf(status) == fault.Forbidden:
		return fault.New(fault.Unauthorized, "key refused (status %d, %s, %s)", res.Status, code, message)
	}
	return fault.After(fault.Unavailable, res.RetryAfter, "answered status %d, code %q (%s)", res.Status, code, message)
}
