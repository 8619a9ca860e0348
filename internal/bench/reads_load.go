package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// target is a server and the requests that it is asked, each whole as it goes over the wire.
type target struct {
	addr     string
	requests [][]byte
}

// request writes a GET.
func request(addr, path, token string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + addr + "\r\nAuthorization: Bearer " + token + "\r\nAccept: application/json\r\n\r\n")
}

// load is what a run of requests came to.
type load struct {
	took  time.Duration
	waits []float64 // ms of each request
}

func (l load) rate() float64 { return float64(len(l.waits)) / l.took.Seconds() }

// line is one kept-alive connection. It reads no more of an answer than it must: what it uses is missing to who answers.
type line struct {
	conn net.Conn
	in   *bufio.Reader
}

func dial(ctx context.Context, addr string) (*line, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &line{conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}, nil
}

var (
	statusOK      = []byte("HTTP/1.1 200")
	contentLength = []byte("content-length:")
	chunkedCoding = []byte("transfer-encoding: chunked")
)

// ask sends a request and reads the answer to its end; any status but 200 is an error.
func (l *line) ask(request []byte) error {
	if _, err := l.conn.Write(request); err != nil {
		return err
	}
	status, err := l.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, statusOK) {
		status := string(bytes.TrimSpace(status))
		rest, _ := l.in.Peek(min(l.in.Buffered(), 2<<10)) //nolint:errcheck // what is there already
		return fmt.Errorf("%s: %s", status, rest)
	}
	length, chunked := int64(0), false
	for {
		header, err := l.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if header = bytes.TrimRight(header, "\r\n"); len(header) == 0 {
			break
		}
		if len(header) > len(contentLength) && bytes.EqualFold(header[:len(contentLength)], contentLength) {
			if length, err = strconv.ParseInt(string(bytes.TrimSpace(header[len(contentLength):])), 10, 64); err != nil {
				return fmt.Errorf("content length: %w", err)
			}
		}
		chunked = chunked || bytes.EqualFold(header, chunkedCoding)
	}
	if chunked {
		return l.skipChunks()
	}
	return l.skip(length)
}

func (l *line) skip(n int64) error {
	for n > 0 {
		k, err := l.in.Discard(int(min(n, int64(l.in.Size()))))
		if err != nil {
			return err
		}
		n -= int64(k)
	}
	return nil
}

func (l *line) skipChunks() error {
	for {
		head, err := l.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(head)), 16, 64)
		if err != nil {
			return fmt.Errorf("chunk: %w", err)
		}
		if err := l.skip(n + 2); err != nil || n == 0 { // with the line's end
			return err
		}
	}
}

// lines opens n connections, and closes them all where one fails. ctx ends what waits on them.
func (t target) lines(ctx context.Context, n int) (list []*line, closeAll func() error, err error) {
	stop := context.AfterFunc(ctx, func() {
		for _, l := range list {
			l.conn.SetDeadline(time.Now()) //nolint:errcheck // it may be closed
		}
	})
	closeAll = func() error {
		stop()
		var errs []error
		for _, l := range list {
			errs = append(errs, l.conn.Close())
		}
		return errors.Join(errs...)
	}
	for range n {
		l, err := dial(ctx, t.addr)
		if err != nil {
			return nil, nil, errors.Join(err, closeAll())
		}
		list = append(list, l)
	}
	return list, closeAll, nil
}

// saturate has n connections ask one request after the other for a time.
func (t target) saturate(ctx context.Context, n int, d time.Duration) (load, error) {
	return t.run(ctx, n, func(started time.Time, next *atomic.Int64, ask func(int64) error) ([]float64, error) {
		var waits []float64
		for sent := started; sent.Sub(started) < d; {
			if err := ask(next.Add(1)); err != nil {
				return nil, err
			}
			now := time.Now()
			waits = append(waits, milliseconds(now.Sub(sent)))
			sent = now
		}
		return waits, nil
	})
}

// paced asks at a rate, whatever becomes of the requests before: each has its time, and what it waits for a connection counts.
func (t target) paced(ctx context.Context, n int, perSecond float64, d time.Duration) (load, error) {
	every := time.Duration(float64(time.Second) / perSecond)
	return t.run(ctx, n, func(started time.Time, next *atomic.Int64, ask func(int64) error) ([]float64, error) {
		var waits []float64
		for {
			i := next.Add(1) - 1
			due := time.Duration(i) * every
			if due >= d {
				return waits, nil
			}
			time.Sleep(time.Until(started.Add(due)))
			if err := ask(i); err != nil {
				return nil, err
			}
			waits = append(waits, milliseconds(time.Since(started)-due))
		}
	})
}

// run has n connections work at once. Each gets the number of the next request, and a way to ask it.
func (t target) run(ctx context.Context, n int, work func(time.Time, *atomic.Int64, func(int64) error) ([]float64, error)) (_ load, err error) {
	lines, closeAll, err := t.lines(ctx, n)
	if err != nil {
		return load{}, err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	var (
		next    atomic.Int64
		group   sync.WaitGroup
		waits   = make([][]float64, n)
		errs    = make([]error, n)
		started = time.Now()
	)
	for i, l := range lines {
		group.Go(func() {
			waits[i], errs[i] = work(started, &next, func(k int64) error { return l.ask(t.requests[int(k)%len(t.requests)]) })
		})
	}
	group.Wait()
	out := load{took: time.Since(started)}
	for _, list := range waits {
		out.waits = append(out.waits, list...)
	}
	for _, err := range append(errs, context.Cause(ctx)) {
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// fetch asks once and returns the body.
func (t target) fetch(ctx context.Context, i int) ([]byte, error) {
	l, err := dial(ctx, t.addr)
	if err != nil {
		return nil, err
	}
	defer l.conn.Close()
	if _, err := l.conn.Write(t.requests[i]); err != nil {
		return nil, err
	}
	res, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, body)
	}
	return body, errors.Join(err, res.Body.Close())
}
