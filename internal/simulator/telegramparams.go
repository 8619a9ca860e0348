package simulator

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/url"
)

// readParams reads parameters from the address and from a body of any of the three kinds. A multipart body may be empty.
func readParams(r *request) (url.Values, error) {
	params := r.URL.Query()
	kind, attrs, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return params, nil // no body that anybody reads
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(r.body))
		maps.Copy(params, form)
		return params, err
	case "application/json":
		return params, jsonParams(r.body, params)
	case "multipart/form-data":
		return params, multipartParams(r.body, attrs["boundary"], params)
	}
	return params, nil
}

func jsonParams(body []byte, into url.Values) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return err
	}
	for name, raw := range fields {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw) // numbers, flags and nested values stay as they are written
		}
		into.Set(name, text)
	}
	return nil
}

func multipartParams(body []byte, boundary string, into url.Values) error {
	if len(body) == 0 {
		return nil
	}
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		into.Set(part.FormName(), string(value))
	}
}
