package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"tickerwire/handlers"
	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

const (
	headerSecret   = "X-Telegram-Bot-Api-Secret-Token"
	telegramSecret = "s3cret-of-the-webhook"
)

// TestTelegramPosts: what Telegram posts is kept once; what comes without its secret is not even read.
func TestTelegramPosts(t *testing.T) {
	t.Parallel()
	s := open(t, func(d *handlers.Deps) { d.TelegramSecret = telegramSecret })
	const update = `{"update_id":7,"message":{"message_id":1,"date":1,"chat":{"id":42,"type":"private"},"text":"/list"}}`
	unread := strings.Repeat("x", 2<<20) // more than is read of any body
	for name, c := range map[string]struct {
		header map[string]string
		body   string
		want   int
	}{
		"no secret":          {nil, unread, http.StatusUnauthorized},
		"another secret":     {map[string]string{headerSecret: "s3cret-of-the-webhooh"}, unread, http.StatusUnauthorized},
		"its beginning":      {map[string]string{headerSecret: "s3cret"}, unread, http.StatusUnauthorized},
		"too large":          {map[string]string{headerSecret: telegramSecret}, unread, http.StatusRequestEntityTooLarge},
		"no JSON":            {map[string]string{headerSecret: telegramSecret}, "update", http.StatusBadRequest},
		"no update":          {map[string]string{headerSecret: telegramSecret}, `{"message":{}}`, http.StatusBadRequest},
		"an update":          {map[string]string{headerSecret: telegramSecret}, update, http.StatusNoContent},
		"the same once more": {map[string]string{headerSecret: telegramSecret}, update, http.StatusNoContent},
	} {
		if got := s.do(request{method: "POST", path: "/api/telegram/webhook", header: c.header, body: c.body}); got.status != c.want {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	kept, err := s.db.ReceivedUpdates(t.Context(), 10)
	if err != nil || len(kept) != 1 || kept[0].ID != 7 || string(kept[0].Body) != update {
		t.Errorf("%+v, %v", kept, err)
	}
	done := func(context.Context, store.Effects) error { return nil }
	for _, fresh := range []bool{true, false} {
		if got, err := s.db.OnUpdate(t.Context(), 7, done); err != nil || got != fresh {
			t.Errorf("%v, %v", got, err)
		}
		s.do(request{method: "POST", path: "/api/telegram/webhook", header: map[string]string{headerSecret: telegramSecret}, body: update}).want(http.StatusNoContent)
		if kept, err := s.db.ReceivedUpdates(t.Context(), 10); err != nil || len(kept) != 0 {
			t.Errorf("what is done is kept: %+v, %v", kept, err)
		}
	}
	if strings.Contains(s.log.String(), telegramSecret) {
		t.Error("the log holds the secret")
	}
	closed := open(t)
	closed.do(request{method: "POST", path: "/api/telegram/webhook", header: map[string]string{headerSecret: ""}, body: update}).want(http.StatusNotFound)
}

// TestAChatIsLinkedByACode: the code is kept as a hash only, works once, and the newest alone does.
func TestAChatIsLinkedByACode(t *testing.T) {
	t.Parallel()
	s := open(t, func(d *handlers.Deps) { d.TelegramBot = "tickerwire_bot" })
	token := s.as("user")
	link := func() string {
		t.Helper()
		var body struct {
			Code, Bot string
			ExpiresAt time.Time `json:"expires_at"`
		}
		s.send(token, "POST", "/api/telegram/link", nil).want(http.StatusCreated).into(&body)
		if len(body.Code) != 16 || time.Until(body.ExpiresAt) > 10*time.Minute || body.Bot != "tickerwire_bot" {
			t.Errorf("%+v", body)
		}
		return body.Code
	}
	updates := int64(0)
	redeem := func(code string) bool {
		t.Helper()
		updates++
		linked := false
		_, err := s.db.OnUpdate(t.Context(), updates, func(ctx context.Context, e store.Effects) error {
			_, err := e.Link(ctx, code, 42, "ko")
			if linked = err == nil; fault.KindOf(err) == fault.NotFound {
				return nil
			}
			return err
		})
		must(t, err)
		return linked
	}
	s.send(token, "POST", "/api/alerts/test", nil).want(http.StatusConflict)
	first, second := link(), link()
	if redeem(first) || !redeem(second) || redeem(second) {
		t.Error("a code that was replaced or used works, or the newest does not")
	}
	s.send(token, "POST", "/api/alerts/test", nil).want(http.StatusAccepted)
	s.send(token, "POST", "/api/alerts/test", nil).want(http.StatusTooManyRequests)
	if len(s.queue.tests) != 1 {
		t.Errorf("rung for %v", s.queue.tests)
	}
	s.send(token, "DELETE", "/api/telegram/link", nil).want(http.StatusNoContent)
	if _, err := s.db.RecipientOfChat(t.Context(), 42); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the chat is still linked: %v", err)
	}
}

func TestOperatorsSeeWhoIsTold(t *testing.T) {
	t.Parallel()
	s := open(t)
	token := s.as("operator")
	id, err := s.db.SaveRecipient(t.Context(), notice.Recipient{ChatID: 42, Language: "ko", Active: true, Rule: notice.DefaultRule()})
	must(t, err)
	must(t, s.db.SwitchOff(t.Context(), id, "bot was blocked by the user"))
	var list struct {
		Items []struct {
			ID        int64
			Active    bool
			OffReason string `json:"off_reason"`
		}
	}
	s.get(token, "/api/recipients").want(http.StatusOK).into(&list)
	if len(list.Items) != 1 || list.Items[0].Active || list.Items[0].OffReason != "bot was blocked by the user" {
		t.Errorf("%+v", list)
	}
	var deliveries struct {
		Active   int `json:"active_recipients"`
		Inactive int `json:"inactive_recipients"`
	}
	s.get(token, "/api/deliveries").want(http.StatusOK).into(&deliveries)
	if deliveries.Active != 0 || deliveries.Inactive != 1 {
		t.Errorf("%+v", deliveries)
	}
	s.send(token, "PATCH", fmt.Sprintf("/api/recipients/%d", id), map[string]any{"active": true}).want(http.StatusOK)
	if r, err := s.db.Recipient(t.Context(), id); err != nil || !r.Active || r.OffReason != "" {
		t.Errorf("%+v, %v", r, err)
	}
}
