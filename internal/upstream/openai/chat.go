package openai

import (
	"context"
	"encoding/json"
	"fmt"

	"tickerwire/internal/fault"
)

// Message is one turn of a chat.
type Message struct {
	Role    string `json:"role"` // "system", "user" or "assistant"
	Content string `json:"content"`
}

// Question is one call for a chat completion.
type Question struct {
	Model       string
	Messages    []Message
	Schema      *Schema  // what the reply must obey; nil: any text
	MaxTokens   int      // of the reply, hidden reasoning included; must be positive: the cost has no bound without it
	Temperature *float64 // nil: the model's own; reasoning models refuse any
	Seed        *int64   // nil: none; a best effort at the same reply again
}

// Usage counts tokens.
type Usage struct {
	Prompt     int64
	Completion int64 // hidden reasoning included
	Known      bool  // false: the answer does not say, and nobody knows what is billed
}

// Bound returns what the question can use at most, by TokenBound: for a reservation before the call.
func (q Question) Bound() Usage {
	prompt := perPrompt
	for _, m := range q.Messages {
		prompt += TokenBound(m.Role) + TokenBound(m.Content) + perMessage
	}
	if q.Schema != nil {
		prompt += TokenBound(q.Schema.name) + TokenBound(string(q.Schema.text))
	}
	return Usage{Prompt: int64(prompt), Completion: int64(max(q.MaxTokens, 0)), Known: true}
}

// Reply is what a model answered.
type Reply struct {
	ID      string // the service's name for this answer: its support asks for it
	Model   string // as the service names it, often with a date
	Content string
	JSON    json.RawMessage // what in Content obeys the question's schema; nil without one
	Loose   bool            // JSON had to be cut out of other text: strict mode was not kept
	Finish  string          // the service's reason to stop: "stop", "length", "content_filter"...
	Usage   Usage
	Raw     []byte // the whole answer as it came, to be kept
}

// Flaw says why an answer cannot be used.
type Flaw string

// The flaws of an answer.
const (
	Refused    Flaw = "refused"    // the model declined
	Filtered   Flaw = "filtered"   // the service's filter took it away
	Cut        Flaw = "cut"        // MaxTokens ended it
	Empty      Flaw = "empty"      // it holds no text
	Broken     Flaw = "broken off" // the service failed on the way and says so within a 200
	Unreadable Flaw = "unreadable" // the answer is none of theirs
	NotJSON    Flaw = "not json"   // the text holds no JSON object
	OffSchema  Flaw = "off schema" // its JSON breaks the schema
	Twofold    Flaw = "twofold"    // it holds two answers
)

// ReplyError is an answer that came, and is billed as its Reply's Usage says, but cannot be used.
type ReplyError struct {
	Reply Reply
	Flaw  Flaw
	Err   error // a fault: Invalid when the same question would meet the same again, else Unavailable or the service's own
}

// Error names the flaw and what was found, never the reply.
func (e *ReplyError) Error() string { return fmt.Sprintf("the reply is %s: %v", e.Flaw, e.Err) }

// Unwrap returns the fault.
func (e *ReplyError) Unwrap() error { return e.Err }

// Repairable reports a reply that the model may mend when it is shown what was wrong.
func (e *ReplyError) Repairable() bool {
	return e.Flaw == NotJSON || e.Flaw == OffSchema || e.Flaw == Twofold
}

// Ask puts one question.
//
// Errors: a *ReplyError for an answer that came with a 2xx and cannot be used; it holds the reply and its usage. Else
// nothing was billed, by the table of refusal, or errors.Is finds ErrAmbiguous: no whole answer of theirs came, the
// call may have been carried out, and a reservation for it must stand. errors.Is finds the end of ctx.
func (c *Client) Ask(ctx context.Context, q Question) (Reply, error) {
	reply, err := c.ask(ctx, q)
	if err != nil {
		return Reply{}, fmt.Errorf("openai: chat with %q: %w", q.Model, err)
	}
	return reply, nil
}

func (c *Client) ask(ctx context.Context, q Question) (Reply, error) {
	if q.Model == "" || len(q.Messages) == 0 || q.MaxTokens < 1 {
		return Reply{}, fault.New(fault.Invalid, "a question needs a model, a message and a limit of its reply")
	}
	res, err := c.post(ctx, "/chat/completions", q.Model, c.wire(q))
	if res == nil {
		return Reply{}, err
	}
	if res.Status >= 300 {
		c.learn(ctx, q.Model, res, err, 0)
		return Reply{}, err
	}
	reply, flawed := c.readReply(res, err, q.Schema)
	c.learn(ctx, q.Model, res, err, reply.Usage.Prompt+reply.Usage.Completion)
	return reply, flawed
}

type wireQuestion struct {
	Model        string      `json:"model"`
	Messages     []Message   `json:"messages"`
	Format       *wireFormat `json:"response_format,omitempty"`
	MaxTokens    int         `json:"max_completion_tokens,omitempty"`
	OldMaxTokens int         `json:"max_tokens,omitempty"`
	Temperature  *float64    `json:"temperature,omitempty"`
	Seed         *int64      `json:"seed,omitempty"`
}

type wireFormat struct {
	Type   string     `json:"type"`
	Schema wireSchema `json:"json_schema"`
}

type wireSchema struct {
	Name   string          `json:"name"`
	Strict bool            `json:"strict"`
	Schema json.RawMessage `json:"schema"`
}

func (c *Client) wire(q Question) wireQuestion {
	w := wireQuestion{Model: q.Model, Messages: q.Messages, Temperature: q.Temperature, Seed: q.Seed}
	if q.Schema != nil {
		w.Format = &wireFormat{Type: "json_schema", Schema: wireSchema{Name: q.Schema.name, Strict: true, Schema: q.Schema.text}}
	}
	if c.OldMaxTokens {
		w.OldMaxTokens = q.MaxTokens
	} else {
		w.MaxTokens = q.MaxTokens
	}
	return w
}
