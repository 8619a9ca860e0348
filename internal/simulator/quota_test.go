package simulator_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/simulator"
)

// TestWrongContentType: the answer is whole and counts as served, only its name is wrong.
func TestWrongContentType(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.at(monday.At(13, 0))
	path := "/dart/api/list.json?crtfc_key=" + r.Keys().DARTKey
	right := r.get(path)
	if res := r.do("PUT", "/_sim/faults/dart", `{"content_type":"application/octet-stream"}`); res.Code != 200 {
		t.Fatalf("%d %s", res.Code, res.Body)
	}
	wrong := r.get(path)
	if wrong.Code != 200 || wrong.Header().Get("Content-Type") != "application/octet-stream" || wrong.Body.String() != right.Body.String() {
		t.Errorf("%d %s %s", wrong.Code, wrong.Header(), wrong.Body)
	}
	r.do("DELETE", "/_sim/faults/dart", "")
	if got := r.get(path).Header().Get("Content-Type"); got != right.Header().Get("Content-Type") {
		t.Errorf("after the fault: %s", got)
	}
	for _, body := range []string{`{"content_type":"text/"}`, `{"content_type":"text/html","malformed":true}`} {
		if res := r.do("PUT", "/_sim/faults/dart", body); res.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", body, res.Code)
		}
	}
}

// TestQuotaNearItsEnd: what is left is answered, then each upstream refuses in its own words until the next day.
func TestQuotaNearItsEnd(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.at(monday.At(13, 0))
	krx := func() string {
		return fmt.Sprint(r.get("/krx/svc/apis/sto/stk_bydd_trd?basDd=20261113", "AUTH_KEY", r.Keys().KRXKey).Code)
	}
	naver := func() string {
		return fmt.Sprint(r.get(legacy+"?query=a", "X-Naver-Client-Id", r.Keys().NaverLegacyID, "X-Naver-Client-Secret", r.Keys().NaverLegacySecret).Code)
	}
	dart := func() string { return fmt.Sprint(r.dart("")["status"]) }
	for name, c := range map[string]struct {
		ask  func() string
		want []string
	}{"dart": {dart, []string{"000", "020", "000"}}, "krx": {krx, []string{"200", "429", "200"}}, "naver": {naver, []string{"200", "429", "200"}}} {
		if res := r.do("PUT", "/_sim/quota/"+name, `{"left":1}`); res.Code != 200 {
			t.Fatalf("%s: %d %s", name, res.Code, res.Body)
		}
		got := []string{c.ask(), c.ask()}
		if left := object(t, r.get("/_sim/quota/"+name).Body)["left"]; left != 0. {
			t.Errorf("%s: left %v", name, left)
		}
		r.pass(24 * time.Hour)
		if diff := cmp.Diff(c.want, append(got, c.ask())); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for path, want := range map[string]int{"kis": 404, "bank": 404, "dart": 400} {
		for _, body := range []string{`{"left":-1}`, `{"left":1000000}`, `{}`} {
			if res := r.do("PUT", "/_sim/quota/"+path, body); res.Code != want {
				t.Errorf("%s %s: %d, want %d", path, body, res.Code, want)
			}
		}
	}
}
