package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// edit is editMessageText of a message that the bot has sent. It counts towards the same limits as a new message.
func (t *telegram) edit(params url.Values) answer {
	text, entities, refusal := readText(params)
	if refusal != nil {
		return *refusal
	}
	if params.Get("message_id") == "" {
		return badRequest("message identifier is not specified")
	}
	message, err := strconv.ParseInt(params.Get("message_id"), 10, 64)
	if err != nil {
		message = 0 // as the real server reads what is no number; no message has it
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	id, to, refusal := t.writable(params.Get("chat_id"), text)
	if refusal != nil {
		return *refusal
	}
	at := slices.IndexFunc(t.sent, func(m sentMessage) bool { return m.ID == message && m.ChatID == id })
	if at < 0 {
		return badRequest("message to edit not found")
	}
	m := &t.sent[at]
	if m.shown == text && slices.Equal(m.entities, entities) {
		return badRequest("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
	}
	wall := t.wall()
	if wait := t.pace(id, to, wall); wait > 0 {
		return tooMany(wait)
	}
	m.Text, m.ParseMode, m.EditedAt, m.shown, m.entities = params.Get("text"), params.Get("parse_mode"), &wall, text, entities
	return telegramResult(t.shownAs(*m))
}

// writable returns the chat that chat_id means, or the refusal of a text that cannot go there. The caller holds mu.
func (t *telegram) writable(chatID, text string) (int64, *chat, *answer) {
	if chatID == "" {
		a := badRequest("chat_id is empty")
		return 0, nil, &a
	}
	id, err := strconv.ParseInt(chatID, 10, 64)
	to := t.chats[id]
	var refusal answer
	switch {
	case err != nil || to == nil:
		refusal = badRequest("chat not found")
	case to.state.refusal(id) != "":
		refusal = telegramRefusal(http.StatusForbidden, "Forbidden: "+to.state.refusal(id))
	case units(text) > maxText:
		refusal = badRequest("message is too long")
	default:
		return id, to, nil
	}
	return 0, nil, &refusal
}

// pace counts one message to a chat, or returns how long it must wait. The caller holds mu.
func (t *telegram) pace(id int64, to *chat, wall time.Time) time.Duration {
	wait := max(t.all.wait(wall), to.second.wait(wall))
	if id < 0 {
		wait = max(wait, to.minute.wait(wall))
	}
	if wait > 0 {
		return wait
	}
	t.all.add(wall)
	to.second.add(wall)
	to.minute.add(wall)
	return 0
}

// shownAs is a message of the bot's as answers show it.
func (t *telegram) shownAs(m sentMessage) telegramMessage {
	out := telegramMessage{ID: m.ID, From: t.me(), Chat: telegramChat{m.ChatID, chatKind(m.ChatID)}, Date: m.At.Unix(), Text: m.shown, Entities: m.entities}
	if m.EditedAt != nil {
		out.Edited = m.EditedAt.Unix()
	}
	return out
}
