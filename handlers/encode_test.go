package handlers_test

import (
	"encoding/json"
	"math"
	"testing"

	"tickerwire/handlers"
)

// TestAnswersAreEncodedAsByTheStandardLibrary fills the answer of every route with hard values, in several ways.
func TestAnswersAreEncodedAsByTheStandardLibrary(t *testing.T) {
	t.Parallel()
	texts := []string{"", "삼성전자 \"급등\"", "<b>&\u2028\x00\\", "bad \xff utf-8", "plain", "emoji 📈"}
	numbers := []float64{0, -0.0000004, 1e-7, 0.1234567, -12.5, 3e21, 1e-6, 100}
	compared := 0
	for seed := range 8 {
		for route, answer := range handlers.SampleAnswers(seed, texts, numbers) {
			want, err := json.Marshal(answer)
			if err != nil {
				t.Fatalf("%s: %v", route, err)
			}
			got, err := handlers.Encode(answer)
			if err != nil || string(got) != string(want) {
				t.Errorf("%s: %v\n got %s\nwant %s", route, err, got, want)
			}
			compared++
		}
	}
	if compared < 400 {
		t.Errorf("only %d answers were compared", compared)
	}
}

func TestWhatIsNoNumberIsNotEncoded(t *testing.T) {
	t.Parallel()
	type answer struct {
		F float64 `json:"f" doc:"A number."`
	}
	if got, err := handlers.Encode(answer{math.NaN()}); err == nil {
		t.Errorf("encoded as %s", got)
	}
}
