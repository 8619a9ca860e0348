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
	"tickerwire/internal/notice"
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
	log     *slog.Logger
	wire    *wire
	base    string // scheme and host
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
	out, at := newWire(base, o), strings.TrimSuffix(o.BaseURL, "/")
	b, err := bot.New(o.Token, bot.WithSkipGetMe(), bot.WithServerURL(at), bot.WithHTTPClient(time.Minute, out),
		bot.WithErrorsHandler(func(err error) {
			o.Log.Warn("telegram client", "error", upstream.Brief(err.Error(), o.Token))
		}))
	if err != nil {
		return nil, fault.New(fault.Invalid, "telegram: %s", upstream.Redact(err.Error(), o.Token))
	}
	return &Sender{bot: b, limiter: o.Limiter, token: o.Token, log: o.Log, wire: out, base: at}, nil
}

// Wait takes the chat's token and the bot's for the same instant, so that neither is used up for nothing and the wait for
// the one does not bring two messages too close together for the other. Limited and Unavailable are the limiter's.
func (s *Sender) Wait(ctx context.Context, to notice.Address) error {
	if s.limiter == nil {
		return nil
	}
	err := s.limiter.TakeAll(ctx, chatKey(to.ChatID), name)
	switch {
	case err == nil:
		return nil
	case fault.KindOf(err) == fault.Limited, fault.KindOf(err) == fault.Unavailable:
		return fmt.Errorf("telegram: chat %d: %w", to.ChatID, err)
	}
	return fault.New(fault.Unavailable, "telegram: chat %d: not sent: %w", to.ChatID, err) // ctx has ended, say
}

// Send posts a message (Telegram's HTML, 1-4096 UTF-16 units after parsing) to a chat, without a link preview, and returns
// its id. Markup that Telegram cannot read is left out, and the rest sent as plain text. It does not ask the limiter: Wait
// does. Its errors:
//
//	Unavailable  surely not accepted and no fault of the chat: nothing left for Telegram, Telegram refused the bot itself
//	             (401, 404, 409), or the group has become another chat: *notice.Moved
//	Limited      surely not accepted: Telegram's retry_after
//	Forbidden    the chat refuses the bot: blocked, kicked, deactivated
//	Invalid      any other definite 4xx: chat not found, say
//	Internal     wraps ErrAmbiguous: a lost reply, a 5xx, a body that is no answer of the Bot API
func (s *Sender) Send(ctx context.Context, to notice.Address, m notice.Message) (messageID int64, err error) {
	p := &bot.SendMessageParams{ChatID: to.ChatID, Text: m.Text, ParseMode: models.ParseModeHTML, LinkPreviewOptions: noPreview(), ReplyMarkup: keyboard(m.Buttons)}
	messageID, err = s.send(ctx, to.ChatID, p)
	if unreadable(err) {
		s.log.WarnContext(ctx, "markup refused, sent as plain text", "notice_id", m.NoticeID, "error", err)
		p.Text, p.ParseMode = notice.Plain(m.Text), ""
		messageID, err = s.send(ctx, to.ChatID, p)
	}
	return messageID, err
}

func (s *Sender) send(ctx context.Context, chatID int64, p *bot.SendMessageParams) (int64, error) {
	ctx, seen := watch(ctx)
	message, err := s.bot.SendMessage(ctx, p)
	if err != nil {
		return 0, s.heed(ctx, chatID, s.verdict(chatID, err, seen))
	}
	if message == nil || message.ID == 0 {
		return 0, fmt.Errorf("telegram: chat %d: %w: its answer holds no message", chatID, ErrAmbiguous)
	}
	return int64(message.ID), nil
}

// Edit changes a message that the bot has sent, with the errors of Send. A message that reads so already is no error, so
// that an edit may be made twice. One that is there no more, or too old to be changed, is Invalid.
func (s *Sender) Edit(ctx context.Context, to notice.Address, messageID int64, m notice.Message) error {
	p := &bot.EditMessageTextParams{ChatID: to.ChatID, MessageID: int(messageID), Text: m.Text, ParseMode: models.ParseModeHTML,
		LinkPreviewOptions: noPreview(), ReplyMarkup: keyboard(m.Buttons)}
	err := s.edit(ctx, to.ChatID, p)
	if unreadable(err) {
		s.log.WarnContext(ctx, "markup refused, edited as plain text", "notice_id", m.NoticeID, "error", err)
		p.Text, p.ParseMode = notice.Plain(m.Text), ""
		err = s.edit(ctx, to.ChatID, p)
	}
	return err
}

func (s *Sender) edit(ctx context.Context, chatID int64, p *bot.EditMessageTextParams) error {
	ctx, seen := watch(ctx)
	_, err := s.bot.EditMessageText(ctx, p)
	if err == nil || errors.Is(err, bot.ErrorBadRequest) && strings.Contains(err.Error(), "message is not modified") {
		return nil
	}
	return s.heed(ctx, chatID, s.verdict(chatID, err, seen))
}

// heed has the whole fleet wait as Telegram's 429 says: which of its limits was met it does not tell, so that both the chat
// and the bot are left alone.
func (s *Sender) heed(ctx context.Context, chatID int64, err error) error {
	return upstream.Heed(context.WithoutCancel(ctx), s.limiter, err, chatKey(chatID), name)
}

func chatKey(chatID int64) string { return name + ":" + strconv.FormatInt(chatID, 10) }

func noPreview() *models.LinkPreviewOptions {
	off := true
	return &models.LinkPreviewOptions{IsDisabled: &off}
}

// keyboard returns the buttons as the library writes them; nil for none.
func keyboard(rows [][]notice.Button) models.ReplyMarkup {
	if len(rows) == 0 {
		return nil
	}
	markup := &models.InlineKeyboardMarkup{}
	for _, row := range rows {
		var keys []models.InlineKeyboardButton
		for _, b := range row {
			keys = append(keys, models.InlineKeyboardButton{Text: b.Label, CallbackData: b.Data})
		}
		markup.InlineKeyboard = append(markup.InlineKeyboard, keys)
	}
	return markup
}
