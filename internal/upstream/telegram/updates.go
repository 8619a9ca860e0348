package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
	"tickerwire/internal/upstream"
)

// MaxPoll is how long Updates may wait: well under the deadline of a request.
const MaxPoll = 10 * time.Second

// wantedUpdates are the kinds that are asked for.
func wantedUpdates() []string { return []string{"message", "callback_query", "my_chat_member"} }

// Updates asks what readers have done since the update after, which Telegram then forgets with all before it, and waits at
// most MaxPoll for something. The library's own loop confirms updates before they are worked on; here the caller does,
// by the next call. Errors: Unavailable, for another poller too (409); Limited; Unauthorized for a token that is refused.
func (s *Sender) Updates(ctx context.Context, after int64, wait time.Duration) ([]notice.Update, error) {
	kinds, err := json.Marshal(wantedUpdates())
	if err != nil {
		return nil, err
	}
	form := url.Values{"timeout": {strconv.Itoa(int(min(wait, MaxPoll).Seconds()))}, "allowed_updates": {string(kinds)}}
	if after > 0 {
		form.Set("offset", strconv.FormatInt(after+1, 10))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+"/bot"+s.token+"/getUpdates", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fault.New(fault.Invalid, "telegram: getUpdates: %s", upstream.Redact(err.Error(), s.token))
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := s.wire.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("telegram: getUpdates: %w", ctx.Err())
		}
		return nil, fault.New(fault.Unavailable, "telegram: getUpdates: %s", upstream.Brief(err.Error(), s.token))
	}
	defer res.Body.Close()
	var answer struct {
		OK          bool            `json:"ok"`
		Result      []models.Update `json:"result"`
		Code        int             `json:"error_code"`
		Description string          `json:"description"`
		Parameters  struct {
			RetryAfter int `json:"retry_after"`
		} `json:"parameters"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return nil, fault.New(fault.Unavailable, "telegram: getUpdates: status %d: %s", res.StatusCode, upstream.Brief(err.Error(), s.token))
	}
	words := upstream.Brief(answer.Description, s.token)
	switch {
	case answer.OK:
	case answer.Code == http.StatusTooManyRequests:
		return nil, fault.After(fault.Limited, time.Duration(max(answer.Parameters.RetryAfter, 1))*time.Second, "telegram: getUpdates: %s", words)
	case answer.Code == http.StatusUnauthorized, answer.Code == http.StatusNotFound:
		return nil, fault.New(fault.Unauthorized, "telegram: getUpdates: %s", words)
	default:
		return nil, fault.New(fault.Unavailable, "telegram: getUpdates: %s", words)
	}
	list := make([]notice.Update, len(answer.Result))
	for i := range answer.Result {
		list[i] = updateOf(&answer.Result[i])
	}
	return list, nil
}

// PostTo has Telegram post updates to an https address, one at a time and in their order, each with a secret; "" has it keep
// them for Updates instead. What waits is kept. Errors are those of Check, Unavailable for an address that is refused.
func (s *Sender) PostTo(ctx context.Context, address, secret string) error {
	var err error
	if address == "" {
		_, err = s.bot.DeleteWebhook(ctx, &bot.DeleteWebhookParams{})
	} else {
		_, err = s.bot.SetWebhook(ctx, &bot.SetWebhookParams{URL: address, SecretToken: secret, MaxConnections: 1, AllowedUpdates: wantedUpdates()})
	}
	if err != nil {
		return s.refusal(ctx, "webhook", err)
	}
	return nil
}

// Read reads an update as Telegram posts it; Invalid when it is none.
func (s *Sender) Read(body []byte) (notice.Update, error) {
	var u models.Update
	if err := json.Unmarshal(body, &u); err != nil {
		return notice.Update{}, fault.New(fault.Invalid, "telegram: update: %s", upstream.Brief(err.Error(), s.token))
	}
	return updateOf(&u), nil
}

// updateOf says what an update means; one of a kind that we have no use for has nothing but its id.
func updateOf(u *models.Update) notice.Update {
	out := notice.Update{ID: u.ID}
	switch {
	case u.Message != nil:
		m := u.Message
		place(&out, m.Chat)
		out.Text, out.MovedTo = m.Text, m.MigrateToChatID
		inOwnName := m.SenderChat != nil && m.SenderChat.ID == m.Chat.ID
		if m.From != nil && !inOwnName {
			person(&out, m.From)
		}
	case u.CallbackQuery != nil:
		q := u.CallbackQuery
		person(&out, &q.From)
		out.PressID, out.Pressed = q.ID, q.Data
		switch {
		case q.Message.Message != nil:
			place(&out, q.Message.Message.Chat)
		case q.Message.InaccessibleMessage != nil:
			place(&out, q.Message.InaccessibleMessage.Chat)
		}
	case u.MyChatMember != nil:
		m := u.MyChatMember
		place(&out, m.Chat)
		out.ThrownOut = m.NewChatMember.Type == models.ChatMemberTypeBanned || m.NewChatMember.Type == models.ChatMemberTypeLeft
	}
	return out
}

func place(out *notice.Update, c models.Chat) {
	out.ChatID, out.Group = c.ID, c.Type != models.ChatTypePrivate
}

func person(out *notice.Update, from *models.User) {
	out.FromID, out.Language = from.ID, "ko"
	if from.LanguageCode != "" && !strings.HasPrefix(from.LanguageCode, "ko") {
		out.Language = "en"
	}
}

// IsAdmin reports whether somebody may change a group's settings. Errors: Limited, Unavailable.
func (s *Sender) IsAdmin(ctx context.Context, chatID, userID int64) (bool, error) {
	member, err := s.bot.GetChatMember(ctx, &bot.GetChatMemberParams{ChatID: chatID, UserID: userID})
	switch {
	case err == nil:
		return member.Type == models.ChatMemberTypeOwner || member.Type == models.ChatMemberTypeAdministrator, nil
	case errors.Is(err, bot.ErrorBadRequest), errors.Is(err, bot.ErrorForbidden):
		return false, nil // Telegram knows no such member
	}
	return false, s.refusal(ctx, "getChatMember", err)
}

// Acknowledge ends the waiting of whoever pressed a button; text is shown for a moment, "" for nothing.
func (s *Sender) Acknowledge(ctx context.Context, pressID, text string) error {
	if _, err := s.bot.AnswerCallbackQuery(ctx, &bot.AnswerCallbackQueryParams{CallbackQueryID: pressID, Text: text}); err != nil {
		return s.refusal(ctx, "answerCallbackQuery", err)
	}
	return nil
}
