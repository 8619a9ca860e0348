package simulator_test

import (
	"testing"
	"time"

	"tickerwire/internal/simulator"
)

func TestFirstServedIsTheFirstAnswerOfAnySource(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.at(monday.At(12, 0))
	const filing = "20261113800001"
	if at, ok := r.FirstServed(filing); ok {
		t.Fatalf("served at %v before anybody asked", at)
	}
	want := r.now()
	r.feed("wire")
	r.pass(time.Minute)
	r.get("/dart/api/list.json?bgn_de=20261101&crtfc_key=" + r.Keys().DARTKey)
	if got := r.served()["dart"]; len(got) != 2 {
		t.Fatalf("dart served %v", got)
	}
	if at, ok := r.FirstServed(filing); !ok || !at.Equal(want) {
		t.Errorf("first served at %v, %v, want %v", at, ok, want)
	}
}
