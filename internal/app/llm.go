package app

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/url"
	"time"

	"tickerwire/internal/config"
	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/openai"
	"tickerwire/tasks"
)

// llmTimeout is how long a language model may take for one answer. A story of several stocks asks several times within
// one task.
const llmTimeout = 45 * time.Second

// llm asks the language models of the registry. A key is found by the host that it is for, so that nobody who may edit
// the registry can have it sent elsewhere.
type llm struct {
	client  *upstream.Client
	learner openai.Learner
	base    string                   // of models that name no service; "" is OpenAI's
	keys    map[string]config.Secret // by host, with the port where it is not the scheme's own
	only    string                   // not "": the simulator's, whatever a model names
}

// openLLM returns what asks language models, as politely as the client like. With a simulator, every model is the simulator's.
func openLLM(cfg config.Config, at hosts, like *upstream.Client, learner openai.Learner) (*llm, error) {
	l := &llm{base: cfg.OpenAIBaseURL, keys: make(map[string]config.Secret), learner: learner,
		client: &upstream.Client{HTTP: &http.Client{Transport: upstream.NewTransport()}, UserAgent: like.UserAgent,
			Limiter: like.Limiter, Timeout: llmTimeout}}
	if services := at.of("openai"); services != "" {
		l.only = services + "/v1"
	}
	maps.Copy(l.keys, cfg.LLMKeys)
	if cfg.OpenAIKey != "" {
		u, err := url.Parse(l.baseURL(forecast.LanguageModel{}))
		if err != nil {
			return nil, fault.New(fault.Invalid, "OPENAI_BASE_URL: %w", err)
		}
		l.keys[u.Host] = cfg.OpenAIKey
	}
	return l, nil
}

func (l *llm) baseURL(m forecast.LanguageModel) string {
	for _, base := range []string{l.only, m.BaseURL, l.base} {
		if base != "" {
			return base
		}
	}
	return openai.DefaultBaseURL
}

// service returns the client of a model's service. Invalid when its key would leave without TLS for another machine.
func (l *llm) service(m forecast.LanguageModel) (*openai.Client, error) {
	base := l.baseURL(m)
	u, err := url.Parse(base)
	if err != nil {
		return nil, fault.InvalidField("provider", "%q is no URL", base)
	}
	key := l.keys[u.Host]
	if key != "" && u.Scheme != "https" && !isLoopback(u.Hostname()) {
		return nil, fault.InvalidField("provider", "the key of %s is sent over https only", u.Host)
	}
	return &openai.Client{Client: l.client, BaseURL: base, Key: string(key), Learner: l.learner, OldMaxTokens: m.OldMaxTokens}, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Bound is tasks.LLM's.
func (l *llm) Bound(m forecast.LanguageModel, q tasks.LLMQuestion) (input, output int64, err error) {
	question, err := toQuestion(m, q)
	if err != nil {
		return 0, 0, err
	}
	bound := question.Bound()
	return bound.Prompt, bound.Completion, nil
}

// Ask is tasks.LLM's.
func (l *llm) Ask(ctx context.Context, m forecast.LanguageModel, q tasks.LLMQuestion) (tasks.LLMReply, error) {
	question, err := toQuestion(m, q)
	if err != nil {
		return tasks.LLMReply{}, err
	}
	service, err := l.service(m)
	if err != nil {
		return tasks.LLMReply{}, err
	}
	reply, err := service.Ask(ctx, question)
	var flawed *openai.ReplyError
	switch {
	case errors.As(err, &flawed):
		return tasks.LLMReply{}, &tasks.LLMError{Reply: toReply(flawed.Reply), Flaw: string(flawed.Flaw), Repairable: flawed.Repairable(), Err: err}
	case errors.Is(err, openai.ErrAmbiguous):
		return tasks.LLMReply{}, &tasks.LLMError{Unknown: true, Err: err}
	}
	return toReply(reply), err
}

func toReply(r openai.Reply) tasks.LLMReply {
	return tasks.LLMReply{JSON: r.JSON, Content: r.Content, InputTokens: r.Usage.Prompt, OutputTokens: r.Usage.Completion,
		Counted: r.Usage.Known, Raw: r.Raw}
}

func toQuestion(m forecast.LanguageModel, q tasks.LLMQuestion) (openai.Question, error) {
	schema, err := openai.NewSchema(q.SchemaName, q.Schema)
	if err != nil {
		return openai.Question{}, err
	}
	messages := []openai.Message{{Role: "system", Content: q.System}, {Role: "user", Content: q.User}}
	if q.Mend != nil {
		messages = append(messages, openai.Message{Role: "assistant", Content: q.Mend.Said}, openai.Message{Role: "user", Content: q.Mend.Told})
	}
	return openai.Question{Model: m.Name, Messages: messages, Schema: schema, MaxTokens: m.MaxTokens}, nil
}
