package telegram_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		status int
		body   string
		means  string
		kind   fault.Kind
		cause  upstream.Cause
	}{
		"a bot":         {200, `{"ok":true,"result":{"id":7700000001,"is_bot":true,"first_name":"속보","username":"tick_bot"}}`, "the bot is @tick_bot", 0, ""},
		"no name":       {200, `{"ok":true,"result":{}}`, "", fault.Unavailable, ""},
		"unknown token": {401, `{"ok":false,"error_code":401,"description":"Unauthorized"}`, "", fault.Unauthorized, upstream.KeyUnknown},
		"not a token":   {404, `{"ok":false,"error_code":404,"description":"Not Found"}`, "", fault.Unauthorized, upstream.KeyUnknown},
		"too fast":      {429, `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 3","parameters":{"retry_after":3}}`, "", fault.Limited, ""},
		"a proxy":       {502, `<html>` + token + `</html>`, "", fault.Unavailable, ""},
	} {
		base := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/bot"+token+"/getMe" {
				t.Errorf("%s: %s was asked for", what, r.URL.Path)
			}
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		})
		means, err := sender(t, base).Check(t.Context())
		var cause upstream.Cause
		errors.As(err, &cause)
		if means != c.means || fault.KindOf(err) != c.kind || cause != c.cause || (err == nil) != (c.means != "") {
			t.Errorf("%s: %q, %v (%s, cause %q)", what, means, err, fault.KindOf(err), cause)
		}
		if err != nil && strings.Contains(err.Error(), token) {
			t.Errorf("%s: the token is shown: %v", what, err)
		}
	}
}
