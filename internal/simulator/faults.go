package simulator

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"mime"
	"net"
	"net/http"
	"sync"
	"time"
)

// Fault is what goes wrong with an upstream until it is taken back. Of limit, code, status, reset, malformed and
// content_type at most one may be set; latency comes on top or alone.
type Fault struct {
	LatencyMS int      `json:"latency_ms,omitempty"`   // wait this long before anything else, at most 120,000
	Status    int      `json:"status,omitempty"`       // answer with this status, 400 to 599, and a page of HTML
	Rate      *float64 `json:"rate,omitempty"`         // the share of requests that are hit, 0 to 1; absent: all
	Reset     bool     `json:"reset,omitempty"`        // cut the connection
	Malformed bool     `json:"malformed,omitempty"`    // carry the request out, then send half of the body
	Limit     bool     `json:"limit,omitempty"`        // refuse as the upstream refuses a caller over its limit
	Code      string   `json:"code,omitempty"`         // refuse with an error code of the upstream's own (Naver, DART, KRX, KIS)
	Mild      bool     `json:"mild,omitempty"`         // limit and code say so with status 200
	Type      string   `json:"content_type,omitempty"` // carry the request out, then call the whole body this
	After     bool     `json:"after,omitempty"`        // carry the request out before status or reset: the answer is lost
}

const maxLatencyMS = 120_000

func (f Fault) check() error {
	kinds := 0
	for _, set := range []bool{f.Status != 0, f.Reset, f.Malformed, f.Limit, f.Code != "", f.Type != ""} {
		if set {
			kinds++
		}
	}
	switch {
	case kinds > 1:
		return errors.New("at most one of status, reset, malformed, limit, code and content_type")
	case kinds == 0 && f.LatencyMS == 0:
		return errors.New("nothing goes wrong: set latency_ms, status, reset, malformed, limit, code or content_type")
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return fmt.Errorf("status %d is not 400 to 599", f.Status)
	case f.LatencyMS < 0 || f.LatencyMS > maxLatencyMS:
		return fmt.Errorf("latency_ms %d is not 0 to %d", f.LatencyMS, maxLatencyMS)
	case f.Rate != nil && !(*f.Rate >= 0 && *f.Rate <= 1):
		return fmt.Errorf("rate %v is not 0 to 1", *f.Rate)
	case f.After && f.Status == 0 && !f.Reset:
		return errors.New("after goes with status or reset")
	case f.Mild && !f.Limit && f.Code == "":
		return errors.New("mild goes with limit or code")
	case f.Type != "":
		if _, _, err := mime.ParseMediaType(f.Type); err != nil {
			return fmt.Errorf("content_type %q: %w", f.Type, err)
		}
	}
	return nil
}

// wait is the fault's latency.
func (f *Fault) wait(ctx context.Context) error {
	if f.LatencyMS == 0 {
		return nil
	}
	timer := time.NewTimer(time.Duration(f.LatencyMS) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// apply returns the answer that the fault lets through. A reset does not return.
func (f *Fault) apply(w http.ResponseWriter, r *request, up upstream, clock *Clock) answer {
	if a, refused := f.refusal(r, up); refused {
		return a
	}
	var a answer
	if f.After || f.Malformed || f.Status == 0 && !f.Reset {
		a = up.answer(r, clock.Now())
	}
	switch {
	case f.Reset:
		cut(w)
	case f.Status != 0:
		page := fmt.Sprintf("<html><head><title>%d</title></head><body><h1>%d %s</h1></body></html>", f.Status, f.Status, http.StatusText(f.Status))
		return answer{status: f.Status, header: contentType("text/html"), body: []byte(page)}
	case f.Malformed:
		a.body, a.ids = a.body[:len(a.body)/2], nil
		a.header.Del("ETag") // a broken body must not be confirmed later
		a.header.Del("Last-Modified")
	case f.Type != "" && len(a.body) > 0: // what has no body has no type
		a.header = a.header.Clone()
		a.header.Set("Content-Type", f.Type)
	}
	return a
}

// traffic is what a request counts as that the fault hits.
func (f *Fault) traffic() Traffic {
	if f.Limit {
		return Traffic{Refused: 1}
	}
	return Traffic{Faulty: 1}
}

// refusal returns the upstream's own words for limit and code.
func (f *Fault) refusal(r *request, up upstream) (a answer, refused bool) {
	switch coder, ok := up.(coded); {
	case f.Limit:
		a, refused = up.limited(r), true
	case f.Code != "" && ok:
		a, refused = coder.refuse(r, f.Code)
	}
	if refused && f.Mild {
		a.status = http.StatusOK
	}
	return a, refused
}

// cut ends the connection with a TCP reset where there is one to cut, and otherwise as net/http aborts a handler.
func cut(w http.ResponseWriter) {
	if hijacker, ok := w.(http.Hijacker); ok {
		if conn, _, err := hijacker.Hijack(); err == nil {
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // without it the client sees a clean end instead: still a lost answer
			}
			_ = conn.Close() // the aim is that it fails for the client
		}
	}
	panic(http.ErrAbortHandler)
}

// faults are those that are switched on, by upstream. Which requests a rate hits is drawn from a fixed seed per upstream.
type faults struct {
	mu sync.Mutex
	on map[string]*activeFault
}

type activeFault struct {
	Fault
	draw *rand.Rand
}

func newFaults() *faults { return &faults{on: map[string]*activeFault{}} }

func (f *faults) set(name string, fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on[name] = &activeFault{Fault: fault, draw: rand.New(rand.NewPCG(1, textSeed(name)))} // #nosec G404 -- the same world for the same seed is wanted
}

func (f *faults) clear(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.on, name)
}

func (f *faults) get(name string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	active, ok := f.on[name]
	if !ok {
		return Fault{}, false
	}
	return active.Fault, true
}

// next returns the fault that hits the upstream's next request, nil when none does.
func (f *faults) next(name string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	active, ok := f.on[name]
	if !ok || active.Rate != nil && active.draw.Float64() >= *active.Rate {
		return nil
	}
	fault := active.Fault
	return &fault
}
