package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"tickerwire/internal/fault"
)

const (
	streamTime  = 10 * time.Minute // after so long a caller has to ask again, and goes on where he was
	streamWrite = 10 * time.Second // for a caller to take an event
	streamRetry = 2 * time.Second  // that a browser waits before it asks again
	streamsMost = 256              // at once in this process
	streamsEach = 8                // of one user
)

// event is one message of a stream. One without a name is a comment that keeps the connection open.
type event struct {
	id, name string
	data     any
}

// events is an answer that goes on: it sends one event after another until it returns. nil says that there is nothing
// more to come: 204, after which a browser does not ask again.
type events func(ctx context.Context, send func(event) error) error

// stream is a route that answers with server-sent events.
func stream[Req any](path string, scope Scope, summary string, h handlerFunc[Req, events]) route {
	return newRoute(http.MethodGet, path, scope, summary, h).answers(http.StatusOK, http.StatusNoContent)
}

// isStream reports whether the route's answer goes on.
func (r route) isStream() bool { return r.resp == typeEvents }

// sendEvents writes a stream to its end.
func sendEvents(c echo.Context, next events) error {
	if next == nil {
		return c.NoContent(http.StatusNoContent)
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, mimeEvents)
	h.Set("X-Accel-Buffering", "no") // a proxy must not wait for more
	c.Response().WriteHeader(http.StatusOK)
	control := http.NewResponseController(c.Response())
	send := func(e event) error { return sendEvent(c.Response(), control, e) }
	if err := sendRaw(c.Response(), control, fmt.Appendf(nil, "retry: %d\n\n", streamRetry.Milliseconds())); err != nil {
		return err
	}
	ctx := c.Request().Context()
	err := next(ctx, send)
	if ctx.Err() != nil {
		return nil // he went, or was asked to come again
	}
	return err
}

const mimeEvents = "text/event-stream"

// sampleStream is what the document shows of a stream.
const sampleStream = "retry: 2000\n\nid: 7\nevent: run\ndata: {\"id\":1,\"state\":\"running\",\"total\":10,\"done\":4,\"eta_seconds\":12}\n\nid: 9\nevent: end\ndata: {\"state\":\"done\"}\n\n"

func sendEvent(w http.ResponseWriter, control *http.ResponseController, e event) error {
	if e.name == "" {
		return sendRaw(w, control, []byte(":\n\n"))
	}
	data, err := json.Marshal(e.data)
	if err != nil {
		return fmt.Errorf("encode an event: %w", err)
	}
	return sendRaw(w, control, fmt.Appendf(nil, "id: %s\nevent: %s\ndata: %s\n\n", e.id, e.name, bytes.TrimSpace(data)))
}

func sendRaw(w http.ResponseWriter, control *http.ResponseController, raw []byte) error {
	if err := control.SetWriteDeadline(time.Now().Add(streamWrite)); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("send an event: %w", err)
	}
	if _, err := w.Write(raw); err != nil {
		return fmt.Errorf("send an event: %w", err)
	}
	if err := control.Flush(); err != nil {
		return fmt.Errorf("send an event: %w", err)
	}
	return nil
}

// streams counts who follows something, so that followers never take all there is.
type streams struct {
	mu    sync.Mutex
	total int
	of    map[int64]int
}

// enter lets a user follow one thing more until leave is called; Limited when he, or all together, follow too many.
func (s *streams) enter(userID int64) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.total >= streamsMost || s.of[userID] >= streamsEach {
		return nil, fault.After(fault.Limited, streamWrite, "too many streams are open")
	}
	if s.of == nil {
		s.of = make(map[int64]int)
	}
	s.total++
	s.of[userID]++
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.total--
		if s.of[userID]--; s.of[userID] == 0 {
			delete(s.of, userID)
		}
	}), nil
}
