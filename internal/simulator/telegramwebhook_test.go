package simulator_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/simulator"
)

// TestTelegramWebhook: an update is posted until it is taken, the next one after it, with the secret.
func TestTelegramWebhook(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{TelegramRetry: time.Millisecond})
	defer r.Close()
	statuses := make(chan int, 4)
	for _, status := range []int{500, 302, 204, 200} {
		statuses <- status
	}
	posted := make(chan string, 4)
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		posted <- req.Method + " " + req.Header.Get("Content-Type") + " " + req.Header.Get("X-Telegram-Bot-Api-Secret-Token") + " " + string(body)
		w.WriteHeader(<-statuses)
	}))
	defer target.Close()
	if status, got := r.call("setWebhook", "url", target.URL, "secret_token", "s_1-A"); status != 200 || got["description"] != "Webhook was set" {
		t.Fatalf("%d %v", status, got)
	}
	r.write(7, "first")
	r.write(7, "second")
	for _, text := range []string{"first", "first", "first", "second"} {
		got := <-posted
		if !strings.HasPrefix(got, `POST application/json s_1-A {"update_id":`) || !strings.Contains(got, `"text":"`+text+`"`) {
			t.Errorf("want %s: %s", text, got)
		}
	}
	r.until("all is delivered", func() bool { return r.webhook()["pending_update_count"] == 0. })
	want := map[string]any{"url": target.URL, "has_custom_certificate": false, "pending_update_count": 0., "max_connections": 40.,
		"last_error_date": float64(r.now().Unix()), "last_error_message": "Wrong response from the webhook: 302 Found"}
	if diff := cmp.Diff(want, r.webhook()); diff != "" {
		t.Error(diff)
	}
}

func (r *rig) webhook() map[string]any {
	r.t.Helper()
	_, got := r.call("getWebhookInfo")
	return got["result"].(map[string]any)
}

func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("not in time: %s", what)
		}
	}
}

// TestTelegramWebhookOrPolls: one of the two at a time; what was not delivered is still there for the other.
func TestTelegramWebhookOrPolls(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{TelegramRetry: time.Hour})
	defer r.Close()
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }))
	defer target.Close()
	waiting := make(chan string, 1)
	go func() {
		res := httptest.NewRecorder()
		r.ServeHTTP(res, httptest.NewRequest("GET", "/telegram/bot"+r.Keys().TelegramToken+"/getUpdates?timeout=50", nil))
		waiting <- res.Body.String()
	}()
	r.call("setWebhook", "url", target.URL)
	if got := <-waiting; !strings.Contains(got, `"error_code":409,"description":"Conflict: `) {
		t.Error(got)
	}
	status, got := r.call("getUpdates")
	if status != 409 || got["description"] != "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first" {
		t.Errorf("%d %v", status, got)
	}
	r.write(7, "a")
	r.until("a delivery fails", func() bool {
		return r.webhook()["last_error_message"] == "Wrong response from the webhook: 503 Service Unavailable"
	})
	for _, want := range []string{"Webhook was deleted", "Webhook is already deleted"} {
		if _, got := r.call("deleteWebhook"); got["description"] != want || got["result"] != true {
			t.Errorf("%v, want %s", got, want)
		}
	}
	if _, got := r.call("getUpdates"); !cmp.Equal([]string{"a"}, texts(got)) {
		t.Error(got)
	}
	r.call("deleteWebhook", "drop_pending_updates", "True")
	want := map[string]any{"url": "", "has_custom_certificate": false, "pending_update_count": 0.}
	if diff := cmp.Diff(want, r.webhook()); diff != "" {
		t.Error(diff)
	}
}

func TestTelegramWebhookRefusals(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	defer r.Close()
	for _, c := range []struct{ url, secret, want string }{
		{"http://bot.invalid/", "", "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"},
		{"ftp://127.0.0.1/", "", "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"},
		{"https://bot.invalid:9000/", "", "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"},
		{"https://", "", "Bad Request: bad webhook: invalid webhook URL specified"},
		{"http://127.0.0.1:1/", "a b", "Bad Request: secret token contains unallowed characters"},
		{"http://127.0.0.1:1/", strings.Repeat("a", 257), "Bad Request: secret token is too long"},
	} {
		if status, got := r.call("setWebhook", "url", c.url, "secret_token", c.secret); status != 400 || got["description"] != c.want {
			t.Errorf("%s: %d %v", c.url, status, got)
		}
		r.pass(time.Second)
	}
	elsewhere := r.get("/telegram/bot" + r.Keys().TelegramToken + "/setWebhook?url=https://bot.invalid/")
	if elsewhere.Code != http.StatusNotImplemented {
		t.Errorf("a real address: %d %s", elsewhere.Code, elsewhere.Body)
	}
	r.pass(time.Second)
	set := func() (int, map[string]any) {
		return r.call("setWebhook", "url", "http://127.0.0.1:1/", "secret_token", strings.Repeat("a", 256))
	}
	if status, got := set(); status != 200 {
		t.Errorf("%d %v", status, got)
	}
	if status, got := set(); status != 429 || got["parameters"].(map[string]any)["retry_after"] != 1. {
		t.Errorf("twice in a second: %d %v", status, got)
	}
	r.pass(time.Second)
	if _, got := set(); got["description"] != "Webhook is already set" {
		t.Error(got)
	}
}
