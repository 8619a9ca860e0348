package handlers

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	echomw "github.com/labstack/echo/v4/middleware"

	"tickerwire/internal/fault"
	"tickerwire/internal/tracing"
)

const (
	bodyLimit      = 1 << 20 // bytes
	requestTimeout = 15 * time.Second
)

// middleware is what every request passes, outermost first.
func (a *api) middleware() []echo.MiddlewareFunc {
	chain := []echo.MiddlewareFunc{requestID, a.traced, a.observe, secureHeaders}
	if len(a.Origins) > 0 {
		chain = append(chain, echomw.CORSWithConfig(echomw.CORSConfig{AllowOrigins: a.Origins, MaxAge: 600,
			AllowCredentials: true, // the refresh token's cookie; it is SameSite=Strict, and no origin is taken but those named
			AllowMethods:     []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete},
			AllowHeaders:     []string{echo.HeaderAuthorization, echo.HeaderContentType, "If-None-Match", echo.HeaderXRequestID},
			ExposeHeaders:    []string{"ETag", echo.HeaderXRequestID, echo.HeaderRetryAfter}}))
	}
	return append(chain, a.sameOrigin, a.bounded, a.orPage)
}

// requestID takes the caller's id when it is fit for a log line, else makes one, and answers with it.
func requestID(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get(echo.HeaderXRequestID)
		if !isPlainID(id) {
			id = rand.Text()
		}
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		return next(c)
	}
}

func isPlainID(id string) bool {
	const plain = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
	return len(id) >= 8 && len(id) <= 64 && strings.Trim(id, plain) == ""
}

// traced begins the span of a request, in the trace that its caller names where he names one.
func (a *api) traced(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if a.Tracer == nil && !tracing.Named(r.Header) {
			return next(c)
		}
		method, route := labels(r.Method, c.Path())
		ctx, span := tracing.Request(r.Context(), a.Tracer, r.Header, method, route, c.Response().Header().Get(echo.HeaderXRequestID))
		defer func() { span.Answered(c.Response().Status) }()
		c.SetRequest(r.WithContext(ctx))
		return next(c)
	}
}

// observe answers errors, turns panics into errors, writes the one log line of a request and counts it.
func (a *api) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		err := caught(next, c)
		if err != nil {
			c.Error(err)
		}
		a.log(c, err, time.Since(start))
		a.metrics.observe(c.Request().Method, c.Path(), c.Response().Status, time.Since(start))
		return nil
	}
}

// caught runs the handler; a panic becomes an error with its stack.
func caught(next echo.HandlerFunc, c echo.Context) (err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler {
			panic(p)
		}
		err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	}()
	return next(c)
}

func (a *api) log(c echo.Context, err error, took time.Duration) {
	r, w := c.Request(), c.Response()
	level := slog.LevelInfo
	if err == nil && !a.Log.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request_id", w.Header().Get(echo.HeaderXRequestID)), slog.String("method", r.Method),
		slog.String("route", c.Path()), slog.Int("status", w.Status), slog.Int64("bytes", w.Size),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000), slog.String("address", c.RealIP()),
	}
	if actor, ok := c.Get(actorKey).(Actor); ok {
		attrs = append(attrs, slog.Int64("user_id", actor.UserID))
	}
	if c.Path() == "" && w.Status < http.StatusBadRequest {
		level = slog.LevelDebug // a page is some thirty files
	}
	if err != nil && statusOf(err) >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if err != nil {
		attrs = append(attrs, slog.Any("error", err))
	}
	a.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// secureHeaders forbids browsers what an API has no use for. Pages set a policy of their own.
func secureHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set(echo.HeaderCacheControl, "no-store")
		if c.Request().TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		return next(c)
	}
}

// sameOrigin refuses what another site's page makes a browser send, as far as it changes something: the refresh and
// the monitor go by cookie.
func (a *api) sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if a.guard.Check(c.Request()) != nil {
			return refused(http.StatusForbidden, fault.Say("this was sent by a page of another site"))
		}
		return next(c)
	}
}

// bounded limits how much a request may send and how long it may take. Whatever is done for it carries its id.
func (a *api) bounded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		limit := requestTimeout
		if a.streaming[c.Path()] {
			limit = streamTime
		}
		ctx := tracing.WithRequest(r.Context(), c.Response().Header().Get(echo.HeaderXRequestID))
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(c.Response(), r.Body, bodyLimit)
		c.SetRequest(r)
		return next(c)
	}
}
