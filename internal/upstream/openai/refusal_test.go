package openai_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/openai"
)

// TestRefusals shows the whole table on real answers, from both endpoints.
func TestRefusals(t *testing.T) {
	t.Parallel()
	type row struct{ Kind, Wait, Cause, Says string }
	got := map[string]row{}
	for name, res := range saved(t, "refusals") {
		client := playing(t, res)
		embedder := &openai.Embedder{Client: client, Model: "m", Dimensions: 3}
		_, err := embedder.Embed(t.Context(), []string{"가상전자"})
		var cause upstream.Cause
		errors.As(err, &cause)
		got[name] = row{fault.KindOf(err).String(), fault.RetryAfterOf(err).String(), string(cause), told(client, err)}
		_, chat := client.Ask(t.Context(), question(nil))
		if fault.KindOf(chat) != fault.KindOf(err) || fault.RetryAfterOf(chat) != fault.RetryAfterOf(err) {
			t.Errorf("%s: %v of embeddings, %v of a chat", name, err, chat)
		}
		if strings.Contains(fmt.Sprint(err, chat), key) {
			t.Errorf("%s: an error shows the key: %v, %v", name, err, chat)
		}
	}
	golden(t, "refusals", got)
}

func TestSpokenWait(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"Please try again in 176ms.":              "176ms",
		"please try again in 6m0s. Visit":         "6m0s",
		"Please try again in 2m52.8s":             "2m52.8s",
		"Please retry after 20 seconds.":          "20s",
		"Please retry after 1 second.":            "1s",
		"try again in 1.2.3s":                     "0s",
		"try again in a while":                    "0s",
		"try again in 99999999999999999999h":      "0s",
		"try again in " + strings.Repeat("9", 99): "0s",
		"": "0s",
	} {
		if got := openai.SpokenWait(message).String(); got != want {
			t.Errorf("%q: %s, want %s", message, got, want)
		}
	}
}

func TestBatchLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		want   int
	}{
		{413, `{"message":"batch size 64 > maximum allowed batch size 32","code":413,"error_type":"Validation"}`, 32},
		{422, `{"error":"batch size 64 > maximum allowed batch size 8","error_type":"Validation"}`, 8},
		{400, `{"code":20042,"message":"input batch size 64 > maximum allowed batch size 48","data":null}`, 48},
		{400, `{"error":{"message":"Expected an array with maximum length 16, but got an array with length 64 instead.","code":"array_above_max_length"}}`, 16},
		{413, `{"message":"batch size 64 > maximum allowed batch size 64"}`, 0}, // that is not what it refused
		{413, `<html>`, 32},
		{413, `{"message":"inputs must have less than 512 tokens","code":413,"error_type":"Validation"}`, 0},
		{422, `{"message":"could not tokenize","code":422,"error_type":"Tokenizer"}`, 0},
		{400, `{"error":{"message":"maximum context length is 8192 tokens"}}`, 0},
		{500, `{"message":"maximum allowed batch size 32"}`, 0},
	} {
		if got := openai.BatchLimit(&upstream.Response{Status: c.status, Body: []byte(c.body)}, 64); got != c.want {
			t.Errorf("%d %s: %d, want %d", c.status, c.body, got, c.want)
		}
	}
}

func TestAmbiguity(t *testing.T) {
	t.Parallel()
	cut := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, `{"choices"`)
	})
	if _, err := cut.Ask(t.Context(), question(nil)); !isAmbiguous(err) || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("an answer that broke off: %v", err)
	}
	page := serve(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusGatewayTimeout) })
	if _, err := page.Ask(t.Context(), question(nil)); !isAmbiguous(err) || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a gateway's page: %v", err)
	}
	refused := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, `{"error":{"message":"not this time","type":"server_error"}}`)
	})
	if _, err := refused.Ask(t.Context(), question(nil)); isAmbiguous(err) || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a refusal: %v", err)
	}
	refused.Client.Limiter = full{}
	if _, err := refused.Ask(t.Context(), question(nil)); isAmbiguous(err) || fault.KindOf(err) != fault.Limited {
		t.Errorf("our own limit: %v", err)
	}
	refused.BaseURL = "http://[::1" // no address
	refused.Client.Limiter = nil
	if _, err := refused.Ask(t.Context(), question(nil)); isAmbiguous(err) || fault.KindOf(err) != fault.Invalid {
		t.Errorf("a wrong address: %v", err)
	}
}
