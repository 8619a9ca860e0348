package handlers

import (
	"context"
	"slices"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/prompt"
	"tickerwire/internal/market"
)

// modelSettings are what a model is set up with. Prices are in won per million tokens, the budget in won per KST day.
type modelSettings struct {
	Horizons       []int   `json:"horizons" doc:"Of which it is the champion; empty for all others."`
	Members        []int64 `json:"members" doc:"Of a pool: the models whose mean it takes."`
	Provider       string  `json:"provider" doc:"Base URL of an llm's service; empty means the program's default."`
	ProviderModel  string  `json:"provider_model" doc:"The service's name of an llm."`
	PromptVersion  string  `json:"prompt_version" doc:"The version of an llm's prompt."`
	TrainingCutoff *date   `json:"training_cutoff" doc:"An llm is not asked about stories up to that day; null when none is known."`
	InputPrice     int64   `json:"input_price" doc:"Won per million tokens of a prompt."`
	OutputPrice    int64   `json:"output_price" doc:"Won per million tokens of a reply."`
	DailyBudget    int64   `json:"daily_budget" doc:"Won per KST day. Nothing that costs passes when it is 0."`
	MaxTokens      int     `json:"max_output_tokens" doc:"Tokens of one reply at most, hidden reasoning included."`
	OldMaxTokens   bool    `json:"old_max_tokens" doc:"Whether the service knows max_tokens only."`
}

func toSettings(m forecast.Model) modelSettings {
	l := m.Language
	return modelSettings{Horizons: append([]int{}, m.Horizons...), Members: append([]int64{}, m.Members...), Provider: l.BaseURL,
		ProviderModel: l.Name, PromptVersion: l.PromptVersion, TrainingCutoff: maybeDate(l.TrainingCutoff), InputPrice: l.InputPrice,
		OutputPrice: l.OutputPrice, DailyBudget: l.DailyBudget, MaxTokens: l.MaxTokens, OldMaxTokens: l.OldMaxTokens}
}

type createModelRequest struct {
	Kind string `json:"kind" required:"true" enum:"baseline,lexicon,analogue,llm,pool" doc:"How it predicts; never changes."`
	modelChange
}

// modelChange is what can be said of a model; what is absent is left as it is, or takes its default.
type modelChange struct {
	Name           *string     `json:"name" min:"1" max:"64" doc:"What it is to be called; needed for a new one."`
	Role           *string     `json:"role" enum:"champion,challenger,retired" doc:"What its predictions are to be used for; challenger for a new one."`
	Horizons       *[]int      `json:"horizons" min:"1" max:"3" doc:"Of which it is to be the champion; all when absent. They are taken from whoever has them."`
	Members        *[]int64    `json:"members" max:"10" doc:"Of a pool: 2 to 10 models that are no pools."`
	Provider       *string     `json:"provider" max:"200" doc:"Base URL of an llm's service; empty means the program's default. Its key is found by its host."`
	ProviderModel  *string     `json:"provider_model" max:"200" doc:"The service's name of an llm."`
	PromptVersion  *string     `json:"prompt_version" max:"20" doc:"The version of an llm's prompt; the newest when absent."`
	TrainingCutoff *market.Day `json:"training_cutoff" doc:"An llm is not asked about stories up to that day."`
	InputPrice     *int64      `json:"input_price" min:"0" max:"10000000" doc:"Won per million tokens of a prompt."`
	OutputPrice    *int64      `json:"output_price" min:"0" max:"10000000" doc:"Won per million tokens of a reply."`
	DailyBudget    *int64      `json:"daily_budget" min:"0" max:"1000000000" doc:"Won per KST day. Nothing that costs passes when it is 0."`
	MaxTokens      *int        `json:"max_output_tokens" min:"64" max:"32000" doc:"Tokens of one reply at most, hidden reasoning included; 1000 when absent."`
	OldMaxTokens   *bool       `json:"old_max_tokens" doc:"Whether the service knows max_tokens only, as Ollama."`
}

// apply changes m and checks what comes out.
func (c modelChange) apply(m *forecast.Model) error {
	l := &m.Language
	set(&m.Name, c.Name)
	set(&m.Members, c.Members)
	set(&l.BaseURL, c.Provider)
	set(&l.Name, c.ProviderModel)
	set(&l.PromptVersion, c.PromptVersion)
	set(&l.TrainingCutoff, c.TrainingCutoff)
	set(&l.InputPrice, c.InputPrice)
	set(&l.OutputPrice, c.OutputPrice)
	set(&l.DailyBudget, c.DailyBudget)
	set(&l.MaxTokens, c.MaxTokens)
	set(&l.OldMaxTokens, c.OldMaxTokens)
	if err := c.applyRole(m); err != nil {
		return err
	}
	if err := m.Check(); err != nil {
		return err
	}
	if m.Kind == forecast.KindLLM && !slices.Contains(prompt.Versions(), l.PromptVersion) {
		return fault.InvalidField("prompt_version", "it is none of %v", prompt.Versions())
	}
	return nil
}

func (c modelChange) applyRole(m *forecast.Model) error {
	if c.Role != nil {
		m.Role = forecast.Role(*c.Role)
	}
	switch {
	case c.Horizons != nil && m.Role != forecast.Champion:
		return fault.InvalidField("horizons", "only a champion has some")
	case c.Horizons != nil:
		m.Horizons = *c.Horizons
	case c.Role != nil && m.Role == forecast.Champion:
		m.Horizons = forecast.Horizons[:]
	}
	for _, h := range m.Horizons {
		if !slices.Contains(forecast.Horizons[:], h) {
			return fault.InvalidField("horizons", "nobody predicts %d days ahead", h)
		}
	}
	return nil
}

func (r createModelRequest) toModel() (forecast.Model, error) {
	m := forecast.Model{Kind: r.Kind, Role: forecast.Challenger}
	if r.Name == nil {
		return m, fault.InvalidField("name", "it is required")
	}
	if r.Kind == forecast.KindLLM {
		m.Language.MaxTokens = forecast.PlainTokens
		m.Language.PromptVersion = prompt.Newest()
	}
	if err := r.apply(&m); err != nil {
		return m, err
	}
	if m.Role == forecast.Retired {
		return m, fault.InvalidField("role", "a new model is champion or challenger")
	}
	m.Version = forecast.VersionOf(m)
	return m, nil
}

func (a *api) createModel(ctx context.Context, call Call, req createModelRequest) (modelItem, error) {
	m, err := req.toModel()
	if err != nil {
		return modelItem{}, err
	}
	made, err := a.DB.CreateModel(ctx, m)
	if err != nil {
		return modelItem{}, err
	}
	a.Log.Info("a model was made", "model_id", made.ID, "kind", made.Kind, "role", made.Role, "user_id", call.Actor.UserID)
	return a.showModel(ctx, made)
}

type patchModelRequest struct {
	idRequest
	modelChange
}

func (a *api) patchModel(ctx context.Context, call Call, req patchModelRequest) (modelItem, error) {
	changed, err := a.DB.UpdateModel(ctx, req.ID, func(m *forecast.Model) error {
		if err := req.apply(m); err != nil {
			return err
		}
		if m.Kind == forecast.KindLLM {
			m.Version = forecast.VersionOf(*m)
		}
		return nil
	})
	if err != nil {
		return modelItem{}, err
	}
	a.Log.Info("a model was changed", "model_id", changed.ID, "role", changed.Role, "user_id", call.Actor.UserID)
	return a.showModel(ctx, changed)
}

type deletedModel struct {
	ID     int64  `json:"id" doc:"The model's id."`
	Result string `json:"result" enum:"deleted,retired" doc:"retired: it has predicted, and its record stays."`
}

func (a *api) deleteModel(ctx context.Context, call Call, req idRequest) (deletedModel, error) {
	deleted, err := a.DB.DeleteModel(ctx, req.ID)
	if err != nil {
		return deletedModel{}, err
	}
	out := deletedModel{ID: req.ID, Result: "retired"}
	if deleted {
		out.Result = "deleted"
	}
	a.Log.Info("a model was given up", "model_id", req.ID, "result", out.Result, "user_id", call.Actor.UserID)
	return out, nil
}

// showModel is the model as lists show it.
func (a *api) showModel(ctx context.Context, m forecast.Model) (modelItem, error) {
	items, err := a.models(ctx, a.Now())
	if err != nil {
		return modelItem{}, err
	}
	i := slices.IndexFunc(items, func(item modelItem) bool { return item.ID == m.ID })
	if i < 0 {
		return modelItem{}, fault.New(fault.NotFound, "model %d does not exist", m.ID)
	}
	return items[i], nil
}
