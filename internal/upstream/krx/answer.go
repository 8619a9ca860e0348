package krx

import (
	"encoding/json"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

// answer is what every service gives; its rows are of the service's own kind.
type answer[R any] struct {
	Rows    *[]R   `json:"OutBlock_1"`
	Code    string `json:"respCode"`
	Message string `json:"respMsg"`
}

// errNoRows is an empty answer.
var errNoRows = fault.New(fault.NotFound, "no rows: not published yet, or a day without a session")

// read looks at respCode whatever the HTTP status is. status is the fault made from the HTTP status alone.
func read[R any](c *Client, res *upstream.Response, status error) ([]R, error) {
	var a answer[R]
	err := json.Unmarshal(res.Body, &a)
	if err != nil {
		a = answer[R]{}
	}
	message := upstream.Brief(a.Message, c.Key)
	switch {
	case a.Code == "401" && a.Message == "Unauthorized API Call":
		return nil, upstream.Because(upstream.NotApproved,
			fault.New(fault.Forbidden, "the key is good, but this service is not approved for it (%s)", message))
	case a.Code == "401":
		return nil, upstream.Because(upstream.KeyUnknown, fault.New(fault.Unauthorized, "key refused (%s)", message))
	case a.Code == "404":
		return nil, fault.New(fault.Invalid, "no such service: is the address right? (%s)", message)
	case a.Code == "429", fault.KindOf(status) == fault.Limited:
		return nil, c.limited(res, message)
	case status != nil:
		return nil, status
	case err != nil:
		return nil, fault.New(fault.Unavailable, "the answer is not theirs: %w", err)
	case a.Code != "":
		return nil, fault.New(fault.Unavailable, "answered code %s (%s)", a.Code, message)
	case a.Rows == nil:
		return nil, fault.New(fault.Unavailable, "the answer holds no OutBlock_1")
	case len(*a.Rows) == 0:
		return nil, errNoRows
	}
	return *a.Rows, nil
}

// limited is the answer to a 429, whose body nobody has described. The only limit that is documented is the day's.
func (c *Client) limited(res *upstream.Response, message string) error {
	wait := res.RetryAfter
	if wait == 0 {
		wait = c.Client.UntilMidnight()
	}
	return upstream.Because(upstream.QuotaUsed, fault.After(fault.Limited, wait, "code 429: the day's calls are used up (%s)", message))
}

// number reads a whole number that cannot be negative; "" and "-" are 0.
func number(text string) (int64, error) {
	n, err := upstream.ParseInt(text)
	if err == nil && n < 0 {
		err = fault.New(fault.Invalid, "%q is negative", text)
	}
	return n, err
}
