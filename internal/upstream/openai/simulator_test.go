package openai_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/news"
	"tickerwire/internal/simulator"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/openai"
)

// horizons is a predictor's schema: a probability per horizon.
const horizons = `{"type":"object","additionalProperties":false,"required":["forecasts"],"properties":{
	"forecasts":{"type":"array","minItems":3,"maxItems":3,"items":{"type":"object","additionalProperties":false,
		"required":["horizon","probability"],"properties":{"horizon":{"type":"integer","enum":[1,3,5]},
		"probability":{"type":"number","minimum":0,"maximum":1}}}}}}`

// world is a simulator that is called over HTTP.
type world struct {
	t *testing.T
	*simulator.Server
	url string
}

func simulated(t *testing.T, limits simulator.Limits) *world {
	t.Helper()
	market, err := simulator.NewMarket(simulator.MarketOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, Server: simulator.New(market, simulator.Options{Limits: limits})}
	server := httptest.NewServer(w.Server)
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

func (w *world) client(path, key string) *openai.Client {
	return &openai.Client{Client: &upstream.Client{}, BaseURL: w.url + "/openai" + path, Key: key}
}

func (w *world) good() *openai.Client { return w.client("/v1", w.Keys().OpenAIKey) }

// put sets one of the simulator's switches.
func (w *world) put(path, body string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPut, w.url+"/_sim/"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		w.t.Fatalf("%s %s: %d", path, body, res.StatusCode)
	}
}

// TestEveryDialect embeds and chats with each kind of server.
func TestEveryDialect(t *testing.T) {
	t.Parallel()
	w := simulated(t, simulator.Limits{})
	for _, c := range []struct {
		path, key, embeds, chats string
		dimensions               int
		shorten, old             bool
	}{
		{"/v1", w.Keys().OpenAIKey, "text-embedding-3-small", "gpt-5-mini", 256, true, false},
		{"/v1", w.Keys().OpenAIKey, "text-embedding-3-large", "gpt-4.1-mini", 3072, false, false},
		{"/ollama/v1", "any", "bge-m3", "qwen3", 1024, false, true},
		{"/vllm/v1", "", "bge-m3", "qwen3", 1024, false, false},
		{"/oldvllm/v1", "", "bge-m3", "qwen3", 1024, false, true},
		{"/tei/v1", "", "", "", 1024, false, false},
		{"/openrouter/api/v1", w.Keys().OpenAIKey, "openai/text-embedding-3-small", "openai/gpt-4.1-mini", 1536, false, false},
	} {
		t.Run(c.path+" "+c.embeds, func(t *testing.T) {
			t.Parallel()
			client := w.client(c.path, c.key)
			client.OldMaxTokens = c.old
			for _, floats := range []bool{false, true} {
				e := &openai.Embedder{Client: client, Model: c.embeds, Dimensions: c.dimensions, Shorten: c.shorten, Floats: floats}
				vectors, err := e.Embed(t.Context(), []string{"가상전자, 대형 수주 공시", "", "가상전자 대형 수주", "모형중공업 소송"})
				if err != nil || vectors[1] != nil {
					t.Fatal(err)
				}
				like, unlike := news.Cosine(vectors[0], vectors[2]), news.Cosine(vectors[0], vectors[3])
				if like < 0.5 || unlike > 0.3 || len(vectors[0]) != c.dimensions {
					t.Errorf("like %g, unlike %g, %d dimensions", like, unlike, len(vectors[0]))
				}
			}
			if c.chats == "" {
				return
			}
			q := question(schemaOf(t, horizons))
			q.Model = c.chats
			reply, err := client.Ask(t.Context(), q)
			bound := q.Bound()
			if err != nil || reply.Loose || reply.JSON == nil || !reply.Usage.Known || reply.Usage.Prompt > bound.Prompt || reply.Usage.Completion > bound.Completion {
				t.Errorf("%+v within %+v: %v", reply, bound, err)
			}
		})
	}
}

// TestBatchesAgainstTheRealCaps sends what would break each of the service's limits, were it sent at once.
func TestBatchesAgainstTheRealCaps(t *testing.T) {
	t.Parallel()
	w := simulated(t, simulator.Limits{OpenAITokens: 100_000_000})
	for name, c := range map[string]struct {
		path       string
		model      string
		dimensions int
		texts      []string
	}{
		"2,048 texts":   {"/v1", "text-embedding-3-small", 8, slices.Repeat([]string{"가"}, 2100)},
		"tokens in all": {"/v1", "text-embedding-3-small", 8, texts(60, 8000)},
		"one long text": {"/v1", "text-embedding-3-small", 8, []string{strings.Repeat("가", 20_000)}},
		"TEI's 32":      {"/tei/v1", "", 1024, texts(70, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := &openai.Embedder{Client: w.client(c.path, w.Keys().OpenAIKey), Model: c.model, Dimensions: c.dimensions, Shorten: c.path == "/v1"}
			if vectors, err := e.Embed(t.Context(), c.texts); err != nil || len(vectors) != len(c.texts) {
				t.Error(err)
			}
		})
	}
}

// TestRefusalsOfTheService meets what a real service refuses.
func TestRefusalsOfTheService(t *testing.T) {
	t.Parallel()
	w := simulated(t, simulator.Limits{})
	for _, c := range []struct {
		name, path, key, model string
		kind                   fault.Kind
	}{
		{"no key", "/v1", "", "gpt-4.1-mini", fault.Unauthorized},
		{"a wrong key", "/v1", "sk-wrong", "gpt-4.1-mini", fault.Unauthorized},
		{"no credit", "/v1", w.Keys().OpenAIEmptyKey, "gpt-4.1-mini", fault.Forbidden},
		{"no credit with OpenRouter", "/openrouter/api/v1", w.Keys().OpenAIEmptyKey, "x/gpt-4.1-mini", fault.Forbidden},
		{"no such model", "/v1", w.Keys().OpenAIKey, "gpt-9", fault.NotFound},
		{"no such model with Ollama", "/ollama/v1", "", "gpt-9", fault.NotFound},
		{"an embedding model", "/v1", w.Keys().OpenAIKey, "text-embedding-3-small", fault.NotFound},
		{"a wrong address", "/v2", w.Keys().OpenAIKey, "gpt-4.1-mini", fault.NotFound},
	} {
		q := question(nil)
		q.Model = c.model
		_, err := w.client(c.path, c.key).Ask(t.Context(), q)
		if fault.KindOf(err) != c.kind || isAmbiguous(err) || c.key != "" && strings.Contains(err.Error(), c.key) {
			t.Errorf("%s: %v (%s), want %s", c.name, err, fault.KindOf(err), c.kind)
		}
	}
	strictless := question(schemaOf(t, `{"type":"object","properties":{"p":{"type":"number"}}}`))
	if _, err := w.good().Ask(t.Context(), strictless); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "additionalProperties") {
		t.Errorf("a schema that strict mode refuses: %v", err)
	}
	long := question(nil)
	long.Messages[1].Content = strings.Repeat("가", 200_000)
	if _, err := w.good().Ask(t.Context(), long); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "context_length_exceeded") {
		t.Errorf("a long prompt: %v", err)
	}
}

func TestTheServiceCounts(t *testing.T) {
	t.Parallel()
	w := simulated(t, simulator.Limits{OpenAIRequests: 2, OpenAITokens: 5_000})
	client, learner := w.good(), &notes{}
	client.Learner = learner
	var err error
	for range 3 {
		_, err = client.Ask(t.Context(), question(nil))
	}
	if wait := fault.RetryAfterOf(err); fault.KindOf(err) != fault.Limited || wait < 20*time.Second || wait > 30*time.Second {
		t.Errorf("%v, after %s", err, wait)
	}
	if n := len(learner.lines); n < 2 || learner.lines[0] != "openai:gpt-4.1-mini: 2 a minute" || !strings.HasPrefix(learner.lines[n-1], "openai:gpt-4.1-mini: pause ") {
		t.Errorf("learned %q", learner.lines)
	}
	large := question(nil)
	large.MaxTokens = 6_000
	other := &openai.Embedder{Client: client, Model: "text-embedding-3-small", Dimensions: 1536}
	if _, err := other.Embed(t.Context(), []string{"가"}); err != nil {
		t.Errorf("another model has its own limit: %v", err)
	}
	large.Model = "gpt-5-mini"
	if _, err := client.Ask(t.Context(), large); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a request above the whole limit: %v", err)
	}
}

// TestOddReplies meets each switch that changes a chat's answer.
func TestOddReplies(t *testing.T) {
	t.Parallel()
	w := simulated(t, simulator.Limits{})
	for odd, want := range map[string]struct {
		flaw  openai.Flaw // "": the reply is good
		kind  fault.Kind
		loose bool
	}{
		"refusal":   {openai.Refused, fault.Invalid, false},
		"filtered":  {openai.Filtered, fault.Invalid, false},
		"cut":       {openai.Cut, fault.Invalid, false},
		"half":      {openai.NotJSON, fault.Unavailable, false},
		"fenced":    {"", 0, true},
		"prose":     {"", 0, true},
		"thoughts":  {"", 0, true},
		"offschema": {openai.OffSchema, fault.Unavailable, false},
		"null":      {openai.Empty, fault.Unavailable, false},
		"nochoice":  {openai.Empty, fault.Unavailable, false},
		"broken":    {openai.Broken, fault.Unavailable, false},
		"error":     {openai.Broken, fault.Unavailable, false},
	} {
		w.put("openai", fmt.Sprintf(`{"reply":%q,"times":1}`, odd))
		q := question(schemaOf(t, horizons))
		reply, err := w.good().Ask(t.Context(), q)
		if want.flaw == "" {
			if err != nil || reply.Loose != want.loose || reply.JSON == nil || !reply.Usage.Known {
				t.Errorf("%s: %+v, %v", odd, reply, err)
			}
			continue
		}
		var flawed *openai.ReplyError
		if !errors.As(err, &flawed) || flawed.Flaw != want.flaw || fault.KindOf(err) != want.kind || isAmbiguous(err) {
			t.Errorf("%s: %v (%s)", odd, err, fault.KindOf(err))
			continue
		}
		if flawed.Reply.Usage.Known != (odd != "error") || len(flawed.Reply.Raw) == 0 {
			t.Errorf("%s: what was billed is lost: %+v", odd, flawed.Reply)
		}
	}
}

// TestARepairWorks shows a bad reply to the model and asks once more, as a predictor does.
func TestARepairWorks(t *testing.T) {
	t.Parallel()
	w := simulated(t, simulator.Limits{})
	w.put("openai", `{"reply":"offschema","times":1}`)
	q := question(schemaOf(t, horizons))
	_, err := w.good().Ask(t.Context(), q)
	var flawed *openai.ReplyError
	if !errors.As(err, &flawed) || !flawed.Repairable() {
		t.Fatal(err)
	}
	q.Messages = append(q.Messages, openai.Message{Role: "assistant", Content: flawed.Reply.Content},
		openai.Message{Role: "user", Content: "스키마에 맞지 않는다: " + flawed.Err.Error()})
	if reply, err := w.good().Ask(t.Context(), q); err != nil || reply.JSON == nil {
		t.Errorf("%+v, %v", reply, err)
	}
}

// TestFaultsOfTheService meets each switch that breaks the answer as a whole, through both doors.
func TestFaultsOfTheService(t *testing.T) {
	t.Parallel()
	w := simulated(t, simulator.Limits{})
	for _, c := range []struct {
		at, body  string
		kind      fault.Kind
		ambiguous bool
	}{
		{"openai", `{"reply":"quota","times":2}`, fault.Forbidden, false},
		{"openai", `{"reply":"overload","times":2}`, fault.Unavailable, false},
		{"openai", `{"reply":"backend","times":2}`, fault.Unavailable, false},
		{"faults/openai", `{"limit":true}`, fault.Limited, false},
		{"faults/openai", `{"status":502}`, fault.Unavailable, true},
		{"faults/openai", `{"status":500,"after":true}`, fault.Unavailable, true},
		{"faults/openai", `{"malformed":true}`, fault.Unavailable, false},
		{"faults/openai", `{"reset":true}`, fault.Unavailable, true},
		{"faults/openai", `{"reset":true,"after":true}`, fault.Unavailable, true},
		{"faults/openai", `{"latency_ms":60000}`, fault.Unavailable, true},
	} {
		w.put(c.at, c.body)
		client := w.good()
		if strings.Contains(c.body, "latency") {
			client.Client.Timeout = 50 * time.Millisecond
		}
		_, chat := client.Ask(t.Context(), question(schemaOf(t, horizons)))
		_, embed := (&openai.Embedder{Client: client, Model: "bge-m3", Dimensions: 1024}).Embed(t.Context(), []string{"가"})
		for _, err := range []error{chat, embed} {
			if fault.KindOf(err) != c.kind || isAmbiguous(err) != c.ambiguous {
				t.Errorf("%s: %v (%s)", c.body, err, fault.KindOf(err))
			}
			if c.kind == fault.Limited && fault.RetryAfterOf(err) != 2*time.Second {
				t.Errorf("%s: after %s", c.body, fault.RetryAfterOf(err))
			}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond) // the service still takes a minute
	defer cancel()
	if _, err := w.good().Ask(ctx, question(nil)); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestOddVectors(t *testing.T) {
	t.Parallel()
	w := simulated(t, simulator.Limits{})
	e := &openai.Embedder{Client: w.client("/tei/v1", ""), Dimensions: 1024}
	for odd, kind := range map[string]fault.Kind{"missing": fault.Unavailable, "zero": fault.Unavailable, "nan": fault.Unavailable,
		"error": fault.Unavailable, "overload": fault.Unavailable, "backend": fault.Unavailable, "shuffled": fault.Internal} {
		w.put("openai", fmt.Sprintf(`{"reply":%q,"times":1}`, odd))
		vectors, err := e.Embed(t.Context(), []string{"가상전자 수주", "모형중공업 소송"})
		if fault.KindOf(err) != kind || (err == nil) != (odd == "shuffled") {
			t.Errorf("%s: %v", odd, err)
		}
		if good, again := e.Embed(t.Context(), []string{"가상전자 수주"}); again != nil || err == nil && news.Cosine(vectors[0], good[0]) < 0.999 {
			t.Errorf("%s: the vectors are mixed up: %v", odd, again)
		}
	}
	w.put("faults/openai", `{"limit":true}`)
	if _, err := e.Embed(t.Context(), []string{"가"}); fault.KindOf(err) != fault.Limited || fault.RetryAfterOf(err) != time.Second {
		t.Errorf("an overloaded TEI: %v", err)
	}
}
