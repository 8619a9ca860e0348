package bench_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tickerwire/internal/bench"
)

// TestLoadReadsWholeAnswers has answers of every form come back to back on few connections: one that is read wrongly makes
// the next one unreadable.
func TestLoadReadsWholeAnswers(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		n := int(asked.Add(1))
		for range n % 4 { // flushed in parts it is chunked, empty and small it has a length
			io.WriteString(w, strings.Repeat("x", n%5*50_000))
			if n%2 == 0 {
				w.(http.Flusher).Flush()
			}
		}
	}))
	defer server.Close()
	addr := strings.TrimPrefix(server.URL, "http://")
	answered, err := bench.Saturate(t.Context(), addr, "token", 3, 300*time.Millisecond)
	if err != nil || answered == 0 || int64(answered) != asked.Load() {
		t.Errorf("%d answers of %d, %v", answered, asked.Load(), err)
	}
	if _, err := bench.Saturate(t.Context(), addr, "another", 1, 50*time.Millisecond); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("a refusal: %v", err)
	}
}

// TestPacedLoadCountsWaiting: what cannot be asked in time, since an answer before it was slow, has waited since then.
func TestPacedLoadCountsWaiting(t *testing.T) {
	t.Parallel()
	const stall = 300 * time.Millisecond
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if asked.Add(1) == 1 {
			time.Sleep(stall)
		}
	}))
	defer server.Close()
	waits, err := bench.Paced(t.Context(), strings.TrimPrefix(server.URL, "http://"), 1, 100, time.Second)
	if err != nil || len(waits) != 100 {
		t.Fatalf("%d requests, %v", len(waits), err)
	}
	late := 0
	for _, w := range waits {
		if w > 50 {
			late++
		}
	}
	if late < 20 { // those that came within a quarter of a second
		t.Errorf("only %d requests have waited", late)
	}
}
