package openai

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

type vectorItem struct {
	Index     *int            `json:"index"`
	Embedding json.RawMessage `json:"embedding"`
}

// readVectors returns the n unit vectors of an answer, ordered by their index, and the tokens that it says it took. A
// server that has no base64 answers with numbers whatever was asked: both are read.
func readVectors(body []byte, n, dimensions int) ([][]float32, int64, error) {
	var answer struct {
		Data  json.RawMessage `json:"data"`
		Usage json.RawMessage `json:"usage"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, 0, fault.New(fault.Unavailable, "the answer is no JSON of theirs: %w", err)
	}
	tokens := readUsage(answer.Usage).Prompt
	vectors := make([][]float32, n)
	dec := json.NewDecoder(bytes.NewReader(answer.Data))
	if open, err := dec.Token(); err != nil || open != json.Delim('[') {
		return nil, tokens, fault.New(fault.Unavailable, "the answer holds no list of vectors")
	}
	count := 0
	for ; dec.More() && count < n; count++ {
		var item vectorItem
		if err := dec.Decode(&item); err != nil {
			return nil, tokens, fault.New(fault.Unavailable, "vector %d is none: %w", count, err)
		}
		if item.Index == nil || *item.Index < 0 || *item.Index >= n || vectors[*item.Index] != nil {
			return nil, tokens, fault.New(fault.Unavailable, "the answer numbers its vectors otherwise than asked")
		}
		vector, err := readVector(item.Embedding, dimensions)
		if err != nil {
			return nil, tokens, err
		}
		vectors[*item.Index] = vector
	}
	if dec.More() || count < n {
		return nil, tokens, fault.New(fault.Unavailable, "%d texts were asked for, the answer holds another number of vectors", n)
	}
	return vectors, tokens, nil
}

// readVector reads one vector, a list of numbers or the base64 of little-endian float32 values, and makes its length 1.
func readVector(raw json.RawMessage, dimensions int) ([]float32, error) {
	var vector []float32
	var packed string
	switch {
	case len(raw) > 0 && raw[0] == '"':
		if err := json.Unmarshal(raw, &packed); err != nil {
			return nil, fault.New(fault.Unavailable, "a vector is no text: %w", err)
		}
		values, err := base64.StdEncoding.DecodeString(packed)
		if err != nil || len(values)%4 != 0 {
			return nil, fault.New(fault.Unavailable, "a vector is no base64 of whole numbers of four bytes")
		}
		for ; len(values) > 0; values = values[4:] {
			vector = append(vector, math.Float32frombits(binary.LittleEndian.Uint32(values)))
		}
	default:
		// A null among the numbers would silently become 0.
		if err := json.Unmarshal(raw, &vector); err != nil || bytes.Contains(raw, []byte("null")) {
			return nil, fault.New(fault.Unavailable, "a vector is no list of numbers")
		}
	}
	if len(vector) != dimensions {
		return nil, upstream.Because(upstream.OtherLength, fault.New(fault.Unavailable, "a vector has %d dimensions, want %d", len(vector), dimensions))
	}
	return unit(vector)
}

// unit scales a vector to length 1, in place.
func unit(vector []float32) ([]float32, error) {
	var square float64
	for _, v := range vector {
		square += float64(v) * float64(v)
	}
	length := math.Sqrt(square)
	if length == 0 || math.IsNaN(length) || math.IsInf(length, 0) {
		return nil, fault.New(fault.Unavailable, "a vector is zero or not finite")
	}
	for i, v := range vector {
		vector[i] = float32(float64(v) / length)
	}
	return vector, nil
}
