package app

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/openai"
)

// openaiName begins the names of the checks of models, as it does those of their limits.
const openaiName = "openai"

// modelCures is what to do about what an OpenAI-compatible service refuses.
var modelCures = map[upstream.Cause]string{
	upstream.KeyUnknown:   "copy the key again: OPENAI_API_KEY, or the service's own in LLM_KEYS",
	upstream.NoCredit:     "add credit to the account of the key",
	upstream.ModelUnknown: "mend provider_model at /api/models, or ask for access to it",
	upstream.OtherLength:  "name the dimensions that the model makes",
	upstream.PathUnknown:  "mend the address: it ends with the version, as in http://localhost:11434/v1",
}

// models returns a check of each language model that is registered, and not retired, by the service's name of it, and of
// the embeddings that were asked for.
func (d *doctor) models(ctx context.Context, client *upstream.Client) []probe {
	asks, err := openLLM(d.cfg, d.at, client, nil)
	if err != nil {
		return []probe{{name: openaiName, asked: "the settings", ask: failing(advise(err, "mend OPENAI_BASE_URL"))}}
	}
	var probes []probe
	if d.embeddings != "" {
		probes = append(probes, probe{name: openaiName + ":embeddings", asked: "one word", ask: func(ctx context.Context) (string, error) {
			return asks.checkEmbeddings(ctx, d.embeddings)
		}})
	}
	chats, err := d.chats(ctx, asks)
	switch {
	case err != nil && d.cfg.OpenAIKey == "" && d.cfg.OpenAIBaseURL == "":
		chats = nil // nothing says that there is any
	case err != nil:
		chats = []probe{{name: openaiName, asked: "the models", ask: failing(err)}}
	}
	if len(chats) == 0 {
		chats = []probe{{name: openaiName, set: "register a model of kind llm: POST /api/models"}}
	}
	return append(probes, chats...)
}

// chats returns a check of each registered language model.
func (d *doctor) chats(ctx context.Context, asks *llm) ([]probe, error) {
	if d.db == nil {
		return nil, unasked(errors.New("which models are registered stands in Postgres"), "mend Postgres first")
	}
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	registered, err := d.db.Models(ctx)
	if err != nil {
		return nil, advise(err, "mend Postgres first")
	}
	var probes []probe
	for _, m := range registered {
		if m.Kind == forecast.KindLLM && m.Role != forecast.Retired {
			probes = append(probes, probe{name: openaiName + ":" + m.Language.Name, asked: "a word", ask: func(ctx context.Context) (string, error) {
				return asks.check(ctx, m.Language)
			}})
		}
	}
	return probes, nil
}

// check has a model say a word. What costs is not asked where nothing may be spent.
func (l *llm) check(ctx context.Context, m forecast.LanguageModel) (string, error) {
	if m.DailyBudget == 0 && m.InputPrice+m.OutputPrice > 0 {
		return "", unasked(errors.New("its daily budget is 0 won, and its answers cost"), "set a budget at /api/models")
	}
	service, err := l.service(m)
	if err != nil {
		return "", err
	}
	return service.Check(ctx, m.Name)
}

// checkEmbeddings has the default service embed a word by "model/dimensions"; a server of one nameless model has "/1024".
func (l *llm) checkEmbeddings(ctx context.Context, named string) (string, error) {
	at := strings.LastIndexByte(named, '/')
	dimensions, err := strconv.Atoi(named[at+1:])
	if at < 0 || err != nil {
		return "", unasked(fault.New(fault.Invalid, "%q is no model/dimensions", named), "write it like text-embedding-3-small/1536")
	}
	service, err := l.service(forecast.LanguageModel{})
	if err != nil {
		return "", err
	}
	return (&openai.Embedder{Client: service, Model: named[:at], Dimensions: dimensions}).Check(ctx)
}
