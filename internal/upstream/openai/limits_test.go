package openai_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/openai"
)

// notes is a Learner and a Limiter that remembers.
type notes struct {
	mu    sync.Mutex
	lines []string
}

func (n *notes) note(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, fmt.Sprintf(format, args...))
}

func (n *notes) Learn(_ context.Context, key string, rate upstream.Rate) error {
	n.note("%s: %.0f a minute", key, rate.PerMinute)
	return errForgetful
}

func (n *notes) Pause(_ context.Context, key string, d time.Duration) error {
	n.note("%s: pause %s", key, d)
	return errForgetful
}

// errForgetful is no reason to lose an answer.
var errForgetful = errors.New("a learner that keeps nothing")

func (n *notes) Take(_ context.Context, key string) error {
	n.note("take %s", key)
	return nil
}

const goodBody = `{"choices":[{"message":{"content":"예"}}],"usage":{"prompt_tokens":90,"completion_tokens":10}}`

func TestLimitsAreLearned(t *testing.T) {
	t.Parallel()
	said := func(pairs ...string) map[string]string { // what, limit, remaining, reset
		h := map[string]string{}
		for ; len(pairs) > 0; pairs = pairs[4:] {
			h["x-ratelimit-limit-"+pairs[0]], h["x-ratelimit-remaining-"+pairs[0]], h["x-ratelimit-reset-"+pairs[0]] = pairs[1], pairs[2], pairs[3]
		}
		return h
	}
	for name, c := range map[string]struct {
		status int
		header map[string]string
		body   string
		want   []string
	}{
		"nothing said":         {200, nil, goodBody, nil},
		"a pace":               {200, said("requests", "500", "499", "120ms"), goodBody, []string{"openai:gpt-4.1-mini: 500 a minute"}},
		"a pace, half used":    {200, said("requests", "500", "250", "30s"), goodBody, []string{"openai:gpt-4.1-mini: 500 a minute"}},
		"in seconds":           {200, said("requests", "60", "50", "10"), goodBody, []string{"openai:gpt-4.1-mini: 60 a minute"}},
		"a limit of the day":   {200, said("requests", "200", "199", "7m12s"), goodBody, nil},
		"the day's are gone":   {200, said("requests", "200", "0", "24h0m0s"), goodBody, []string{"openai:gpt-4.1-mini: pause 7m12s"}},
		"requests are gone":    {200, said("requests", "3", "0", "1m0s"), goodBody, []string{"openai:gpt-4.1-mini: 3 a minute", "openai:gpt-4.1-mini: pause 20s"}},
		"tokens are plenty":    {200, said("tokens", "1000", "900", "6s"), goodBody, nil},
		"tokens for no other":  {200, said("tokens", "1000", "50", "57s"), goodBody, []string{"openai:gpt-4.1-mini: pause 3s"}},
		"the longer wait":      {200, said("tokens", "1000", "50", "57s", "requests", "6", "0", "1m0s"), goodBody, []string{"openai:gpt-4.1-mini: 6 a minute", "openai:gpt-4.1-mini: pause 10s"}},
		"an unreadable answer": {200, said("tokens", "1000", "0", "1m"), `{`, []string{"openai:gpt-4.1-mini: pause 60ms"}},
		"less than is used":    {200, said("tokens", "80", "0", "1m"), goodBody, []string{"openai:gpt-4.1-mini: pause 1m0s"}},
		"none used":            {200, said("requests", "500", "500", "0s"), goodBody, nil},
		"no reset":             {200, said("requests", "500", "0", ""), goodBody, nil},
		"no number":            {200, said("requests", "many", "few", "soon", "tokens", "5", "6", "1s"), goodBody, nil},
		"limited": {429, map[string]string{"Retry-After": "9", "x-ratelimit-reset-requests": "6m0s"},
			`{"error":{"code":"rate_limit_exceeded","message":"slow","type":"requests"}}`, []string{"openai:gpt-4.1-mini: pause 9s"}},
		"out of credit": {429, nil, `{"error":{"code":"insufficient_quota","message":"pay","type":"insufficient_quota"}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for name, value := range c.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			})
			learner := &notes{}
			client.Learner = learner
			_, err := client.Ask(t.Context(), question(nil))
			if c.body == goodBody && err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(c.want, learner.lines); diff != "" {
				t.Errorf("learned (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLimitsOfEmbeddingsAreLearned(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("x-ratelimit-limit-tokens", "300")
		w.Header().Set("x-ratelimit-remaining-tokens", "20")
		w.Header().Set("x-ratelimit-reset-tokens", "56s")
		w.WriteHeader(status)
		fmt.Fprint(w, `{"data":[{"index":0,"embedding":[1,0]}],"usage":{"prompt_tokens":40}}`)
	})
	seen := &notes{}
	client.Learner, client.Client.Limiter = seen, seen
	if _, err := (&openai.Embedder{Client: client, Model: "m", Dimensions: 2}).Embed(t.Context(), []string{"a"}); err != nil {
		t.Fatal(err)
	}
	status = http.StatusTooManyRequests
	if _, err := (&openai.Embedder{Client: client, Dimensions: 2}).Embed(t.Context(), []string{"a"}); fault.KindOf(err) != fault.Limited {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"take openai:m", "openai:m: pause 4s", "take openai", "openai: pause 56s"}, seen.lines); diff != "" {
		t.Error(diff)
	}
}

// TestOurOwnLimitTeachesNothing keeps what the limiter says from being taken for the service's words.
func TestOurOwnLimitTeachesNothing(t *testing.T) {
	t.Parallel()
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("asked in spite of the limit") })
	seen := &notes{}
	client.Learner, client.Client.Limiter = seen, full{}
	_, embed := (&openai.Embedder{Client: client, Model: "m", Dimensions: 2}).Embed(t.Context(), []string{"a"})
	_, chat := client.Ask(t.Context(), question(nil))
	for _, err := range []error{embed, chat} {
		if fault.KindOf(err) != fault.Limited || fault.RetryAfterOf(err) != time.Minute || seen.lines != nil {
			t.Errorf("%v, learned %q", err, seen.lines)
		}
	}
	client.Client.Limiter, client.BaseURL = nil, "http://127.0.0.1:1"
	if _, err := (&openai.Embedder{Client: client, Dimensions: 2}).Embed(t.Context(), []string{"a"}); fault.KindOf(err) != fault.Unavailable || seen.lines != nil {
		t.Errorf("%v, learned %q", err, seen.lines)
	}
}
