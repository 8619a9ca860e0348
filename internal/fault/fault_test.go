package fault_test

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"testing"
	"time"

	"tickerwire/internal/fault"
)

func TestKindsHaveNames(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fault.Kind]string{
		fault.Internal: "internal", fault.NotFound: "not found", fault.Invalid: "invalid", fault.Conflict: "conflict",
		fault.Unauthorized: "unauthorized", fault.Forbidden: "forbidden", fault.Unavailable: "unavailable", fault.Limited: "limited",
		fault.Kind(99): "internal", fault.Kind(-1): "internal",
	} {
		if got := kind.String(); got != want {
			t.Errorf("kind %d is called %q, want %q", kind, got, want)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err     error
		kind    fault.Kind
		message string
		after   time.Duration
	}{
		"nothing":             {nil, fault.Internal, "", 0},
		"a stranger":          {io.EOF, fault.Internal, "EOF", 0},
		"new":                 {fault.New(fault.NotFound, "no stock %s", "900001"), fault.NotFound, "no stock 900001", 0},
		"a cause untold":      {fault.Because(fault.Unavailable, io.EOF, "%s is away", "redis"), fault.Unavailable, "redis is away", 0},
		"of a text":           {fault.New(fault.NotFound, "%s does not exist", fault.Say("article %d", 12)), fault.NotFound, "article 12 does not exist", 0},
		"with a cause":        {fault.New(fault.Unavailable, "read: %w", io.ErrUnexpectedEOF), fault.Unavailable, "read: unexpected EOF", 0},
		"a field":             {fault.InvalidField("code", "%q is no code", "x"), fault.Invalid, `code: "x" is no code`, 0},
		"with a wait":         {fault.After(fault.Limited, 3*time.Second, "asked %d times", 9), fault.Limited, "asked 9 times", 3 * time.Second},
		"wrapped":             {fmt.Errorf("krx: %w", fault.After(fault.Limited, time.Minute, "slow down")), fault.Limited, "krx: slow down", time.Minute},
		"wrapped twice":       {fmt.Errorf("a: %w", fmt.Errorf("b: %w", fault.New(fault.Conflict, "taken"))), fault.Conflict, "a: b: taken", 0},
		"the outermost wins":  {fault.New(fault.Conflict, "outer: %w", fault.New(fault.NotFound, "inner")), fault.Conflict, "outer: inner", 0},
		"joined with another": {errors.Join(io.EOF, fault.New(fault.Forbidden, "no")), fault.Forbidden, "EOF\nno", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := fault.KindOf(c.err); got != c.kind {
				t.Errorf("kind %s, want %s", got, c.kind)
			}
			if got := fault.RetryAfterOf(c.err); got != c.after {
				t.Errorf("retry after %s, want %s", got, c.after)
			}
			if c.err != nil && c.err.Error() != c.message {
				t.Errorf("message %q, want %q", c.err.Error(), c.message)
			}
		})
	}
}

func TestCauseIsFound(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("krx: %w", fault.New(fault.Unavailable, "read: %w", io.ErrUnexpectedEOF))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("errors.Is doesn't see the cause")
	}
	if !errors.Is(fault.Because(fault.Unavailable, io.ErrUnexpectedEOF, "the line is dead"), io.ErrUnexpectedEOF) {
		t.Error("errors.Is doesn't see a cause that isn't told")
	}
	if errors.Is(fault.New(fault.Unavailable, "read"), io.ErrUnexpectedEOF) {
		t.Error("errors.Is sees a cause where there is none")
	}
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Unavailable || e.Message != "read: unexpected EOF" {
		t.Errorf("errors.As gives %+v", e)
	}
	field := fault.InvalidField("limit", "too large")
	if !errors.As(field, &e) || e.Field != "limit" || e.Message != "too large" {
		t.Errorf("errors.As gives %+v", e)
	}
}

func TestErrorsKeepWhatTheyWereMadeOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want fault.Text
	}{
		"new":         {fault.New(fault.Unavailable, "read %d: %w", 3, io.EOF), fault.Say("read %d: %w", 3, io.EOF)},
		"a field":     {fault.InvalidField("limit", "it must be at most %d", 200), fault.Say("it must be at most %d", 200)},
		"with a wait": {fault.After(fault.Limited, time.Second, "asked %d times", 9), fault.Say("asked %d times", 9)},
		"untold":      {fault.Because(fault.Unavailable, io.EOF, "%s is away", "redis"), fault.Say("%s is away", "redis")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var e *fault.Error
			if !errors.As(c.err, &e) || !reflect.DeepEqual(e.Said, c.want) {
				t.Errorf("%v was made of %+v, want %+v", c.err, e.Said, c.want)
			}
		})
	}
}
