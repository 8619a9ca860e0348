package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
	"tickerwire/internal/upstream/telegram"
	"tickerwire/internal/upstream/upstreamtest"
)

const (
	token = "7700000001:AAtest-token"
	chat  = int64(-1001234567890)
	fine  = `{"ok":true,"result":{"message_id":4711,"date":1795395600,"chat":{"id":-1001234567890,"type":"supergroup"}}}`
)

var there = notice.Address{Channel: notice.Telegram, ChatID: chat}

func sender(t *testing.T, baseURL string) *telegram.Sender {
	t.Helper()
	s, err := telegram.New(telegram.Options{Token: token, BaseURL: baseURL})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestSend(t *testing.T) {
	t.Parallel()
	var path string
	var form url.Values
	var length int64
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
		}
		path, form, length = r.Method+" "+r.URL.Path, url.Values(r.MultipartForm.Value), r.ContentLength
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, fine)
	})
	id, err := sender(t, base).Send(t.Context(), there, notice.Message{Text: "<b>가상전자</b> 상승 확률 0.61"})
	if err != nil || id != 4711 {
		t.Fatalf("message %d, %v", id, err)
	}
	if path != "POST /bot"+token+"/sendMessage" || length <= 0 {
		t.Errorf("%s of %d bytes", path, length)
	}
	want := url.Values{"chat_id": {"-1001234567890"}, "text": {"<b>가상전자</b> 상승 확률 0.61"}, "parse_mode": {"HTML"},
		"link_preview_options": {`{"is_disabled":true}`}}
	if diff := cmp.Diff(want, form); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	refusal := func(code int, description string) string {
		return fmt.Sprintf(`{"ok":false,"error_code":%d,"description":"%s"}`, code, description)
	}
	const ambiguous = true
	for _, c := range []struct {
		name      string
		status    int
		body      string
		kind      fault.Kind
		wait      time.Duration
		ambiguous bool
		says      string
	}{
		{"429", 429, `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}`, fault.Limited, 7 * time.Second, false, "retry after 7"},
		{"429 without a wait", 429, refusal(429, "Too Many Requests"), fault.Limited, time.Second, false, "Too Many"},
		{"blocked", 403, refusal(403, "Forbidden: bot was blocked by the user"), fault.Forbidden, 0, false, "blocked by the user"},
		{"deactivated", 403, refusal(403, "Forbidden: user is deactivated"), fault.Forbidden, 0, false, "deactivated"},
		{"kicked", 403, refusal(403, "Forbidden: bot was kicked from the supergroup chat"), fault.Forbidden, 0, false, "kicked"},
		{"no such chat", 400, refusal(400, "Bad Request: chat not found"), fault.Invalid, 0, false, "chat not found"},
		{"unreadable markup", 400, refusal(400, "Bad Request: can't parse entities: Unsupported start tag"), fault.Invalid, 0, false, "can't parse"},
		{"too long", 400, refusal(400, "Bad Request: message is too long"), fault.Invalid, 0, false, "too long"},
		{"group moved", 400, `{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-100999}}`, fault.Unavailable, 0, false, "-100999"},
		{"413", 413, refusal(413, "Request Entity Too Large"), fault.Invalid, 0, false, "413"},
		{"bad token", 401, refusal(401, "Unauthorized: invalid token specified"), fault.Unavailable, 0, false, "the bot itself"},
		{"unknown bot", 404, refusal(404, "Not Found"), fault.Unavailable, 0, false, "the bot itself"},
		{"conflict", 409, refusal(409, "Conflict: terminated by other getUpdates request"), fault.Unavailable, 0, false, "the bot itself"},
		{"500", 500, refusal(500, "Internal Server Error"), fault.Internal, 0, ambiguous, "500"},
		{"502 page", 502, `<html>bad gateway /bot` + token + `/sendMessage</html>`, fault.Internal, 0, ambiguous, "bad gateway"},
		{"403 page of something in between", 403, `<html>denied</html>`, fault.Internal, 0, ambiguous, "denied"},
		{"200 page", 200, `<html>hotel wifi</html>`, fault.Internal, 0, ambiguous, "hotel"},
		{"empty", 200, ``, fault.Internal, 0, ambiguous, "JSON"},
		{"cut", 200, fine[:60], fault.Internal, 0, ambiguous, "JSON"},
		{"ok without a message", 200, `{"ok":true,"result":{}}`, fault.Internal, 0, ambiguous, "no message"},
		{"ok with something else", 200, `{"ok":true,"result":true}`, fault.Internal, 0, ambiguous, "bool"},
		{"not ok without a code", 200, `{"ok":false}`, fault.Internal, 0, ambiguous, "sendMessage"},
		{"a redirect", 307, ``, fault.Internal, 0, ambiguous, "JSON"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			base := serve(t, func(w http.ResponseWriter, r *http.Request) {
				asked++
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			})
			id, err := sender(t, base).Send(t.Context(), there, notice.Message{Text: "x"})
			expect(t, id, err, c.kind, c.ambiguous)
			if fault.RetryAfterOf(err) != c.wait || !strings.Contains(err.Error(), c.says) {
				t.Errorf("retry after %s, want %s; want it to say %q: %v", fault.RetryAfterOf(err), c.wait, c.says, err)
			}
			most := 1
			if c.name == "unreadable markup" { // once more, without it
				most = 2
			}
			if asked != most {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}

// expect checks an error against the contract of Send.
func expect(t *testing.T, id int64, err error, kind fault.Kind, ambiguous bool) {
	t.Helper()
	if err == nil || id != 0 || fault.KindOf(err) != kind || errors.Is(err, telegram.ErrAmbiguous) != ambiguous {
		t.Fatalf("message %d, kind %s, want %s; ambiguous %v, want %v: %v", id, fault.KindOf(err), kind,
			errors.Is(err, telegram.ErrAmbiguous), ambiguous, err)
	}
	if strings.Contains(err.Error(), token) || !strings.Contains(err.Error(), "chat -1001234567890") {
		t.Errorf("the error shows the token or not the chat: %v", err)
	}
}

func TestNothingLeft(t *testing.T) {
	t.Parallel()
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		id, err := sender(t, server.URL).Send(t.Context(), there, notice.Message{Text: "x"})
		expect(t, id, err, fault.Unavailable, false)
	})
	t.Run("no TLS on the other side", func(t *testing.T) {
		t.Parallel()
		base := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("something arrived") })
		id, err := sender(t, strings.Replace(base, "http://", "https://", 1)).Send(t.Context(), there, notice.Message{Text: "x"})
		expect(t, id, err, fault.Unavailable, false)
	})
	t.Run("cancelled before", func(t *testing.T) {
		t.Parallel()
		base := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("something arrived") })
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		id, err := sender(t, base).Send(ctx, there, notice.Message{Text: "x"})
		expect(t, id, err, fault.Unavailable, false)
	})
}

func TestReplyLost(t *testing.T) {
	t.Parallel()
	t.Run("connection cut after the request", func(t *testing.T) {
		t.Parallel()
		base := serve(t, func(w http.ResponseWriter, r *http.Request) { cut(t, w, r) })
		id, err := sender(t, base).Send(t.Context(), there, notice.Message{Text: "x"})
		expect(t, id, err, fault.Internal, true)
	})
	t.Run("cut within the body", func(t *testing.T) {
		t.Parallel()
		base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "500")
			fmt.Fprint(w, fine)
		})
		id, err := sender(t, base).Send(t.Context(), there, notice.Message{Text: "x"})
		expect(t, id, err, fault.Internal, true)
	})
	t.Run("cancelled while it hangs", func(t *testing.T) {
		t.Parallel()
		arrived := make(chan struct{})
		base := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			if err := r.ParseMultipartForm(1 << 20); err != nil {
				t.Error(err)
			}
			close(arrived)
			<-r.Context().Done()
		})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-arrived
			cancel()
		}()
		id, err := sender(t, base).Send(ctx, there, notice.Message{Text: "x"})
		expect(t, id, err, fault.Internal, true)
	})
}

func cut(t *testing.T, w http.ResponseWriter, r *http.Request) {
	t.Helper()
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		t.Error(err)
	}
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}

// TestAConnectionThatClosedMeanwhile is the everyday case behind a keep-alive: nothing was written to the old connection,
// so the message goes out once, on a fresh one.
func TestAConnectionThatClosedMeanwhile(t *testing.T) {
	t.Parallel()
	sent := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		sent++
		fmt.Fprint(w, fine)
	}))
	t.Cleanup(server.Close)
	noticed := make(chan struct{}, 8)
	s, err := telegram.New(telegram.Options{Token: token, BaseURL: server.URL, AllowReal: true, // for a dialler of its own
		Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			return &watched{Conn: conn, closed: noticed}, err
		}}})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		if id, err := s.Send(t.Context(), there, notice.Message{Text: "x"}); err != nil || id != 4711 {
			t.Fatalf("send %d: %v", n, err)
		}
		server.CloseClientConnections()
		<-noticed
	}
	if sent != 5 {
		t.Errorf("%d messages arrived, want 5", sent)
	}
}

// watched tells when our side closes a connection.
type watched struct {
	net.Conn
	closed chan struct{}
	once   sync.Once
}

func (w *watched) Close() error {
	w.once.Do(func() { w.closed <- struct{}{} })
	return w.Conn.Close()
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	full := fault.After(fault.Limited, 3*time.Second, "full")
	for _, c := range []struct {
		name string
		err  error
		kind fault.Kind
		wait time.Duration
	}{
		{"both let it pass", nil, fault.Internal, 0},
		{"one of them is full", full, fault.Limited, 3 * time.Second},
		{"redis is away", fault.New(fault.Unavailable, "away"), fault.Unavailable, 0},
		{"cancelled while waiting", context.Canceled, fault.Unavailable, 0},
	} {
		var keys []string // both, in one go: the chat's first
		s, err := telegram.New(telegram.Options{Token: token, BaseURL: "http://127.0.0.1:9", Limiter: limiterFunc(func(asked ...string) error {
			keys = asked
			return c.err
		})})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Wait(t.Context(), there)
		if diff := cmp.Diff([]string{"telegram:-1001234567890", "telegram"}, keys); diff != "" {
			t.Errorf("%s: keys (-want +got):\n%s", c.name, diff)
		}
		if (err == nil) != (c.err == nil) || fault.KindOf(err) != c.kind || fault.RetryAfterOf(err) != c.wait {
			t.Errorf("%s: retry after %s: %v", c.name, fault.RetryAfterOf(err), err)
		}
	}
	if err := sender(t, "http://127.0.0.1:9").Wait(t.Context(), there); err != nil {
		t.Errorf("without a limiter: %v", err)
	}
}

type limiterFunc func(keys ...string) error

func (f limiterFunc) TakeAll(_ context.Context, keys ...string) error { return f(keys...) }

func TestTheSendersKit(t *testing.T) {
	t.Parallel()
	answers := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	upstreamtest.CheckSender(t, upstreamtest.SenderKit{Secret: token, Taken: answers(200, fine),
		Refused: answers(400, `{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}`),
		Gone:    answers(403, `{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}`),
		TooMany: answers(429, `{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":7}}`),
		New:     func(t *testing.T, base string) (upstreamtest.Sender, notice.Address) { return sender(t, base), there }})
}

// pausable is a limiter that notes how long it is told to let nothing pass.
type pausable struct {
	limiterFunc
	waits map[string]time.Duration
}

func (p *pausable) Pause(_ context.Context, key string, d time.Duration) error {
	p.waits[key] = d
	return nil
}

// TestTheFleetHeedsA429: of a message and of an edit, in the chat and at the bot; nothing else pauses anybody.
func TestTheFleetHeedsA429(t *testing.T) {
	t.Parallel()
	tooMany := `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}`
	for what, c := range map[string]struct {
		status int
		body   string
		want   map[string]time.Duration
	}{
		"429":     {429, tooMany, map[string]time.Duration{"telegram": 7 * time.Second, fmt.Sprintf("telegram:%d", chat): 7 * time.Second}},
		"403":     {403, `{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}`, map[string]time.Duration{}},
		"a proxy": {502, `<html>`, map[string]time.Duration{}},
		"taken":   {200, fine, map[string]time.Duration{}},
	} {
		base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		})
		for name, call := range map[string]func(*telegram.Sender) error{
			"send": func(s *telegram.Sender) error {
				_, err := s.Send(t.Context(), there, notice.Message{Text: "x"})
				return err
			},
			"edit": func(s *telegram.Sender) error { return s.Edit(t.Context(), there, 1, notice.Message{Text: "x"}) },
		} {
			limiter := &pausable{func(...string) error { return nil }, map[string]time.Duration{}}
			s, err := telegram.New(telegram.Options{Token: token, BaseURL: base, Limiter: limiter})
			if err != nil {
				t.Fatal(err)
			}
			err = call(s)
			if diff := cmp.Diff(c.want, limiter.waits); diff != "" || (c.status == 429) != (fault.KindOf(err) == fault.Limited) {
				t.Errorf("%s of a %s: %v %s", what, name, err, diff)
			}
		}
	}
}
