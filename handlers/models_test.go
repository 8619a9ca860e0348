package handlers_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/store"
)

type fields = map[string]any

func (s *site) send(token, method, path string, body any) answer {
	s.Helper()
	return s.do(request{method: method, path: path, token: token, body: body})
}

func TestModelsAreSetUp(t *testing.T) {
	t.Parallel()
	s := open(t)
	admin := s.as("admin")
	doc := s.spec()
	made := s.send(admin, "POST", "/api/models", fields{"kind": "llm", "name": "작은 모델", "provider_model": "some-mini", "provider": "http://localhost:11434/v1",
		"training_cutoff": "2025-10-01", "input_price": 200, "output_price": 900, "daily_budget": 3000}).want(http.StatusCreated)
	doc.check("POST", "/api/models", made)
	body := made.object()
	for key, want := range (fields{"role": "challenger", "kind": "llm", "version": "some-mini/ko-1", "prompt_version": "ko-1", "training_cutoff": "2025-10-01",
		"daily_budget": 3000.0, "max_output_tokens": 1000.0, "predictions_today": 0.0, "spent_today": 0.0}) {
		expect(t, body, want, key)
	}
	changed := s.send(admin, "PATCH", "/api/models/3", fields{"role": "champion", "horizons": []int{1, 5}, "daily_budget": 0}).want(http.StatusOK)
	doc.check("PATCH", "/api/models/{id}", changed)
	if diff := cmp.Diff([]any{1.0, 5.0}, dig(t, changed.object(), "horizons")); diff != "" {
		t.Errorf("horizons (-want +got):\n%s", diff)
	}
	expect(t, changed.object(), 0.0, "daily_budget")
	list := s.get(admin, "/api/models").want(http.StatusOK).object()
	if diff := cmp.Diff([]any{3.0}, dig(t, list, "items", 0, "horizons")); diff != "" {
		t.Errorf("the former champion's horizons (-want +got):\n%s", diff)
	}
	s.send(admin, "PATCH", "/api/models/3", fields{"role": "challenger"}).want(http.StatusConflict)
	s.send(admin, "DELETE", "/api/models/3", nil).want(http.StatusConflict)
	s.send(admin, "PATCH", "/api/models/1", fields{"role": "champion"}).want(http.StatusOK)
	gone := s.send(admin, "DELETE", "/api/models/3", nil).want(http.StatusOK)
	doc.check("DELETE", "/api/models/{id}", gone)
	expect(t, gone.object(), "deleted", "result")
	s.send(admin, "DELETE", "/api/models/3", nil).want(http.StatusNotFound)
}

func TestModelsWithARecordAreRetired(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 2)
	admin := s.as("admin")
	expect(t, s.send(admin, "DELETE", "/api/models/2", nil).want(http.StatusOK).object(), "retired", "result")
	expect(t, s.get(admin, "/api/models").object(), "retired", "items", 1, "role")
	expect(t, s.get(admin, "/api/predictions?model=2").object(), 2.0, "items", 0, "model", "id")
}

func TestModelsAreChecked(t *testing.T) {
	t.Parallel()
	s := open(t)
	admin := s.as("admin")
	llm := func(more fields) fields {
		all := fields{"kind": "llm", "name": "x", "provider_model": "m"}
		for k, v := range more {
			all[k] = v
		}
		return all
	}
	for name, c := range map[string]struct {
		body  any
		field string
	}{
		"no name":             {fields{"kind": "baseline"}, "name"},
		"no kind":             {fields{"name": "x"}, "kind"},
		"another kind":        {fields{"name": "x", "kind": "oracle"}, "kind"},
		"a priced baseline":   {fields{"name": "x", "kind": "baseline", "input_price": 5}, "kind"},
		"a key in the URL":    {llm(fields{"provider": "https://u:p@api.example/v1"}), "provider"},
		"no prompt":           {llm(fields{"prompt_version": "ko-99"}), "prompt_version"},
		"too dear":            {llm(fields{"daily_budget": 1e12}), "daily_budget"},
		"below nothing":       {llm(fields{"output_price": -1}), "output_price"},
		"a day that is none":  {llm(fields{"training_cutoff": "2025-02-30"}), "training_cutoff"},
		"nobody's horizon":    {llm(fields{"role": "champion", "horizons": []int{2}}), "horizons"},
		"a challenger's":      {llm(fields{"horizons": []int{1}}), "horizons"},
		"retired from birth":  {llm(fields{"role": "retired"}), "role"},
		"a pool of strangers": {fields{"name": "x", "kind": "pool", "members": []int{1, 99}}, "members"},
		"a pool of one":       {fields{"name": "x", "kind": "pool", "members": []int{1}}, "members"},
		"an unknown field":    {llm(fields{"api_key": "sk-1"}), "api_key"},
	} {
		if got := s.send(admin, "POST", "/api/models", c.body).field(); got != c.field {
			t.Errorf("%s: field %q, want %q", name, got, c.field)
		}
	}
	if got := s.send(admin, "PATCH", "/api/models/1", fields{"kind": "llm"}).field(); got != "kind" {
		t.Errorf("the kind changes: field %q", got)
	}
	s.send(admin, "PATCH", "/api/models/2", fields{"name": "analogue"}).want(http.StatusConflict)
	s.send(admin, "POST", "/api/models", fields{"kind": "baseline", "name": "analogue"}).want(http.StatusConflict)
	s.send(s.as("operator"), "POST", "/api/models", fields{"kind": "baseline", "name": "x"}).want(http.StatusForbidden)
}

// TestWhatAModelWroteIsMarked: the detail of a language model's prediction shows what was asked, and its words as AI's,
// until they are erased.
func TestWhatAModelWroteIsMarked(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 2)
	token, ctx := s.as("user"), t.Context()
	doc := s.spec()
	if _, err := s.db.Bun().ExecContext(ctx, `update models set kind = 'llm', daily_budget = 10 where id = 2`); err != nil {
		t.Fatal(err)
	}
	var id, callID int64
	if err := s.db.Bun().NewRaw(`select id, call_id from predictions where model_id = 2 order by id limit 1`).Scan(ctx, &id, &callID); err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/api/predictions/%d", id)
	if body := s.get(token, path).want(http.StatusOK).object(); body["ai_text"] != nil {
		t.Errorf("nothing was written, and yet %v", body["ai_text"])
	}
	p, err := s.db.Prediction(ctx, id)
	must(t, err)
	request, err := s.db.ReserveRequest(ctx, store.ModelRequest{CallID: callID, ModelID: 2, Code: p.Code, BoundMicroWon: 9_500_000, PromptVersion: "ko-1", PromptHash: "h", Quoted: []int64{5}})
	must(t, err)
	one := `{"up_probability":0.5,"expected_excess_pct":0}`
	must(t, s.db.EndRequest(ctx, store.RequestEnd{ID: request, State: store.RequestAnswered, InputTokens: 9, CostMicroWon: 1_200_000,
		Answer: []byte(`{"reason":"수주가 늘었다","d1":` + one + `,"d3":` + one + `,"d5":` + one + `}`)}))
	got := s.get(token, path).want(http.StatusOK)
	doc.check("GET", "/api/predictions/{id}", got)
	body := got.object()
	expect(t, body, "AI 생성", "ai_text", "label")
	expect(t, body, "수주가 늘었다", "ai_text", "text")
	expect(t, body, "ko-1", "ai_text", "prompt_version")
	expect(t, body, "answered", "call", "requests", 0, "state")
	expect(t, s.get(token, "/api/models").object(), 2.0, "items", 1, "spent_today")
	if _, err := s.db.EraseTexts(ctx, 5); err != nil {
		t.Fatal(err)
	}
	body = s.get(token, path).want(http.StatusOK).object()
	expect(t, body, nil, "ai_text")
	expect(t, body, true, "call", "requests", 0, "erased")
}

func TestAPredictionShowsItsSeal(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 2)
	token, doc := s.as("user"), s.spec()
	if body := s.get(token, "/api/predictions/1").want(http.StatusOK).object(); body["seal"] != nil {
		t.Errorf("before it is sealed: %v", body["seal"])
	}
	if _, err := s.db.SealPredictions(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	got := s.get(token, "/api/predictions/1").want(http.StatusOK)
	doc.check("GET", "/api/predictions/{id}", got)
	head := dig(t, got.object(), "seal", "head").(string)
	if len(head) != 64 || dig(t, got.object(), "seal", "short") != head[:12] || dig(t, got.object(), "seal", "number") != 1.0 {
		t.Errorf("the seal is %v", dig(t, got.object(), "seal"))
	}
}
