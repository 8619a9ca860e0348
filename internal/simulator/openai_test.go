package simulator_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/simulator"
)

// forecastSchema is of a predictor's kind: a probability per horizon.
const forecastSchema = `{"type":"object","additionalProperties":false,"required":["forecasts","reason"],"properties":{
	"reason":{"type":"string","maxLength":200},
	"forecasts":{"type":"array","minItems":3,"maxItems":3,"items":{"type":"object","additionalProperties":false,
		"required":["horizon","probability"],"properties":{"horizon":{"type":"integer","enum":[1,3,5]},
		"probability":{"type":"number","minimum":0,"maximum":1}}}}}}`

// asks posts to a path below /openai with the good key.
func (r *rig) asks(path, body string) *httptest.ResponseRecorder {
	r.t.Helper()
	return r.do("POST", "/openai"+path, body, "Authorization", "Bearer "+r.Keys().OpenAIKey, "Content-Type", "application/json")
}

func embedBody(t *testing.T, model string, input any, more string) string {
	t.Helper()
	text, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"model":%q,"input":%s%s}`, model, text, more)
}

func chatBody(question, more string) string {
	return fmt.Sprintf(`{"model":"gpt-4.1-mini","messages":[{"role":"system","content":"한 줄로 답하라"},{"role":"user","content":%q}]%s}`, question, more)
}

func structured(schema string) string {
	return `,"max_completion_tokens":500,"response_format":{"type":"json_schema","json_schema":{"name":"forecast","strict":true,"schema":` + schema + `}}`
}

type embedAnswer struct {
	Object string
	Model  string
	Data   []struct {
		Object    string
		Index     int
		Embedding json.RawMessage
	}
	Usage struct {
		Prompt int `json:"prompt_tokens"`
		Total  int `json:"total_tokens"`
	}
}

func vectorsOf(t *testing.T, res *httptest.ResponseRecorder) [][]float64 {
	t.Helper()
	var a embedAnswer
	if err := json.Unmarshal(res.Body.Bytes(), &a); err != nil || res.Code != http.StatusOK || a.Object != "list" || a.Usage.Prompt != a.Usage.Total {
		t.Fatalf("%d %.300s: %v", res.Code, res.Body, err)
	}
	out := make([][]float64, len(a.Data))
	for i, d := range a.Data {
		if d.Index != i || d.Object != "embedding" {
			t.Errorf("item %d: index %d, %s", i, d.Index, d.Object)
		}
		var packed string
		if json.Unmarshal(d.Embedding, &packed) != nil {
			if err := json.Unmarshal(d.Embedding, &out[i]); err != nil {
				t.Fatal(err)
			}
			continue
		}
		bytes, err := base64.StdEncoding.DecodeString(packed)
		if err != nil {
			t.Fatal(err)
		}
		for ; len(bytes) >= 4; bytes = bytes[4:] {
			out[i] = append(out[i], float64(math.Float32frombits(binary.LittleEndian.Uint32(bytes))))
		}
	}
	return out
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func TestOpenAIEmbeddings(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	texts := []string{"가람차, 새 승합차 출시", "가람차 새 승합차 출시 예고", "마루전선 해저케이블 소송", "a"}
	small := vectorsOf(t, r.asks("/v1/embeddings", embedBody(t, "text-embedding-3-small", texts, "")))
	packed := vectorsOf(t, r.asks("/v1/embeddings", embedBody(t, "text-embedding-3-small", texts, `,"encoding_format":"base64"`)))
	for i, v := range small {
		if len(v) != 1536 || math.Abs(dot(v, v)-1) > 1e-5 || dot(v, packed[i]) < 0.99999 {
			t.Errorf("text %d: %d dimensions, length² %g, as base64 %g", i, len(v), dot(v, v), dot(v, packed[i]))
		}
	}
	if like, unlike := dot(small[0], small[1]), dot(small[0], small[2]); like < 0.6 || unlike > 0.3 {
		t.Errorf("like %g, unlike %g", like, unlike)
	}
	short := vectorsOf(t, r.asks("/v1/embeddings", embedBody(t, "text-embedding-3-small", texts, `,"dimensions":64`)))
	for i, v := range short {
		beginning := small[i][:64]
		if len(v) != 64 || math.Abs(dot(v, v)-1) > 1e-5 || dot(v, beginning)/math.Sqrt(dot(beginning, beginning)) < 0.9999 {
			t.Errorf("text %d: %d dimensions are not the beginning of the whole", i, len(v))
		}
	}
	large := vectorsOf(t, r.asks("/v1/embeddings", embedBody(t, "text-embedding-3-large", "가람차", "")))
	one := vectorsOf(t, r.asks("/tei/v1/embeddings", `{"input":"가람차"}`))
	named := vectorsOf(t, r.asks("/tei/v1/embeddings", `{"input":"가람차","model":"any"}`))
	if len(large[0]) != 3072 || len(one[0]) != 1024 || dot(one[0], named[0]) < 0.9999 {
		t.Errorf("%d and %d dimensions", len(large[0]), len(one[0]))
	}
}

func TestOpenAIRefusals(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{OpenAITokens: 2_000_000})
	many := func(n int, text string) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = text
		}
		return out
	}
	const small = "text-embedding-3-small"
	schema := func(s string) string { return chatBody("q", structured(s)) }
	for _, c := range []struct {
		name, path, body string
		status           int
		says             string
	}{
		{"no JSON", "/v1/embeddings", `{"model":`, 400, "could not parse"},
		{"unknown field", "/v1/embeddings", `{"model":"text-embedding-3-small","input":"a","inputs":"b"}`, 400, `Unrecognized request argument supplied: \"inputs\"`},
		{"no model", "/v1/embeddings", `{"input":"a"}`, 400, "you must provide a model parameter"},
		{"unknown model", "/v1/embeddings", embedBody(t, "text-embedding-9", "a", ""), 404, `"model_not_found"`},
		{"a chat model", "/v1/embeddings", embedBody(t, "gpt-4.1-mini", "a", ""), 403, "not allowed to generate embeddings"},
		{"no input", "/v1/embeddings", `{"model":"text-embedding-3-small"}`, 400, "'$.input' is invalid"},
		{"empty text", "/v1/embeddings", embedBody(t, small, []string{"a", ""}, ""), 400, "empty string"},
		{"empty list", "/v1/embeddings", embedBody(t, small, []string{}, ""), 400, "'$.input' is invalid"},
		{"null in the list", "/v1/embeddings", embedBody(t, small, []any{"a", nil}, ""), 400, "'$.input' is invalid"},
		{"2049 texts", "/v1/embeddings", embedBody(t, small, many(2049, "a"), ""), 400, "maximum length 2048, but got an array with length 2049"},
		{"8193 tokens", "/v1/embeddings", embedBody(t, small, strings.Repeat("가", 8193), ""), 400, "maximum context length is 8192 tokens, however you requested 8193"},
		{"300,160 tokens", "/v1/embeddings", embedBody(t, small, many(2030, strings.Repeat("가", 148)), ""), 400, "Requested 300440 tokens, max 300000"},
		{"format", "/v1/embeddings", embedBody(t, small, "a", `,"encoding_format":"hex"`), 400, "Supported values are: 'float' and 'base64'"},
		{"0 dimensions", "/v1/embeddings", embedBody(t, small, "a", `,"dimensions":0`), 400, "within 1 and 1536"},
		{"dimensions of a model that has no other", "/v1/embeddings", embedBody(t, "text-embedding-ada-002", "a", `,"dimensions":64`), 400, "does not support specifying dimensions"},
		{"the same with vLLM", "/vllm/v1/embeddings", embedBody(t, "bge-m3", "a", `,"dimensions":64`), 400, `matryoshka representation, changing output dimensions will lead to poor results.","type":"BadRequestError","param":null,"code":400}}`},
		{"33 texts for TEI", "/tei/v1/embeddings", embedBody(t, "", many(33, "a"), ""), 413, `{"code":413,"error_type":"Validation","message":"batch size 33 > maximum allowed batch size 32"}`},
		{"blank text for TEI", "/tei/v1/embeddings", embedBody(t, "", " ", ""), 400, `"Empty"`},
		{"TEI does not chat", "/tei/v1/chat/completions", chatBody("q", ""), 404, "Invalid URL"},
		{"Ollama has no such model", "/ollama/v1/chat/completions", `{"model":"none","messages":[]}`, 404, `{"error":{"message":"model \"none\" not found, try pulling it first","type":"not_found_error","param":null,"code":null}}`},
		{"vLLM's older error", "/oldvllm/v1/embeddings", embedBody(t, "none", "a", ""), 404, `{"object":"error","message":"The model `},
		{"OpenRouter's error", "/openrouter/api/v1/chat/completions", `{"model":"openai/none","messages":[]}`, 400, `{"error":{"code":400,"message":"openai/none is not a valid model ID"}}`},
		{"no such address", "/v1/completions", `{}`, 404, "Invalid URL (POST /v1/completions)"},
		{"an embedding model", "/v1/chat/completions", `{"model":"text-embedding-3-small","messages":[]}`, 404, "not a chat model"},
		{"no messages", "/v1/chat/completions", `{"model":"gpt-4.1-mini","messages":[]}`, 400, "empty_array"},
		{"unknown role", "/v1/chat/completions", `{"model":"gpt-4.1-mini","messages":[{"role":"boss","content":"a"}]}`, 400, `"param":"messages[0].role"`},
		{"no content", "/v1/chat/completions", `{"model":"gpt-4.1-mini","messages":[{"role":"user"}]}`, 400, "messages[0].content"},
		{"a number for a name", "/v1/chat/completions", `{"model":7,"messages":[]}`, 400, "Invalid type for 'model'"},
		{"too long a prompt", "/v1/chat/completions", chatBody(strings.Repeat("가", 130_000), ""), 400, "context_length_exceeded"},
		{"both limits", "/v1/chat/completions", chatBody("q", `,"max_tokens":5,"max_completion_tokens":5`), 400, "at the same time"},
		{"a limit of 0", "/v1/chat/completions", chatBody("q", `,"max_completion_tokens":0`), 400, "integer_below_min_value"},
		{"a limit of a million", "/v1/chat/completions", chatBody("q", `,"max_completion_tokens":1000000`), 400, "supports at most 16384"},
		{"lists within lists", "/v1/chat/completions", schema(`{"type":"object","additionalProperties":false,"required":["p"],"properties":{"p":
			{"type":"array","minItems":100,"items":{"type":"array","minItems":100,"items":{"type":"array","minItems":100,"items":{"type":"null"}}}}}}`), 400, "or values"},
		{"max_tokens of a reasoning model", "/v1/chat/completions", `{"model":"gpt-5-mini","messages":[{"role":"user","content":"a"}],"max_tokens":5}`, 400, "unsupported_parameter"},
		{"temperature of a reasoning model", "/v1/chat/completions", `{"model":"gpt-5-mini","messages":[{"role":"user","content":"a"}],"temperature":0}`, 400, "unsupported_value"},
		{"temperature 3", "/v1/chat/completions", chatBody("q", `,"temperature":3`), 400, "between 0 and 2"},
		{"JSON that nobody mentions", "/v1/chat/completions", chatBody("q", `,"response_format":{"type":"json_object"}`), 400, "must contain the word 'json'"},
		{"format of no type", "/v1/chat/completions", chatBody("q", `,"response_format":{"type":"xml"}`), 400, "response_format.type"},
		{"no schema", "/v1/chat/completions", chatBody("q", `,"response_format":{"type":"json_schema"}`), 400, "missing_required_parameter"},
		{"schema's name", "/v1/chat/completions", chatBody("q", `,"response_format":{"type":"json_schema","json_schema":{"name":"예측","schema":{}}}`), 400, "does not match pattern"},
		{"a list at the root", "/v1/chat/completions", schema(`{"type":"array","items":{"type":"string"}}`), 400, "got 'type: array'"},
		{"more allowed", "/v1/chat/completions", schema(`{"type":"object","properties":{}}`), 400, "'additionalProperties' is required"},
		{"not required", "/v1/chat/completions", schema(`{"type":"object","additionalProperties":false,"properties":{"p":{"type":"number"}}}`), 400, "Missing 'p'"},
		{"not required within", "/v1/chat/completions", schema(strings.Replace(forecastSchema, `["horizon","probability"]`, `["horizon"]`, 1)), 400, "Missing 'probability'"},
		{"a keyword outside of the subset", "/v1/chat/completions", schema(`{"type":"object","additionalProperties":false,"allOf":[]}`), 400, "'allOf' is not permitted"},
		{"an unknown type", "/v1/chat/completions", schema(`{"type":"object","additionalProperties":false,"required":["p"],"properties":{"p":{"type":"nummer"}}}`), 400, `got \"nummer\"`},
		{"a schema without end", "/v1/chat/completions", schema(`{"type":"object","additionalProperties":false,"required":["p"],"properties":{"p":{"$ref":"#"}}}`), 400, "levels of nesting"},
		{"a stream", "/v1/chat/completions", chatBody("q", `,"stream":true`), 501, "not played"},
		{"tokens for input", "/v1/embeddings", embedBody(t, small, []int{1, 2}, ""), 501, "not played"},
	} {
		res := r.asks(c.path, c.body)
		if res.Code != c.status || !strings.Contains(res.Body.String(), c.says) {
			t.Errorf("%s: %d %s, want %d and %s", c.name, res.Code, res.Body, c.status, c.says)
		}
	}
	if res := r.get("/openai/v1/embeddings"); res.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", res.Code)
	}
}

func TestOpenAIKeys(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	body := embedBody(t, "text-embedding-3-small", "a", "")
	for _, c := range []struct {
		path, key string
		status    int
		says      string
	}{
		{"/v1", "", 401, "didn't provide"},
		{"/v1", "sk-another-key", 401, `"invalid_api_key"`},
		{"/v1", r.Keys().OpenAIEmptyKey, 429, `"code":"insufficient_quota"`},
		{"/openrouter/api/v1", r.Keys().OpenAIEmptyKey, 402, `"code":402`},
		{"/openrouter/api/v1", "", 401, `"code":401`},
		{"/vllm/v1", "", 200, ""},
		{"/ollama/v1", "any", 200, ""},
	} {
		var header []string
		if c.key != "" {
			header = []string{"Authorization", "Bearer " + c.key}
		}
		res := r.do("POST", "/openai"+c.path+"/embeddings", body, header...)
		if res.Code != c.status || !strings.Contains(res.Body.String(), c.says) || strings.Contains(res.Body.String(), "sk-another-key") {
			t.Errorf("%s with %q: %d %.200s", c.path, c.key, res.Code, res.Body)
		}
		if c.status == 429 && res.Header().Get("Retry-After") != "" {
			t.Error("an empty account is asked to come back")
		}
	}
}

func TestOpenAILimits(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{OpenAIRequests: 3, OpenAITokens: 600})
	ask := func(model string, tokens int) []string {
		res := r.asks("/v1/embeddings", embedBody(t, model, strings.Repeat("가", tokens), ""))
		h := res.Header()
		got := []string{fmt.Sprint(res.Code)}
		for _, name := range []string{"X-Ratelimit-Remaining-Requests", "X-Ratelimit-Reset-Requests", "X-Ratelimit-Remaining-Tokens",
			"X-Ratelimit-Reset-Tokens", "Retry-After", "Retry-After-Ms"} {
			got = append(got, h.Get(name))
		}
		if res.Code != http.StatusOK {
			got = append(got, object(t, res.Body)["error"].(map[string]any)["message"].(string))
		}
		return got
	}
	const small, large = "text-embedding-3-small", "text-embedding-3-large"
	const where = " for text-embedding-3-small in organization org-simulated on "
	got := [][]string{ask(small, 300), ask(small, 500), ask(small, 700), ask(large, 300)}
	r.pass(20 * time.Second)
	got = append(got, ask(small, 500), ask(small, 0+1), ask(small, 1))
	want := [][]string{
		{"200", "2", "20s", "300", "30s", "", ""},
		{"429", "2", "20s", "300", "30s", "20", "20000", "Rate limit reached" + where + "tokens per min (TPM): Limit 600, Used 300, Requested 500. Please try again in 20s."},
		{"429", "2", "20s", "300", "30s", "", "", "Request too large" + where + "tokens per min (TPM): Limit 600, Requested 700. The input or output tokens must be reduced in order to run successfully."},
		{"200", "2", "20s", "300", "30s", "", ""}, // another model has its own
		{"200", "2", "20s", "0", "1m0s", "", ""},
		{"429", "2", "20s", "0", "1m0s", "1", "100", "Rate limit reached" + where + "tokens per min (TPM): Limit 600, Used 600, Requested 1. Please try again in 100ms."},
		{"429", "2", "20s", "0", "1m0s", "1", "100", "Rate limit reached" + where + "tokens per min (TPM): Limit 600, Used 600, Requested 1. Please try again in 100ms."},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	r.pass(time.Minute)
	for range 3 {
		ask(small, 1)
	}
	if got := ask(small, 1); got[0] != "429" || !strings.Contains(got[7], "requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s.") {
		t.Errorf("%q", got)
	}
}

type chatAnswer struct {
	ID      string
	Model   string
	Choices []struct {
		Message struct {
			Role             string
			Content, Refusal *string
		}
		Finish string `json:"finish_reason"`
		Error  map[string]any
	}
	Usage struct {
		Prompt     int `json:"prompt_tokens"`
		Completion int `json:"completion_tokens"`
		Total      int `json:"total_tokens"`
	}
}

func (r *rig) chats(path, body string) chatAnswer {
	r.t.Helper()
	res := r.asks(path, body)
	var a chatAnswer
	if err := json.Unmarshal(res.Body.Bytes(), &a); err != nil || res.Code != http.StatusOK {
		r.t.Fatalf("%d %s: %v", res.Code, res.Body, err)
	}
	return a
}

type forecasts struct {
	Reason    string
	Forecasts []struct {
		Horizon     int
		Probability float64
	}
}

func TestOpenAIChatObeysASchema(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	read := func(question string) forecasts {
		t.Helper()
		a := r.chats("/v1/chat/completions", chatBody(question, structured(forecastSchema)))
		if a.Choices[0].Finish != "stop" || a.Usage.Total != a.Usage.Prompt+a.Usage.Completion || a.Usage.Prompt < 10 || a.ID == "" {
			t.Errorf("%+v", a)
		}
		var f forecasts
		dec := json.NewDecoder(strings.NewReader(*a.Choices[0].Message.Content))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&f); err != nil {
			t.Fatal(err)
		}
		return f
	}
	good, bad := read("가람차, 역대 최대 수주로 흑자 전환"), read("가람차, 리콜과 소송으로 적자")
	if diff := cmp.Diff(good, read("가람차, 역대 최대 수주로 흑자 전환")); diff != "" {
		t.Errorf("asked twice:\n%s", diff)
	}
	for i, horizon := range []int{1, 3, 5} {
		g, b := good.Forecasts[i], bad.Forecasts[i]
		if g.Horizon != horizon || g.Probability <= 0.45 || b.Probability >= 0.45 || b.Probability < 0.2 || g.Probability > 0.7 {
			t.Errorf("horizon %d: %+v and %+v", horizon, g, b)
		}
	}
	if good.Reason == "" || len(good.Forecasts) != 3 {
		t.Errorf("%+v", good)
	}
}

func TestOpenAIChatFillsEveryKindOfField(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	a := r.chats("/v1/chat/completions", chatBody("q", structured(`{"type":"object","additionalProperties":false,
		"required":["a","b","c","d","e","f","g","h"],"$defs":{"side":{"type":"string","enum":["up","down"]}},"properties":{
		"a":{"type":["null","boolean"]},"b":{"$ref":"#/$defs/side"},"c":{"type":"integer","minimum":3,"maximum":4},
		"d":{"type":"null"},"e":{"const":"x"},"f":{"anyOf":[{"type":"number","maximum":2},{"type":"null"}]},
		"g":{"type":"string","minLength":40,"maxLength":41},"h":{"type":"array","items":{"type":"boolean"}}}}`)))
	var got map[string]any
	if err := json.Unmarshal([]byte(*a.Choices[0].Message.Content), &got); err != nil {
		t.Fatal(err)
	}
	_, isBool := got["a"].(bool)
	c, _ := got["c"].(float64)
	f, isNumber := got["f"].(float64)
	g, _ := got["g"].(string)
	h, _ := got["h"].([]any)
	if !isBool || got["b"] != "up" || c != 3 || got["d"] != nil || got["e"] != "x" || !isNumber || f < 0 || f > 2 ||
		len([]rune(g)) != 41 || len(h) != 1 {
		t.Errorf("%v", got)
	}
}

func TestOpenAIChatHonoursItsLimit(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	for _, c := range []struct{ path, limit, finish string }{
		{"/v1/chat/completions", `,"max_completion_tokens":4`, "length"},
		{"/v1/chat/completions", `,"max_tokens":4`, "length"},
		{"/ollama/v1/chat/completions", `,"max_tokens":4`, "length"},
		{"/ollama/v1/chat/completions", `,"max_completion_tokens":4`, "stop"}, // it knows no such field
		{"/v1/chat/completions", `,"response_format":{"type":"text"}`, "stop"},
	} {
		a := r.chats(c.path, chatBody("q", c.limit))
		if got := a.Choices[0]; got.Finish != c.finish || (len(*got.Message.Content) > 12) != (c.finish == "stop") {
			t.Errorf("%s %s: %+v", c.path, c.limit, got)
		}
	}
	a := r.chats("/v1/chat/completions", chatBody("in json", `,"response_format":{"type":"json_object"}`))
	if !json.Valid([]byte(*a.Choices[0].Message.Content)) {
		t.Errorf("%+v", a)
	}
}

// TestOpenAIOddities checks the shape of every answer that a switch makes.
func TestOpenAIOddities(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	whole := *r.chats("/v1/chat/completions", chatBody("q", structured(forecastSchema))).Choices[0].Message.Content
	for odd, want := range map[string]struct{ content, refusal, finish string }{
		"refusal":   {"<nil>", "죄송하지만 그 요청은 도와드릴 수 없습니다.", "stop"},
		"filtered":  {"", "<nil>", "content_filter"},
		"cut":       {whole[:len(whole)/2], "<nil>", "length"},
		"half":      {whole[:len(whole)/2], "<nil>", "stop"},
		"fenced":    {"```json\n" + whole + "\n```", "<nil>", "stop"},
		"prose":     {"요청하신 예측은 다음과 같습니다.\n\n" + whole + "\n\n참고만 하시기 바랍니다.", "<nil>", "stop"},
		"thoughts":  {"<think>\n대략 {0.5} 안팎으로 보면 될까? {\"probability\": 0.99}\n</think>\n\n" + whole, "<nil>", "stop"},
		"offschema": {`{"answer":"모의 응답입니다."}`, "<nil>", "stop"},
		"null":      {"<nil>", "<nil>", "stop"},
		"broken":    {whole[:len(whole)/2], "<nil>", "error"},
	} {
		r.odd(odd, 1)
		a := r.chats("/v1/chat/completions", chatBody("q", structured(forecastSchema)))
		text := func(s *string) string {
			if s == nil {
				return "<nil>"
			}
			return strings.ToValidUTF8(*s, "\uFFFD")
		}
		got := a.Choices[0]
		if text(got.Message.Content) != strings.ToValidUTF8(want.content, "\uFFFD") || text(got.Message.Refusal) != want.refusal || got.Finish != want.finish {
			t.Errorf("%s: %q, refusal %q, %s", odd, text(got.Message.Content), text(got.Message.Refusal), got.Finish)
		}
		if a.Usage.Prompt == 0 || (got.Error != nil) != (odd == "broken") {
			t.Errorf("%s: usage %+v, error %v", odd, a.Usage, got.Error)
		}
		if again := r.chats("/v1/chat/completions", chatBody("q", structured(forecastSchema))); *again.Choices[0].Message.Content != whole {
			t.Errorf("%s stays longer than for one answer", odd)
		}
	}
	r.odd("nochoice", 1)
	if a := r.chats("/v1/chat/completions", chatBody("q", "")); len(a.Choices) != 0 {
		t.Errorf("%+v", a)
	}
}

// odd switches an oddity on.
func (r *rig) odd(name string, times int) {
	r.t.Helper()
	if res := r.do("PUT", "/_sim/openai", fmt.Sprintf(`{"reply":%q,"times":%d}`, name, times)); res.Code != http.StatusOK {
		r.t.Fatalf("%s: %d %s", name, res.Code, res.Body)
	}
}

func TestOpenAIRefusalsByOddity(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	for _, c := range []struct {
		odd, path string
		status    int
		says      string
	}{
		{"error", "/v1", 200, `{"error":{"code":502,"message":"Provider returned error"}}`},
		{"quota", "/v1", 429, `"insufficient_quota"`}, {"quota", "/openrouter/api/v1", 402, `"code":402`},
		{"overload", "/v1", 503, `"type":"server_error"`}, {"overload", "/tei/v1", 503, `"Unhealthy"`},
		{"backend", "/tei/v1", 424, `"Backend"`}, {"backend", "/vllm/v1", 500, `"InternalServerError"`},
	} {
		r.odd(c.odd, 1)
		res := r.asks(c.path+"/embeddings", embedBody(t, "bge-m3", "a", ""))
		if res.Code != c.status || !strings.Contains(res.Body.String(), c.says) {
			t.Errorf("%s %s: %d %s", c.odd, c.path, res.Code, res.Body)
		}
	}
}

func TestOpenAIOddVectors(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	ask := func() embedAnswer {
		t.Helper()
		var a embedAnswer
		if err := json.Unmarshal(r.asks("/v1/embeddings", embedBody(t, "bge-m3", []string{"a", "b"}, "")).Body.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, odd := range []string{"missing", "shuffled", "zero", "nan"} {
		r.odd(odd, 0)
		a := ask()
		if n := len(a.Data); n != map[string]int{"missing": 1}[odd] && odd == "missing" || a.Data[0].Index != map[string]int{"shuffled": 1}[odd] {
			t.Errorf("%s: %d vectors, the first of text %d", odd, n, a.Data[0].Index)
		}
		if isText := a.Data[0].Embedding[0] == '"'; isText != (odd == "nan") || strings.HasPrefix(string(a.Data[0].Embedding), "[0,0,0,") != (odd == "zero") {
			t.Errorf("%s: %.40s", odd, a.Data[0].Embedding)
		}
	}
	if res := r.do("DELETE", "/_sim/openai", ""); res.Code != http.StatusOK {
		t.Error(res.Code)
	}
	if a := ask(); len(a.Data) != 2 || a.Data[0].Embedding[0] != '[' {
		t.Errorf("%+v", a)
	}
}

func TestOpenAIControl(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	for _, c := range []struct {
		method, body string
		status       int
		says         string
	}{
		{"GET", "", 200, `{"reply":"","left":0}`}, {"PUT", `{"reply":"fenced"}`, 200, `{"reply":"fenced","left":-1}`},
		{"PUT", `{"reply":"fenced","times":2}`, 200, `"left":2`}, {"PUT", `{"reply":"lies"}`, 400, "one of [backend broken cut"},
		{"PUT", `{"reply":"cut","times":-1}`, 400, "at least 0"}, {"PUT", `{"replay":"cut"}`, 400, "unknown field"}, {"POST", "", 405, ""},
		{"DELETE", "", 200, `{"reply":"","left":0}`},
	} {
		if res := r.do(c.method, "/_sim/openai", c.body); res.Code != c.status || !strings.Contains(res.Body.String(), c.says) {
			t.Errorf("%s %s: %d %s", c.method, c.body, res.Code, res.Body)
		}
	}
}

// FuzzOpenAI asks anything of both endpoints: whatever comes is answered, never with a 500.
func FuzzOpenAI(f *testing.F) {
	f.Add("/v1/embeddings", `{"model":"bge-m3","input":["a","가"],"encoding_format":"base64","dimensions":8}`, "")
	f.Add("/tei/v1/embeddings", `{"input":" "}`, "zero")
	f.Add("/v1/chat/completions", chatBody("수주", structured(forecastSchema)), "cut")
	f.Add("/ollama/v1/chat/completions", chatBody("", structured(`{"type":"object","properties":{"a":{"type":"string","minLength":9e9,"maxLength":-1},"b":{"type":"array","minItems":-1e300},"c":{"type":"number","minimum":-1e308,"maximum":1e308}}}`)), "broken")
	f.Add("/openrouter/api/v1/chat/completions", `{"model":"x/gpt-4.1-mini","messages":[{"role":"user","content":"json"}],"response_format":{"type":"json_object"},"max_tokens":1}`, "null")
	world, err := simulator.NewMarket(simulator.MarketOptions{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path, body, odd string) {
		s := simulator.New(world, simulator.Options{})
		send := func(method, path, body string) int {
			req := httptest.NewRequest(method, "http://simulator/", strings.NewReader(body))
			req.URL.Path = path
			req.Header.Set("Authorization", "Bearer "+s.Keys().OpenAIKey)
			rec := httptest.NewRecorder()
			s.ServeHTTP(rec, req)
			return rec.Code
		}
		switched, err := json.Marshal(map[string]string{"reply": odd})
		if err != nil {
			t.Fatal(err)
		}
		if code := send("PUT", "/_sim/openai", string(switched)); code != http.StatusOK && code != http.StatusBadRequest {
			t.Errorf("the switch %q: %d", odd, code)
		}
		if code := send("POST", "/openai"+path, body); code == http.StatusInternalServerError && odd != "backend" {
			t.Errorf("%s %s: %d", path, body, code)
		}
	})
}
