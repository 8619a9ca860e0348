package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"
)

// listen opens addr; a taken port is said in so many words, with the setting that moves it.
func listen(setting, addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s: %s is taken by another program; is Tickerwire running already?", setting, addr)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	return ln, nil
}

const (
	headerTimeout = 10 * time.Second
	closeGrace    = 5 * time.Second
)

// lingers is how long the API goes on after it was asked to end. Whoever stands before it learns meanwhile that it leaves:
// it is not ready any more, and each answer ends its connection. A request that was sent at the moment at which an idle
// connection is closed, or before everybody has heard, would be lost.
const lingers = 3 * time.Second

// lingering serves h as serveHTTP does, and for a while after ctx has ended.
func lingering(ctx context.Context, ln net.Listener, h http.Handler) error {
	left, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lingers, end) })()
	return serveHTTP(left, ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ctx.Err() != nil {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	}))
}

// serveHTTP serves h on ln until ctx ends, then lets running requests finish for closeGrace.
func serveHTTP(ctx context.Context, ln net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, IdleTimeout: 2 * time.Minute}
	done := make(chan error, 1)
	go func() { done <- server.Serve(ln) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeGrace)
	defer cancel()
	err := server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
