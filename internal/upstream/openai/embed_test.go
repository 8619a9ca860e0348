package openai_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream/openai"
)

// TestVectors shows what becomes of every kind of answer to two texts in three dimensions.
func TestVectors(t *testing.T) {
	t.Parallel()
	type row struct {
		Vectors    [][]float32
		Kind, Says string
	}
	got := map[string]row{}
	for name, res := range saved(t, "embeddings") {
		client := playing(t, res)
		vectors, err := (&openai.Embedder{Client: client, Model: "m", Dimensions: 3}).Embed(t.Context(), []string{"가", "나"})
		r := row{Vectors: vectors, Says: told(client, err)}
		if err != nil {
			r.Kind = fault.KindOf(err).String()
		}
		got[name] = r
	}
	golden(t, "embeddings", got)
}

// service answers embeddings with vectors that say which text they are of, and notes what it was asked.
type service struct {
	t          *testing.T
	dimensions int
	refuse     func(texts []string) (int, string) // status 0: no
	mu         sync.Mutex
	asked      []map[string]any
	sizes      []int
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in := asked(s.t, r)
	var texts []string
	for _, text := range in["input"].([]any) {
		texts = append(texts, text.(string))
	}
	delete(in, "input")
	s.mu.Lock()
	s.asked, s.sizes = append(s.asked, in), append(s.sizes, len(texts))
	s.mu.Unlock()
	if s.refuse != nil {
		if status, body := s.refuse(texts); status != 0 {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
			return
		}
	}
	data := []map[string]any{}
	for i, text := range texts {
		data = append(data, map[string]any{"index": i, "embedding": append(vectorFor(text), make([]float32, s.dimensions-2)...)})
	}
	slices.Reverse(data)
	if err := json.NewEncoder(w).Encode(map[string]any{"data": data}); err != nil {
		s.t.Error(err)
	}
}

// vectorFor is, in its first two dimensions, on the unit circle, at the angle of a text's length.
func vectorFor(text string) []float32 {
	angle := float64(len(text)) / 10_000
	return []float32{float32(math.Cos(angle)), float32(math.Sin(angle))}
}

func near(a, b []float32) bool {
	return len(a) >= len(b) && slices.EqualFunc(a[:len(b)], b, func(x, y float32) bool { return math.Abs(float64(x-y)) < 1e-5 })
}

func embedder(t *testing.T, s *service) *openai.Embedder {
	t.Helper()
	s.t = t
	return &openai.Embedder{Client: serve(t, s.ServeHTTP), Model: "m", Dimensions: s.dimensions}
}

// texts returns n texts of different lengths, the shortest of least bytes.
func texts(n, least int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = strings.Repeat("a", least+i)
	}
	return out
}

func check(t *testing.T, e *openai.Embedder, texts []string) {
	t.Helper()
	vectors, err := e.Embed(t.Context(), texts)
	if err != nil || len(vectors) != len(texts) {
		t.Fatalf("%d vectors of %d texts: %v", len(vectors), len(texts), err)
	}
	for i, text := range texts {
		if !near(vectors[i], vectorFor(text)) {
			t.Fatalf("text %d has the vector %v, want %v", i, vectors[i], vectorFor(text))
		}
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		texts      []string
		dimensions int
		set        func(*openai.Embedder)
		sizes      []int
	}{
		"one request":        {texts(64, 1), 2, nil, []int{64}},
		"our own cap":        {texts(70, 1), 2, func(e *openai.Embedder) { e.Batch = 32 }, []int{32, 32, 6}},
		"the service's cap":  {slices.Repeat([]string{"a"}, 2050), 2, nil, []int{2048, 2}},
		"nothing":            {nil, 2, nil, nil},
		"tokens in all":      {texts(50, 8000), 2, nil, []int{37, 13}},
		"the answer's bytes": {texts(50, 1), 8192, func(e *openai.Embedder) { e.Floats = true }, []int{42, 8}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{dimensions: c.dimensions}
			e := embedder(t, s)
			if c.set != nil {
				c.set(e)
			}
			check(t, e, c.texts)
			if diff := cmp.Diff(c.sizes, s.sizes); diff != "" {
				t.Errorf("sizes (-want +got):\n%s", diff)
			}
		})
	}
}

// TestACapIsLearned meets a server that takes fewer texts, once.
func TestACapIsLearned(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		most  int
		body  string
		sizes []int
	}{
		"named":    {32, `{"message":"batch size 70 > maximum allowed batch size 32","code":413,"error_type":"Validation"}`, []int{70, 32, 32, 6, 32, 32, 6}},
		"nameless": {20, "<html>413</html>", []int{70, 35, 17, 17, 17, 17, 2, 17, 17, 17, 17, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{dimensions: 2, refuse: func(texts []string) (int, string) {
				if len(texts) > c.most {
					return http.StatusRequestEntityTooLarge, c.body
				}
				return 0, ""
			}}
			e := embedder(t, s)
			check(t, e, texts(70, 1))
			check(t, e, texts(70, 1))
			if diff := cmp.Diff(c.sizes, s.sizes); diff != "" {
				t.Errorf("sizes (-want +got):\n%s", diff)
			}
		})
	}
	always := &service{dimensions: 2, refuse: func([]string) (int, string) { return http.StatusRequestEntityTooLarge, "" }}
	if _, err := embedder(t, always).Embed(t.Context(), texts(5, 1)); fault.KindOf(err) != fault.Invalid || len(always.sizes) != 3 {
		t.Errorf("a server that takes nothing was asked %v: %v", always.sizes, err)
	}
}

func TestBlankTextsAreNotSent(t *testing.T) {
	t.Parallel()
	s := &service{dimensions: 2}
	e := embedder(t, s)
	vectors, err := e.Embed(t.Context(), []string{"", "aaa", " \n\t", "a"})
	if err != nil || vectors[0] != nil || vectors[2] != nil || !near(vectors[1], vectorFor("aaa")) || !near(vectors[3], vectorFor("a")) {
		t.Errorf("%v, %v", vectors, err)
	}
	if vectors, err := e.Embed(t.Context(), []string{"", " "}); err != nil || len(vectors) != 2 || len(s.sizes) != 1 {
		t.Errorf("%v, %v after %d requests", vectors, err, len(s.sizes))
	}
}

func TestEmbeddingsOnTheWire(t *testing.T) {
	t.Parallel()
	s := &service{dimensions: 2}
	e := embedder(t, s)
	check(t, e, texts(1, 1))
	nameless := &openai.Embedder{Client: e.Client, Dimensions: 2, Shorten: true, Floats: true}
	check(t, nameless, texts(1, 1))
	want := []map[string]any{{"model": "m", "encoding_format": "base64"}, {"dimensions": 2., "encoding_format": "float"}}
	if diff := cmp.Diff(want, s.asked); diff != "" {
		t.Error(diff)
	}
	if got := e.Version(); got != "openai:m/2" {
		t.Error(got)
	}
	for _, dimensions := range []int{0, -1, 8193} {
		if _, err := (&openai.Embedder{Client: e.Client, Dimensions: dimensions}).Embed(t.Context(), texts(1, 1)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%d dimensions: %v", dimensions, err)
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{
		{"가나다", 11, "가나다"}, {"가나다", 10, "가나"}, {"가나다", 5, "가"}, {"가나다", 4, ""}, {"가 나", 6, "가"},
		{" 가\n", 100, "가"}, {"가\xff나", 100, "가\uFFFD나"}, {"a", 2, ""}, {"a", 0, ""}, {"", 100, ""},
	} {
		got := openai.CutText(c.text, c.limit)
		if got != c.want || got != "" && openai.TokenBound(got) > c.limit || !utf8.ValidString(got) {
			t.Errorf("%q to %d: %q, want %q", c.text, c.limit, got, c.want)
		}
	}
	s := &service{dimensions: 2}
	e := embedder(t, s)
	long := strings.Repeat("a", 20_000)
	vectors, err := e.Embed(t.Context(), []string{long})
	if err != nil || !near(vectors[0], vectorFor(long[:8190])) {
		t.Errorf("%v, %v", vectors, err)
	}
	e.InputLimit = 102
	if vectors, err := e.Embed(t.Context(), []string{long}); err != nil || !near(vectors[0], vectorFor(long[:100])) {
		t.Errorf("%v, %v", vectors, err)
	}
}

func TestTokenBound(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"": 2, "가나": 8, "abc": 5, "\xff\xff": 8} {
		if got := openai.TokenBound(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
