// Package kis reads prices from Korea Investment & Securities' Open API. It knows quotations only and has no way to
// place an order.
package kis

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
)

// The two real hosts: real accounts (18 calls a second) and paper accounts (one a second).
const (
	RealURL  = "https://openapi.koreainvestment.com:9443"
	PaperURL = "https://openapivts.koreainvestment.com:29443"
)

const (
	name       = "kis"
	quotations = "/uapi/domestic-stock/v1/quotations/"
)

// Client is the Open API of one account. Its access token is shared by the whole fleet through Redis, on wall time.
type Client struct {
	Client    *upstream.Client
	BaseURL   string // scheme and host; "" means RealURL, or PaperURL where Paper is set
	Paper     bool   // a paper account: other transaction names and rate, no minutes of past days
	AppKey    string
	AppSecret string
	Redis     redis.UniversalClient // where the fleet keeps the token
	Calendar  *market.Calendar
	Now       func() time.Time // the application clock: which rows are official by now

	MasterBase string // scheme and host of the lists of symbols; "" means MasterURL
}

func (c *Client) base() string {
	switch {
	case c.BaseURL != "":
		return c.BaseURL
	case c.Paper:
		return PaperURL
	}
	return RealURL
}

// rateKey is whose calls are counted together: KIS counts per account, over all services.
func (c *Client) rateKey() string {
	if c.Paper {
		return name + ":paper"
	}
	return name
}

// transaction returns a service's name for this kind of account: those that begin with T, J or C begin with a V on a
// paper one, those of mere quotations are the same.
func (c *Client) transaction(id string) string {
	if c.Paper && id != "" && strings.ContainsRune("TJC", rune(id[0])) {
		return "V" + id[1:]
	}
	return id
}

// official returns when the rows of a day became known; the zero time when they are not yet, or when the day has no
// session: on holidays rows of the day itself or of a day to come have been seen.
func (c *Client) official(day market.Day) (time.Time, error) {
	open, err := c.Calendar.IsOpen(day)
	if err != nil || !open {
		return time.Time{}, err
	}
	known, err := c.Calendar.BarKnownAt(day)
	if err != nil || known.After(c.Now()) {
		return time.Time{}, err
	}
	return known, nil
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

// call is one question to a quotation service.
type call struct {
	path, transaction string
	query             url.Values
}

// ask puts one question and unmarshals the answer into out; more says that there is another page. A refused token is
// thrown away for the whole fleet and the question repeated once with the next one.
func (c *Client) ask(ctx context.Context, q call, out any) (more bool, err error) {
	for attempt := 1; ; attempt++ {
		token, err := c.token(ctx)
		if err != nil {
			return false, err
		}
		more, refused, err := c.put(ctx, q, token, out)
		if !refused || attempt == 2 {
			return more, err
		}
		if err := c.forget(ctx, token); err != nil {
			return false, err
		}
	}
}

// put puts a question with a token, once.
func (c *Client) put(ctx context.Context, q call, token string, out any) (more, badToken bool, err error) {
	secrets := []string{c.AppKey, c.AppSecret, token}
	res, err := c.Client.Do(ctx, upstream.Request{
		URL:   c.base() + quotations + q.path,
		Query: q.query,
		Header: http.Header{
			"Content-Type": {"application/json; charset=utf-8"}, "Accept": {"application/json"},
			"Authorization": {"Bearer " + token}, "Appkey": {c.AppKey}, "Appsecret": {c.AppSecret},
			"Tr_id": {c.transaction(q.transaction)}, "Tr_cont": {""}, "Custtype": {"P"},
		},
		Key: c.rateKey(), Secrets: secrets,
	})
	if res == nil {
		return false, false, err
	}
	badToken, err = read(res, err, out, secrets)
	err = c.Client.Heed(ctx, c.rateKey(), err)
	cont := res.Header.Get("Tr_cont")
	return err == nil && (cont == "M" || cont == "F"), badToken, err
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
	if code == "" && status != nil {
		return false, status
	}
	err = refusal(res, status, code, upstream.Brief(message, secrets...))
	return tokenCodes[code], err
}
