package simulator_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/simulator"
)

func TestTelegramEdits(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	r.say("chat_id", "7", "text", "<b>가</b>", "parse_mode", "HTML")
	sent := r.now()
	r.pass(time.Second)
	r.do("PUT", "/_sim/telegram/chats/8", `{"blocked":true}`)
	const same = "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message"
	for _, c := range []struct {
		fields []string
		status int
		why    string
	}{
		{[]string{"chat_id", "7", "message_id", "1", "text", "<strong>가</strong>", "parse_mode", "HTML"}, 400, same},
		{[]string{"chat_id", "7", "message_id", "2", "text", "나"}, 400, "Bad Request: message to edit not found"},
		{[]string{"chat_id", "-70", "message_id", "1", "text", "나"}, 400, "Bad Request: message to edit not found"},
		{[]string{"chat_id", "7", "text", "나"}, 400, "Bad Request: message identifier is not specified"},
		{[]string{"chat_id", "7", "message_id", "1"}, 400, "Bad Request: message text is empty"},
		{[]string{"message_id", "1", "text", "나"}, 400, "Bad Request: chat_id is empty"},
		{[]string{"chat_id", "8", "message_id", "1", "text", "나"}, 403, "Forbidden: bot was blocked by the user"},
	} {
		if status, got := r.call("editMessageText", c.fields...); status != c.status || got["description"] != c.why {
			t.Errorf("%q: %d %v", c.fields, status, got)
		}
	}
	status, got := r.call("editMessageText", "chat_id", "7", "message_id", "1", "text", "가")
	want := map[string]any{"ok": true, "result": map[string]any{"message_id": 1., "date": float64(sent.Unix()), "edit_date": float64(r.now().Unix()), "text": "가",
		"from": map[string]any{"id": 900000001., "is_bot": true, "first_name": "Simulated", "username": "simulated_bot"}, "chat": map[string]any{"id": 7., "type": "private"}}}
	if diff := cmp.Diff(want, got); diff != "" || status != 200 {
		t.Errorf("%d %s", status, diff)
	}
	if status, _ := r.call("editMessageText", "chat_id", "7", "message_id", "1", "text", "다"); status != 429 {
		t.Errorf("a second edit at once: %d", status)
	}
	if all := r.Messages(); len(all) != 1 || all[0].Text != "가" || all[0].ParseMode != "" || !all[0].EditedAt.Equal(r.now()) {
		t.Errorf("%+v", all)
	}
}
