// Package telegram sends messages to Telegram chats and says exactly what became of each. Telegram has no idempotency
// key: a message that may have been accepted must never be sent again, so the errors tell "surely not accepted" from
// "nobody knows". It neither decides who hears of what nor retries, and outside of production it cannot reach a real
// chat.
package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

// DefaultBaseURL is the real Bot API.
const DefaultBaseURL = "https://api.telegram.org"

const name = "telegram"

// ErrAmbiguous marks a message that may have been accepted: it must never be sent again.
var ErrAmbiguous = errors.New("telegram may have accepted the message")

// Limiter says when a message may leave that more than one limit stands before: its token of each key is for one instant.
// Errors are those of upstream.Limiter.
type Limiter interface {
	TakeAll(ctx context.Context, keys ...string) error
}

// Options are what a Sender needs.
type Options struct {
	Token     string
	BaseURL   string          // scheme and host; "" means DefaultBaseURL
	Transport *http.Transport // nil means one of its own with short-lived idle connections
	Limiter   Limiter         // asked for "telegram" and "telegram:<chat>" together; nil limits nothing (tests)
	AllowReal bool            // production only: without it any host but loopback is refused
	Log       *slog.Logger    // where the bot library's own complaints go; nil means slog.Default
}

// Sender sends to chats. It is safe for concurrent use.
type Sender struct {
	bot     *bot.Bot
	limiter Limiter
	token   string
}

// New returns a Sender; it calls nobody. It is the send guard: unless AllowReal is true, a base URL whose host is not
// loopback is Forbidden, and so is a proxy, whatever else is configured.
func New(o Options) (*Sender, error) {
	if o.BaseURL == "" {
		o.BaseURL = DefaultBaseURL
	}
	base, err := url.Parse(o.BaseURL)
	if err != nil || base.Host == "" {
		return nil, fault.InvalidField("base_url", "telegram: %q is no address", o.BaseURL)
	}
	if !o.AllowReal && !loopback(base.Hostname()) {
		return nil, fault.New(fault.Forbidden, "telegram: the send guard refuses %s: only production may reach real chats", base.Host)
	}
	if o.Token == "" {
		return nil, fault.InvalidField("token", "telegram: there is no token")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	b, err := bot.New(o.Token, bot.WithSkipGetMe(), bot.WithServerURL(strings.TrimSuffix(o.BaseURL, "/")),
		bot.WithHTTPClient(time.Minute, newWire(base, o)),
		bot.WithErrorsHandler(func(err error) {
			o.Log.Warn("telegram client", "error", upstream.Brief(err.Error(), o.Token))
		}))
	if err != nil {
		return nil, fault.New(fault.Invalid, "telegram: %s", upstream.Redact(err.Error(), o.Token))
	}
	return &Sender{bot: b, limiter: o.Limiter, token: o.Token}, nil
}

// Send posts text (Telegram's HTML, 1-4096 UTF-16 units after parsing) to a chat, without a link preview, and returns
// the message's id. Its errors:
//
//	Unavailable  surely not accepted and no fault of the chat: the rate limiter was out of reach, nothing left for
//	             Telegram, or Telegram refused the bot itself (401, 404, 409)
//	Limited      surely not accepted: our limiter's wait or Telegram's retry_after
//	Forbidden    the chat refuses the bot: blocked, kicked, deactivated
//	Invalid      any other definite 4xx: chat not found, unreadable markup, group moved
//	Internal     wraps ErrAmbiguous: a lost reply, a 5xx, a body that is no answer of the Bot API
func (s *Sender) Send(ctx context.Context, chatID int64, text string) (messageID int64, err error) {
	if err := s.wait(ctx, chatID); err != nil {
		return 0, fmt.Errorf("telegram: chat %d: %w", chatID, err)
	}
	ctx, seen := watch(ctx)
	off := true
	message, err := s.bot.SendMessage(ctx, &bot.SendMessageParams{ChatID: chatID, Text: text,
		ParseMode: models.ParseModeHTML, LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: &off}})
	if err != nil {
		return 0, s.verdict(chatID, err, seen)
	}
	if message == nil || message.ID == 0 {
		return 0, fmt.Errorf("telegram: chat %d: %w: its answer holds no message", chatID, ErrAmbiguous)
	}
	return int64(message.ID), nil
}

// wait takes the chat's token and the bot's for the same instant, so that neither is used up for nothing and the wait for
// the one does not bring two messages too close together for the other.
func (s *Sender) wait(ctx context.Context, chatID int64) error {
	if s.limiter == nil {
		return nil
	}
	err := s.limiter.TakeAll(ctx, name+":"+strconv.FormatInt(chatID, 10), name)
	switch {
	case err == nil, fault.KindOf(err) == fault.Limited, fault.KindOf(err) == fault.Unavailable:
		return err
	}
	return fault.New(fault.Unavailable, "not sent: %w", err) // ctx has ended, say: nothing left either
}
