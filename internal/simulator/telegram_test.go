package simulator_test

import (
	"bytes"
	"context"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/simulator"
)

// say sends a message as a form and returns status and answer.
func (r *rig) say(fields ...string) (int, map[string]any) {
	r.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	res := r.do(http.MethodPost, "/telegram/bot"+r.Keys().TelegramToken+"/sendMessage", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	if mime := res.Header().Get("Content-Type"); mime != "application/json" {
		r.t.Errorf("content type %q", mime)
	}
	return res.Code, object(r.t, res.Body)
}

func TestTelegramMessages(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.at(monday.At(9, 30))
	status, got := r.say("chat_id", "7", "text", `<b>가람차</b> &lt;속보&gt; <a href="https://x.invalid/?a=1&amp;b=2">보기</a>`, "parse_mode", "HTML")
	want := map[string]any{"ok": true, "result": map[string]any{
		"message_id": 1., "date": float64(r.now().Unix()), "text": "가람차 <속보> 보기",
		"from": map[string]any{"id": 900000001., "is_bot": true, "first_name": "Simulated", "username": "simulated_bot"},
		"chat": map[string]any{"id": 7., "type": "private"},
		"entities": []any{map[string]any{"type": "bold", "offset": 0., "length": 3.},
			map[string]any{"type": "text_link", "offset": 9., "length": 2., "url": "https://x.invalid/?a=1&b=2"}}}}
	if diff := cmp.Diff(want, got); diff != "" || status != 200 {
		t.Errorf("%d %s", status, diff)
	}
	r.pass(time.Second)
	r.say("chat_id", "-70", "text", "둘")
	all := r.Messages()
	if len(all) != 2 || all[0].ParseMode != "HTML" || !strings.HasPrefix(all[0].Text, "<b>") || !all[0].SimAt.Equal(monday.At(9, 30)) || !all[1].At.Equal(r.now()) {
		t.Errorf("%+v", all)
	}
	for since, n := range map[string]int{"": 2, "?since=1": 1, "?since=2": 0, "?since=" + url.QueryEscape(all[0].At.Format(time.RFC3339Nano)): 1} {
		if got := object(t, r.get("/_sim/telegram/messages"+since).Body)["messages"].([]any); len(got) != n {
			t.Errorf("%s: %d messages, want %d", since, len(got), n)
		}
	}
}

func TestTelegramTakesEveryKindOfBody(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for name, value := range map[string]string{"chat_id": "7", "text": "가"} {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := "/telegram/bot" + r.Keys().TelegramToken + "/"
	for _, c := range []struct{ name, method, path, mime, body string }{
		{"multipart", "POST", "sendMessage", w.FormDataContentType(), form.String()},
		{"JSON, number", "POST", "sendMessage", "application/json", `{"chat_id":7,"text":"가","link_preview_options":{"is_disabled":true}}`},
		{"JSON, string", "POST", "sendmessage", "application/json; charset=utf-8", `{"chat_id":"7","text":"가"}`},
		{"address", "GET", "SendMessage?chat_id=7&text=%EA%B0%80", "", ""},
		{"getMe with an empty multipart body", "POST", "getMe", w.FormDataContentType(), ""},
	} {
		r.pass(time.Second)
		res := r.do(c.method, path+c.path, c.body, "Content-Type", c.mime)
		if res.Code != 200 || object(t, res.Body)["ok"] != true {
			t.Errorf("%s: %d", c.name, res.Code)
		}
	}
	if got := len(r.Messages()); got != 4 {
		t.Errorf("%d messages, want 4", got)
	}
}

func TestTelegramRefusals(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.do(http.MethodPut, "/_sim/telegram/chats/8", `{"blocked":true}`)
	r.do(http.MethodPut, "/_sim/telegram/chats/-80", `{"blocked":true}`)
	r.do(http.MethodPut, "/_sim/telegram/chats/80", `{"deactivated":true}`)
	if res := r.do(http.MethodPut, "/_sim/telegram/chats/-80", `{"deactivated":true}`); res.Code != 400 {
		t.Errorf("a group that is deactivated: %d", res.Code)
	}
	long := strings.Repeat("가", 4096)
	for _, c := range []struct {
		name   string
		fields []string
		status int
		why    string
	}{
		{"no chat", []string{"text", "a"}, 400, "Bad Request: chat_id is empty"},
		{"unknown chat", []string{"chat_id", "9", "text", "a"}, 400, "Bad Request: chat not found"},
		{"chat by name", []string{"chat_id", "@somebody", "text", "a"}, 400, "Bad Request: chat not found"},
		{"no text", []string{"chat_id", "7"}, 400, "Bad Request: message text is empty"},
		{"blank text", []string{"chat_id", "7", "text", " \n"}, 400, "Bad Request: message text is empty"},
		{"markup without text", []string{"chat_id", "7", "text", "<b></b>", "parse_mode", "HTML"}, 400, "Bad Request: message text is empty"},
		{"too long", []string{"chat_id", "7", "text", long + "a"}, 400, "Bad Request: message is too long"},
		{"too long by surrogates", []string{"chat_id", "7", "text", strings.Repeat("📈", 2048) + "a"}, 400, "Bad Request: message is too long"},
		{"not UTF-8", []string{"chat_id", "7", "text", "\xff"}, 400, "Bad Request: strings must be encoded in UTF-8"},
		{"parse mode", []string{"chat_id", "7", "text", "a", "parse_mode", "XML"}, 400, "Bad Request: unsupported parse_mode"},
		{"unknown tag", []string{"chat_id", "7", "text", "가 <p>a</p>", "parse_mode", "HTML"}, 400, `Bad Request: can't parse entities: Unsupported start tag "p" at byte offset 4`},
		{"bare sign", []string{"chat_id", "7", "text", "3 < 4", "parse_mode", "html"}, 400, `Bad Request: can't parse entities: Unsupported start tag "" at byte offset 2`},
		{"unclosed", []string{"chat_id", "7", "text", "<b>a", "parse_mode", "HTML"}, 400, `Bad Request: can't parse entities: Can't find end tag corresponding to start tag "b"`},
		{"crossed", []string{"chat_id", "7", "text", "<b><i>a</b></i>", "parse_mode", "HTML"}, 400, `Bad Request: can't parse entities: Unmatched end tag at byte offset 7, expected "</i>", found "</b>"`},
		{"end alone", []string{"chat_id", "7", "text", "a</b>", "parse_mode", "HTML"}, 400, "Bad Request: can't parse entities: Unexpected end tag at byte offset 1"},
		{"cut tag", []string{"chat_id", "7", "text", `a<a href="x`, "parse_mode", "HTML"}, 400, "Bad Request: can't parse entities: Unclosed start tag at byte offset 1"},
		{"cut end", []string{"chat_id", "7", "text", "<b>a</b", "parse_mode", "HTML"}, 400, "Bad Request: can't parse entities: Unclosed end tag at byte offset 4"},
		{"span", []string{"chat_id", "7", "text", "<span>a</span>", "parse_mode", "HTML"}, 400, `Bad Request: can't parse entities: Tag "span" must have class "tg-spoiler" at byte offset 0`},
		{"blocked", []string{"chat_id", "8", "text", "a"}, 403, "Forbidden: bot was blocked by the user"},
		{"kicked", []string{"chat_id", "-80", "text", "a"}, 403, "Forbidden: bot was kicked from the supergroup chat"},
		{"deactivated", []string{"chat_id", "80", "text", "a"}, 403, "Forbidden: user is deactivated"},
		{"reserved", []string{"chat_id", "7", "text", "가람차 3.1%", "parse_mode", "MarkdownV2"}, 400, `Bad Request: can't parse entities: Character '.' is reserved and must be escaped with the preceding '\'`},
		{"reserved in an unknown chat", []string{"chat_id", "9", "text", "a-b", "parse_mode", "markdownv2"}, 400, `Bad Request: can't parse entities: Character '-' is reserved and must be escaped with the preceding '\'`},
		{"nothing but marks", []string{"chat_id", "7", "text", "**", "parse_mode", "MarkdownV2"}, 400, "Bad Request: message text is empty"},
	} {
		status, got := r.say(c.fields...)
		want := map[string]any{"ok": false, "error_code": float64(c.status), "description": c.why}
		if diff := cmp.Diff(want, got); diff != "" || status != c.status {
			t.Errorf("%s: %d %s", c.name, status, diff)
		}
	}
	if n := len(r.Messages()); n != 0 {
		t.Errorf("%d refused messages were kept", n)
	}
	if status, _ := r.say("chat_id", "7", "text", "<b>"+long+"</b>", "parse_mode", "HTML"); status != 200 {
		t.Errorf("4096 units after parsing: %d", status)
	}
	r.do(http.MethodPut, "/_sim/telegram/chats/8", `{"blocked":false}`)
	if status, _ := r.say("chat_id", "8", "text", "a"); status != 200 {
		t.Errorf("unblocked: %d", status)
	}
}

func TestTelegramTokensAndMethods(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	other := "900000002:" + strings.Repeat("a", 35)
	for path, want := range map[string]string{
		"/telegram/bot" + r.Keys().TelegramToken + "/dance": "Not Found: method not found", "/telegram/bot" + other + "/getMe": "Unauthorized",
		"/telegram/botx/getMe": "Unauthorized: invalid token specified", "/telegram/getMe": "Not Found", "/telegram/bot" + other: "Not Found",
	} {
		res := r.get(path)
		if got := object(t, res.Body); got["description"] != want || float64(res.Code) != got["error_code"] {
			t.Errorf("%s: %d %v", path, res.Code, got)
		}
	}
}

func TestTelegramLimits(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{TelegramPerSecond: 3, TelegramPerGroup: 2})
	for _, id := range []string{"11", "12", "13", "14"} {
		r.do(http.MethodPut, "/_sim/telegram/chats/"+id, "{}")
	}
	limited := func(chat string) int {
		t.Helper()
		status, got := r.say("chat_id", chat, "text", "a")
		if status == 200 {
			return 0
		}
		wait := got["parameters"].(map[string]any)["retry_after"].(float64)
		if status != 429 || !strings.HasPrefix(got["description"].(string), "Too Many Requests: retry after ") {
			t.Fatalf("%d %v", status, got)
		}
		return int(wait)
	}
	got := []int{limited("11"), limited("11"), limited("12"), limited("13"), limited("14")} // chat's own, then everybody's
	r.pass(999 * time.Millisecond)
	got = append(got, limited("11"))
	r.pass(time.Millisecond)
	got = append(got, limited("11"), limited("-70"))
	r.pass(time.Second)
	got = append(got, limited("-70"))
	r.pass(time.Second)
	got = append(got, limited("-70")) // the group's minute: 58 s left
	if diff := cmp.Diff([]int{0, 1, 0, 0, 1, 1, 0, 0, 0, 58}, got); diff != "" {
		t.Error(diff)
	}
	res := r.do(http.MethodPost, "/telegram/bot"+r.Keys().TelegramToken+"/sendMessage?chat_id=-70&text=a", "")
	if res.Code != 429 || res.Header().Get("Retry-After") != "58" {
		t.Errorf("%d, Retry-After %q", res.Code, res.Header().Get("Retry-After"))
	}
}

// TestTelegramWithTheRealClient runs the client library that the program uses against the simulator.
func TestTelegramWithTheRealClient(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	server := httptest.NewServer(r.Server)
	defer server.Close()
	client, err := bot.New(r.Keys().TelegramToken, bot.WithServerURL(server.URL+"/telegram"))
	if err != nil {
		t.Fatal(err)
	}
	send := func(chat int64, text string) error {
		_, err := client.SendMessage(context.Background(), &bot.SendMessageParams{ChatID: chat, Text: text, ParseMode: models.ParseModeHTML})
		return err
	}
	if err := send(7, "<b>가</b>"); err != nil {
		t.Error(err)
	}
	var limited *bot.TooManyRequestsError
	if err := send(7, "나"); !errors.As(err, &limited) || limited.RetryAfter != 1 {
		t.Errorf("second message: %v", err)
	}
	if err := send(99, "다"); !errors.Is(err, bot.ErrorBadRequest) {
		t.Errorf("unknown chat: %v", err)
	}
	r.do(http.MethodPut, "/_sim/telegram/chats/7", `{"blocked":true}`)
	if err := send(7, "라"); !errors.Is(err, bot.ErrorForbidden) {
		t.Errorf("blocked chat: %v", err)
	}
}
