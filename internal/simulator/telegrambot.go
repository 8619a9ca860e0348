package simulator

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// callbackQuery is a button that a reader pressed under a message of the bot's.
type callbackQuery struct {
	ID      string          `json:"id"`
	From    telegramUser    `json:"from"`
	Message telegramMessage `json:"message"`
	Chat    string          `json:"chat_instance"`
	Data    string          `json:"data"`
}

// press puts the press of a button in, under the bot's newest message in the chat.
func (t *telegram) press(in incoming) (telegramUpdate, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range slices.Backward(t.sent) {
		if m.ChatID == in.ChatID {
			from := in.FromID
			if from == 0 {
				from = in.ChatID
			}
			q := callbackQuery{ID: strconv.Itoa(t.presses + 1), From: telegramUser{ID: from, FirstName: "Reader", Username: in.Username},
				Message: t.shownAs(m), Chat: "1", Data: in.Data}
			u, err := t.inbox.put(telegramUpdate{Callback: &q})
			if err == nil {
				t.presses++
			}
			return u, err
		}
	}
	return telegramUpdate{}, fmt.Errorf("chat %d has no message of the bot's", in.ChatID)
}

// acknowledge is answerCallbackQuery.
func (t *telegram) acknowledge(params url.Values) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, err := strconv.Atoi(params.Get("callback_query_id"))
	if err != nil || n < 1 || n > t.presses {
		return badRequest("query is too old and response timeout expired or query ID is invalid")
	}
	return telegramResult(true)
}

// member is getChatMember: of a group only the reader whose id is the group's, without its sign, is an administrator.
func (t *telegram) member(params url.Values) answer {
	chatID, err := strconv.ParseInt(params.Get("chat_id"), 10, 64)
	if err != nil {
		return badRequest("chat not found")
	}
	userID, err := strconv.ParseInt(params.Get("user_id"), 10, 64)
	if err != nil || userID <= 0 {
		return badRequest("invalid user_id specified")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.chats[chatID] == nil {
		return badRequest("chat not found")
	}
	status := "member"
	if userID == -chatID {
		status = "administrator"
	}
	return jsonAnswer(http.StatusOK, "application/json", telegramAnswer{OK: true, Result: map[string]any{
		"status": status, "user": telegramUser{ID: userID, FirstName: "Reader"}}})
}
