package simulator

import (
	"fmt"
	"net/http"
	"strings"
)

// openAIModel is one model, known to every dialect under its plain name.
type openAIModel struct {
	dimensions int  // of its vectors; 0: it chats
	shortens   bool // knows the dimensions parameter
	reasons    bool // refuses max_tokens and a temperature
}

const teiModel = "bge-m3"

// How much a chat may hold, and its reply.
const (
	contextTokens = 128_000
	replyTokens   = 16_384
)

func openAIModels() map[string]openAIModel {
	return map[string]openAIModel{
		"text-embedding-3-small": {dimensions: 1536, shortens: true},
		"text-embedding-3-large": {dimensions: 3072, shortens: true},
		"text-embedding-ada-002": {dimensions: 1536},
		teiModel:                 {dimensions: 1024},
		"gpt-4.1-mini":           {},
		"gpt-5-mini":             {reasons: true},
		"qwen3":                  {},
	}
}

// model finds a request's model for the kind of work that it asks for.
func (d dialect) model(name string, embeds bool) (openAIModel, *complaint) {
	if d == tei {
		name = teiModel // its only one, whatever it is called
	}
	if name == "" {
		return openAIModel{}, badInput("", "", "you must provide a model parameter")
	}
	plain := name
	if d == openRouter {
		plain = name[strings.LastIndexByte(name, '/')+1:]
	}
	m, ok := openAIModels()[plain]
	switch {
	case !ok && d == openRouter:
		return m, badInput("", "", "%s is not a valid model ID", name)
	case !ok && d == ollama:
		return m, &complaint{status: http.StatusNotFound, message: fmt.Sprintf("model %q not found, try pulling it first", name)}
	case !ok:
		return m, &complaint{status: http.StatusNotFound, kind: "invalid_request_error", code: "model_not_found",
			message: fmt.Sprintf("The model `%s` does not exist or you do not have access to it.", name)}
	case embeds && m.dimensions == 0:
		return m, &complaint{status: http.StatusForbidden, kind: "invalid_request_error",
			message: "You are not allowed to generate embeddings from this model"}
	case !embeds && m.dimensions > 0:
		return m, &complaint{status: http.StatusNotFound, kind: "invalid_request_error", param: "model",
			message: "This is not a chat model and thus not supported in the v1/chat/completions endpoint."}
	}
	return m, nil
}
