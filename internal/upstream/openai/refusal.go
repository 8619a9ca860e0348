package openai

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

// maxWords is how much of a service's words is looked at, in bytes.
const maxWords = 2000

// complaint is what a service says of a request that it refuses. The shapes: OpenAI, Ollama and OpenRouter nest it under
// "error", vLLM's older versions and TEI write it flat, gateways put a bare sentence under "error" or "detail".
type complaint struct {
	code    string // a word (OpenAI), a number (vLLM, OpenRouter, TEI), or ""
	kind    string // OpenAI's and Ollama's type, TEI's error_type
	message string
}

type wireComplaint struct {
	Error     json.RawMessage `json:"error"`
	Detail    json.RawMessage `json:"detail"`
	Object    json.RawMessage `json:"object"`
	Code      json.RawMessage `json:"code"`
	Type      json.RawMessage `json:"type"`
	ErrorType json.RawMessage `json:"error_type"`
	Message   json.RawMessage `json:"message"`
}

func (w wireComplaint) read() complaint {
	kind := word(w.Type)
	if kind == "" {
		kind = word(w.ErrorType)
	}
	return complaint{code: word(w.Code), kind: kind, message: word(w.Message)}
}

// readComplaint returns what a body complains of, and whether it surely is no answer.
func readComplaint(body []byte) (complaint, bool) {
	var w wireComplaint
	if json.Unmarshal(body, &w) != nil {
		return complaint{}, false
	}
	if text := word(w.Error); text != "" {
		return complaint{kind: word(w.ErrorType), message: text}, true
	}
	var nested wireComplaint
	if len(w.Error) > 0 && w.Error[0] == '{' && json.Unmarshal(w.Error, &nested) == nil {
		return nested.read(), true
	}
	flat := w.read()
	if flat.message == "" {
		flat.message = word(w.Detail)
	}
	return flat, word(w.Object) == "error" || flat.message != "" && flat.code+flat.kind != ""
}

// word returns a JSON string or number as text, "" for anything else.
func word(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text[:min(len(text), maxWords)]
	}
	var number json.Number
	if json.Unmarshal(raw, &number) == nil {
		return number.String()
	}
	return ""
}

// refusal returns the fault in an answer, nil when there is none. status is the fault made from the status alone.
//
//	| what the service says | kind | what becomes of the task |
//	| insufficient_quota and the account's other troubles, 402 | Forbidden | given up: only the account's owner can mend it |
//	| 429 for a request larger than the whole limit | Invalid | given up: no wait lets it pass |
//	| 429 else | Limited, with the wait | put back |
//	| 401 | Unauthorized | given up |
//	| 403 | Forbidden | given up |
//	| 404, 410: no such model, no such address | NotFound | given up |
//	| 408, 409, 424, 425, 3xx, 5xx | Unavailable, with the wait | tried again |
//	| 400 (context_length_exceeded too), 413, 422, other 4xx | Invalid | given up |
//	| an error within a 2xx | by its own code; without one Unavailable |
func (c *Client) refusal(res *upstream.Response, status error) error {
	said, found := readComplaint(res.Body)
	switch {
	case found:
		return said.fault(res, status, c.Key)
	case status == nil:
		return nil
	case res.Status >= 500 || res.Status == http.StatusRequestTimeout: // not the service's words: something in between gave up
		return fmt.Errorf("%w (%w)", said.fault(res, status, c.Key), ErrAmbiguous)
	}
	return said.fault(res, status, c.Key)
}

func (said complaint) fault(res *upstream.Response, status error, key string) error {
	code := said.status(res.Status)
	failure := &fault.Error{Kind: said.verdict(code), Err: status}
	switch failure.Kind {
	case fault.Limited:
		failure.RetryAfter = max(waitOf(res, said), leastWait)
	case fault.Unavailable:
		failure.RetryAfter = statedWait(res)
	}
	failure.Message = fmt.Sprintf("an error within status %d", res.Status)
	if status != nil {
		failure.Message = status.Error()
	}
	failure.Message += said.words(code, key)
	if cause := said.cause(code, failure.Kind); cause != "" {
		return upstream.Because(cause, failure)
	}
	return failure
}

var noModel = regexp.MustCompile(`(?i)model.{0,200}(?:not found|does not exist|not have access)|not a (?:valid|chat) model|from this model`)

// cause is which of key, credit, model, address and pace is in the way, "" where nothing tells.
func (said complaint) cause(status int, kind fault.Kind) upstream.Cause {
	switch {
	case kind == fault.Unauthorized:
		return upstream.KeyUnknown
	case kind == fault.Limited:
		return upstream.TooFast
	case said.code == "account_deactivated", said.code == "access_terminated":
		return upstream.AccountBlocked
	case said.outOfCredit(status):
		return upstream.NoCredit
	case kind != fault.Unavailable && (said.code == "model_not_found" || noModel.MatchString(said.message)):
		return upstream.ModelUnknown
	case kind == fault.NotFound:
		return upstream.PathUnknown
	}
	return ""
}

// words are a complaint's own, for an error. Those of a refused key are left out: they show parts of it.
func (said complaint) words(status int, key string) string {
	names := upstream.Brief(said.code+" "+strings.TrimPrefix(said.kind, said.code), key)
	message := upstream.Brief(said.message, key)
	switch {
	case status == http.StatusUnauthorized:
		return ": the key was refused"
	case names != "":
		message = strings.TrimSpace(message + " (" + names + ")")
	}
	if message == "" {
		return ""
	}
	return ": " + message
}

// status is the answer's own where that is an error, else the one that the complaint names or amounts to.
func (said complaint) status(status int) int {
	if status >= 300 {
		return status
	}
	if code, err := strconv.Atoi(said.code); err == nil && code >= 400 && code < 600 {
		return code
	}
	switch {
	case said.code == "rate_limit_exceeded":
		return http.StatusTooManyRequests
	case said.kind == "invalid_request_error":
		return http.StatusBadRequest
	}
	return http.StatusBadGateway
}

// verdict is the table of refusal.
func (said complaint) verdict(status int) fault.Kind {
	switch {
	case said.code == "account_deactivated", said.code == "access_terminated", said.outOfCredit(status), status == http.StatusForbidden:
		return fault.Forbidden
	case status == http.StatusTooManyRequests && said.neverFits():
		return fault.Invalid
	case status == http.StatusTooManyRequests:
		return fault.Limited
	case status == http.StatusUnauthorized:
		return fault.Unauthorized
	case status == http.StatusNotFound, status == http.StatusGone:
		return fault.NotFound
	case status == http.StatusRequestTimeout, status == http.StatusConflict, status == http.StatusFailedDependency,
		status == http.StatusTooEarly, status >= 500, status < 400:
		return fault.Unavailable
	}
	return fault.Invalid
}

// outOfCredit reports an account whose owner has to pay before anything passes.
func (said complaint) outOfCredit(status int) bool {
	switch said.code {
	case "insufficient_quota", "billing_not_active", "billing_hard_limit_reached":
		return true
	}
	return said.kind == "insufficient_quota" || status == http.StatusPaymentRequired
}

var requested = regexp.MustCompile(`Limit:? (\d{1,15}),.*?Requested:? (\d{1,15})`)

// neverFits reports a request that is larger than what the limit lets pass in a whole minute.
func (said complaint) neverFits() bool {
	parts := requested.FindStringSubmatch(said.message)
	if parts == nil {
		return false
	}
	limit, _ := strconv.ParseInt(parts[1], 10, 64) // at most 15 digits
	asked, _ := strconv.ParseInt(parts[2], 10, 64)
	return asked > limit
}

var batchSize = regexp.MustCompile(`maximum (?:allowed batch size|length) (\d{1,9})`)

// batchLimit returns how many inputs a service that refused sent of them would take, 0 when their number is not what it
// refused. TEI names the number; a 413 that names nothing is tried with half.
func batchLimit(res *upstream.Response, sent int) int {
	switch res.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
	default:
		return 0
	}
	said, _ := readComplaint(res.Body)
	if parts := batchSize.FindStringSubmatch(said.message); parts != nil {
		if most, _ := strconv.Atoi(parts[1]); most < sent { // at most 9 digits
			return most
		}
		return 0
	}
	if res.Status == http.StatusRequestEntityTooLarge && !strings.Contains(said.message, "token") {
		return sent / 2
	}
	return 0
}
