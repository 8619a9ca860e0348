package forecast

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

// The kinds of model.
const (
	KindBaseline = "baseline" // the base rate, whatever the story
	KindLexicon  = "lexicon"  // a list of words, in a logistic that was fitted on the past
	KindAnalogue = "analogue" // what followed similar earlier news
	KindPool     = "pool"     // the mean of other models' predictions
	KindLLM      = "llm"      // a language model behind an OpenAI-compatible service
)

// Kinds lists the kinds of model. The local ones come first, the best first: whoever stands in for another is the first
// that predicts. Until a record tells them apart, what looked at the past is taken for better than what did not.
func Kinds() []string {
	return []string{KindAnalogue, KindLexicon, KindPool, KindBaseline, KindLLM}
}

// IsLocal reports whether a kind of model needs nothing from outside and costs nothing to ask. A pool is local, whoever
// its members are: it asks nobody.
func IsLocal(kind string) bool { return kind != KindLLM && slices.Contains(Kinds(), kind) }

// Model is one configured predictor.
type Model struct {
	ID       int64
	Name     string
	Kind     string
	Role     Role
	Horizons []int   // of which it is the champion, ascending
	Version  string  // of its code and settings; part of what a prediction was made with
	Members  []int64 // of a pool: the models whose predictions it takes the mean of
	Language LanguageModel
}

// LanguageModel is what a model of kind llm needs besides; zero for every other kind.
type LanguageModel struct {
	BaseURL        string // of its service, with the version; "" is the program's default
	Name           string // by which the service knows it
	PromptVersion  string
	TrainingCutoff market.Day // of stories up to that day it may know the outcome: it is not asked; 0: none is known
	InputPrice     int64      // won per million tokens, which is micro-won per token
	OutputPrice    int64      // likewise, of its replies
	DailyBudget    int64      // won per KST day; nothing that costs passes when it is 0
	MaxTokens      int        // of one reply, hidden reasoning included
	OldMaxTokens   bool       // the service knows max_tokens only (Ollama, older servers)
}

// Cost returns what so many tokens cost, in millionths of a won.
func (l LanguageModel) Cost(input, output int64) int64 {
	return input*l.InputPrice + output*l.OutputPrice
}

// The bounds of a language model's settings; those of prices and budgets keep every sum within an int64.
const (
	MaxPrice     = 10_000_000    // won per million tokens
	MaxBudget    = 1_000_000_000 // won
	LeastTokens  = 64
	MostTokens   = 32_000
	PlainTokens  = 1_000 // what a reply may take unless it is said
	maxModelName = 64
	maxMembers   = 10
)

// Check returns what is wrong with a model's own settings, nil when nothing is. Whether its members and its prompt's
// version exist is for others to say. Errors: Invalid, with the field.
func (m Model) Check() error {
	switch {
	case strings.TrimSpace(m.Name) != m.Name || m.Name == "" || utf8.RuneCountInString(m.Name) > maxModelName:
		return fault.InvalidField("name", "1 to %d characters, no space around them", maxModelName)
	case !slices.Contains(Kinds(), m.Kind):
		return fault.InvalidField("kind", "there is no kind of model %q", m.Kind)
	}
	if err := m.checkMembers(); err != nil {
		return err
	}
	if m.Kind != KindLLM {
		if m.Language != (LanguageModel{}) {
			return fault.InvalidField("kind", "a model of kind %s has no provider, prompt, price, budget or training cutoff", m.Kind)
		}
		return nil
	}
	return m.Language.check()
}

func (m Model) checkMembers() error {
	if m.Kind != KindPool {
		if len(m.Members) > 0 {
			return fault.InvalidField("members", "only a pool has members")
		}
		return nil
	}
	sorted := slices.Sorted(slices.Values(m.Members))
	if len(slices.Compact(sorted)) != len(m.Members) || len(m.Members) < 2 || len(m.Members) > maxMembers {
		return fault.InvalidField("members", "a pool has 2 to %d different members", maxMembers)
	}
	return nil
}

func (l LanguageModel) check() error {
	switch {
	case strings.TrimSpace(l.Name) != l.Name || l.Name == "":
		return fault.InvalidField("provider_model", "the service's name of the model, no space around it")
	case l.InputPrice < 0 || l.InputPrice > MaxPrice:
		return fault.InvalidField("input_price", "0 to %d won per million tokens", int64(MaxPrice))
	case l.OutputPrice < 0 || l.OutputPrice > MaxPrice:
		return fault.InvalidField("output_price", "0 to %d won per million tokens", int64(MaxPrice))
	case l.DailyBudget < 0 || l.DailyBudget > MaxBudget:
		return fault.InvalidField("daily_budget", "0 to %d won", int64(MaxBudget))
	case l.MaxTokens < LeastTokens || l.MaxTokens > MostTokens:
		return fault.InvalidField("max_output_tokens", "%d to %d", LeastTokens, MostTokens)
	}
	return checkBaseURL(l.BaseURL)
}

// checkBaseURL refuses what is no address of a service. A user or a query in it could hold a key, which must not be
// stored.
func checkBaseURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fault.InvalidField("provider", "an http or https URL with a host, without user, query and fragment")
	}
	return nil
}

// VersionOf returns the version of a new model: that of its kind's code, and of a language model who answers to what.
func VersionOf(m Model) string {
	if m.Kind == KindLLM {
		return m.Language.Name + "/" + m.Language.PromptVersion
	}
	return m.Kind + "-1"
}
