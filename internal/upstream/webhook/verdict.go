package webhook

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
)

// host names a webhook in errors: the rest of its address may be a secret.
func host(to notice.Address) string {
	u, err := url.Parse(to.URL)
	if err != nil {
		return "unreadable"
	}
	return u.Host
}

func refusal(to notice.Address, err error) error {
	var private *privateError
	if errors.As(err, &private) {
		return fault.New(fault.Invalid, "webhook: %s: %w", host(to), private)
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err // without the address
	}
	return fault.New(fault.Unavailable, "webhook: %s: %w", host(to), err)
}

const (
	leastWait = time.Second
	mostWait  = time.Hour
)

func verdict(to notice.Address, res *http.Response) error {
	switch {
	case res.StatusCode/100 == 2:
		return nil
	case res.StatusCode == http.StatusTooManyRequests:
		seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
		if err != nil {
			seconds = 0
		}
		wait := min(max(time.Duration(seconds)*time.Second, leastWait), mostWait)
		return fault.After(fault.Limited, wait, "webhook: %s: status 429", host(to))
	case res.StatusCode == http.StatusGone:
		return fault.New(fault.Forbidden, "webhook: %s: status 410: it is gone", host(to))
	case res.StatusCode >= http.StatusInternalServerError:
		return fault.New(fault.Unavailable, "webhook: %s: status %d", host(to), res.StatusCode)
	}
	return fault.New(fault.Invalid, "webhook: %s: status %d", host(to), res.StatusCode)
}
