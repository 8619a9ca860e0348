package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

type chatRequest struct {
	Model               string          `json:"model"`
	Messages            []chatMessage   `json:"messages"`
	Format              *chatFormat     `json:"response_format"`
	MaxTokens           *int            `json:"max_tokens"`
	MaxCompletionTokens *int            `json:"max_completion_tokens"`
	Temperature         *float64        `json:"temperature"`
	TopP                *float64        `json:"top_p"`
	Seed                *int64          `json:"seed"`
	N                   *int            `json:"n"`
	Stream              *bool           `json:"stream"`
	User                *string         `json:"user"`
	Store               *bool           `json:"store"`
	Metadata            json.RawMessage `json:"metadata"`
	ReasoningEffort     *string         `json:"reasoning_effort"`
	Stop                json.RawMessage `json:"stop"`
	Tools               json.RawMessage `json:"tools"`
}

type chatMessage struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
	Name    *string         `json:"name"`
	text    string
}

type chatFormat struct {
	Type   string `json:"type"`
	Schema *struct {
		Name        string         `json:"name"`
		Description string         `json:"description"`
		Strict      bool           `json:"strict"`
		Schema      map[string]any `json:"schema"`
	} `json:"json_schema"`
}

type chatChoice struct {
	Index        int             `json:"index"`
	Message      chatReply       `json:"message"`
	Logprobs     *struct{}       `json:"logprobs"`
	FinishReason string          `json:"finish_reason"`
	Error        *map[string]any `json:"error,omitempty"`
}

type chatReply struct {
	Role    string  `json:"role"`
	Content *string `json:"content"`
	Refusal *string `json:"refusal"`
}

type chatUsage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
}

type chatAnswer struct {
	ID      string       `json:"id"`
	Object  string       `json:"object"`
	Created int64        `json:"created"`
	Model   string       `json:"model"`
	Choices []chatChoice `json:"choices"`
	Usage   chatUsage    `json:"usage"`
}

func (o *openAI) chat(d dialect, r *request) (answer, *complaint) {
	var in chatRequest
	if refused := readBody(d, r.body, &in); refused != nil {
		return answer{}, refused
	}
	m, refused := d.model(in.Model, false)
	if refused != nil {
		return answer{}, refused
	}
	if what := in.unplayed(); what != "" {
		return notPlayed(what), nil
	}
	prompt, refused := in.read()
	if refused != nil {
		return answer{}, refused
	}
	limit, refused := in.limit(d, m)
	if refused != nil {
		return answer{}, refused
	}
	content, refused := in.content(d)
	if refused != nil {
		return answer{}, refused
	}
	header, refused := o.take(d, r, in.Model, prompt+limit)
	if refused != nil {
		return answer{}, refused
	}
	odd := o.next()
	if a, whole := odd.instead(d); whole {
		return a, nil
	}
	out := chatAnswer{ID: fmt.Sprintf("chatcmpl-%016x", textSeed(string(r.body))), Object: "chat.completion", Created: o.wall().Unix(),
		Model: in.Model, Choices: []chatChoice{{Message: chatReply{Role: "assistant"}, FinishReason: "stop"}}}
	choice := &out.Choices[0]
	if limit > 0 && tokensOf(content) > limit {
		content, choice.FinishReason = strings.ToValidUTF8(content[:3*limit], ""), "length"
	}
	choice.Message.Content = &content
	odd.reply(&out)
	used := ""
	if choice.Message.Content != nil {
		used = *choice.Message.Content
	}
	out.Usage = chatUsage{prompt, tokensOf(used) + 1, prompt + tokensOf(used) + 1}
	a := jsonAnswer(http.StatusOK, "application/json", out)
	a.add(header)
	return a, nil
}

// unplayed names what the real service takes and this one does not, "" when there is nothing.
func (in *chatRequest) unplayed() string {
	switch {
	case in.N != nil && *in.N != 1:
		return "n above 1"
	case in.Stream != nil && *in.Stream:
		return "a stream"
	case len(in.Tools) > 0:
		return "a tool"
	}
	for _, m := range in.Messages {
		switch {
		case m.Role == "tool" || m.Role == "function":
			return "a message of a tool"
		case len(m.Content) > 0 && m.Content[0] == '[':
			return "content in parts"
		}
	}
	return ""
}

// read reads the messages and counts the tokens of the prompt.
func (in *chatRequest) read() (int, *complaint) {
	if len(in.Messages) == 0 {
		return 0, badInput("messages", "empty_array", "Invalid 'messages': empty array. Expected an array with minimum length 1, "+
			"but got an empty array instead.")
	}
	tokens := 3
	for i := range in.Messages {
		m := &in.Messages[i]
		if !slices.Contains([]string{"system", "developer", "user", "assistant"}, m.Role) {
			return 0, badInput(fmt.Sprintf("messages[%d].role", i), "invalid_value", "Invalid value: '%s'. Supported values are: "+
				"'system', 'assistant', 'user', 'function', 'tool', and 'developer'.", m.Role)
		}
		if len(m.Content) == 0 || m.Content[0] != '"' || json.Unmarshal(m.Content, &m.text) != nil {
			return 0, badInput(fmt.Sprintf("messages[%d].content", i), "", "Invalid value for 'content': expected a string, got null.")
		}
		tokens += tokensOf(m.text) + 4
	}
	if tokens > contextTokens {
		return 0, badInput("messages", "context_length_exceeded", "This model's maximum context length is %d tokens. However, your "+
			"messages resulted in %d tokens. Please reduce the length of the messages.", contextTokens, tokens)
	}
	return tokens, nil
}

// limit returns how many tokens the reply may have, 0 for any number.
func (in *chatRequest) limit(d dialect, m openAIModel) (int, *complaint) {
	limit := in.MaxCompletionTokens
	switch {
	case in.MaxTokens != nil && in.MaxCompletionTokens != nil && d == plainOpenAI:
		return 0, badInput("", "", "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
	case in.MaxTokens != nil && m.reasons:
		return 0, badInput("max_tokens", "unsupported_parameter", "Unsupported parameter: 'max_tokens' is not supported with this "+
			"model. Use 'max_completion_tokens' instead.")
	case in.Temperature != nil && *in.Temperature != 1 && m.reasons:
		return 0, badInput("temperature", "unsupported_value", "Unsupported value: 'temperature' does not support %g with this model. "+
			"Only the default (1) value is supported.", *in.Temperature)
	case in.Temperature != nil && !(*in.Temperature >= 0 && *in.Temperature <= 2):
		return 0, badInput("temperature", "decimal_above_max_value", "Invalid 'temperature': expected a value between 0 and 2.")
	case d == ollama || limit == nil:
		limit = in.MaxTokens
	}
	if limit == nil {
		return 0, nil
	}
	if *limit < 1 {
		return 0, badInput("max_tokens", "integer_below_min_value", "Invalid 'max_tokens': integer below minimum value. Expected a "+
			"value >= 1, but got %d instead.", *limit)
	}
	if *limit > replyTokens {
		return 0, badInput("max_tokens", "", "max_tokens is too large: %d. This model supports at most %d completion tokens.", *limit, replyTokens)
	}
	return *limit, nil
}

// content is the reply that the request asks for.
func (in *chatRequest) content(d dialect) (string, *complaint) {
	question := in.Messages[len(in.Messages)-1].text
	if in.Format == nil {
		return "모의 응답입니다.", nil
	}
	switch in.Format.Type {
	case "text":
		return "모의 응답입니다.", nil
	case "json_object":
		for _, m := range in.Messages {
			if strings.Contains(strings.ToLower(m.text), "json") {
				return `{"answer":"모의 응답입니다."}`, nil
			}
		}
		return "", badInput("messages", "", "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.")
	case "json_schema":
		return in.structured(d, question)
	}
	return "", badInput("response_format.type", "invalid_value", "Invalid value: '%s'. Supported values are: 'json_object', "+
		"'json_schema', and 'text'.", in.Format.Type)
}

func (in *chatRequest) structured(d dialect, question string) (string, *complaint) {
	format := in.Format.Schema
	switch {
	case format == nil || format.Schema == nil:
		return "", badInput("response_format.json_schema", "missing_required_parameter", "Missing required parameter: 'response_format.json_schema'.")
	case !schemaName.MatchString(format.Name):
		return "", badInput("response_format.json_schema.name", "invalid_value", "Invalid 'response_format.json_schema.name': string does not "+
			"match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.")
	}
	bad := func(err error) *complaint {
		return badInput("response_format", "", "Invalid schema for response_format '%s': %v.", format.Name, err)
	}
	if format.Strict && d.counted() {
		if err := strict(format.Schema, "", true); err != nil {
			return "", bad(err)
		}
	}
	value, err := (&inventor{root: format.Schema, text: question}).value(format.Schema, "", 0, 0)
	if err != nil {
		return "", bad(err)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return "", bad(err)
	}
	return string(text), nil
}
