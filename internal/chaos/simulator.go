package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"tickerwire/internal/simulator"
)

// sim is the running simulator, as its controls show it.
type sim struct{ url string }

// call asks a control; in and out may be nil.
func (s sim) call(ctx context.Context, method, path string, in, out any) error {
	return callJSON(ctx, method, s.url+"/_sim/"+path, nil, in, out)
}

// setClock puts the clock to an instant, unless it is zero, and makes it run at a speed.
func (s sim) setClock(ctx context.Context, now time.Time, speed float64) error {
	in := map[string]any{"speed": speed}
	if !now.IsZero() {
		in["now"] = now
	}
	return s.call(ctx, http.MethodPut, "clock", in, nil)
}

func (s sim) clock(ctx context.Context) (time.Time, error) {
	var state struct {
		Now time.Time `json:"now"`
	}
	err := s.call(ctx, http.MethodGet, "clock", nil, &state)
	return state.Now, err
}

// messages returns what Telegram accepted, oldest first.
func (s sim) messages(ctx context.Context) ([]simulator.Message, error) {
	var list struct {
		Messages []simulator.Message `json:"messages"`
	}
	err := s.call(ctx, http.MethodGet, "telegram/messages", nil, &list)
	return list.Messages, err
}

// served returns the ids that each source has shown.
func (s sim) served(ctx context.Context) (map[string][]string, error) {
	var list map[string][]string
	err := s.call(ctx, http.MethodGet, "served", nil, &list)
	return list, err
}

// callJSON sends in as JSON and decodes the answer into out. A status of 400 or more is a *statusError.
func callJSON(ctx context.Context, method, url string, header http.Header, in, out any) error {
	return callBy(ctx, http.DefaultClient, method, url, header, in, out)
}

// callBy is callJSON by another client.
func callBy(ctx context.Context, client *http.Client, method, url string, header http.Header, in, out any) (err error) {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, url, err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, url, err)
	}
	if header != nil {
		req.Header = header.Clone()
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, url, err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, url, err)
	}
	if res.StatusCode >= http.StatusBadRequest {
		return &statusError{method + " " + url, res.StatusCode, string(raw)}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, url, err)
	}
	return nil
}

// statusError is an answer that refuses.
type statusError struct {
	what   string
	status int
	body   string
}

// Error names the request, the status and the body.
func (e *statusError) Error() string {
	return fmt.Sprintf("%s: status %d: %s", e.what, e.status, e.body)
}
