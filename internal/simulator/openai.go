package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"
)

// openAI is the OpenAI-compatible interface, in several servers' dialects: the base URL of OpenAI itself is
// /openai/v1, of the others /openai/ollama/v1, /openai/vllm/v1, /openai/oldvllm/v1, /openai/tei/v1 and
// /openai/openrouter/api/v1. OpenAI and OpenRouter ask for a key; only OpenAI counts, per key and model.
type openAI struct {
	keys    Keys
	limits  Limits
	wall    func() time.Time
	mu      sync.Mutex
	pools   map[string]*pools
	oddity  oddity
	answers int // how many more answers are odd; below 0: all
}

func newOpenAI(keys Keys, limits Limits, wall func() time.Time) *openAI {
	return &openAI{keys: keys, limits: limits, wall: wall, pools: map[string]*pools{}}
}

// dialect is how a server words its refusals, and what it refuses.
type dialect string

const (
	plainOpenAI dialect = "openai"
	ollama      dialect = "ollama"
	vllm        dialect = "vllm"
	oldVLLM     dialect = "oldvllm"
	tei         dialect = "tei"
	openRouter  dialect = "openrouter"
)

// dialectOf splits a path into the server that it means and the endpoint, "/embeddings".
func dialectOf(path string) (dialect, string, bool) {
	for prefix, d := range map[string]dialect{"/v1/": plainOpenAI, "/ollama/v1/": ollama, "/vllm/v1/": vllm,
		"/oldvllm/v1/": oldVLLM, "/tei/v1/": tei, "/openrouter/api/v1/": openRouter} {
		if rest, ok := strings.CutPrefix(path, prefix); ok {
			return d, "/" + rest, true
		}
	}
	return plainOpenAI, path, false
}

// counted reports a service that has accounts: it asks for a key.
func (d dialect) counted() bool { return d == plainOpenAI || d == openRouter }

// complaint is why a request is refused.
type complaint struct {
	status            int
	kind, code, param string // OpenAI's type, code and param; "" is null
	message           string
	header            http.Header // what else it tells, of the limits
}

func badInput(param, code, format string, args ...any) *complaint {
	return &complaint{status: http.StatusBadRequest, kind: "invalid_request_error", param: param, code: code, message: fmt.Sprintf(format, args...)}
}

type openAIError struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    any     `json:"code"`
}

// refuse words a complaint as the server does.
func (d dialect) refuse(c *complaint) answer {
	orNull := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	body := openAIError{Message: c.message, Type: c.kind, Param: orNull(c.param), Code: orNull(c.code)}
	nested := func(v any) map[string]any { return map[string]any{"error": v} }
	var out any
	switch d {
	case ollama:
		body.Type, body.Param, body.Code = "api_error", nil, nil
		if word, ok := map[int]string{400: "invalid_request_error", 404: "not_found_error"}[c.status]; ok {
			body.Type = word
		}
		out = nested(body)
	case vllm, oldVLLM:
		body.Type, body.Code = strings.TrimSuffix(strings.ReplaceAll(http.StatusText(c.status), " ", ""), "Error")+"Error", c.status
		out = nested(body)
		if d == oldVLLM {
			out = struct {
				Object string `json:"object"`
				openAIError
			}{"error", body}
		}
	case tei:
		out = map[string]any{"message": c.message, "code": c.status, "error_type": teiType(c.status)}
	case openRouter:
		out = nested(map[string]any{"code": c.status, "message": c.message})
	default:
		out = nested(body)
	}
	a := jsonAnswer(c.status, "application/json", out)
	a.add(c.header)
	return a
}

func teiType(status int) string {
	words := map[int]string{400: "Empty", 413: "Validation", 422: "Tokenizer", 424: "Backend", 429: "Overloaded"}
	if word, ok := words[status]; ok {
		return word
	}
	return "Unhealthy"
}

func (a answer) add(header http.Header) { maps.Copy(a.header, header) }

// limited is the refusal of a caller over his limit.
func (o *openAI) limited(r *request) answer {
	d, _, _ := dialectOf(r.path)
	c := &complaint{status: http.StatusTooManyRequests, kind: "requests", code: "rate_limit_exceeded", header: retryHeader(2 * time.Second),
		message: "Rate limit reached in organization org-simulated on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 2s."}
	if d == tei {
		c.message, c.header = "Model is overloaded", nil
	}
	return d.refuse(c)
}

func (o *openAI) answer(r *request, _ time.Time) answer {
	d, endpoint, ok := dialectOf(r.path)
	serve := map[string]func(dialect, *request) (answer, *complaint){"/embeddings": o.embeddings, "/chat/completions": o.chat}[endpoint]
	var a answer
	var refused *complaint
	switch {
	case !ok || serve == nil || d == tei && endpoint != "/embeddings":
		refused = &complaint{status: http.StatusNotFound, kind: "invalid_request_error", message: fmt.Sprintf("Invalid URL (%s %s)", r.Method, r.path)}
	case r.Method != http.MethodPost:
		refused = &complaint{status: http.StatusMethodNotAllowed, kind: "invalid_request_error", code: "method_not_supported",
			message: "Not allowed to " + r.Method + " on " + r.path + "."}
	default:
		if refused = o.admit(d, r); refused == nil {
			a, refused = serve(d, r)
		}
	}
	if refused != nil {
		return d.refuse(refused)
	}
	return a
}

// admit looks at the key and the account behind it.
func (o *openAI) admit(d dialect, r *request) *complaint {
	if !d.counted() {
		return nil
	}
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case !bearer || key == "":
		return &complaint{status: http.StatusUnauthorized, kind: "invalid_request_error", message: "You didn't provide an API key."}
	case key == o.keys.OpenAIEmptyKey:
		return outOfCredit(d)
	case key != o.keys.OpenAIKey:
		shown := key[:min(len(key), 8)]
		return &complaint{status: http.StatusUnauthorized, kind: "invalid_request_error", code: "invalid_api_key",
			message: "Incorrect API key provided: " + shown + "***."}
	}
	return nil
}

// outOfCredit is final, and yet a 429 with OpenAI.
func outOfCredit(d dialect) *complaint {
	if d == openRouter {
		return &complaint{status: http.StatusPaymentRequired, message: "Insufficient credits. Add more to continue."}
	}
	return &complaint{status: http.StatusTooManyRequests, kind: "insufficient_quota", code: "insufficient_quota",
		message: "You exceeded your current quota, please check your plan and billing details."}
}

// readBody decodes a request's JSON; only OpenAI itself refuses fields that it does not know.
func readBody(d dialect, body []byte, into any) *complaint {
	dec := json.NewDecoder(bytes.NewReader(body))
	if d == plainOpenAI {
		dec.DisallowUnknownFields()
	}
	err := dec.Decode(into)
	var form *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &form):
		return badInput(form.Field, "invalid_type", "Invalid type for '%s': got %s instead.", form.Field, form.Value)
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		return badInput("", "", "Unrecognized request argument supplied: %s", strings.TrimPrefix(err.Error(), "json: unknown field "))
	}
	return badInput("", "", "We could not parse the JSON body of your request.")
}

// notPlayed answers what the real service takes and this one does not.
func notPlayed(what string) answer {
	return plain(http.StatusNotImplemented, "simulator: "+what+" is not played")
}
