package openai

import (
	"bytes"
	"encoding/json"
	"strings"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

type wireReply struct {
	ID      json.RawMessage `json:"id"`
	Model   json.RawMessage `json:"model"`
	Choices json.RawMessage `json:"choices"`
	Usage   json.RawMessage `json:"usage"`
}

type wireChoice struct {
	Message struct {
		Content json.RawMessage `json:"content"`
		Refusal json.RawMessage `json:"refusal"`
	} `json:"message"`
	Finish json.RawMessage `json:"finish_reason"`
	Error  json.RawMessage `json:"error"` // OpenRouter's, of a generation that broke off
}

// maxUsage is more than any call takes, and its price no overflow.
const maxUsage = 1_000_000_000

// readUsage reads an answer's counts. Those of a server that does not count (0), or wrongly, are unknown.
func readUsage(raw json.RawMessage) Usage {
	var w struct {
		Prompt     int64 `json:"prompt_tokens"`
		Completion int64 `json:"completion_tokens"`
	}
	if json.Unmarshal(raw, &w) != nil || w.Prompt < 1 || w.Prompt > maxUsage || w.Completion < 0 || w.Completion > maxUsage {
		return Usage{}
	}
	return Usage{Prompt: w.Prompt, Completion: w.Completion, Known: true}
}

// readReply reads a 2xx. refused is the complaint that its body holds, if any. Every error is a *ReplyError, whose reply
// holds as much as could be read.
func (c *Client) readReply(res *upstream.Response, refused error, schema *Schema) (Reply, error) {
	var w wireReply
	err := json.Unmarshal(res.Body, &w)
	reply := Reply{ID: word(w.ID), Model: word(w.Model), Usage: readUsage(w.Usage), Raw: res.Body}
	flaw := Broken
	switch {
	case refused != nil:
	case err != nil:
		flaw, refused = Unreadable, fault.New(fault.Unavailable, "the answer is no JSON of theirs: %w", err)
	default:
		flaw, refused = c.readChoice(&reply, res, w.Choices, schema)
	}
	if refused != nil {
		return reply, &ReplyError{Reply: reply, Flaw: flaw, Err: refused}
	}
	return reply, nil
}

// readChoice fills the reply from the first choice, and returns its flaw and the fault that this is.
func (c *Client) readChoice(reply *Reply, res *upstream.Response, choices json.RawMessage, schema *Schema) (Flaw, error) {
	choice, flaw, err := firstChoice(choices)
	if err != nil {
		return flaw, err
	}
	reply.Finish = word(choice.Finish)
	if said, found := readComplaint(append(append([]byte(`{"error":`), choice.Error...), '}')); found {
		return Broken, said.fault(res, nil, c.Key)
	}
	var ok bool
	if reply.Content, ok = text(choice.Message.Content); !ok {
		return Unreadable, fault.New(fault.Unavailable, "the answer's content is no text")
	}
	if flaw, err := stopped(choice, reply.Content); err != nil {
		return flaw, err
	}
	if schema == nil {
		return "", nil
	}
	if reply.JSON, reply.Loose, flaw, err = schema.find(reply.Content); err != nil {
		return flaw, fault.New(fault.Unavailable, "%w", err)
	}
	return "", nil
}

// firstChoice reads the first of the choices; we ask for one.
func firstChoice(choices json.RawMessage) (wireChoice, Flaw, error) {
	var choice wireChoice
	dec := json.NewDecoder(bytes.NewReader(choices))
	if open, err := dec.Token(); err != nil || open != json.Delim('[') || !dec.More() {
		return choice, Empty, fault.New(fault.Unavailable, "the answer holds no choice")
	}
	if err := dec.Decode(&choice); err != nil {
		return choice, Unreadable, fault.New(fault.Unavailable, "the answer's choice is none: %w", err)
	}
	return choice, "", nil
}

// stopped returns the flaw of a choice that ended otherwise than with its whole text.
func stopped(choice wireChoice, content string) (Flaw, error) {
	switch finish := word(choice.Finish); {
	case word(choice.Message.Refusal) != "":
		return Refused, fault.New(fault.Invalid, "the model declined to answer")
	case finish == "content_filter":
		return Filtered, fault.New(fault.Invalid, "the service's filter stopped it")
	case finish == "length":
		return Cut, fault.New(fault.Invalid, "it came to its limit of tokens")
	case finish == "error":
		return Broken, fault.New(fault.Unavailable, "the service broke off")
	case strings.TrimSpace(content) == "":
		return Empty, fault.New(fault.Unavailable, "the answer holds no text (finish reason %q)", finish)
	}
	return "", nil
}

// text returns a JSON string, "" for null or nothing; false for anything else.
func text(raw json.RawMessage) (string, bool) {
	var s string
	if len(raw) == 0 || string(raw) == "null" {
		return "", true
	}
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}
