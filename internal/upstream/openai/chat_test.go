package openai_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream/openai"
)

func question(schema *openai.Schema) openai.Question {
	return openai.Question{Model: "gpt-4.1-mini", MaxTokens: 200, Schema: schema, Messages: []openai.Message{
		{Role: "system", Content: "확률을 답하라."}, {Role: "user", Content: "가상전자, 대형 수주"}}}
}

func isAmbiguous(err error) bool { return errors.Is(err, openai.ErrAmbiguous) }

// full is a limiter that lets nothing pass.
type full struct{}

func (full) Take(context.Context, string) error {
	return fault.After(fault.Limited, time.Minute, "next token in a minute")
}

// TestReplies shows what becomes of every kind of answer.
func TestReplies(t *testing.T) {
	t.Parallel()
	type row struct {
		Flaw, Kind, Wait, Says string
		Repairable             bool
		Content, JSON, Finish  string
		Loose                  bool
		Usage                  openai.Usage
	}
	schema := schemaOf(t, forecast)
	got := map[string]row{}
	for name, res := range saved(t, "replies") {
		client := playing(t, res)
		reply, err := client.Ask(t.Context(), question(schema))
		r := row{}
		if err != nil {
			r.Kind, r.Wait, r.Says = fault.KindOf(err).String(), fault.RetryAfterOf(err).String(), told(client, err)
		}
		var flawed *openai.ReplyError
		if errors.As(err, &flawed) {
			reply = flawed.Reply
			r.Flaw, r.Repairable = string(flawed.Flaw), flawed.Repairable()
		}
		if (err == nil || flawed != nil) && (reply.Raw == nil || len(reply.Raw) == 0 != (name == "empty_body")) {
			t.Errorf("%s: the raw reply is lost", name)
		}
		r.Content, r.JSON, r.Loose, r.Finish, r.Usage = reply.Content, string(reply.JSON), reply.Loose, reply.Finish, reply.Usage
		got[name] = r
	}
	golden(t, "replies", got)
}

// TestFreeText asks without a schema: any text is good.
func TestFreeText(t *testing.T) {
	t.Parallel()
	for name, res := range saved(t, "replies") {
		if name != "text_only" && name != "good" && name != "two_answers" {
			continue
		}
		reply, err := playing(t, res).Ask(t.Context(), question(nil))
		if err != nil || reply.Content == "" || reply.JSON != nil || reply.ID != "chatcmpl-7" || reply.Model != "gpt-4.1-mini-2026-04-14" {
			t.Errorf("%s: %+v, %v", name, reply, err)
		}
	}
}

// TestQuestionOnTheWire shows what is sent, and that a bad question is not.
func TestQuestionOnTheWire(t *testing.T) {
	t.Parallel()
	var sent []map[string]any
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/chat/completions" || r.Method != http.MethodPost || r.Header.Get("Authorization") != "Bearer "+key ||
			r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		sent = append(sent, asked(t, r))
		w.WriteHeader(http.StatusTeapot)
	})
	q := question(schemaOf(t, `{"type":"object"}`))
	zero, seed := 0.0, int64(7)
	q.Temperature, q.Seed = &zero, &seed
	old := *client
	old.OldMaxTokens = true
	for _, c := range []struct {
		client *openai.Client
		q      openai.Question
	}{
		{client, q}, {&old, question(nil)},
		{client, openai.Question{}}, {client, openai.Question{Model: "m", MaxTokens: 5}}, {client, openai.Question{Model: "m", Messages: q.Messages}},
	} {
		if _, err := c.client.Ask(t.Context(), c.q); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v", err)
		}
	}
	messages := []any{map[string]any{"role": "system", "content": "확률을 답하라."}, map[string]any{"role": "user", "content": "가상전자, 대형 수주"}}
	want := []map[string]any{
		{"model": "gpt-4.1-mini", "messages": messages, "max_completion_tokens": 200., "temperature": 0., "seed": 7.,
			"response_format": map[string]any{"type": "json_schema", "json_schema": map[string]any{"name": "forecast", "strict": true,
				"schema": map[string]any{"type": "object"}}}},
		{"model": "gpt-4.1-mini", "messages": messages, "max_tokens": 200.},
	}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Error(diff)
	}
}

func TestNoKeyIsSentWithoutOne(t *testing.T) {
	t.Parallel()
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Values("Authorization") != nil {
			t.Error("a header without a key")
		}
		w.WriteHeader(http.StatusTeapot)
	})
	client.Key = ""
	if _, err := client.Ask(t.Context(), question(nil)); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
}

// hang waits until the caller goes away; a server sees that only once the body is read.
func hang(t *testing.T, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		t.Errorf("the request: %v", err)
	}
	<-r.Context().Done()
}

func TestAskEndsWithItsContext(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	client := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		hang(t, r)
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if _, err := client.Ask(ctx, question(nil)); !errors.Is(err, context.Canceled) || !isAmbiguous(err) {
		t.Error(err)
	}
}

func TestAskEndsWithItsTimeout(t *testing.T) {
	t.Parallel()
	client := serve(t, func(_ http.ResponseWriter, r *http.Request) { hang(t, r) })
	client.Client.Timeout = 20 * time.Millisecond
	if _, err := client.Ask(t.Context(), question(nil)); fault.KindOf(err) != fault.Unavailable || !isAmbiguous(err) {
		t.Error(err)
	}
}

func TestBound(t *testing.T) {
	t.Parallel()
	q := question(schemaOf(t, forecast))
	words := 0
	for _, m := range q.Messages {
		words += len(m.Role) + len(m.Content)
	}
	got := q.Bound()
	if !got.Known || got.Completion != 200 || got.Prompt < int64(words+len(forecast)) || got.Prompt > int64(words+len(forecast)+400) {
		t.Errorf("%+v", got)
	}
	more := q
	more.Messages = append(more.Messages, openai.Message{Role: "user", Content: "가"})
	if more.Bound().Prompt <= got.Prompt {
		t.Errorf("%+v after %+v", more.Bound(), got)
	}
}

func TestNewSchema(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text string }{
		{"", `{}`}, {"예측", `{}`}, {strings.Repeat("a", 65), `{}`}, {"a b", `{}`},
		{"a", ``}, {"a", `{"type":`}, {"a", `{"type":"nummer"}`}, {"a", `{"$ref":"file:///etc/hostname"}`},
		{"a", `{"$ref":"https://schemas.invalid/x"}`}, {"a", `{"$schema":"https://schemas.invalid/x"}`},
	} {
		if schema, err := openai.NewSchema(c.name, []byte(c.text)); schema != nil || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q %s: %v, %v", c.name, c.text, schema, err)
		}
	}
}

// TestManyBraces keeps the search for JSON short in a reply that is made to prolong it.
func TestManyBraces(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"open":    strings.Repeat("{", 200_000),
		"nested":  strings.Repeat(`{"a":`, 40_000),
		"objects": strings.Repeat(`{"a":1}`, 30_000) + ".",
		"long":    strings.Repeat("가", 1_000_000),
	} {
		body, err := json.Marshal(map[string]any{"choices": []any{map[string]any{"message": map[string]any{"content": content}}}})
		if err != nil {
			t.Fatal(err)
		}
		client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if _, err := w.Write(body); err != nil {
				t.Error(err)
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var flawed *openai.ReplyError
		if _, err := client.Ask(ctx, question(schemaOf(t, forecast))); !errors.As(err, &flawed) || !flawed.Repairable() {
			t.Errorf("%s: %v", name, err)
		}
	}
}
