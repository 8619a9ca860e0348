package news_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/news"
)

func TestPolicyApply(t *testing.T) {
	t.Parallel()
	whole := news.Article{Source: "가상", URL: "https://a.example.kr/1", Press: "가상신문", Title: "제목", Summary: strings.Repeat("가", 400)}
	for _, c := range []struct {
		policy         news.Policy
		title, summary string
	}{
		{news.Policy{Keep: news.KeepFull}, "제목", whole.Summary},
		{news.Policy{Keep: news.KeepExcerpt, Summary: 300}, "제목", strings.Repeat("가", 300)},
		{news.Policy{Keep: news.KeepExcerpt}, "제목", ""},
		{news.Policy{Keep: news.KeepLink, Summary: 300}, "", ""},
		{news.Policy{}, "", ""},
	} {
		want := whole
		want.Title, want.Summary = c.title, c.summary
		got := c.policy.Apply(whole)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%+v: %s", c.policy, diff)
		}
		if diff := cmp.Diff(got, c.policy.Apply(got)); diff != "" {
			t.Errorf("%+v a second time: %s", c.policy, diff)
		}
	}
}

func TestCleanKeepsWhatThePolicyAllows(t *testing.T) {
	t.Parallel()
	item := news.Item{Source: "한길", ExternalID: "1", Title: "가상전자 증설", Summary: "<b>" + strings.Repeat("가나다 ", 200) + "</b>"}
	if a := news.Clean(item, time.Now()); len([]rune(a.Summary)) != 299 { // 300, and no space at the cut
		t.Errorf("%d runes of the summary are kept", len([]rune(a.Summary)))
	}
}

func TestPolicyOf(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, p := range news.Policies() {
		if known[p.Source] {
			t.Errorf("%s has two policies", p.Source)
		}
		known[p.Source] = true
		if p.Keep == news.KeepExcerpt && (p.Summary < 1 || p.Summary > 300) {
			t.Errorf("%s: %d runes are no excerpt", p.Source, p.Summary)
		}
		if p.Source == news.AnyFeed && p.SummaryFor != 0 {
			t.Error("nobody would remove the summaries of feeds: they are removed by source")
		}
		if p.Source != news.AnyFeed && news.PolicyOf(p.Source) != p {
			t.Errorf("%s: %+v", p.Source, news.PolicyOf(p.Source))
		}
	}
	want := news.PolicyOf(news.AnyFeed)
	want.Source = "하늬신문"
	if got := news.PolicyOf("하늬신문"); got != want {
		t.Errorf("a feed without a row: %+v, want %+v", got, want)
	}
}

// TestSourcesDocument compares SOURCES.md with the table: a row per policy, with what is kept and for how long, and
// with the day on which the terms were read.
func TestSourcesDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "SOURCES.md"))
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\|$")
	var got []string
	for _, cell := range row.FindAllStringSubmatch(string(text), -1) {
		got = append(got, fmt.Sprint(cell[1], ": ", cell[2], ", ", cell[3], ", ", cell[4]))
		if _, err := time.Parse("2006-01-02", cell[5]); err != nil {
			t.Errorf("%s: read on %q, which is no date", cell[1], cell[5])
		}
		if !strings.Contains(string(text), "\n### `"+cell[1]+"`\n") {
			t.Errorf("%s has no section with its terms", cell[1])
		}
	}
	var want []string
	for _, p := range news.Policies() {
		want = append(want, fmt.Sprint(p.Source, ": ", kept(p), ", ", lasting(p.SummaryFor), ", ", official(p)))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("SOURCES.md (+) differs from the table (-):\n%s", diff)
	}
}

func kept(p news.Policy) string {
	switch p.Keep {
	case news.KeepFull:
		return "whole text, licensed"
	case news.KeepExcerpt:
		return fmt.Sprintf("title and %d characters", p.Summary)
	}
	return "link"
}

func lasting(d time.Duration) string {
	if d == 0 {
		return "for good"
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}

func official(p news.Policy) string {
	if p.Unofficial {
		return "no: off until switched on"
	}
	return "yes"
}
