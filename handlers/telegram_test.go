package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

// TestAChatIsLinkedByACode: the code is kept as a hash only, works once, and the newest alone does.
func TestAChatIsLinkedByACode(t *testing.T) {
	t.Parallel()
	s := open(t)
	token := s.as("user")
	link := func() string {
		t.Helper()
		var body struct {
			Code      string
			ExpiresAt time.Time `json:"expires_at"`
		}
		s.send(token, "POST", "/api/telegram/link", nil).want(http.StatusCreated).into(&body)
		if len(body.Code) != 16 || time.Until(body.ExpiresAt) > 10*time.Minute {
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
