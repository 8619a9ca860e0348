package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/uptrace/bun"

	"tickerwire/internal/tracing"
)

// tracedHook writes a span for every statement of what is being traced.
type tracedHook struct{}

// spanKey is where a statement's span is kept while it runs: not in its context, which a transaction keeps for the next ones.
type spanKey struct{}

// BeforeQuery implements bun.QueryHook.
func (tracedHook) BeforeQuery(ctx context.Context, e *bun.QueryEvent) context.Context {
	if !tracing.Recorded(ctx) {
		return ctx
	}
	if e.Stash == nil {
		e.Stash = make(map[any]any, 1)
	}
	e.Stash[spanKey{}] = tracing.SQL(ctx, strings.ToUpper(e.Operation()), withoutValues(e.Query))
	return ctx
}

// AfterQuery implements bun.QueryHook.
func (tracedHook) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	span, ok := e.Stash[spanKey{}].(tracing.Span)
	if !ok {
		return
	}
	endStatement(span, e.Err)
}

// endStatement ends a statement's span; that there was no row is no error.
func endStatement(span tracing.Span, err error) {
	if code := sqlState(err); code != "" {
		span.Failed(code)
		return
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	span.End(err)
}

// longestTraced is how many bytes of a statement a span shows.
const longestTraced = 1000

// withoutValues returns a statement with a question mark for each text and number in it, on one line, cut off where it is
// long. Whatever is not understood to its end is left out.
func withoutValues(query string) string {
	var out strings.Builder
	space := false
	for i := 0; i < len(query) && out.Len() < longestTraced; {
		c := query[i]
		if c == ' ' || c == '\n' || c == '\t' || c == '\r' {
			space = true
			i++
			continue
		}
		if space && out.Len() > 0 {
			out.WriteByte(' ')
		}
		space = false
		switch {
		case c == '\'':
			i = endOfText(query, i, isEscaped(query, i))
			out.WriteByte('?')
		case c == '$' && dollarTag(query[i:]) != "":
			tag := dollarTag(query[i:])
			i += len(tag)
			if end := strings.Index(query[i:], tag); end >= 0 {
				i += end + len(tag)
			} else {
				i = len(query)
			}
			out.WriteByte('?')
		case c >= '0' && c <= '9':
			for i < len(query) && isWord(query[i]) || i < len(query) && query[i] == '.' {
				i++
			}
			out.WriteByte('?')
		case isWord(c):
			start := i
			for i < len(query) && isWord(query[i]) {
				i++
			}
			out.WriteString(query[start:i])
		case c == '"':
			start := i
			for i++; i < len(query) && query[i] != '"'; i++ {
			}
			i = min(i+1, len(query))
			out.WriteString(query[start:i])
		default:
			out.WriteByte(c)
			i++
		}
	}
	return strings.ToValidUTF8(out.String(), "")
}

// endOfText returns where the text that begins at the quote ends, behind its last quote.
func endOfText(query string, quote int, escaped bool) int {
	for i := quote + 1; i < len(query); i++ {
		switch {
		case escaped && query[i] == '\\':
			i++
		case query[i] == '\'' && i+1 < len(query) && query[i+1] == '\'':
			i++
		case query[i] == '\'':
			return i + 1
		}
	}
	return len(query)
}

// isEscaped reports a text of the form E'...', in which a backslash hides a quote.
func isEscaped(query string, quote int) bool {
	return quote > 0 && (query[quote-1] == 'E' || query[quote-1] == 'e') && (quote == 1 || !isWord(query[quote-2]))
}

// dollarTag returns the $tag$ that query begins with, "" where it begins with none.
func dollarTag(query string) string {
	for i := 1; i < len(query); i++ {
		if query[i] == '$' {
			return query[:i+1]
		}
		if !isWord(query[i]) {
			return ""
		}
	}
	return ""
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
