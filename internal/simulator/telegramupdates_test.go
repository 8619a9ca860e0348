package simulator_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/simulator"
)

// call asks a method of the bot's; fields are names and values.
func (r *rig) call(method string, fields ...string) (int, map[string]any) {
	r.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	res := r.get("/telegram/bot" + r.Keys().TelegramToken + "/" + method + "?" + form.Encode())
	return res.Code, object(r.t, res.Body)
}

// write lets a reader write to the bot.
func (r *rig) write(chat int64, text string) {
	r.t.Helper()
	if res := r.do("POST", "/_sim/telegram/updates", fmt.Sprintf(`{"chat_id":%d,"text":%q}`, chat, text)); res.Code != 200 {
		r.t.Fatalf("%d %s", res.Code, res.Body)
	}
}

// texts are those of getUpdates' answer.
func texts(got map[string]any) []string {
	out := []string{}
	for _, u := range got["result"].([]any) {
		out = append(out, u.(map[string]any)["message"].(map[string]any)["text"].(string))
	}
	return out
}

func TestTelegramUpdates(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	for _, text := range []string{"/start now", "b", "c"} {
		r.write(31, text)
	}
	_, got := r.call("getUpdates", "limit", "1")
	want := map[string]any{"ok": true, "result": []any{map[string]any{"update_id": 1., "message": map[string]any{
		"message_id": 1., "date": float64(r.now().Unix()), "text": "/start now", "chat": map[string]any{"id": 31., "type": "private"},
		"from":     map[string]any{"id": 31., "is_bot": false, "first_name": "Reader"},
		"entities": []any{map[string]any{"type": "bot_command", "offset": 0., "length": 6.}}}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct {
		fields []string
		want   []string
	}{
		{nil, []string{"/start now", "b", "c"}}, {[]string{"limit", "0"}, []string{"/start now"}}, {[]string{"limit", "900", "offset", "x"}, []string{"/start now", "b", "c"}},
		{[]string{"offset", "2"}, []string{"b", "c"}}, {[]string{"offset", "-1"}, []string{"c"}}, {nil, []string{"c"}}, {[]string{"offset", "4"}, []string{}},
	} {
		if _, got := r.call("getUpdates", c.fields...); !cmp.Equal(c.want, texts(got)) {
			t.Errorf("%q: %v, want %q", c.fields, got, c.want)
		}
	}
	if status, got := r.call("sendMessage", "chat_id", "31", "text", "welcome"); status != 200 || got["result"].(map[string]any)["message_id"] != 4. {
		t.Errorf("a reader's chat is known: %d %v", status, got)
	}
}

func TestTelegramUpdateControlRefusals(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.do("PUT", "/_sim/telegram/chats/8", `{"blocked":true}`)
	for body, want := range map[string]int{`{"text":"a"}`: 400, `{"chat_id":7}`: 400, `{"chat_id":-70,"text":"a"}`: 400, `{"chat_id":7,"txt":"a"}`: 400,
		`{"chat_id":8,"text":"a"}`: 409, `{"chat_id":-70,"from_id":5,"text":"a"}`: 200} {
		if res := r.do("POST", "/_sim/telegram/updates", body); res.Code != want {
			t.Errorf("%s: %d %s", body, res.Code, res.Body)
		}
	}
	if res := r.get("/_sim/telegram/updates"); res.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", res.Code)
	}
}

// TestTelegramTwoPollers: the older of two is ended, the newer is answered as soon as somebody writes.
func TestTelegramTwoPollers(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	results := make(chan string, 2)
	poll := func() {
		res := httptest.NewRecorder()
		r.ServeHTTP(res, httptest.NewRequest("GET", "/telegram/bot"+r.Keys().TelegramToken+"/getUpdates?timeout=900", nil))
		results <- fmt.Sprintf("%d %s", res.Code, res.Body)
	}
	go poll()
	go poll() // whichever comes first is the older one
	want := `409 {"ok":false,"error_code":409,"description":"Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}`
	if got := <-results; got != want {
		t.Error(got)
	}
	r.write(7, "a")
	if got := <-results; got[:3] != "200" {
		t.Error(got)
	}
	r.call("getUpdates", "offset", "2")
	go poll()
	r.Close() // ends a poll before its 50 s
	if got := <-results; got != `200 {"ok":true,"result":[]}` {
		t.Error(got)
	}
}

// TestTelegramPollingWithTheRealClient: the library hears what a reader writes.
func TestTelegramPollingWithTheRealClient(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	server := httptest.NewServer(r.Server)
	defer server.Close()
	defer r.Close()
	heard := make(chan string, 1)
	client, err := bot.New(r.Keys().TelegramToken, bot.WithServerURL(server.URL+"/telegram"))
	if err != nil {
		t.Fatal(err)
	}
	client.RegisterHandler(bot.HandlerTypeMessageText, "start", bot.MatchTypeCommand, func(_ context.Context, _ *bot.Bot, u *models.Update) { heard <- u.Message.Text })
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	done := make(chan struct{})
	go func() { defer close(done); client.Start(ctx) }()
	r.write(7, "/start")
	select {
	case got := <-heard:
		if got != "/start" {
			t.Errorf("heard %q", got)
		}
	case <-ctx.Done():
		t.Error("nothing was heard")
	}
	stop()
	<-done
}

// TestTelegramAllowedUpdates: what the bot does not want is not kept for it; a call that names nothing leaves its wish.
func TestTelegramAllowedUpdates(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	wanted := func(want bool) {
		t.Helper()
		res := r.do("POST", "/_sim/telegram/updates", `{"chat_id":31,"text":"a"}`)
		if got := res.Code == 200; got != want {
			t.Errorf("messages are wanted: %t, want %t: %d %s", got, want, res.Code, res.Body)
		}
	}
	kept := func(want int, fields ...string) {
		t.Helper()
		if _, got := r.call("getUpdates", fields...); len(texts(got)) != want {
			t.Errorf("%v, want %d", texts(got), want)
		}
	}
	wanted(true)
	kept(1, "allowed_updates", `["callback_query","poll"]`) // it came before
	wanted(false)
	kept(1)
	wanted(false)
	kept(1, "allowed_updates", "nonsense")
	wanted(false)
	kept(1, "allowed_updates", "null")
	wanted(false)
	kept(1, "allowed_updates", `["Message","dance"]`)
	wanted(true)
	kept(2, "allowed_updates", `["dance"]`) // of what it knows nothing is left: the default
	wanted(true)
	if _, got := r.call("setWebhook", "url", "http://127.0.0.1:1/hook", "allowed_updates", `["poll"]`); got["ok"] != true {
		t.Fatal(got)
	}
	wanted(false)
	if _, got := r.call("getWebhookInfo"); !cmp.Equal(got["result"].(map[string]any)["allowed_updates"], []any{"poll"}) {
		t.Error(got)
	}
	if _, got := r.call("deleteWebhook"); got["ok"] != true {
		t.Fatal(got)
	}
	wanted(false)
	kept(3, "allowed_updates", "[]")
	wanted(true)
	if res := r.do("PUT", "/_sim/telegram/chats/31", `{"deactivated":true}`); res.Code != 200 {
		t.Fatal(res.Body)
	}
	wanted(false) // nobody is left to write
}

// TestTelegramAllowedPresses: the press of a button is filtered by its own name, not by that of messages.
func TestTelegramAllowedPresses(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	wanted := func(body string, want bool) {
		t.Helper()
		if res := r.do("POST", "/_sim/telegram/updates", body); (res.Code == 200) != want {
			t.Errorf("%s is wanted: %t: %d %s", body, want, res.Code, res.Body)
		}
	}
	const text, press = `{"chat_id":7,"text":"a"}`, `{"chat_id":7,"data":"mute"}`
	if status, got := r.say("chat_id", "7", "text", "a"); status != 200 {
		t.Fatal(got)
	}
	wanted(press, true)
	r.call("getUpdates", "allowed_updates", `["message"]`)
	wanted(press, false)
	wanted(text, true)
	r.call("getUpdates", "allowed_updates", `["callback_query"]`)
	wanted(press, true)
	wanted(text, false)
	_, got := r.call("getUpdates")
	kept := got["result"].([]any)
	if len(kept) != 3 {
		t.Fatalf("%d updates are kept, want 3: %v", len(kept), kept)
	}
	for i, kind := range []string{"callback_query", "message", "callback_query"} {
		if u := kept[i].(map[string]any); u[kind] == nil || u["update_id"] != float64(i+1) {
			t.Errorf("update %d is no %s: %v", i+1, kind, u)
		}
	}
	if _, got := r.call("answerCallbackQuery", "callback_query_id", "2"); got["ok"] != true {
		t.Error(got)
	}
	if _, got := r.call("answerCallbackQuery", "callback_query_id", "3"); got["ok"] == true {
		t.Error("a press that was not wanted is acknowledged")
	}
}
