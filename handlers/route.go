package handlers

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/labstack/echo/v4"
)

// Call is what a handler may know of the request besides its typed input.
type Call struct {
	Actor     Actor  // who asks; zero on open routes
	RequestID string // as in the log and in problems
	Address   string // the caller's IP address

	route   route
	request *http.Request
	header  http.Header // of the answer
	secure  bool        // the caller's side of the connection is TLS
}

// handlerFunc answers one kind of call.
type handlerFunc[Req, Resp any] func(ctx context.Context, call Call, req Req) (Resp, error)

// route is a line of the table. Its request and response structs are read by reflection: for binding, for the checks
// and for the OpenAPI document.
type route struct {
	method, path string // path as in OpenAPI: /api/stocks/{code}
	scope        Scope
	summary      string
	statuses     []int // that it answers besides problems, the usual one first
	req, resp    reflect.Type
	serve        func(ctx context.Context, call Call, bind func(into reflect.Value) error) (any, error)
	proof        proof

	changesNothing bool // although its method says so
	shared         bool // its answers are the same for everybody of a role
}

// proof is of a route that another system posts to in its own form: the header in which it proves itself, what that holds,
// and a sample of what it posts, in JSON.
type proof struct{ header, doc, sample string }

// none is the answer without a body: 204.
type none struct{}

func get[Req, Resp any](path string, scope Scope, summary string, h handlerFunc[Req, Resp]) route {
	return newRoute(http.MethodGet, path, scope, summary, h)
}

func post[Req, Resp any](path string, scope Scope, summary string, h handlerFunc[Req, Resp]) route {
	return newRoute(http.MethodPost, path, scope, summary, h)
}

func put[Req, Resp any](path string, scope Scope, summary string, h handlerFunc[Req, Resp]) route {
	return newRoute(http.MethodPut, path, scope, summary, h)
}

func patch[Req, Resp any](path string, scope Scope, summary string, h handlerFunc[Req, Resp]) route {
	return newRoute(http.MethodPatch, path, scope, summary, h)
}

func del[Req, Resp any](path string, scope Scope, summary string, h handlerFunc[Req, Resp]) route {
	return newRoute(http.MethodDelete, path, scope, summary, h)
}

func newRoute[Req, Resp any](method, path string, scope Scope, summary string, h handlerFunc[Req, Resp]) route {
	r := route{method: method, path: path, scope: scope, summary: summary, statuses: []int{http.StatusOK},
		req: reflect.TypeFor[Req](), resp: reflect.TypeFor[Resp]()}
	if r.resp == reflect.TypeFor[none]() {
		r.statuses = []int{http.StatusNoContent}
	}
	r.serve = func(ctx context.Context, call Call, bind func(reflect.Value) error) (any, error) {
		var req Req
		if err := bind(reflect.ValueOf(&req).Elem()); err != nil {
			return nil, err
		}
		return h(ctx, call, req)
	}
	return r
}

// answers says which statuses the route answers; with more than one, the response has a method status() int.
func (r route) answers(statuses ...int) route {
	r.statuses = statuses
	return r
}

// sharedByRole says that what is answered depends on nobody but his role: it may be kept for a moment.
func (r route) sharedByRole() route {
	r.shared = true
	return r
}

// takesRaw leaves the body to the route, which must look at the proof before it reads anything.
func (r route) takesRaw(p proof) route {
	r.proof = p
	serve := r.serve
	r.serve = func(ctx context.Context, call Call, _ func(reflect.Value) error) (any, error) {
		return serve(ctx, call, func(reflect.Value) error { return nil })
	}
	return r
}

// handle makes the Echo handler of a route: who may, what was asked, the answer.
func (a *api) handle(r route) echo.HandlerFunc {
	return func(c echo.Context) error {
		call := Call{RequestID: c.Response().Header().Get(echo.HeaderXRequestID), Address: c.RealIP(), route: r,
			request: c.Request(), header: c.Response().Header(), secure: a.isSecure(c.Request())}
		ctx := c.Request().Context()
		if r.scope != scopeOpen {
			actor, err := a.authorize(ctx, c.Request(), r.scope)
			if err != nil {
				return err
			}
			call.Actor = actor
			c.Set(actorKey, actor)
		}
		if r.shared && a.cache.ttl > 0 {
			body, err := a.cache.answer(ctx, cacheKey(c.Request(), call.Actor.Role), func(ctx context.Context) ([]byte, int, error) {
				answer, err := r.serve(ctx, call, func(into reflect.Value) error { return bind(c, into) })
				if err != nil {
					return nil, 0, err
				}
				body, err := r.encode(nil, answer)
				return body, len(body), err
			})
			if err != nil {
				return err
			}
			return r.send(c, http.StatusOK, body)
		}
		var audit int64
		answer, err := r.serve(ctx, call, func(into reflect.Value) (err error) {
			if err = bind(c, into); err == nil && r.audited() {
				audit, err = a.beginAudit(ctx, call, into)
			}
			return err
		})
		if r.method != http.MethodGet && !r.changesNothing {
			a.cache.changed()
			a.dashboards.changed()
		}
		if audit != 0 {
			a.endAudit(ctx, audit, r.statusOf(answer, err))
		}
		if err != nil {
			return err
		}
		if next, ok := answer.(events); ok {
			return sendEvents(c, next)
		}
		return r.respond(c, answer)
	}
}

// statusOf returns the status of an answer, or of the error in its place.
func (r route) statusOf(answer any, err error) int {
	if err != nil {
		return statusOf(err)
	}
	if s, ok := answer.(interface{ status() int }); ok {
		return s.status()
	}
	return r.statuses[0]
}

func (r route) respond(c echo.Context, answer any) error {
	status := r.statusOf(answer, nil)
	if status == http.StatusNoContent {
		return c.NoContent(status)
	}
	buffer := buffers.Get().(*[]byte)
	body, err := r.encode((*buffer)[:0], answer)
	if err == nil {
		err = r.send(c, status, body)
	}
	if cap(body) <= largestBuffer {
		*buffer = body
		buffers.Put(buffer)
	}
	return err
}

// buffers are for answers: who has written one has no use for it any more.
var buffers = sync.Pool{New: func() any { return new(make([]byte, 0, 64<<10)) }}

const largestBuffer = 1 << 20 // that is kept

func (r route) encode(b []byte, answer any) ([]byte, error) {
	body, err := encode(b, answer)
	if err != nil {
		return body, fmt.Errorf("encode the answer of %s %s: %w", r.method, r.path, err)
	}
	return body, nil
}

func (r route) send(c echo.Context, status int, body []byte) error {
	header := c.Response().Header()
	if r.method == http.MethodGet && status == http.StatusOK && !strings.HasPrefix(r.path, "/health") {
		tag := etag(body)
		header.Set(echo.HeaderCacheControl, "private, no-cache")
		header.Set("ETag", tag)
		if matches(c.Request().Header.Get("If-None-Match"), tag) {
			return c.NoContent(http.StatusNotModified)
		}
	}
	header.Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
	return c.Blob(status, echo.MIMEApplicationJSON, body)
}

// etag is weak: it names the meaning of a body, which a proxy may compress. It is the same in every process.
func etag(body []byte) string {
	sum := binary.BigEndian.AppendUint64(nil, xxhash.Sum64(body))
	return `W/"` + base64.RawURLEncoding.EncodeToString(sum) + `"`
}

func matches(header, tag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

// echoPath turns {code} into :code.
func echoPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}
