// Package openai speaks the OpenAI-compatible interface, which OpenAI, Ollama, vLLM, TEI, OpenRouter and others serve:
// embeddings of texts, and chat completions whose answer obeys a JSON schema. It carries texts and vectors and knows
// neither articles nor prompts; it keeps no budget, but says before a call what it may use and after it what it used.
// It never retries: the queue does, and a repair of a bad reply is the caller's to order.
package openai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

// DefaultBaseURL is OpenAI's own.
const DefaultBaseURL = "https://api.openai.com/v1"

const name = "openai"

// ErrAmbiguous marks an error after which nobody can say whether the request was carried out, and billed: no whole
// answer of the service came, perhaps a gateway's page.
var ErrAmbiguous = errors.New("whether it was carried out is unknown")

// Client is one service with one key. It is safe for concurrent use; the fields must not change after the first request.
type Client struct {
	Client  *upstream.Client // its Timeout is that of a whole answer: a slow model needs more than the default
	BaseURL string           // with the version, "http://localhost:11434/v1"; "" means DefaultBaseURL
	Key     string           // "" sends none: a local server asks for none
	Learner Learner          // told of the service's own limits; nil: nobody
	// OldMaxTokens sends a question's MaxTokens as max_tokens: Ollama and older servers know no other, OpenAI's
	// reasoning models refuse it.
	OldMaxTokens bool
}

// post sends one request about a model. Without a response the error is the limiter's or marked ErrAmbiguous; with one
// it is the refusal in it, which may also stand within a 200.
func (c *Client) post(ctx context.Context, path, model string, question any) (*upstream.Response, error) {
	body, err := json.Marshal(question)
	if err != nil {
		return nil, fault.New(fault.Invalid, "the request cannot be written: %w", err)
	}
	base := c.BaseURL
	if base == "" {
		base = DefaultBaseURL
	}
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}
	if c.Key != "" {
		header.Set("Authorization", "Bearer "+c.Key)
	}
	res, err := c.Client.Do(ctx, upstream.Request{
		Method:  http.MethodPost,
		URL:     strings.TrimSuffix(base, "/") + path,
		Header:  header,
		Body:    body,
		Key:     limitKey(model),
		Secrets: []string{c.Key},
	})
	if res == nil {
		return nil, unanswered(err)
	}
	return res, c.refusal(res, err)
}

// limitKey names the rate limit of a model: the services count by it. A server of one nameless model has "openai".
func limitKey(model string) string {
	if model == "" {
		return name
	}
	return name + ":" + model
}

// unanswered marks an error without a response as ambiguous, unless it shows that nothing was sent.
func unanswered(err error) error {
	if kind := fault.KindOf(err); kind == fault.Limited || kind == fault.Invalid {
		return err
	}
	return fmt.Errorf("%w (%w)", err, ErrAmbiguous)
}
