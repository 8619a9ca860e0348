// Package fault names the few kinds of error that every part of the program agrees on.
// Edges make them, doors translate them: handlers into an HTTP status, tasks into a verdict
// (retry, put back, give up, drop). An error without a kind is a bug or an outage.
// The package knows neither HTTP nor the queue.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what went wrong in terms that a caller can act on.
type Kind int

// The kinds. Internal is the zero value: a bug or an outage that nobody foresaw.
const (
	Internal     Kind = iota
	NotFound          // the thing asked for does not exist
	Invalid           // the input is wrong; trying again unchanged is useless
	Conflict          // the thing exists already or has moved on
	Unauthorized      // who is asking is unknown, or a key was refused
	Forbidden         // who is asking is known and may not
	Unavailable       // an outside part is down; carries RetryAfter when it is known
	Limited           // a rate limit or a quota; carries RetryAfter; never counted as a failure
)

var names = [...]string{"internal", "not found", "invalid", "conflict", "unauthorized", "forbidden", "unavailable", "limited"}

// String returns the kind in lower-case words.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(names) {
		return names[Internal]
	}
	return names[k]
}

// Error is an error with a kind. Message says all that a log line needs, in English; Err keeps the cause for errors.Is and,
// but for Because, is already part of Message.
type Error struct {
	Kind       Kind
	Message    string
	Said       Text          // what Message was made of: the same in another language is made of it; may be zero
	Field      string        // the input field at fault, for Invalid; may be empty
	RetryAfter time.Duration // when to try again, for Unavailable and Limited; 0 when unknown
	Err        error
}

// Text is a sentence, or a part of one, of which it is still known what it was made of, so that it can be said in
// another language. Format is the English one and names it; Args may hold a Text or an error.
type Text struct {
	Format string
	Args   []any
}

// Say returns a Text; format has no %w.
func Say(format string, args ...any) Text { return Text{Format: format, Args: args} }

// String returns the text in English.
func (t Text) String() string { return fmt.Sprintf(t.Format, t.Args...) }

// Error returns the message, behind the field where there is one.
func (e *Error) Error() string {
	if e.Field != "" {
		return e.Field + ": " + e.Message
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns an error of the given kind with a formatted message; %w is honoured.
func New(kind Kind, format string, args ...any) error {
	wrapped := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Message: wrapped.Error(), Said: Text{format, args}, Err: errors.Unwrap(wrapped)}
}

// Because returns an error whose message keeps to itself what caused it; errors.Is finds the cause.
func Because(kind Kind, cause error, format string, args ...any) error {
	said := Say(format, args...)
	return &Error{Kind: kind, Message: said.String(), Said: said, Err: cause}
}

// InvalidField returns an Invalid error that names the field at fault.
func InvalidField(field, format string, args ...any) error {
	said := Say(format, args...)
	return &Error{Kind: Invalid, Field: field, Message: said.String(), Said: said}
}

// After returns an Unavailable or Limited error that asks to be tried again after d.
func After(kind Kind, d time.Duration, format string, args ...any) error {
	said := Say(format, args...)
	return &Error{Kind: kind, RetryAfter: d, Message: said.String(), Said: said}
}

// KindOf returns the kind of the first Error in err's chain, Internal when there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// RetryAfterOf returns the wait that the first Error in err's chain asks for, 0 when it asks for none.
func RetryAfterOf(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}
