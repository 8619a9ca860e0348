package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"tickerwire/internal/market"
	"tickerwire/internal/tracing"
)

// newLog returns the log of a role that runs apart: JSON lines on stderr.
func newLog(level, role string) *slog.Logger {
	lines := slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: levelOf(level)})
	return slog.New(tracing.LogHandler{Handler: lines}).With("role", role)
}

func levelOf(name string) slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(name)); err != nil {
		return slog.LevelInfo // config has checked the name
	}
	return level
}

// console writes log lines for a person: the application clock in KST, the message, the attributes that say something.
type console struct {
	out   io.Writer
	mu    *sync.Mutex
	level slog.Level
	now   func() time.Time
	attrs []slog.Attr
}

func newConsole(out io.Writer, level slog.Level, now func() time.Time) *console {
	return &console{out: out, mu: new(sync.Mutex), level: level, now: now}
}

// Enabled reports whether lines of the level are written.
func (c *console) Enabled(_ context.Context, level slog.Level) bool { return level >= c.level }

// Handle writes one line.
func (c *console) Handle(_ context.Context, r slog.Record) error {
	var line bytes.Buffer
	fmt.Fprintf(&line, "%s  %-2s%-18s", c.now().In(market.KST).Format("01-02 15:04:05"), mark(r.Level), r.Message)
	for _, a := range c.attrs {
		writeAttr(&line, a)
	}
	r.Attrs(func(a slog.Attr) bool { writeAttr(&line, a); return true })
	line.WriteByte('\n')
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.out.Write(line.Bytes())
	return err
}

// WithAttrs returns a handler that writes the attributes on every line.
func (c *console) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *c
	with.attrs = append(append([]slog.Attr(nil), c.attrs...), attrs...)
	return &with
}

// WithGroup returns the handler itself: a person needs no groups.
func (c *console) WithGroup(string) slog.Handler { return c }

func mark(level slog.Level) string {
	switch {
	case level >= slog.LevelError:
		return "✗"
	case level >= slog.LevelWarn:
		return "!"
	}
	return ""
}

func writeAttr(line *bytes.Buffer, a slog.Attr) {
	value := a.Value.Resolve()
	text := value.String()
	if value.Kind() == slog.KindFloat64 {
		text = strconv.FormatFloat(value.Float64(), 'f', 3, 64)
	}
	if runes := []rune(text); len(runes) > 160 {
		text = string(runes[:160]) + "…"
	}
	text = strings.ReplaceAll(text, "\n", " ")
	fmt.Fprintf(line, " %s=%s", a.Key, text)
}
