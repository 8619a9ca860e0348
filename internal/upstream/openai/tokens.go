package openai

import (
	"strings"
	"unicode/utf8"
)

const (
	// marks are the tokens that may stand around a text: its begin and its end.
	marks = 2
	// perMessage and perPrompt are the tokens of a chat's own frame: role and separators of each message; the reply's
	// first words, and the default instructions and the schema's introduction that a server may put in front.
	perMessage = 8
	perPrompt  = 256
)

// TokenBound returns a number of tokens that text surely does not exceed: its bytes. A byte-level tokeniser, as OpenAI's,
// Llama's and Qwen's are, makes no token of less than a byte; Korean takes about a third of the bound. Tokenisers that
// rewrite their text first (TEI's models) may exceed it by rare signs; none of them is billed by us.
func TokenBound(text string) int {
	if !utf8.ValidString(text) {
		return utf8.RuneLen(utf8.RuneError)*len(text) + marks // each bad byte is sent as U+FFFD
	}
	return len(text) + marks
}

// cut returns text without bad bytes and outer spaces, and no longer than its first bytes that surely are at most limit
// tokens.
func cut(text string, limit int) string {
	text = strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
	end := max(limit-marks, 0)
	if len(text) <= end {
		return text
	}
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return strings.TrimSpace(text[:end])
}
