package simulator

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
)

// oddity is one of the ways in which an answer can be other than hoped for. What goes wrong below the answers (latency,
// a reset, half a body, a status) is a Fault.
type oddity string

// oddities says what each does, for who asks for one that is not there.
func oddities() map[oddity]string {
	return map[oddity]string{
		"refusal":   "the model declines",
		"filtered":  "the content filter stops it",
		"cut":       "the limit of tokens ends it half way",
		"half":      "half of the JSON, and called complete",
		"fenced":    "the JSON within a code fence",
		"prose":     "the JSON between two sentences",
		"thoughts":  "the JSON after the model's thoughts",
		"offschema": "JSON of another form",
		"null":      "content null",
		"nochoice":  "an empty list of choices",
		"broken":    "a choice that ended in an error, billed, within a 200",
		"error":     "an error within a 200, before anything was made",
		"quota":     "the account is out of credit",
		"overload":  "a 503 in the server's own words",
		"backend":   "TEI's 424, of others a 500",
		"missing":   "a vector too few",
		"zero":      "a vector of zeros",
		"nan":       "a vector that is no number",
		"shuffled":  "the vectors in another order",
	}
}

// controlOddity reads, sets and clears the oddity: PUT {"reply": name, "times": n}; without times it stays.
func (o *openAI) controlOddity(r *request) answer {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch r.Method {
	case http.MethodGet:
	case http.MethodDelete:
		o.oddity, o.answers = "", 0
	case http.MethodPut:
		var in struct {
			Reply oddity `json:"reply"`
			Times int    `json:"times"`
		}
		if err := decode(r.body, &in); err != nil {
			return refuse(http.StatusBadRequest, err.Error())
		}
		if _, ok := oddities()[in.Reply]; !ok || in.Times < 0 {
			return refuse(http.StatusBadRequest, fmt.Sprintf("reply %q, times %d: times at least 0 and one of %v", in.Reply, in.Times,
				slices.Sorted(maps.Keys(oddities()))))
		}
		o.oddity, o.answers = in.Reply, in.Times
		if in.Times == 0 {
			o.answers = -1
		}
	default:
		return refuse(http.StatusMethodNotAllowed, "GET, PUT or DELETE")
	}
	return told(struct {
		Reply oddity `json:"reply"`
		Left  int    `json:"left"` // -1: until it is deleted
	}{o.oddity, o.answers})
}

// next returns the oddity of one answer, "" when it is a good one.
func (o *openAI) next() oddity {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.answers == 0 {
		return ""
	}
	if o.answers > 0 {
		o.answers--
	}
	return o.oddity
}

// instead returns what stands in the whole answer's place, if anything does.
func (odd oddity) instead(d dialect) (answer, bool) {
	serverError := func(status int, message string) (answer, bool) {
		return d.refuse(&complaint{status: status, kind: "server_error", message: message}), true
	}
	switch odd {
	case "error":
		return jsonAnswer(http.StatusOK, "application/json",
			map[string]any{"error": map[string]any{"code": 502, "message": "Provider returned error"}}), true
	case "quota":
		return d.refuse(outOfCredit(d)), true
	case "overload":
		return serverError(http.StatusServiceUnavailable, "The server is overloaded or not ready yet.")
	case "backend":
		if d == tei {
			return serverError(http.StatusFailedDependency, "inference failed")
		}
		return serverError(http.StatusInternalServerError, "The server had an error while processing your request.")
	}
	return answer{}, false
}

// reply changes a chat's answer.
func (odd oddity) reply(out *chatAnswer) {
	choice := &out.Choices[0]
	content := *choice.Message.Content
	put := func(text string) { choice.Message.Content = &text }
	switch odd {
	case "refusal":
		words := "죄송하지만 그 요청은 도와드릴 수 없습니다."
		choice.Message.Content, choice.Message.Refusal = nil, &words
	case "filtered":
		put("")
		choice.FinishReason = "content_filter"
	case "cut":
		put(content[:len(content)/2])
		choice.FinishReason = "length"
	case "half":
		put(content[:len(content)/2])
	case "fenced":
		put("```json\n" + content + "\n```")
	case "prose":
		put("요청하신 예측은 다음과 같습니다.\n\n" + content + "\n\n참고만 하시기 바랍니다.")
	case "thoughts":
		put("<think>\n대략 {0.5} 안팎으로 보면 될까? {\"probability\": 0.99}\n</think>\n\n" + content)
	case "offschema":
		put(`{"answer":"모의 응답입니다."}`)
	case "null":
		choice.Message.Content = nil
	case "nochoice":
		out.Choices = []chatChoice{}
	case "broken":
		put(content[:len(content)/2])
		choice.FinishReason = "error"
		choice.Error = &map[string]any{"code": 502, "message": "Upstream error"}
	}
}

// vectors changes the vectors of an answer.
func (odd oddity) vectors(data []embedded, dimensions int, format *string) []embedded {
	switch odd {
	case "missing":
		return data[:len(data)-1]
	case "shuffled":
		slices.Reverse(data)
	case "zero":
		data[0].Embedding = packed(make([]float32, dimensions), format)
	case "nan":
		base64 := "base64"
		bad := make([]float32, dimensions)
		bad[0] = float32(math.NaN())
		data[0].Embedding = packed(bad, &base64) // JSON's numbers cannot hold one
	}
	return data
}

func itoa(n int) string { return strconv.Itoa(n) }
