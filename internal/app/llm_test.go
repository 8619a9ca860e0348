package app_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"tickerwire/internal/app"
	"tickerwire/internal/config"
	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/prompt"
	"tickerwire/internal/simulator"
	"tickerwire/tasks"
)

// llmQuestion is a real prompt about invented news.
func llmQuestion(t *testing.T) tasks.LLMQuestion {
	t.Helper()
	p, err := prompt.Build(prompt.Newest(), prompt.Input{StockName: "누리테크", Query: forecast.Query{StoryID: 1, Code: "900001",
		Features: forecast.Features{BaseRate: map[int]float64{1: .4, 3: .4, 5: .4}}}})
	if err != nil {
		t.Fatal(err)
	}
	return tasks.LLMQuestion{System: p.System, User: p.User, SchemaName: prompt.SchemaName, Schema: p.Schema}
}

// TestLanguageModelsOfTheSimulator: the prompt's schema is one that a strict service takes, and each odd answer is told
// apart as the tasks need it.
func TestLanguageModelsOfTheSimulator(t *testing.T) {
	t.Parallel()
	market, err := simulator.NewMarket(simulator.MarketOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sim := simulator.New(market, simulator.Options{})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	asks, err := app.OpenLLM(config.Config{OpenAIKey: config.Secret(sim.Keys().OpenAIKey)}, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	m := forecast.LanguageModel{BaseURL: "https://real.example/v1", Name: "gpt-4.1-mini", MaxTokens: 500}
	q := llmQuestion(t)
	input, output, err := asks.Bound(m, q)
	if err != nil || output != 500 {
		t.Fatal(input, output, err)
	}
	reply, err := asks.Ask(t.Context(), m, q)
	if err != nil || !reply.Counted || reply.InputTokens > input || len(reply.Raw) == 0 {
		t.Fatalf("%+v, %v", reply, err)
	}
	said, err := prompt.Read(reply.JSON)
	if err != nil || len(said.Said) != 3 || said.Reason == "" {
		t.Errorf("%+v, %v", said, err)
	}
	for oddity, want := range map[string]struct {
		kind       fault.Kind
		repairable bool
	}{"refusal": {fault.Invalid, false}, "cut": {fault.Invalid, false}, "half": {fault.Unavailable, true}, "offschema": {fault.Unavailable, true},
		"null": {fault.Unavailable, false}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, server.URL+"/_sim/openai", strings.NewReader(`{"reply":"`+oddity+`","times":1}`))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil || res.StatusCode >= 300 {
			t.Fatal(res, err)
		}
		res.Body.Close()
		_, err = asks.Ask(t.Context(), m, q)
		var flawed *tasks.LLMError
		if !errors.As(err, &flawed) || fault.KindOf(err) != want.kind || flawed.Repairable != want.repairable || flawed.Unknown || !flawed.Reply.Counted {
			t.Errorf("%s: %+v", oddity, err)
		}
	}
	server.Close()
	_, err = asks.Ask(t.Context(), m, q)
	var flawed *tasks.LLMError
	if !errors.As(err, &flawed) || !flawed.Unknown {
		t.Errorf("nobody answers: %v, want unknown", err)
	}
}

// TestAKeyIsSentToItsHostOnly: whoever edits the registry cannot have a key sent elsewhere.
func TestAKeyIsSentToItsHostOnly(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]string{}
	listen := func() *url.URL {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			seen[r.Host] = r.Header.Get("Authorization")
			http.Error(w, `{"error":{"message":"no"}}`, http.StatusBadRequest)
		}))
		t.Cleanup(server.Close)
		u, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	plain, other, stranger := listen(), listen(), listen()
	asks, err := app.OpenLLM(config.Config{OpenAIBaseURL: plain.String(), OpenAIKey: "sk-plain", LLMKeys: map[string]config.Secret{other.Host: "sk-other", "far.example": "sk-far"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	q := llmQuestion(t)
	for _, base := range []string{"", other.String(), stranger.String()} {
		if _, err := asks.Ask(t.Context(), forecast.LanguageModel{BaseURL: base, Name: "m", MaxTokens: 100}, q); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", base, err)
		}
	}
	for host, want := range map[string]string{plain.Host: "Bearer sk-plain", other.Host: "Bearer sk-other", stranger.Host: ""} {
		if got, asked := seen[host]; got != want || !asked {
			t.Errorf("%s got %q, want %q", host, got, want)
		}
	}
	if _, err := asks.Ask(t.Context(), forecast.LanguageModel{BaseURL: "http://far.example/v1", Name: "m", MaxTokens: 100}, q); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "https") {
		t.Errorf("a key without TLS: %v", err)
	}
}
