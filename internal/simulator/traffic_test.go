package simulator_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/simulator"
)

func TestTrafficTellsWhatWasTakenAndRefusedEachSecond(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{DARTPerMinute: 2, NaverPerSecond: 1})
	list := "/dart/api/list.json?bgn_de=20261101&crtfc_key=" + r.Keys().DARTKey
	start := r.now()
	r.get(list)
	r.pass(time.Second)
	r.get(list)
	r.get(list) // refused with status 200
	r.do(http.MethodPut, "/_sim/faults/dart", `{"status":503}`)
	r.get(list)
	r.do(http.MethodPut, "/_sim/faults/dart", `{"limit":true}`)
	r.get(list)
	for range 2 {
		r.do(http.MethodGet, "/naver/search/v1/news?query=x", "", "X-NCP-APIGW-API-KEY-ID", r.Keys().NaverHubID,
			"X-NCP-APIGW-API-KEY", r.Keys().NaverHubSecret)
	}

	var got map[string][]simulator.TrafficSecond
	if err := json.Unmarshal(r.get("/_sim/traffic").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	second := start.Add(time.Second)
	want := map[string][]simulator.TrafficSecond{
		"dart":  {{At: start, Traffic: simulator.Traffic{Taken: 1}}, {At: second, Traffic: simulator.Traffic{Taken: 1, Refused: 2, Faulty: 1}}},
		"naver": {{At: second, Traffic: simulator.Traffic{Taken: 1, Refused: 1}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if all := r.Traffic("dart"); all != (simulator.Traffic{Taken: 2, Refused: 2, Faulty: 1}) || all.Asked() != 5 {
		t.Errorf("in all %+v, %d asked", all, all.Asked())
	}
}
