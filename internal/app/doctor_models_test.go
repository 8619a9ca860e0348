package app_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/app"
	"tickerwire/internal/config"
	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/prompt"
	"tickerwire/internal/simulator"
)

// TestTheDoctorAsksModels: of an OpenAI-compatible service the line tells the key, the credit, the model, the address and
// the server apart, of a chat and of embeddings.
func TestTheDoctorAsksModels(t *testing.T) {
	t.Parallel()
	m, err := simulator.NewMarket(simulator.MarketOptions{})
	fatal(t, err)
	sim := simulator.New(m, simulator.Options{})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	db := newDatabase(t)
	_, err = db.Migrate(t.Context())
	fatal(t, err)
	keys, base := sim.Keys(), server.URL+"/openai"
	cfg := config.Config{DatabaseURL: config.Secret(db.url), DatabaseConns: 2, LogLevel: "error", OpenAIBaseURL: base + "/v1", OpenAIKey: config.Secret(keys.OpenAIKey)}
	diagnose := func(t *testing.T, cfg config.Config, embeddings string) (string, error) {
		var out strings.Builder
		err := app.DoctorAt(t.Context(), cfg, nil, app.DoctorOptions{Limit: time.Minute, Embeddings: embeddings}, &out)
		showsNone(t, out.String(), keys.OpenAIKey, keys.OpenAIEmptyKey)
		return out.String(), err
	}

	table, err := diagnose(t, cfg, "")
	fatal(t, err)
	if line := lineOf(t, table, "openai"); line != "openai not configured -> register a model of kind llm: POST /api/models" {
		t.Error(line)
	}
	registered, err := db.CreateModel(t.Context(), forecast.Model{Name: "a small one", Kind: forecast.KindLLM, Role: forecast.Challenger,
		Language: forecast.LanguageModel{Name: "gpt-4.1-mini", PromptVersion: prompt.Newest(), InputPrice: 100, OutputPrice: 100, DailyBudget: 1000, MaxTokens: 500}})
	fatal(t, err)

	at, err := url.Parse(base)
	fatal(t, err)
	locally := func(key string) config.Config { // the service that the model names, and its own key
		c := cfg
		c.OpenAIBaseURL, c.OpenAIKey, c.LLMKeys = "", "", map[string]config.Secret{at.Host: config.Secret(key)}
		return c
	}
	withKey := func(key string) config.Config {
		c := cfg
		c.OpenAIKey = config.Secret(key)
		return c
	}
	for _, c := range []struct {
		what       string
		cfg        config.Config
		language   forecast.LanguageModel // what differs from the registered one's
		embeddings string
		fault      string
		reply      string
		passes     bool
		name       string // of the line; "": the model's
		line       string // a pattern
	}{
		{what: "all is well", cfg: cfg, passes: true, line: `ok a word the model replies, for [1-9]\d* tokens$`},
		{what: "a reply that is cut off", cfg: cfg, reply: "cut", passes: true, line: `ok a word the model replies`},
		{what: "a reply that declines", cfg: cfg, reply: "refusal", passes: true, line: `ok a word the model replies`},
		{what: "a service of its own", cfg: locally(keys.OpenAIKey), language: forecast.LanguageModel{BaseURL: base + "/openrouter/api/v1"}, passes: true, line: `ok a word`},
		{what: "Ollama", cfg: locally(""), language: forecast.LanguageModel{BaseURL: base + "/ollama/v1", Name: "qwen3", OldMaxTokens: true}, passes: true, line: `ok a word`},
		{what: "no key", cfg: withKey(""), line: `FAIL a word unknown key: .*the key was refused.* -> copy the key again: OPENAI_API_KEY, or`},
		{what: "another key", cfg: withKey("sk-of-another"), line: `FAIL a word unknown key: .* -> copy the key again: OPENAI_API_KEY, or`},
		{what: "no credit", cfg: withKey(keys.OpenAIEmptyKey), line: `FAIL a word no credit left: .*insufficient_quota.* -> add credit`},
		{what: "no credit at OpenRouter", cfg: locally(keys.OpenAIEmptyKey), language: forecast.LanguageModel{BaseURL: base + "/openrouter/api/v1"}, line: `FAIL a word no credit left: .*status 402.* -> add credit`},
		{what: "no such model", cfg: cfg, language: forecast.LanguageModel{Name: "gpt-0"}, line: `FAIL a word unknown model: .*gpt-0.* -> mend provider_model`},
		{what: "no such model of Ollama's", cfg: locally(""), language: forecast.LanguageModel{BaseURL: base + "/ollama/v1", Name: "gpt-0"}, line: `FAIL a word unknown model: .*try pulling it.* -> mend provider_model`},
		{what: "no such model of vLLM's", cfg: locally(""), language: forecast.LanguageModel{BaseURL: base + "/vllm/v1", Name: "gpt-0"}, line: `FAIL a word unknown model: .* -> mend provider_model`},
		{what: "no such model of OpenRouter's", cfg: locally(keys.OpenAIKey), language: forecast.LanguageModel{BaseURL: base + "/openrouter/api/v1", Name: "a/gpt-0"}, line: `FAIL a word unknown model: .* -> mend provider_model`},
		{what: "a model that embeds", cfg: cfg, language: forecast.LanguageModel{Name: "text-embedding-3-small"}, line: `FAIL a word unknown model: .*not a chat model.* -> mend provider_model`},
		{what: "no version in the address", cfg: locally(keys.OpenAIKey), language: forecast.LanguageModel{BaseURL: base}, line: `FAIL a word no such address there: .*Invalid URL.* -> mend the address: it ends with the version`},
		{what: "too fast", cfg: cfg, fault: `{"limit":true}`, line: `FAIL a word too many calls at once: .*Rate limit reached.* -> see who else uses the key`},
		{what: "overloaded", cfg: cfg, reply: "overload", line: `FAIL a word .*status 503.* -> wait: it is theirs to mend`},
		{what: "fails on the way", cfg: cfg, reply: "broken", line: `FAIL a word .*broken off.* -> wait: it is theirs to mend`},
		{what: "a gateway's page", cfg: cfg, fault: `{"status":502}`, line: `FAIL a word .*status 502.* -> wait: it is theirs to mend`},
		{what: "cut", cfg: cfg, fault: `{"reset":true}`, line: `FAIL a word the connection broke off: .* -> try again`},
		{what: "nobody", cfg: locally(""), language: forecast.LanguageModel{BaseURL: "http://" + freeAddress(t) + "/v1"}, line: `FAIL a word connection refused: .* -> see whether the address is right`},
		{what: "no budget", cfg: cfg, language: forecast.LanguageModel{DailyBudget: -1}, passes: true, line: `not asked a word its daily budget is 0 won.* -> set a budget`},

		{what: "vectors", cfg: cfg, embeddings: "text-embedding-3-small/1536", passes: true, name: "openai:embeddings", line: `ok one word the model makes vectors of 1536 dimensions`},
		{what: "vectors of another length", cfg: cfg, embeddings: "text-embedding-3-small/512", name: "openai:embeddings", line: `FAIL one word vectors of another length: .* 1536 dimensions, want 512 -> name the dimensions`},
		{what: "vectors of a chat model", cfg: cfg, embeddings: "gpt-4.1-mini/1536", name: "openai:embeddings", line: `FAIL one word unknown model: .* -> mend provider_model`},
		{what: "vectors for another key", cfg: withKey("sk-of-another"), embeddings: "text-embedding-3-small/1536", name: "openai:embeddings", line: `FAIL one word unknown key: `},
		{what: "vectors for an empty account", cfg: withKey(keys.OpenAIEmptyKey), embeddings: "text-embedding-3-small/1536", name: "openai:embeddings", line: `FAIL one word no credit left: `},
		{what: "vectors of which nothing is said", cfg: cfg, embeddings: "text-embedding-3-small", passes: true, name: "openai:embeddings", line: `not asked one word .* -> write it like text-embedding-3-small/1536`},
	} {
		t.Run(c.what, func(t *testing.T) { // one after the other: the model and the faults are shared
			_, err := db.UpdateModel(t.Context(), registered.ID, func(m *forecast.Model) error {
				m.Language.BaseURL, m.Language.OldMaxTokens = c.language.BaseURL, c.language.OldMaxTokens
				m.Language.Name, m.Language.DailyBudget = "gpt-4.1-mini", 1000+c.language.DailyBudget*1000
				if c.language.Name != "" {
					m.Language.Name = c.language.Name
				}
				return nil
			})
			fatal(t, err)
			control := caller{base: server.URL}
			if c.fault != "" {
				control.send(t, http.MethodPut, "/_sim/faults/openai", json.RawMessage(c.fault), nil)
				defer control.send(t, http.MethodDelete, "/_sim/faults/openai", nil, nil)
			}
			if c.reply != "" {
				control.send(t, http.MethodPut, "/_sim/openai", map[string]any{"reply": c.reply}, nil)
				defer control.send(t, http.MethodDelete, "/_sim/openai", nil, nil)
			}
			table, err := diagnose(t, c.cfg, c.embeddings)
			if (err == nil) != c.passes {
				t.Errorf("the doctor ends with %v:\n%s", err, table)
			}
			name := c.name
			if name == "" {
				name = "openai:gpt-4.1-mini"
				if c.language.Name != "" {
					name = "openai:" + c.language.Name
				}
			}
			if line := lineOf(t, table, name); !regexp.MustCompile("^" + name + " " + c.line).MatchString(line) {
				t.Errorf("%q\nis not of the form %q", line, c.line)
			}
		})
	}

	_, err = db.UpdateModel(t.Context(), registered.ID, func(m *forecast.Model) error { m.Role = forecast.Retired; return nil })
	fatal(t, err)
	if table, err := diagnose(t, cfg, ""); err != nil || !strings.Contains(lineOf(t, table, "openai"), "not configured") {
		t.Errorf("a retired model: %v\n%s", err, table)
	}
	away := cfg
	away.DatabaseURL = ""
	if table, err := diagnose(t, away, ""); err != nil || !strings.Contains(lineOf(t, table, "openai"), "not asked the models which models are registered stands in Postgres -> mend Postgres first") {
		t.Errorf("without Postgres: %v\n%s", err, table)
	}
}
