package openai

import (
	"context"
	"fmt"
	"sync/atomic"

	"tickerwire/internal/fault"
)

// What OpenAI takes; other servers take less, see Embedder.
const (
	MaxInputs        = 2048    // texts in one request
	MaxInputTokens   = 8_192   // tokens in one text
	MaxRequestTokens = 300_000 // tokens in one request
)

const (
	maxAnswer   = 8 << 20 // bytes: some room below upstream.DefaultMaxBody
	floatBytes  = 24      // of one number in JSON, with its comma
	base64Bytes = 6       // of one number in base64: 16/3
)

// Embedder turns texts into vectors with one model. It is safe for concurrent use; the exported fields must not change
// after the first request. Another Model or other Dimensions make vectors that cannot be compared with the old ones:
// that is a new version, and everything stored must be embedded again.
type Embedder struct {
	Client     *Client
	Model      string // "" for a TEI server, which has only one
	Dimensions int    // of every vector, 1 to 8,192; text-embedding-3-small makes 1,536, -large 3,072
	Shorten    bool   // ask for Dimensions: only models that were trained for it know how, others refuse
	Floats     bool   // ask for JSON numbers, four times as long as base64: for servers that know no other
	Batch      int    // most texts in one request; 0 means MaxInputs. A server that takes fewer (TEI: 32) is believed
	InputLimit int    // most tokens of one text; 0 means MaxInputTokens

	learned atomic.Int64 // the batch that the server was found to take; 0 until then
}

// Version names the vectors: those of two versions cannot be compared.
func (e *Embedder) Version() string { return fmt.Sprintf("%s:%s/%d", name, e.Model, e.Dimensions) }

// Embed returns a unit vector per text, Dimensions long and in the texts' order; a blank text is never sent and has nil.
// It asks in as few requests as the service's limits allow, one after the other, and gives all vectors or none.
//
// A text of more than InputLimit tokens by TokenBound is cut there, at a rune: what it begins with is what it is about,
// and a refusal would leave an article without a vector for ever.
//
// Errors: those of the table in refusal; Unavailable for an answer with vectors missing, doubled, of another length, not
// finite or zero; errors.Is finds the end of ctx.
func (e *Embedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	if e.Dimensions < 1 || e.Dimensions > 8192 {
		return nil, fault.New(fault.Invalid, "openai: embeddings of %d dimensions: 1 to 8192", e.Dimensions)
	}
	limit := e.InputLimit
	if limit <= 0 {
		limit = MaxInputTokens
	}
	var inputs []string
	var places []int
	for i, text := range texts {
		if text = cut(text, limit); text != "" {
			inputs, places = append(inputs, text), append(places, i)
		}
	}
	vectors := make([][]float32, len(texts))
	for done := 0; done < len(inputs); {
		found, err := e.some(ctx, inputs[done:])
		if err != nil {
			return nil, fmt.Errorf("openai: embeddings of %d texts by %q: %w", len(texts), e.Model, err)
		}
		for _, vector := range found {
			vectors[places[done]] = vector
			done++
		}
	}
	return vectors, nil
}

// some embeds the first texts, as many as go into one request. A server that refuses their number is asked again at once
// with fewer, for that is another request, and never again with so many.
func (e *Embedder) some(ctx context.Context, texts []string) ([][]float32, error) {
	for {
		n := e.fitting(texts)
		res, err := e.Client.post(ctx, "/embeddings", e.Model, e.question(texts[:n]))
		if res == nil {
			return nil, err
		}
		if err != nil {
			e.Client.learn(ctx, e.Model, res, err, 0)
			most := batchLimit(res, n)
			if most < 1 {
				return nil, err
			}
			e.learned.Store(int64(most))
			continue
		}
		vectors, tokens, err := readVectors(res.Body, n, e.Dimensions)
		e.Client.learn(ctx, e.Model, res, nil, tokens)
		return vectors, err
	}
}

type embedQuestion struct {
	Model      string   `json:"model,omitempty"`
	Input      []string `json:"input"`
	Format     string   `json:"encoding_format"`
	Dimensions int      `json:"dimensions,omitempty"`
}

func (e *Embedder) question(texts []string) embedQuestion {
	q := embedQuestion{Model: e.Model, Input: texts, Format: "base64"}
	if e.Floats {
		q.Format = "float"
	}
	if e.Shorten {
		q.Dimensions = e.Dimensions
	}
	return q
}

// fitting returns how many of the texts, at least one, go into one request and its answer into our cap on bodies.
func (e *Embedder) fitting(texts []string) int {
	size := base64Bytes
	if e.Floats {
		size = floatBytes
	}
	most := min(len(texts), MaxInputs, max(maxAnswer/(size*e.Dimensions), 1))
	if e.Batch > 0 {
		most = min(most, e.Batch)
	}
	if learned := int(e.learned.Load()); learned > 0 {
		most = min(most, learned)
	}
	tokens := 0
	for i, text := range texts[:most] {
		if tokens += TokenBound(text); tokens > MaxRequestTokens && i > 0 {
			return i
		}
	}
	return most
}
