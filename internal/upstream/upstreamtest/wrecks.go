package upstreamtest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/fault"
)

// What both kits break, and how they look at what came of it.

// wrecks cut a healthy body short, or are what stands in its place when something else answers.
func wrecks() map[string]func([]byte) []byte {
	return map[string]func([]byte) []byte{
		"half":    func(b []byte) []byte { return b[:len(b)/2] },
		"no tail": func(b []byte) []byte { return b[:len(b)-3] },
		"empty":   func([]byte) []byte { return nil },
		"a page": func([]byte) []byte {
			return []byte("<!doctype html><html><body>잠시 후 다시 시도해 주세요</body></html>")
		},
		"an object": func([]byte) []byte { return []byte(`{"version":"1"}`) },
	}
}

// wrecked answers with what cut leaves of the healthy answer.
func wrecked(t *testing.T, healthy http.Handler, cut func([]byte) []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		record := httptest.NewRecorder()
		healthy.ServeHTTP(record, r)
		for name, values := range record.Header() {
			if name != "Content-Length" {
				w.Header()[name] = values
			}
		}
		if _, err := w.Write(cut(record.Body.Bytes())); err != nil {
			t.Errorf("answering: %v", err)
		}
	}
}

// refusals are the kinds of the faults that statuses alone amount to.
func refusals() map[int]fault.Kind {
	return map[int]fault.Kind{
		http.StatusInternalServerError: fault.Unavailable,
		http.StatusBadGateway:          fault.Unavailable,
		http.StatusServiceUnavailable:  fault.Unavailable,
		http.StatusTooManyRequests:     fault.Limited,
		http.StatusUnauthorized:        fault.Unauthorized,
		http.StatusForbidden:           fault.Forbidden,
	}
}

const refusedFor = 7 * time.Second

// refusing answers with a status, asks to be left alone for refusedFor, and says the words.
func refusing(status int, words string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		http.Error(w, words, status)
	}
}

// heeds wants a limit's error to carry the wait that was asked for.
func heeds(t *testing.T, kind fault.Kind, err error) {
	t.Helper()
	if got := fault.RetryAfterOf(err); kind == fault.Limited && got != refusedFor {
		t.Errorf("retry after %s, want %s: %v", got, refusedFor, err)
	}
}

// hanging returns an upstream that hangs until the caller goes away, and the context of a caller who does when he is heard.
func hanging(t *testing.T) (http.HandlerFunc, context.Context) {
	asked := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	return func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}, ctx
}

// secretive wants no error in the chain to show a key.
func secretive(t *testing.T, err error, secrets []string) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		for _, secret := range secrets {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error shows a key: %v", err)
			}
		}
	}
}

// serving starts a server for the rest of the test and returns its address.
func serving(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// gone is the address of a server that nobody serves any more.
func gone() string {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	return server.URL
}
