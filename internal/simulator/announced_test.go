package simulator_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/simulator"
)

// TestFilingsAreHandedIn: DART and the wire list a filing from the instant at which it was handed in, each as its own.
func TestFilingsAreHandedIn(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.at(monday.At(13, 0))
	file := func(body string, want int) (id string) {
		t.Helper()
		res := r.do("POST", "/_sim/filings", body)
		if res.Code != want {
			t.Fatalf("%s: %d %s", body, res.Code, res.Body)
		}
		var filed struct{ ID string }
		if err := json.Unmarshal(res.Body.Bytes(), &filed); err != nil {
			t.Fatal(err)
		}
		return filed.ID
	}
	var receipts []string
	for range 2 {
		receipts = append(receipts, file(`{"code":"990910","report":"횡령ㆍ배임혐의발생"}`, http.StatusOK))
	}
	if receipts[0] == receipts[1] || !strings.HasPrefix(receipts[0], "20261116") || len(receipts[0]) != 14 {
		t.Fatalf("receipts %v", receipts)
	}
	listed := func() (n int) {
		t.Helper()
		rows, _ := r.dart("")["list"].([]any)
		for _, row := range rows {
			f := row.(map[string]any)
			if f["stock_code"] == "990910" && f["report_nm"] == "횡령ㆍ배임혐의발생" && slices.Contains(receipts, f["rcept_no"].(string)) {
				n++
			}
		}
		return n
	}
	if n := listed(); n != 2 {
		t.Errorf("DART lists %d of 2", n)
	}
	wire := r.get("/feed/wire").Body.String()
	for _, receipt := range receipts {
		if strings.Count(wire, receipt) == 0 {
			t.Errorf("the wire has no %s", receipt)
		}
	}
	r.at(monday.At(13, 0).Add(-time.Minute))
	if n := listed(); n != 0 {
		t.Errorf("DART lists %d before they were handed in", n)
	}
	for body, want := range map[string]int{`{"code":"123456","report":"x"}`: 404, `{"code":"990910","report":" "}`: 400, `{"code":"990910"}`: 400,
		`{"code":"990910","report":"a\nb"}`: 400, `{"kode":1}`: 400, `[]`: 400} {
		file(body, want)
	}
	if res := r.get("/_sim/filings"); res.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", res.Code)
	}
}

// TestNumbersGoOnAboveAnEarlierSimulators: what remembers updates and messages must not meet their numbers again.
func TestNumbersGoOnAboveAnEarlierSimulators(t *testing.T) {
	t.Parallel()
	world, err := simulator.NewMarket(simulator.MarketOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, Server: simulator.New(world, simulator.Options{FirstID: 5000})}
	if _, got := r.say("chat_id", "700001", "text", "a"); got["result"].(map[string]any)["message_id"] != 5000. {
		t.Error(got)
	}
	r.write(700001, "b")
	if _, got := r.call("getUpdates"); got["result"].([]any)[0].(map[string]any)["update_id"] != 5000. {
		t.Error(got)
	}
}
