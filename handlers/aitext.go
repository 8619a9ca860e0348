package handlers

import (
	"context"

	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/prompt"
	"tickerwire/store"
)

// aiLabel marks what a language model wrote, wherever it is shown.
const aiLabel = "AI 생성"

// aiText is a text that a language model wrote.
type aiText struct {
	Label         string `json:"label" doc:"The mark that must be shown with the text."`
	Text          string `json:"text" doc:"The model's words: no fact and no advice."`
	Model         string `json:"model" doc:"The model's name."`
	PromptVersion string `json:"prompt_version" doc:"The version of the prompt that it answered."`
}

// requestItem is one request to a language model.
type requestItem struct {
	State         string  `json:"state" enum:"open,answered,flawed,refused,unknown" doc:"flawed: its answer could not be used; refused: nothing was billed; unknown: nobody knows whether it was carried out."`
	Flaw          string  `json:"flaw" doc:"What was wrong with the answer; empty when nothing was."`
	Repair        bool    `json:"repair" doc:"Whether it was the attempt to mend an answer."`
	PromptVersion string  `json:"prompt_version" doc:"The version of the prompt."`
	PromptHash    string  `json:"prompt_hash" doc:"Of its exact bytes."`
	InputTokens   int64   `json:"input_tokens" doc:"Tokens of the prompt."`
	OutputTokens  int64   `json:"output_tokens" doc:"Tokens of the reply."`
	CostMicroWon  int64   `json:"cost_micro_won" doc:"Millionths of a won; what was reserved where nobody knows."`
	LatencyMS     int     `json:"latency_ms" doc:"Milliseconds."`
	At            instant `json:"at" doc:"When it was sent, on the wall clock."`
	Erased        bool    `json:"erased" doc:"Whether its texts were erased."`
}

// requests returns what a language model was asked for a prediction, and its reason.
func (a *api) requests(ctx context.Context, i store.PredictionItem) ([]requestItem, *aiText, error) {
	if i.Model.Kind != forecast.KindLLM {
		return []requestItem{}, nil, nil
	}
	rows, err := a.DB.Requests(ctx, i.Prediction.CallID, i.Prediction.Code)
	if err != nil {
		return nil, nil, err
	}
	var text *aiText
	for _, r := range rows {
		if t := toAIText(r, i.Model.Name); t != nil {
			text = t
		}
	}
	return showAll(rows, func(r store.RequestInfo) requestItem {
		return requestItem{State: r.State, Flaw: r.Flaw, Repair: r.Repair, PromptVersion: r.PromptVersion, PromptHash: r.PromptHash,
			InputTokens: r.InputTokens, OutputTokens: r.OutputTokens, CostMicroWon: r.CostMicroWon, LatencyMS: r.LatencyMS,
			At: instant(r.CreatedAt), Erased: r.Erased}
	}), text, nil
}

// toAIText returns the reason in an answer, nil when there is none.
func toAIText(r store.RequestInfo, model string) *aiText {
	if r.Answer == nil {
		return nil
	}
	answer, err := prompt.Read(r.Answer)
	if err != nil || answer.Reason == "" {
		return nil // it obeyed the schema of a version that this program does not know any more
	}
	return &aiText{Label: aiLabel, Text: answer.Reason, Model: model, PromptVersion: r.PromptVersion}
}
