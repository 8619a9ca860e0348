package telegram

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-telegram/bot"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

// Check asks for the bot's own name, getMe, and returns it; nobody sees anything of it.
// Errors: Unauthorized (the token), Limited (our limiter's wait or Telegram's retry_after), Unavailable.
func (s *Sender) Check(ctx context.Context) (string, error) {
	if s.limiter != nil {
		if err := s.limiter.TakeAll(ctx, name); err != nil {
			return "", fmt.Errorf("telegram: getMe: %w", err)
		}
	}
	me, err := s.bot.GetMe(ctx)
	if err != nil {
		return "", s.refusal(ctx, "getMe", err)
	}
	if me.Username == "" {
		return "", fault.New(fault.Unavailable, "telegram: getMe: the answer names no bot")
	}
	return "the bot is @" + me.Username, nil
}

// Name asks for the bot's own name, without the @, with the errors of Check. It does not ask the limiter.
func (s *Sender) Name(ctx context.Context) (string, error) {
	me, err := s.bot.GetMe(ctx)
	if err != nil {
		return "", s.refusal(ctx, "getMe", err)
	}
	return me.Username, nil
}

// refusal turns the library's error into one of Check's. A token that is badly formed is not found.
func (s *Sender) refusal(ctx context.Context, method string, err error) error {
	words := upstream.Brief(err.Error(), s.token)
	var tooMany *bot.TooManyRequestsError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("telegram: %s: %w", method, ctx.Err())
	case errors.As(err, &tooMany):
		return fault.After(fault.Limited, time.Duration(max(tooMany.RetryAfter, 1))*time.Second, "telegram: %s: %s", method, words)
	case errors.Is(err, bot.ErrorUnauthorized), errors.Is(err, bot.ErrorNotFound):
		return upstream.Because(upstream.KeyUnknown, fault.New(fault.Unauthorized, "telegram: %s: token refused: %s", method, words))
	}
	return &fault.Error{Kind: fault.Unavailable, Err: err, Message: "telegram: " + method + ": " + words}
}
