package simulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/simulator"
)

// TestTelegramMarkdownV2 sends marked up text; shown is what the answer says that a reader sees.
func TestTelegramMarkdownV2(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	of := func(kind string, offset, length float64, more ...string) any {
		e := map[string]any{"type": kind, "offset": offset, "length": length}
		for i := 0; i < len(more); i += 2 {
			e[more[i]] = more[i+1]
		}
		return e
	}
	for name, c := range map[string]struct {
		text, shown string
		entities    []any
	}{
		"plain":                {`가람차 3% & "x" <y`, `가람차 3% & "x" <y`, nil},
		"escaped":              {`3\.1\-2\!\\ \가 \` + "`", "3.1-2!\\ \\가 `", nil},
		"a backslash at last":  {`a\`, `a\`, nil},
		"each kind":            {`*가* _나_ __다__ ~라~ ||마||`, `가 나 다 라 마`, []any{of("bold", 0, 1), of("italic", 2, 1), of("underline", 4, 1), of("strikethrough", 6, 1), of("spoiler", 8, 1)}},
		"surrogates count two": {`📈*가*`, `📈가`, []any{of("bold", 2, 1)}},
		"nested":               {`*가 _나 ~다~_*`, `가 나 다`, []any{of("bold", 0, 5), of("italic", 2, 3), of("strikethrough", 4, 1)}},
		"an empty one":         {`가*_ _**나*`, `가 나`, []any{of("italic", 1, 1), of("bold", 1, 1), of("bold", 2, 1)}},
		"code":                 {"`a.b-c*` \\*", "a.b-c* *", []any{of("code", 0, 6)}},
		"escaped in code":      {"`a\\`b\\\\`", "a`b\\", []any{of("code", 0, 4)}},
		"pre":                  {"```\na_b\n```", "a_b\n", []any{of("pre", 0, 4)}},
		"pre of a language":    {"```go\nx := 1```", "x := 1", []any{of("pre", 0, 6, "language", "go")}},
		"a link":               {`[보_기_](https://x.invalid/?a=(1\)&b=2)\.`, `보기.`, []any{of("text_link", 0, 2, "url", "https://x.invalid/?a=(1)&b=2"), of("italic", 1, 1)}},
		"a link to nowhere":    {`[보기]() [나]`, `보기 나`, nil},
		"an emoji":             {`![👍](tg://emoji?id=5368324170671202286)`, `👍`, []any{of("custom_emoji", 0, 2)}},
		"a quotation":          {">가\n>*나*\n다", "가\n나\n다", []any{of("blockquote", 0, 3), of("bold", 2, 1)}},
		"two quotations":       {">가\n**>나||", "가\n나", []any{of("blockquote", 0, 1), of("expandable_blockquote", 2, 1)}},
		"a folded one":         {">가||\n나", "가\n나", []any{of("expandable_blockquote", 0, 1)}},
	} {
		r.pass(time.Second)
		status, got := r.say("chat_id", "7", "text", c.text, "parse_mode", "MarkdownV2")
		result, ok := got["result"].(map[string]any)
		if status != 200 || !ok {
			t.Errorf("%s: %d %v", name, status, got)
			continue
		}
		entities, _ := result["entities"].([]any)
		if diff := cmp.Diff(c.entities, entities); diff != "" || result["text"] != c.shown {
			t.Errorf("%s: %q, want %q\n%s", name, result["text"], c.shown, diff)
		}
	}
	sent := len(r.Messages())

	for _, c := range "]()>#+-=|{}.!" {
		status, got := r.say("chat_id", "7", "text", "a"+string(c), "parse_mode", "MarkdownV2")
		if want := "Bad Request: can't parse entities: Character '" + string(c) + `' is reserved and must be escaped with the preceding '\'`; status != 400 || got["description"] != want {
			t.Errorf("%c: %d %v", c, status, got)
		}
		r.pass(time.Second)
		if _, got := r.say("chat_id", "7", "text", `a\`+string(c), "parse_mode", "MarkdownV2"); got["ok"] != true {
			t.Errorf("%c, escaped: %v", c, got)
		}
		sent++
	}
	for text, want := range map[string]string{
		"가_나":          "Can't find end of Italic entity at byte offset 3",
		"_가 * 나":       "Can't find end of Bold entity at byte offset 5",
		"_가__":         "Can't find end of Underline entity at byte offset 4",
		"__가_":         "Can't find end of Italic entity at byte offset 5",
		"~가":           "Can't find end of Strikethrough entity at byte offset 0",
		"||가":          "Can't find end of Spoiler entity at byte offset 0",
		"*가_*나_":       "Can't find end of Italic entity at byte offset 9",
		"가`나":          "Can't find end of Code entity at byte offset 3",
		"가```나`":       "Can't find end of Pre entity at byte offset 3",
		"가```go 나":     "Can't find end of PreCode entity at byte offset 3",
		"[가":           "Can't find end of TextUrl entity at byte offset 0",
		"[가](x":        "Can't find end of a URL at byte offset 5",
		"![가":          "Can't find end of CustomEmoji entity at byte offset 0",
		"![가]":         "Custom emoji entity must contain a tg://emoji URL",
		"![가](https:)": "Custom emoji URL must have scheme tg",
		">*가\n나*":      "Can't find end of Bold entity at byte offset 1",
		"*가\n>나*":      `Character '>' is reserved and must be escaped with the preceding '\'`,
	} {
		if status, got := r.say("chat_id", "7", "text", text, "parse_mode", "MarkdownV2"); status != 400 || got["description"] != "Bad Request: can't parse entities: "+want {
			t.Errorf("%q: %d %v", text, status, got["description"])
		}
	}
	if n := len(r.Messages()); n != sent {
		t.Errorf("%d messages, want %d: a refused one was kept", n, sent)
	}
	res := r.do(http.MethodPost, "/telegram/bot"+r.Keys().TelegramToken+"/sendMessage", "chat_id=7&text=a&parse_mode=Markdown", "Content-Type", "application/x-www-form-urlencoded")
	if res.Code != http.StatusNotImplemented || !strings.Contains(res.Body.String(), "old Markdown") {
		t.Errorf("the old Markdown: %d %s", res.Code, res.Body)
	}
}
