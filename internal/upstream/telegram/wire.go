package telegram

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"syscall"
	"time"

	"tickerwire/internal/upstream"
)

const idleFor = 30 * time.Second // shorter than any server's, so that few requests meet a connection that just closed

// sighting is what became visible of one request.
type sighting struct {
	left   atomic.Bool  // something of it may have been written
	status atomic.Int64 // of the answer, once its headers and its whole body are here; 0 before
}

type sightingKey struct{}

// watch returns a context whose request is watched.
func watch(ctx context.Context) (context.Context, *sighting) {
	seen := &sighting{}
	ctx = context.WithValue(ctx, sightingKey{}, seen)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// The first header goes into the connection's buffer before anything can leave.
		WroteHeaderField: func(string, []string) { seen.left.Store(true) },
		WroteHeaders:     func() { seen.left.Store(true) },
	}), seen
}

// wire is the bot library's way out: one host only, no redirects, a deadline, a cap, and whole bodies.
type wire struct {
	http *http.Client
	host string
}

func newWire(base *url.URL, o Options) *wire {
	transport := o.Transport
	if transport == nil {
		transport = &http.Transport{IdleConnTimeout: idleFor, MaxIdleConnsPerHost: 64, TLSHandshakeTimeout: 10 * time.Second,
			ForceAttemptHTTP2: true}
	}
	transport = transport.Clone()
	if !o.AllowReal {
		transport.Proxy = nil // a proxy would be the way around the guard
		transport.DialContext = dialLoopback
	} else if o.Transport == nil {
		transport.Proxy = http.ProxyFromEnvironment
	}
	return &wire{host: base.Host, http: &http.Client{Transport: transport, Timeout: upstream.DefaultTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Do sends the request from memory: net/http may then move it to a fresh connection when, and only when, nothing of it
// was written to an old one.
func (w *wire) Do(req *http.Request) (*http.Response, error) {
	if req.URL.Host != w.host {
		return nil, fmt.Errorf("the send guard refuses %s", req.URL.Host)
	}
	form, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, fmt.Errorf("the message's form: %w", err)
	}
	req.ContentLength = int64(len(form))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(form)), nil }
	if req.Body, err = req.GetBody(); err != nil {
		return nil, err
	}
	res, err := w.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, upstream.DefaultMaxBody))
	if err != nil {
		return nil, fmt.Errorf("the answer broke off: %w", err)
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	if seen, ok := req.Context().Value(sightingKey{}).(*sighting); ok {
		seen.status.Store(int64(res.StatusCode))
	}
	return res, nil
}

// loopback reports a host that cannot lead out of this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// dialLoopback looks at where a name really leads before it connects.
func dialLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 5 * time.Second, Control: func(_, resolved string, _ syscall.RawConn) error {
		host, _, err := net.SplitHostPort(resolved)
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
			return fmt.Errorf("the send guard refuses %s, which is %s", address, resolved)
		}
		return nil
	}}
	return dialer.DialContext(ctx, network, address)
}
