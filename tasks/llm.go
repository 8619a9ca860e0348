package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/prompt"
	"tickerwire/internal/market"
	"tickerwire/store"
)

// LLM asks language models.
type LLM interface {
	// Bound returns how many tokens a question can use at most.
	Bound(m forecast.LanguageModel, q LLMQuestion) (input, output int64, err error)
	// Ask puts a question once. A *LLMError is an answer that came and is billed, or one of which nobody knows whether it
	// came; after any other error nothing is billed.
	Ask(ctx context.Context, m forecast.LanguageModel, q LLMQuestion) (LLMReply, error)
}

// LLMQuestion is what a language model is asked. Mend is set for the one attempt to mend an answer.
type LLMQuestion struct {
	System, User string
	SchemaName   string
	Schema       []byte
	Mend         *Mend
}

// Mend is an answer that did not obey the schema, and what the model is told of it.
type Mend struct{ Said, Told string }

// LLMReply is what a language model answered.
type LLMReply struct {
	JSON         json.RawMessage // what of it obeys the schema; nil when nothing does
	Content      string
	InputTokens  int64
	OutputTokens int64
	Counted      bool // false: the service does not say how many tokens it bills
	Raw          []byte
}

// LLMError is why there is no answer that can be used, of a request that is billed or may be.
type LLMError struct {
	Reply      LLMReply // zero when it is Unknown
	Unknown    bool     // nobody knows whether the request was carried out
	Flaw       string   // what is wrong with the answer, in a word
	Repairable bool     // the model may mend it when it is told
	Err        error    // a fault
}

// Error says what is wrong.
func (e *LLMError) Error() string { return e.Err.Error() }

// Unwrap returns the fault.
func (e *LLMError) Unwrap() error { return e.Err }

const (
	perModel  = 4 // requests of one model at once in this process, so that one that hangs leaves slots to the others
	busyWait  = time.Second
	settleFor = 10 * time.Second // for writing what a request came to, even when its task was interrupted
)

// busyModels counts the calls in hand of each model.
type busyModels struct {
	mu sync.Mutex
	n  map[int64]int
}

// enter takes a slot of a model, and reports whether there was one.
func (b *busyModels) enter(model int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.n == nil {
		b.n = make(map[int64]int)
	}
	if b.n[model] >= perModel {
		return false
	}
	b.n[model]++
	return true
}

func (b *busyModels) leave(model int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n[model]--
}

// byLLM asks a language model about each stock of the story. An answer that a failed try has paid for is not asked for
// again.
func (w *Worker) byLLM(ctx context.Context, q question) ([]forecast.Prediction, error) {
	model := q.call.Model
	if w.LLM == nil {
		return nil, fault.New(fault.Unavailable, "no language model can be asked by this program")
	}
	// A walk through history asks all the same: what comes of it is counted apart, and is no evidence.
	if day := market.DayOf(q.story.AvailableAt); !q.call.Walked() && !model.Language.CanBeAsked(day) {
		return nil, &skipError{note: "the story lies before the end of the model's training", standIn: true}
	}
	if !w.asked.enter(model.ID) {
		return nil, fault.After(fault.Limited, busyWait, "%d calls of %q are in hand", perModel, model.Name)
	}
	defer w.asked.leave(model.ID)
	in, err := w.llmInput(ctx, q)
	if err != nil {
		return nil, err
	}
	answers, err := w.DB.Answers(ctx, q.call.CallID)
	if err != nil {
		return nil, err
	}
	var all []forecast.Prediction
	for _, code := range q.story.Codes {
		made, err := w.llmStock(ctx, q, in.about(q, code), answers[code])
		if err != nil {
			return nil, fmt.Errorf("predict %s of story %d: %w", code, q.story.ID, err)
		}
		all = append(all, made...)
	}
	return all, nil
}

// llmInput is what the prompts of a story share.
type llmInput struct {
	prompt.Input
	past  []forecast.PastMove
	names map[market.Code]string
}

func (w *Worker) llmInput(ctx context.Context, q question) (llmInput, error) {
	past, err := w.pastMoves(ctx, q.story, q.embedder)
	if err != nil {
		return llmInput{}, err
	}
	ids, codes := []int64{q.story.FirstID}, append([]market.Code(nil), q.story.Codes...)
	for _, p := range past {
		ids, codes = append(ids, p.ArticleID), append(codes, p.Code)
	}
	articles, err := w.DB.ArticlesByID(ctx, ids)
	if err != nil {
		return llmInput{}, err
	}
	in := llmInput{past: past}
	in.Titles = make(map[int64]string, len(articles))
	for _, a := range articles {
		in.Titles[a.ID] = a.Title
		if a.ID == q.story.FirstID {
			in.Article = a
		}
	}
	if in.Article.ID == 0 {
		return llmInput{}, fault.New(fault.NotFound, "the first article of story %d does not exist", q.story.ID)
	}
	in.names, err = w.DB.StockNames(ctx, codes)
	in.Names = in.names
	return in, err
}

// about is the input of one stock's prompt.
func (in llmInput) about(q question, code market.Code) prompt.Input {
	in.Query = q.of(code)
	in.Query.Past = in.past
	in.StockName = in.names[code]
	return in.Input
}

func (w *Worker) llmStock(ctx context.Context, q question, in prompt.Input, answer json.RawMessage) ([]forecast.Prediction, error) {
	p, err := prompt.Build(q.call.Model.Language.PromptVersion, in)
	if err != nil {
		return nil, err
	}
	q.told.note(in.Query, []byte(p.Text()))
	if answer == nil {
		if answer, err = w.askOnce(ctx, q, in, p); err != nil {
			return nil, err
		}
	}
	said, err := prompt.Read(answer)
	if err != nil {
		return nil, err
	}
	return forecast.Stated(in.Query, said.Said, p.Shown)
}

// askOnce asks, and lets the model mend an answer that does not obey the schema, once. What is broken still is not asked
// for again by itself: each try is paid.
func (w *Worker) askOnce(ctx context.Context, q question, in prompt.Input, p prompt.Prompt) (json.RawMessage, error) {
	ask := LLMQuestion{System: p.System, User: p.User, SchemaName: prompt.SchemaName, Schema: p.Schema}
	req := store.ModelRequest{CallID: q.call.CallID, ModelID: q.call.ModelID, Code: in.Query.Code, PromptVersion: p.Version,
		PromptHash: p.Hash(), Prompt: p.Text(), Quoted: p.Quoted(q.story.FirstID)}
	answer, err := w.request(ctx, q.call.Model.Language, ask, req)
	var flawed *LLMError
	if !errors.As(err, &flawed) || !flawed.Repairable {
		return answer, err
	}
	told, err := prompt.Repair(p.Version)
	if err != nil {
		return nil, err
	}
	ask.Mend, req.Repair = &Mend{Said: flawed.Reply.Content, Told: told}, true
	req.Prompt += "\n----\n" + told
	answer, err = w.request(ctx, q.call.Model.Language, ask, req)
	if errors.As(err, &flawed) && flawed.Repairable {
		return nil, fault.New(fault.Invalid, "the answer is %s, even after a repair: %w", flawed.Flaw, flawed.Err)
	}
	return answer, err
}

// request reserves what a question may cost, asks it, and settles what it did cost.
func (w *Worker) request(ctx context.Context, m forecast.LanguageModel, ask LLMQuestion, req store.ModelRequest) (json.RawMessage, error) {
	input, output, err := w.LLM.Bound(m, ask)
	if err != nil {
		return nil, err
	}
	req.BoundMicroWon = m.Cost(input, output)
	id, err := w.DB.ReserveRequest(ctx, req)
	if errors.Is(err, store.ErrBudget) {
		return nil, &skipError{note: store.ErrBudget.Error(), standIn: true}
	}
	if err != nil {
		return nil, err
	}
	started := time.Now()
	reply, err := w.LLM.Ask(ctx, m, ask)
	end := endOf(m, reply, err)
	end.ID, end.LatencyMS = id, int(time.Since(started).Milliseconds())
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleFor)
	defer cancel()
	if settleErr := w.DB.EndRequest(settle, end); settleErr != nil {
		return nil, errors.Join(err, settleErr)
	}
	if end.CostMicroWon > req.BoundMicroWon {
		w.Log.ErrorContext(ctx, "a model cost more than its bound", "model_id", req.ModelID, "micro_won", end.CostMicroWon, "bound", req.BoundMicroWon)
	}
	return end.Answer, err
}

// endOf says what a request came to.
func endOf(m forecast.LanguageModel, reply LLMReply, err error) store.RequestEnd {
	end := store.RequestEnd{State: store.RequestAnswered, Answer: reply.JSON}
	var flawed *LLMError
	switch {
	case err == nil:
	case !errors.As(err, &flawed):
		return store.RequestEnd{State: store.RequestRefused}
	case flawed.Unknown:
		return store.RequestEnd{State: store.RequestUnknown, CostMicroWon: -1}
	default:
		reply, end.State, end.Flaw, end.Answer = flawed.Reply, store.RequestFlawed, flawed.Flaw, nil
	}
	end.InputTokens, end.OutputTokens, end.Reply = reply.InputTokens, reply.OutputTokens, string(reply.Raw)
	end.CostMicroWon = -1
	if reply.Counted {
		end.CostMicroWon = m.Cost(reply.InputTokens, reply.OutputTokens)
	}
	return end
}
