package app_test

import (
	"fmt"
	"net/http"
	"testing"

	"tickerwire/internal/notice"
	"tickerwire/internal/simulator"
)

// TestTheBotsWebhook has Telegram post updates to the API: a worker answers each once, also what came while none ran; what
// does not come from Telegram does nothing; and where the webhook is given up, the bot polls again.
func TestTheBotsWebhook(t *testing.T) {
	t.Parallel()
	const chat, secret = simulator.DefaultChat, "0123456789abcdef"
	f := newFleet(t, simulator.Limits{TelegramPerSecond: 300, TelegramPerChat: 1})
	polling := f.env
	address := freeAddress(t)
	hook := "http://" + address + "/api/telegram/webhook"
	f.env = append(f.env, "HTTP_ADDR="+address, "TELEGRAM_WEBHOOK_URL="+hook, "TELEGRAM_WEBHOOK_SECRET="+secret)
	f.recipient(chat)
	first := f.start("api", "worker")[1]

	quiet := func(hour int) string { return fmt.Sprintf(notice.AnswersIn("en").Quiet, hour, hour+1) }
	f.writes(chat, "/quiet 1-2")
	f.answered(chat, quiet(1))
	forged := fmt.Sprintf(`{"update_id":999,"message":{"message_id":1,"date":1,"chat":{"id":%d,"type":"private"},"from":{"id":%d},"text":"/quiet 9-10"}}`, chat, chat)
	for _, wrong := range []string{"", "0123456789abcdeF", secret + "0"} {
		if status := post(t.Context(), t, hook, wrong, forged); status != http.StatusUnauthorized {
			t.Errorf("with the secret %q: %d", wrong, status)
		}
	}
	f.kill(first)
	f.writes(chat, "/quiet 3-4")
	until(t, patience, func() error {
		if n := f.db.number(t, `select count(*) from bot_inbox`); n != 1 {
			return fmt.Errorf("%d updates are kept", n)
		}
		return nil
	})
	second := f.start("worker")[0]
	f.answered(chat, quiet(3))
	second.stops(t)

	f.env = polling
	f.start("worker")
	f.writes(chat, "/quiet 5-6")
	f.answered(chat, quiet(5))
	for text, n := range f.heard(chat) {
		if n != 1 {
			t.Errorf("%d times: %s", n, text)
		}
	}
	if n := len(f.heard(chat)); n != 3 || f.db.number(t, `select (select count(*) from bot_updates) * 10 + (select count(*) from bot_inbox)`) != 30 {
		t.Errorf("%d answers, want 3; or updates are left", n)
	}
}
