package krx

import (
	"encoding/json"
	"strings"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
)

type answer struct {
	Rows    *[]row `json:"OutBlock_1"`
	Code    string `json:"respCode"`
	Message string `json:"respMsg"`
}

// read looks at respCode whatever the HTTP status is. status is the fault made from the HTTP status alone.
func (c *Client) read(res *upstream.Response, status error) ([]row, error) {
	var a answer
	err := json.Unmarshal(res.Body, &a)
	if err != nil {
		a = answer{}
	}
	message := upstream.Brief(a.Message, c.Key)
	switch {
	case a.Code == "401" && a.Message == "Unauthorized API Call":
		return nil, fault.New(fault.Forbidden, "the key is good, but this service is not approved for it (%s)", message)
	case a.Code == "401":
		return nil, fault.New(fault.Unauthorized, "key refused (%s)", message)
	case a.Code == "404":
		return nil, fault.New(fault.Invalid, "no such service: is the address right? (%s)", message)
	case fault.KindOf(status) == fault.Limited:
		return nil, c.limited(res, status)
	case status != nil:
		return nil, status
	case err != nil:
		return nil, fault.New(fault.Unavailable, "the answer is not theirs: %w", err)
	case a.Code != "":
		return nil, fault.New(fault.Unavailable, "answered code %s (%s)", a.Code, message)
	case a.Rows == nil:
		return nil, fault.New(fault.Unavailable, "the answer holds no OutBlock_1")
	case len(*a.Rows) == 0:
		return nil, fault.New(fault.NotFound, "no rows: not published yet, or a day without a session")
	}
	return *a.Rows, nil
}

// limited is the answer to a 429, whose body nobody has described. The only limit that is documented is the day's.
func (c *Client) limited(res *upstream.Response, status error) error {
	wait := res.RetryAfter
	if wait == 0 {
		wait = c.Client.UntilMidnight()
	}
	return &fault.Error{Kind: fault.Limited, RetryAfter: wait, Message: status.Error(), Err: status}
}

// row is one stock's day. Every value is a string; numbers come with and without thousands commas, "" and "-" for none.
type row struct {
	Day    string `json:"BAS_DD"`
	Code   string `json:"ISU_CD"` // the six-character code here, an ISIN in other services
	Name   string `json:"ISU_NM"`
	Open   string `json:"TDD_OPNPRC"`
	High   string `json:"TDD_HGPRC"`
	Low    string `json:"TDD_LWPRC"`
	Close  string `json:"TDD_CLSPRC"`
	Volume string `json:"ACC_TRDVOL"`
}

// read returns the row in our words, without KnownAt and market. A row of another form is Unavailable: better no day
// than a wrong one.
func (r row) read(day market.Day) (market.Bar, market.Listing, error) {
	refuse := func(err error) (market.Bar, market.Listing, error) {
		return market.Bar{}, market.Listing{}, fault.New(fault.Unavailable, "row of %q (%s): %w", r.Code, r.Name, err)
	}
	code, err := market.ParseCode(strings.TrimSpace(r.Code))
	if err != nil {
		return refuse(err)
	}
	if got, err := market.ParseDay(r.Day); err != nil || got != day {
		return refuse(fault.New(fault.Invalid, "it is dated %q", r.Day))
	}
	bar := market.Bar{Code: code, Day: day, AdjFactor: 1, Source: name}
	for _, field := range []struct {
		into *int64
		text string
	}{{&bar.Open, r.Open}, {&bar.High, r.High}, {&bar.Low, r.Low}, {&bar.Close, r.Close}, {&bar.Volume, r.Volume}} {
		if *field.into, err = upstream.ParseInt(field.text); err != nil {
			return refuse(err)
		}
	}
	return bar, market.Listing{Code: code, Name: strings.TrimSpace(r.Name)}, nil
}
