package upstream

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tickerwire/internal/fault"
)

// statusFault is the base classification of an answer, by its status alone.
func statusFault(where string, r *Response) error {
	switch {
	case r.Status >= 200 && r.Status < 300, r.Status == http.StatusNotModified:
		return nil
	case r.Status == http.StatusTooManyRequests:
		return fault.After(fault.Limited, r.RetryAfter, "%s: status 429", where)
	case r.Status >= 500, r.Status < 400, r.Status == http.StatusRequestTimeout:
		return fault.After(fault.Unavailable, r.RetryAfter, "%s: status %d", where, r.Status)
	case r.Status == http.StatusUnauthorized:
		return fault.New(fault.Unauthorized, "%s: status 401", where)
	case r.Status == http.StatusForbidden:
		return fault.New(fault.Forbidden, "%s: status 403", where)
	case r.Status == http.StatusNotFound, r.Status == http.StatusGone:
		return fault.New(fault.NotFound, "%s: status %d", where, r.Status)
	}
	return fault.New(fault.Invalid, "%s: status %d", where, r.Status)
}

// retryAfter reads a Retry-After header, seconds or a date. A date is measured from the answer's own Date where there is
// one, so that a skewed clock does no harm. 0 means none, unreadable or past.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return time.Duration(max(seconds, 0)) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sent
	}
	return max(at.Sub(now), 0)
}

// Redact returns text with every secret replaced by "***", also in its URL-escaped forms. Clients run an upstream's own
// words through it before they put them into an error.
func Redact(text string, secrets ...string) string {
	var forms []string
	for _, secret := range secrets {
		if secret != "" {
			forms = append(forms, secret, url.QueryEscape(secret), url.PathEscape(secret))
		}
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	for _, form := range forms {
		text = strings.ReplaceAll(text, form, "***")
	}
	return text
}

// Brief returns the first 200 characters of an upstream's words on one line, secrets cut out: enough for an error.
func Brief(text string, secrets ...string) string {
	text = strings.Join(strings.Fields(Redact(text, secrets...)), " ")
	if short := []rune(text); len(short) > 200 {
		return string(short[:200]) + "..."
	}
	return text
}

// ParseInt reads a whole number as the exchanges and brokers print it: with or without thousands commas, with a sign.
// "" and "-" mean that there is none and give 0. Anything else is an Invalid fault.
func ParseInt(s string) (int64, error) {
	digits := strings.ReplaceAll(strings.TrimSpace(s), ",", "")
	if digits == "" || digits == "-" {
		return 0, nil
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, fault.New(fault.Invalid, "%q is not a whole number", s)
	}
	return n, nil
}
