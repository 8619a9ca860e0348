package backtest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"tickerwire/internal/forecast"
	"tickerwire/tasks"
)

// Echo stands in for language models where only their prompts matter: it asks nobody, costs nothing, and answers by what it
// was asked, so that another byte of a prompt makes another probability.
type Echo struct{}

// Bound is tasks.LLM's: nothing.
func (Echo) Bound(forecast.LanguageModel, tasks.LLMQuestion) (input, output int64, err error) {
	return 0, 0, nil
}

// Ask is tasks.LLM's.
func (Echo) Ask(_ context.Context, _ forecast.LanguageModel, q tasks.LLMQuestion) (tasks.LLMReply, error) {
	hash := sha256.Sum256([]byte(q.System + "\x00" + q.User))
	p := 0.3 + 0.4*float64(binary.BigEndian.Uint32(hash[:4]))/(1<<32)
	one := fmt.Sprintf(`{"up_probability":%v,"expected_excess_pct":0}`, p)
	answer := fmt.Sprintf(`{"reason":"-","d1":%s,"d3":%s,"d5":%s}`, one, one, one)
	return tasks.LLMReply{JSON: json.RawMessage(answer), Content: answer, Counted: true, Raw: []byte(answer)}, nil
}
