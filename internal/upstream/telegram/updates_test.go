package telegram_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
	"tickerwire/internal/simulator"
	"tickerwire/internal/upstream/telegram"
)

// simulated is a simulated Telegram, with its controls.
type simulated struct {
	*testing.T
	*simulator.Server
	bot *telegram.Sender
}

func newSimulated(t *testing.T) *simulated {
	t.Helper()
	world, err := simulator.NewMarket(simulator.MarketOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	s := &simulated{T: t, Server: simulator.New(world, simulator.Options{Speed: 1, Limits: simulator.Limits{TelegramPerSecond: 10_000, TelegramPerChat: time.Microsecond}})}
	server := httptest.NewServer(s.Server)
	t.Cleanup(server.Close)
	if s.bot, err = telegram.New(telegram.Options{Token: s.Keys().TelegramToken, BaseURL: server.URL + "/telegram"}); err != nil {
		t.Fatal(err)
	}
	return s
}

// control uses one of the simulator's controls.
func (s *simulated) control(method, path, body string) {
	s.Helper()
	res := httptest.NewRecorder()
	s.ServeHTTP(res, httptest.NewRequestWithContext(s.Context(), method, "/_sim/"+path, strings.NewReader(body)))
	if res.Code >= 300 {
		s.Fatalf("%s: %d %s", path, res.Code, res.Body)
	}
}

func TestUpdates(t *testing.T) {
	t.Parallel()
	s := newSimulated(t)
	to := notice.Address{Channel: notice.Telegram, ChatID: simulator.DefaultChat}
	buttons := [][]notice.Button{{{Label: "x", Data: notice.ButtonMute}}}
	if _, err := s.bot.Send(t.Context(), to, notice.Message{Text: "x", Buttons: buttons}); err != nil {
		t.Fatal(err)
	}
	s.control(http.MethodPost, "telegram/updates", fmt.Sprintf(`{"chat_id":%d,"text":"/watch 005930"}`, to.ChatID))
	s.control(http.MethodPost, "telegram/updates", `{"chat_id":-70,"from_id":70,"text":"/list"}`)
	s.control(http.MethodPost, "telegram/updates", fmt.Sprintf(`{"chat_id":%d,"data":"mute"}`, to.ChatID))
	got, err := s.bot.Updates(t.Context(), 0, 0)
	want := []notice.Update{{ID: 1, ChatID: to.ChatID, FromID: to.ChatID, Language: "ko", Text: "/watch 005930"},
		{ID: 2, ChatID: -70, Group: true, FromID: 70, Language: "ko", Text: "/list"},
		{ID: 3, ChatID: to.ChatID, FromID: to.ChatID, Language: "ko", Pressed: "mute", PressID: "1"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatalf("%v %s", err, diff)
	}
	if rest, err := s.bot.Updates(t.Context(), 2, 0); err != nil || len(rest) != 1 || rest[0].ID != 3 {
		t.Errorf("after the second: %+v, %v", rest, err)
	}
	if err := s.bot.Acknowledge(t.Context(), "1", ""); err != nil {
		t.Error(err)
	}
	for user, admin := range map[int64]bool{70: true, 71: false} {
		if yes, err := s.bot.IsAdmin(t.Context(), -70, user); err != nil || yes != admin {
			t.Errorf("%d: %v, %v", user, yes, err)
		}
	}
	if name, err := s.bot.Name(t.Context()); err != nil || name != "simulated_bot" {
		t.Errorf("%q, %v", name, err)
	}
}

func TestUpdatesRefused(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		status int
		body   string
		kind   fault.Kind
	}{
		"another poller": {409, `{"ok":false,"error_code":409,"description":"Conflict: terminated by other getUpdates request"}`, fault.Unavailable},
		"too fast":       {429, `{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":3}}`, fault.Limited},
		"unknown token":  {401, `{"ok":false,"error_code":401,"description":"Unauthorized"}`, fault.Unauthorized},
		"a proxy":        {502, `<html>` + token + `</html>`, fault.Unavailable},
	} {
		base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		})
		_, err := sender(t, base).Updates(t.Context(), 0, 0)
		if fault.KindOf(err) != c.kind || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestMarkupThatCannotBeRead goes out as plain text, and where its link leads stands behind it.
func TestMarkupThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := newSimulated(t)
	to := notice.Address{Channel: notice.Telegram, ChatID: simulator.DefaultChat}
	id, err := s.bot.Send(t.Context(), to, notice.Message{Text: `<b>가 &lt;나&gt; <a href="https://x.invalid/?a=1&amp;b=2">원문</a>`})
	if err != nil {
		t.Fatal(err)
	}
	if m := s.Messages()[0]; m.Text != "가 <나> 원문 https://x.invalid/?a=1&b=2" || m.ParseMode != "" {
		t.Errorf("%+v", m)
	}
	for _, text := range []string{"<b>둘</b>", "<b>둘</b>", "<i>셋"} { // the second changes nothing, which is no error
		if err := s.bot.Edit(t.Context(), to, id, notice.Message{Text: text}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if m := s.Messages(); len(m) != 1 || m[0].Text != "셋" || m[0].EditedAt == nil {
		t.Errorf("%+v", m)
	}
	if err := s.bot.Edit(t.Context(), to, id+9, notice.Message{Text: "x"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a message that is not there: %v", err)
	}
}

// TestPostTo has updates posted with a secret, and takes that back; what waits is given out by a poll.
func TestPostTo(t *testing.T) {
	t.Parallel()
	s := newSimulated(t)
	posted := make(chan *http.Request, 1)
	bodies := make(chan []byte, 1)
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		posted <- r
		bodies <- raw
	}))
	t.Cleanup(func() { s.Close(); target.Close() })
	if err := s.bot.PostTo(t.Context(), target.URL, "s3cret-of-the-webhook"); err != nil {
		t.Fatal(err)
	}
	s.control(http.MethodPost, "telegram/updates", `{"chat_id":700001,"text":"/list"}`)
	if r := <-posted; r.Header.Get("X-Telegram-Bot-Api-Secret-Token") != "s3cret-of-the-webhook" {
		t.Errorf("posted with %v", r.Header)
	}
	u, err := s.bot.Read(<-bodies)
	if diff := cmp.Diff(notice.Update{ID: 1, ChatID: 700001, FromID: 700001, Language: "ko", Text: "/list"}, u); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := s.bot.Updates(t.Context(), 0, 0); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a poll beside the webhook: %v", err)
	}
	if err := s.bot.PostTo(t.Context(), "", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.bot.Updates(t.Context(), 1, 0); err != nil {
		t.Errorf("a poll after the webhook: %v", err)
	}
	if err := s.bot.PostTo(t.Context(), "https://tick.example:9/", ""); fault.KindOf(err) != fault.Unavailable && fault.KindOf(err) != fault.Limited {
		t.Errorf("a port that Telegram does not post to: %v", err)
	}
	if _, err := s.bot.Read([]byte(`{"update_id":"x"}`)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no update: %v", err)
	}
}
