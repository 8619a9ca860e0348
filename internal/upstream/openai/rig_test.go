package openai_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/openai"
	"tickerwire/internal/upstream/upstreamtest"
)

const key = "sk-test-secret"

// forecast is a reply's form.
const forecast = `{"type":"object","additionalProperties":false,"required":["probability","reason"],
	"properties":{"probability":{"type":"number","minimum":0,"maximum":1},"reason":{"type":"string"}}}`

func schemaOf(t testing.TB, text string) *openai.Schema {
	t.Helper()
	schema, err := openai.NewSchema("forecast", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// serve starts a service and returns a client of it.
func serve(t *testing.T, handler http.HandlerFunc) *openai.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &openai.Client{Client: &upstream.Client{}, BaseURL: server.URL + "/v1", Key: key}
}

// saved returns the answers in testdata/<folder>/*.http, as they come over the wire, by name.
func saved(t testing.TB, folder string) map[string]*http.Response {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.http"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files in %s: %v", len(files), folder, err)
	}
	answers := map[string]*http.Response{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(text)), nil)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		answers[strings.TrimSuffix(filepath.Base(file), ".http")] = res
	}
	return answers
}

// bodyOf reads a saved answer's body.
func bodyOf(t testing.TB, res *http.Response) []byte {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// playing answers every request with a saved answer.
func playing(t *testing.T, res *http.Response) *openai.Client {
	t.Helper()
	body := bodyOf(t, res)
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range res.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(res.StatusCode)
		if _, err := w.Write(body); err != nil {
			t.Errorf("answering: %v", err)
		}
	})
}

// told is what an error says, without the address of a test's server.
func told(client *openai.Client, err error) string {
	if err == nil {
		return ""
	}
	return strings.ReplaceAll(err.Error(), client.BaseURL, "http://service/v1")
}

// golden compares results by name with a golden file.
func golden[T any](t *testing.T, name string, got map[string]T) {
	t.Helper()
	upstreamtest.Golden(t, name, got)
}

// asked decodes a request's body.
func asked(t *testing.T, r *http.Request) map[string]any {
	t.Helper()
	var in map[string]any
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		t.Error(err)
	}
	return in
}
