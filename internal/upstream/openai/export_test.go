package openai

import (
	"time"

	"tickerwire/internal/upstream"
)

// Refusal lets the tests reach the table without a server.
func (c *Client) Refusal(res *upstream.Response, status error) error { return c.refusal(res, status) }

// ReadReply lets the tests reach the parser without a server.
func (c *Client) ReadReply(res *upstream.Response, schema *Schema) (Reply, error) {
	return c.readReply(res, c.refusal(res, nil), schema)
}

// ReadVectors, SpokenWait, CutText and BatchLimit let the tests reach the parsers without a server.
func ReadVectors(body []byte, n, dimensions int) ([][]float32, int64, error) {
	return readVectors(body, n, dimensions)
}

func SpokenWait(message string) time.Duration { return spokenWait(message) }

func CutText(text string, limit int) string { return cut(text, limit) }

func BatchLimit(res *upstream.Response, sent int) int { return batchLimit(res, sent) }
