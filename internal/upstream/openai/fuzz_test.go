package openai_test

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/openai"
)

func FuzzRefusal(f *testing.F) {
	for _, res := range saved(f, "refusals") {
		f.Add(bodyOf(f, res), res.StatusCode, res.Header.Get("X-Ratelimit-Reset-Tokens"), res.Header.Get("Retry-After-Ms"))
	}
	f.Add([]byte(`{"error":{"code":{},"message":[],"type":7}}`), 200, "-1s", "1e9")
	f.Fuzz(func(t *testing.T, body []byte, status int, reset, ms string) {
		if status < 200 || status > 599 {
			status = http.StatusOK
		}
		var base error
		if status >= 300 {
			base = fault.New(fault.Invalid, "status")
		}
		res := &upstream.Response{Status: status, Body: body, Header: http.Header{"Retry-After-Ms": {ms}, "X-Ratelimit-Reset-Tokens": {reset}}}
		err := (&openai.Client{Key: key}).Refusal(res, base)
		if err == nil {
			if status >= 300 {
				t.Errorf("status %d is no refusal", status)
			}
			return
		}
		wait := fault.RetryAfterOf(err)
		switch kind := fault.KindOf(err); kind {
		case fault.Limited:
			if wait <= 0 {
				t.Errorf("a limit without a wait: %v", err)
			}
		case fault.Internal, fault.Conflict:
			t.Errorf("kind %s: %v", kind, err)
		}
		if wait < 0 || len(err.Error()) > 2000 || strings.Contains(err.Error(), key) {
			t.Errorf("wait %s: %v", wait, err)
		}
		if most := openai.BatchLimit(res, 64); most < 0 || most >= 64 {
			t.Errorf("a batch of %d instead of 64", most)
		}
	})
}

func FuzzReply(f *testing.F) {
	for _, res := range saved(f, "replies") {
		f.Add(bodyOf(f, res))
	}
	schema := schemaOf(f, forecast)
	f.Fuzz(func(t *testing.T, body []byte) {
		reply, err := (&openai.Client{}).ReadReply(&upstream.Response{Status: http.StatusOK, Body: body}, schema)
		checkReply(t, reply, err)
	})
}

// FuzzContent looks for JSON in any text that a model may write.
func FuzzContent(f *testing.F) {
	for _, res := range saved(f, "replies") {
		var w struct {
			Choices []struct{ Message struct{ Content string } }
		}
		if err := json.Unmarshal(bodyOf(f, res), &w); err == nil && len(w.Choices) > 0 {
			f.Add(w.Choices[0].Message.Content)
		}
	}
	f.Add("</think>{")
	f.Add("<think></think>{}{}{\"probability\":1,\"reason\":\"\"}")
	schema := schemaOf(f, forecast)
	f.Fuzz(func(t *testing.T, content string) {
		body, err := json.Marshal(map[string]any{"choices": []any{map[string]any{"message": map[string]any{"content": content}}}})
		if err != nil {
			t.Fatal(err)
		}
		reply, err := (&openai.Client{}).ReadReply(&upstream.Response{Status: http.StatusOK, Body: body}, schema)
		checkReply(t, reply, err)
	})
}

func checkReply(t *testing.T, reply openai.Reply, err error) {
	t.Helper()
	if reply.Raw == nil && err == nil || reply.Usage.Prompt < 0 || reply.Usage.Prompt > 1e9 || reply.Usage.Completion < 0 {
		t.Errorf("%+v", reply)
	}
	if err != nil {
		var flawed *openai.ReplyError
		if !errors.As(err, &flawed) || flawed.Flaw == "" || fault.KindOf(err) == fault.Internal || fault.KindOf(err) == fault.Conflict {
			t.Errorf("%v of kind %s", err, fault.KindOf(err))
		}
		return
	}
	var got struct {
		Probability *float64
		Reason      *string
	}
	if err := json.Unmarshal(reply.JSON, &got); err != nil || got.Probability == nil || got.Reason == nil || !(*got.Probability >= 0 && *got.Probability <= 1) {
		t.Errorf("%s was taken: %v", reply.JSON, err)
	}
}

func FuzzVectors(f *testing.F) {
	for _, res := range saved(f, "embeddings") {
		f.Add(bodyOf(f, res), 2, 3)
	}
	f.Fuzz(func(t *testing.T, body []byte, n, dimensions int) {
		n, dimensions = n&15, dimensions&15+1
		vectors, _, err := openai.ReadVectors(body, n, dimensions)
		if err != nil {
			if vectors != nil || fault.KindOf(err) != fault.Unavailable {
				t.Errorf("%v beside %v", vectors, err)
			}
			return
		}
		if len(vectors) != n {
			t.Errorf("%d vectors, want %d", len(vectors), n)
		}
		for _, vector := range vectors {
			var square float64
			for _, v := range vector {
				square += float64(v) * float64(v)
			}
			if len(vector) != dimensions || math.Abs(square-1) > 1e-4 {
				t.Errorf("%v is no unit vector of %d", vector, dimensions)
			}
		}
	})
}

func FuzzText(f *testing.F) {
	f.Add("가상전자, 수주\xff", 9)
	f.Add("Please try again in 2m52.8s", 8192)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		if got := openai.CutText(text, limit); got != "" && openai.TokenBound(got) > limit || !utf8.ValidString(got) {
			t.Errorf("%q to %d: %q", text, limit, got)
		}
		if wait := openai.SpokenWait(text); wait < 0 {
			t.Errorf("%q: %s", text, wait)
		}
	})
}

func FuzzSchema(f *testing.F) {
	f.Add("forecast", []byte(forecast), []byte(`{"probability":0.4,"reason":""}`))
	f.Add("a", []byte(`{"$ref":"#"}`), []byte(`1e400`))
	f.Add("a", []byte(`{"$schema":"x","$id":"y","pattern":"("}`), []byte(`[]`))
	f.Fuzz(func(t *testing.T, name string, text, value []byte) {
		schema, err := openai.NewSchema(name, text)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%v", err)
			}
			return
		}
		body, err := json.Marshal(map[string]any{"choices": []any{map[string]any{"message": map[string]any{"content": string(value)}}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (&openai.Client{}).ReadReply(&upstream.Response{Status: http.StatusOK, Body: body}, schema); err != nil && fault.KindOf(err) == fault.Internal {
			t.Errorf("%v", err)
		}
	})
}
