package simulator

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strings"
)

const (
	maxInputs        = 2048
	maxInputTokens   = 8192
	maxRequestTokens = 300_000
	teiInputs        = 32
	vectorBlock      = 16 // a gram of a text leaves a mark in every block of so many dimensions
)

type embedRequest struct {
	Model      string          `json:"model"`
	Input      json.RawMessage `json:"input"`
	Format     *string         `json:"encoding_format"`
	Dimensions *int            `json:"dimensions"`
	User       *string         `json:"user"`
}

func (o *openAI) embeddings(d dialect, r *request) (answer, *complaint) {
	var in embedRequest
	if refused := readBody(d, r.body, &in); refused != nil {
		return answer{}, refused
	}
	m, refused := d.model(in.Model, true)
	if refused != nil {
		return answer{}, refused
	}
	if d == tei {
		in.Model = teiModel
	}
	if _, isTokens := firstInput(in.Input).(float64); isTokens && d != ollama {
		return notPlayed("an input of tokens"), nil
	}
	texts, tokens, refused := d.inputs(in.Input)
	if refused != nil {
		return answer{}, refused
	}
	dimensions, refused := d.dimensions(m, in)
	if refused != nil {
		return answer{}, refused
	}
	header, refused := o.take(d, r, in.Model, tokens)
	if refused != nil {
		return answer{}, refused
	}
	odd := o.next()
	if a, whole := odd.instead(d); whole {
		return a, nil
	}
	data := make([]embedded, len(texts))
	for i, text := range texts {
		data[i] = embedded{Object: "embedding", Index: i, Embedding: packed(vectorOf(in.Model, text, dimensions), in.Format)}
	}
	data = odd.vectors(data, dimensions, in.Format)
	a := jsonAnswer(http.StatusOK, "application/json", map[string]any{"object": "list", "data": data, "model": in.Model,
		"usage": map[string]int{"prompt_tokens": tokens, "total_tokens": tokens}})
	a.add(header)
	return a, nil
}

type embedded struct {
	Object    string `json:"object"`
	Index     int    `json:"index"`
	Embedding any    `json:"embedding"`
}

// firstInput returns the input, or the first of its list.
func firstInput(raw json.RawMessage) any {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return nil
	}
	for {
		list, ok := v.([]any)
		if !ok || len(list) == 0 {
			return v
		}
		v = list[0]
	}
}

// inputs reads the texts of a request and counts their tokens.
func (d dialect) inputs(raw json.RawMessage) (texts []string, tokens int, refused *complaint) {
	var one string
	var several []*string // a null would silently be an empty text
	switch {
	case json.Unmarshal(raw, &one) == nil && string(raw) != "null":
		texts = []string{one}
	case json.Unmarshal(raw, &several) == nil && len(several) > 0 && !slices.Contains(several, nil):
		for _, text := range several {
			texts = append(texts, *text)
		}
	default:
		return nil, 0, badInput("", "", "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.")
	}
	if d == tei && len(texts) > teiInputs {
		return nil, 0, &complaint{status: http.StatusRequestEntityTooLarge,
			message: "batch size " + itoa(len(texts)) + " > maximum allowed batch size " + itoa(teiInputs)}
	}
	if len(texts) > maxInputs {
		return nil, 0, badInput("input", "array_above_max_length", "Invalid 'input': array too long. Expected an array with "+
			"maximum length %d, but got an array with length %d instead.", maxInputs, len(texts))
	}
	for _, text := range texts {
		n := tokensOf(text)
		switch {
		case strings.TrimSpace(text) == "" && d == tei:
			return nil, 0, &complaint{status: http.StatusBadRequest, message: "`inputs` cannot be empty"}
		case text == "":
			return nil, 0, badInput("", "", "'$.input' is invalid: input cannot be an empty string.")
		case n > maxInputTokens && d == plainOpenAI:
			return nil, 0, badInput("", "", "This model's maximum context length is %d tokens, however you requested %d tokens "+
				"(%d in your prompt; 0 for the completion). Please reduce your prompt; or completion length.", maxInputTokens, n, n)
		}
		tokens += n
	}
	if tokens > maxRequestTokens && d == plainOpenAI {
		return nil, 0, badInput("", "max_tokens_per_request", "Requested %d tokens, max %d tokens per request", tokens, maxRequestTokens)
	}
	return texts, tokens, nil
}

// dimensions returns how long the vectors are to be.
func (d dialect) dimensions(m openAIModel, in embedRequest) (int, *complaint) {
	if in.Format != nil && *in.Format != "float" && *in.Format != "base64" {
		return 0, badInput("encoding_format", "invalid_value", "Invalid value: '%s'. Supported values are: 'float' and 'base64'.", *in.Format)
	}
	switch {
	case in.Dimensions == nil:
		return m.dimensions, nil
	case !m.shortens && d == vllm:
		return 0, badInput("", "", "Model %q does not support matryoshka representation, changing output dimensions will lead to poor results.", in.Model)
	case !m.shortens && (d == plainOpenAI || d == openRouter):
		return 0, badInput("", "", "This model does not support specifying dimensions.")
	case *in.Dimensions < 1 || *in.Dimensions > m.dimensions:
		return 0, badInput("dimensions", "", "Invalid value for 'dimensions' = %d. Must be within 1 and %d.", *in.Dimensions, m.dimensions)
	}
	return *in.Dimensions, nil
}

// vectorOf returns the unit vector of a text: its runs of two and three runes leave a signed mark in every block of
// dimensions, so that texts which share many are close. A shorter vector is the longer one's beginning, as with models
// that are trained to be shortened.
func vectorOf(model, text string, dimensions int) []float32 {
	sums := make([]float64, dimensions+vectorBlock)
	sums[0] = 1e-3 // no text is without a vector
	runes := []rune(" " + strings.ToLower(text) + " ")
	for size := 2; size <= 3; size++ {
		for i := 0; i+size <= len(runes); i++ {
			seed := textSeed(model + "\x00" + string(runes[i:i+size]))
			for block := 0; block < dimensions; block += vectorBlock {
				seed = seed*6364136223846793005 + 1442695040888963407
				sums[block+int(seed>>33)%vectorBlock] += 1 - 2*float64(seed>>63)
			}
		}
	}
	sums = sums[:dimensions]
	var square float64
	for _, v := range sums {
		square += v * v
	}
	vector := make([]float32, dimensions)
	for i, v := range sums {
		vector[i] = float32(v / math.Sqrt(square))
	}
	return vector
}

// packed is a vector as it is sent: numbers, or base64 of them in little-endian order.
func packed(vector []float32, format *string) any {
	if format == nil || *format != "base64" {
		return vector
	}
	var bytes []byte
	for _, v := range vector {
		bytes = binary.LittleEndian.AppendUint32(bytes, math.Float32bits(v))
	}
	return base64.StdEncoding.EncodeToString(bytes)
}
