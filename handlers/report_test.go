package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"tickerwire/internal/market"
	"tickerwire/store"
)

func TestReportKeepsEachVersion(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 4)
	token, doc := s.as("user"), s.spec()
	const path = "/api/stocks/100001/report"
	var first any
	for range 2 {
		got := s.get(token, path).want(http.StatusOK)
		doc.check("GET", "/api/stocks/{code}/report", got)
		body := got.object()
		expect(t, body, 1.0, "version")
		expect(t, body, 5.0, "sections", 2, "prediction", "horizon")
		expect(t, body, nil, "sections", 0, "ai_text")
		if text := dig(t, body, "sections", 0, "sentence").(string); !strings.Contains(text, "44.0%") || !strings.Contains(text, "43.0%") || !strings.Contains(text, "1건") || strings.Contains(text, "AI") {
			t.Errorf("the sentence is %q", text)
		}
		first = dig(t, body, "sections", 0, "prediction", "id")
	}
	// A language model becomes the champion: another version, whose words are marked; the old one stays.
	ctx := t.Context()
	for _, q := range []string{`update models set kind = 'llm', daily_budget = 1 where id = 2`, `update champions set model_id = 2`} {
		if _, err := s.db.Bun().ExecContext(ctx, q); err != nil {
			t.Fatal(err)
		}
	}
	signals, err := s.db.StockSignals(ctx, []market.Code{"100001"}, now)
	must(t, err)
	request, err := s.db.ReserveRequest(ctx, store.ModelRequest{CallID: signals[0].Prediction.CallID, ModelID: 2, Code: "100001", PromptVersion: "ko-1", PromptHash: "h", Quoted: []int64{1}})
	must(t, err)
	one := `{"up_probability":0.5,"expected_excess_pct":0}`
	must(t, s.db.EndRequest(ctx, store.RequestEnd{ID: request, State: store.RequestAnswered, Answer: []byte(`{"reason":"새 공장","d1":` + one + `,"d3":` + one + `,"d5":` + one + `}`)}))
	got := s.get(token, path).want(http.StatusOK)
	doc.check("GET", "/api/stocks/{code}/report", got)
	body := got.object()
	expect(t, body, 2.0, "version")
	expect(t, body, 1.0, "versions", 1, "version")
	expect(t, body, "AI 생성", "sections", 0, "ai_text", "label")
	expect(t, body, "새 공장", "sections", 0, "ai_text", "text")
	if text := dig(t, body, "sections", 0, "sentence").(string); !strings.Contains(text, "AI 생성") {
		t.Errorf("the sentence is not marked: %q", text)
	}
	expect(t, s.get(token, path+"?version=1").want(http.StatusOK).object(), first, "sections", 0, "prediction", "id")
	s.get(token, path+"?version=3").want(http.StatusNotFound)
	s.get(token, "/api/stocks/999999/report").want(http.StatusNotFound)
	empty := s.get(token, "/api/stocks/100003/report").want(http.StatusOK)
	doc.check("GET", "/api/stocks/{code}/report", empty)
	expect(t, empty.object(), 0.0, "version")
}
