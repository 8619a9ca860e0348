package openai

import (
	"context"
	"errors"
	"fmt"
)

// checkTokens bounds the reply to a check: what a model that reasons needs to say anything at all.
const checkTokens = 64

// Check has a model say a word, and returns what that shows; it costs some 80 tokens at most. A reply that was cut off or
// declined shows as well as any other that the service, the key, the account and the model are good.
// Errors are those of Ask, without the flaws of a reply; they have causes.
func (c *Client) Check(ctx context.Context, model string) (string, error) {
	reply, err := c.Ask(ctx, Question{Model: model, MaxTokens: checkTokens, Messages: []Message{{Role: "user", Content: "Say yes."}}})
	var flawed *ReplyError
	if errors.As(err, &flawed) && flawed.Flaw != Broken && flawed.Flaw != Unreadable {
		reply, err = flawed.Reply, nil
	}
	if err != nil {
		return "", err
	}
	if !reply.Usage.Known {
		return "the model replies, and does not say what it used", nil
	}
	return fmt.Sprintf("the model replies, for %d tokens", reply.Usage.Prompt+reply.Usage.Completion), nil
}

// Check has one word embedded, and returns what that shows. Errors are those of Embed; they have causes.
func (e *Embedder) Check(ctx context.Context) (string, error) {
	if _, err := e.Embed(ctx, []string{"yes"}); err != nil {
		return "", err
	}
	return fmt.Sprintf("the model makes vectors of %d dimensions", e.Dimensions), nil
}
