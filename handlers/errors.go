package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"tickerwire/internal/fault"
)

// problem is the body of every answer that is not a success: RFC 9457.
type problem struct {
	Type      string `json:"type" doc:"Always about:blank: the status says what kind of problem it is."`
	Title     string `json:"title" example:"Bad Request" doc:"The status in words, in the language of Content-Language."`
	Status    int    `json:"status" example:"400" doc:"The HTTP status."`
	Detail    string `json:"detail" doc:"What went wrong, for a person to read, in the language of Content-Language."`
	Field     string `json:"field" doc:"The input field at fault, as in filter.codes[2]; empty when it is not about one."`
	RequestID string `json:"request_id" doc:"What to quote when asking for help; the log has it too."`
}

const mimeProblem = "application/problem+json"

// statusCanceled is what is logged for a caller who went away before the answer; nobody receives it.
const statusCanceled = 499

// StatusOf returns the HTTP status that err is answered with.
func StatusOf(err error) int { return statusOf(err) }

// statusOf is the one table of faults and statuses.
func statusOf(err error) int {
	var he *echo.HTTPError
	var tooLarge *http.MaxBytesError
	switch fault.KindOf(err) {
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.Conflict:
		return http.StatusConflict
	case fault.Unauthorized:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Limited:
		return http.StatusTooManyRequests
	}
	switch {
	case errors.As(err, &he):
		return he.Code
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, context.Canceled):
		return statusCanceled
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// problemOf says what the caller may know of err, in his language: a fault's own message, else no more than its status.
func problemOf(err error, requestID string, l language) problem {
	p := problem{Type: "about:blank", Status: statusOf(err), RequestID: requestID}
	p.Title = l.title(p.Status)
	var f *fault.Error
	if errors.As(err, &f) && f.Kind != fault.Internal {
		p.Detail, p.Field = l.message(f), f.Field
		return p
	}
	p.Detail = l.text(textOf(err, p.Status))
	return p
}

// textOf says what a caller may know of an error that is no fault.
func textOf(err error, status int) fault.Text {
	var he *echo.HTTPError
	errors.As(err, &he)
	switch {
	case he != nil && he.Code == http.StatusNotFound:
		return fault.Say("there is nothing at this address")
	case he != nil && he.Code == http.StatusMethodNotAllowed:
		return fault.Say("this address does not take this method")
	case he != nil && he.Code < http.StatusInternalServerError:
		if text, ok := he.Message.(fault.Text); ok {
			return text
		}
		return fault.Say("the request cannot be taken")
	case status == http.StatusRequestEntityTooLarge:
		return fault.Say("the body is larger than %d MiB", bodyLimit>>20)
	case errors.Is(err, context.DeadlineExceeded):
		return fault.Say("this took too long")
	}
	return fault.Say("internal error")
}

// writeProblem is Echo's error handler. It never logs: the middleware does, once.
func writeProblem(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	h := c.Response().Header()
	l := languageOf(c.Request().Header)
	p := problemOf(err, h.Get(echo.HeaderXRequestID), l)
	for _, name := range []string{"ETag", echo.HeaderSetCookie} {
		h.Del(name)
	}
	h.Set(echo.HeaderCacheControl, "no-store")
	h.Set(echo.HeaderContentType, mimeProblem)
	h.Set("Content-Language", l.tag())
	h.Add(echo.HeaderVary, headerLanguage)
	if p.Status == http.StatusUnauthorized {
		h.Set(echo.HeaderWWWAuthenticate, "Bearer")
	}
	if wait := fault.RetryAfterOf(err); wait > 0 {
		h.Set(echo.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
	body, err := json.Marshal(p)
	if err != nil { // a struct of strings and a number: cannot happen, and must not hide the status
		body = nil
	}
	c.Response().WriteHeader(p.Status)
	_, _ = c.Response().Write(body) // it fails when the caller is gone: there is nobody left to tell
}

// refused returns an error that answers with a status that no fault has.
func refused(status int, why fault.Text) error { return echo.NewHTTPError(status, why) }
