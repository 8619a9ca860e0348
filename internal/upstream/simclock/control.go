package simclock

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"tickerwire/internal/fault"
)

// maxAnswer bounds a control's answer, in bytes: a list of messages may be long.
const maxAnswer = 64 << 20

// Control uses one of the controls of the simulator at baseURL, by its path below /_sim/: in is sent as JSON, and the answer
// decoded into out; both may be nil. Errors: Unavailable when nobody answers within two seconds, Invalid with the
// simulator's words when it refuses.
func Control(ctx context.Context, baseURL, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	var body io.Reader = http.NoBody
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return fault.New(fault.Invalid, "simulator: %s: %w", path, err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(baseURL, "/")+"/_sim/"+path, body)
	if err != nil {
		return fault.New(fault.Invalid, "simulator: %w", err)
	}
	res, err := newClient().Do(req)
	if err != nil {
		return fault.New(fault.Unavailable, "no simulator answers: %w", err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case err != nil:
		return fault.New(fault.Unavailable, "simulator: %s: the answer broke off: %w", path, err)
	case res.StatusCode >= http.StatusBadRequest:
		return fault.New(fault.Invalid, "simulator: %s: status %d: %.200s", path, res.StatusCode, raw)
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fault.New(fault.Unavailable, "simulator: %s: %w", path, err)
	}
	return nil
}
