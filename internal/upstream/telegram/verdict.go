package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-telegram/bot"

	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
	"tickerwire/internal/upstream"
)

// errUnreadable is markup that Telegram cannot read: the message was surely not accepted, and may go without it.
var errUnreadable = errors.New("the markup cannot be read")

func unreadable(err error) bool { return errors.Is(err, errUnreadable) }

// verdict turns the library's error into one of Send's, with what was seen on the wire.
func (s *Sender) verdict(chatID int64, err error, seen *sighting) error {
	words := upstream.Brief(err.Error(), s.token)
	var tooMany *bot.TooManyRequestsError
	var moved *bot.MigrateError
	switch {
	case !seen.left.Load():
		return &fault.Error{Kind: fault.Unavailable, Err: err,
			Message: fmt.Sprintf("telegram: chat %d: not sent: %s", chatID, words)}
	case errors.As(err, &tooMany):
		wait := time.Duration(max(tooMany.RetryAfter, 1)) * time.Second
		return fault.After(fault.Limited, wait, "telegram: chat %d: %s", chatID, words)
	case errors.Is(err, bot.ErrorForbidden):
		return fault.New(fault.Forbidden, "telegram: chat %d: %s", chatID, words)
	case errors.As(err, &moved):
		return fault.New(fault.Unavailable, "telegram: chat %d: not sent: %w", chatID, &notice.Moved{ChatID: int64(moved.MigrateToChatID)})
	case errors.Is(err, bot.ErrorBadRequest) && strings.Contains(words, "can't parse entities"):
		return fault.New(fault.Invalid, "telegram: chat %d: %w: %s", chatID, errUnreadable, words)
	case errors.Is(err, bot.ErrorBadRequest):
		return fault.New(fault.Invalid, "telegram: chat %d: %s", chatID, words)
	case errors.Is(err, bot.ErrorUnauthorized), errors.Is(err, bot.ErrorNotFound), errors.Is(err, bot.ErrorConflict):
		return fault.New(fault.Unavailable, "telegram: chat %d: not sent, the bot itself was refused: %s", chatID, words)
	case definite(err, seen):
		return fault.New(fault.Invalid, "telegram: chat %d: %s", chatID, words)
	}
	return fmt.Errorf("telegram: chat %d: %w: %s", chatID, ErrAmbiguous, words)
}

// definite reports a 4xx that the library has no name for. One whose body is no JSON comes from something in between.
func definite(err error, seen *sighting) bool {
	var syntax *json.SyntaxError
	var form *json.UnmarshalTypeError
	status := seen.status.Load()
	return status >= 400 && status < 500 && !errors.As(err, &syntax) && !errors.As(err, &form)
}
