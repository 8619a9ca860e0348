package handlers

import (
	"errors"
	"net/http"
	"strings"

	textlanguage "golang.org/x/text/language"

	"tickerwire/handlers/korean"
	"tickerwire/internal/fault"
)

const (
	headerLanguage  = "Accept-Language"
	longestLanguage = 500 // bytes of Accept-Language that are read; a browser with ten languages sends a hundred
)

// language is what a caller is told his problems in.
type language bool

const (
	inEnglish language = false
	inKorean  language = true
)

// spoken are the languages there are, the one for everybody else first.
var spoken = textlanguage.NewMatcher([]textlanguage.Tag{textlanguage.English, textlanguage.Korean})

// languageOf returns the one that a request asks for; English where it asks for none there is, or cannot be understood.
func languageOf(h http.Header) language {
	asked := strings.Join(h.Values(headerLanguage), ",")
	if asked == "" || len(asked) > longestLanguage {
		return inEnglish
	}
	tags, _, err := textlanguage.ParseAcceptLanguage(asked)
	if err != nil {
		return inEnglish
	}
	_, i, _ := spoken.Match(tags...)
	return language(i == 1)
}

func (call Call) language() language { return languageOf(call.request.Header) }

// tag is what Content-Language says.
func (l language) tag() string {
	if l == inKorean {
		return "ko"
	}
	return "en"
}

// title returns an HTTP status in words.
func (l language) title(status int) string {
	if l == inKorean {
		return korean.Title(status)
	}
	return http.StatusText(status)
}

func (l language) text(t fault.Text) string {
	if l == inKorean {
		return korean.Text(t)
	}
	return t.String()
}

// message returns what a fault says, without its field.
func (l language) message(f *fault.Error) string {
	if l == inKorean && f.Said.Format != "" {
		return korean.Text(f.Said)
	}
	return f.Message
}

// why returns what a fault says, behind its field where there is one.
func (l language) why(err error) string {
	var f *fault.Error
	switch {
	case !errors.As(err, &f):
		return l.text(fault.Say("internal error"))
	case f.Field != "":
		return f.Field + ": " + l.message(f)
	}
	return l.message(f)
}
