package korean_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"tickerwire/handlers/korean"
	"tickerwire/internal/fault"
)

// What a caller of the API can be told, he can be told in Korean; and there is no sentence that nobody says.
func TestEveryTextThatCanReachACallerHasItsKorean(t *testing.T) {
	t.Parallel()
	said := reachable(t)
	if len(said) < 100 {
		t.Fatalf("%d texts were found in the source", len(said))
	}
	for format, at := range said {
		if _, ok := korean.Sentences[format]; !ok {
			t.Errorf("%s: %q has no Korean", at[0], format)
		}
	}
	for format := range korean.Sentences {
		if said[format] == nil {
			t.Errorf("%q is said nowhere in the source", format)
		}
	}
}

func TestBothLanguagesSayTheSameThings(t *testing.T) {
	t.Parallel()
	for english, sentence := range korean.Sentences {
		want, err := verbs(english)
		if err != nil {
			t.Errorf("%q: %v", english, err)
		}
		got, err := verbs(sentence)
		if err != nil {
			t.Errorf("%q: %v", sentence, err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q says %v, %q says %v", english, want, sentence, got)
		}
		if !strings.ContainsFunc(sentence, func(r rune) bool { return unicode.Is(unicode.Hangul, r) }) && english != sentence {
			t.Errorf("%q is not Korean", sentence)
		}
	}
}

// verb is a flag, a precision, an argument's number and a letter.
var verb = regexp.MustCompile(`%([-+# 0]*)([0-9]*(?:\.[0-9]+)?)(?:\[([0-9]+)\])?([a-zA-Z%])`)

// verbs returns the letter of each argument, in the arguments' order.
func verbs(format string) ([]string, error) {
	var list []string
	next := 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[4] == "%" {
			continue
		}
		if m[3] != "" {
			n, err := strconv.Atoi(m[3])
			if err != nil {
				return nil, err
			}
			next = n
		}
		for len(list) < next {
			list = append(list, "")
		}
		if list[next-1] != "" {
			return nil, fmt.Errorf("argument %d is said twice", next)
		}
		list[next-1] = strings.Replace(m[4], "w", "v", 1)
		next++
	}
	if slices.Contains(list, "") {
		return nil, errors.New("an argument is left out")
	}
	return list, nil
}

func TestVerbsAreRead(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{"": "", "100%%": "", "%d to %.200q": "d q", "%[2]s of %[1]d": "d s", "why: %w": "v", "none.%.0[1]s": "s"} {
		if got, err := verbs(format); err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q has the verbs %v (%v), want %s", format, got, err, want)
		}
	}
	for _, format := range []string{"%[1]d %[1]d", "%[2]s"} {
		if got, err := verbs(format); err == nil {
			t.Errorf("%q has the verbs %v, want an error", format, got)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text fault.Text
		want string
	}{
		"plain":             {fault.Say("it is required"), "꼭 필요한 항목입니다."},
		"an argument":       {fault.Say("it must be at most %v", 200.0), "200 이하여야 합니다."},
		"large numbers":     {fault.Say("article %d does not exist", 1234567), "1234567번 기사가 없습니다."},
		"another order":     {fault.Say("version %d of the report of %s", 3, "005930"), "종목코드가 005930인 종목의 3번째 보고서가"},
		"a part":            {fault.Say("%s does not exist", fault.Say("model %d", 12)), "12번 모델이 없습니다."},
		"what is left out":  {fault.Say("%s: there is no such row", "list stocks"), "찾을 수 없습니다."},
		"another fault":     {fault.Say("it is no answer: %v", fmt.Errorf("read: %w", fault.New(fault.Invalid, "it must be a list"))), "답으로 읽을 수 없습니다: 목록이어야 합니다."},
		"a stranger's":      {fault.Say("it is no answer: %v", io.ErrUnexpectedEOF), "답으로 읽을 수 없습니다: unexpected EOF"},
		"what has none":     {fault.Say("nobody says %d: %w", 7, io.EOF), "nobody says 7: EOF"},
		"a list of numbers": {fault.Say("are some of %v, each once", []int{1, 3, 5}), "다음에서 겹치지 않게 골라야 합니다: [1 3 5]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := korean.Text(c.text); got != c.want {
				t.Errorf("it says %q, want %q", got, c.want)
			}
		})
	}
}

func TestTitles(t *testing.T) {
	t.Parallel()
	if got := korean.Title(http.StatusNotFound); got != "찾을 수 없음" {
		t.Errorf("404 is called %q", got)
	}
	if got := korean.Title(http.StatusTeapot); got != http.StatusText(http.StatusTeapot) {
		t.Errorf("a status of nobody's is called %q", got)
	}
}
