package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"tickerwire/internal/market"
)

const (
	tokenLifetime  = 24 * time.Hour
	tokenSameUntil = 6 * time.Hour // a new request this soon gets the same token again
)

type kisToken struct {
	value   string
	issued  time.Time
	revoked bool
}

// KISCounts is how often a broker was asked, since the start.
type KISCounts struct {
	Tokens  int `json:"tokens"`  // answers with a token, each of which the account's owner is told of
	Refused int `json:"refused"` // requests for a token that were refused as too soon
	Calls   int `json:"calls"`   // questions that were answered
}

func (k *kis) counted() KISCounts {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.counts
}

type kisTokenError struct {
	Code        string `json:"error_code"`
	Description string `json:"error_description"`
}

func kisTokenRefusal(code, description string) answer {
	return jsonAnswer(http.StatusForbidden, jsonUTF8, kisTokenError{code, description})
}

// issue hands out a token. The codes of a wrong key and secret were seen live; that of a malformed body is a guess.
func (k *kis) issue(r *request) answer {
	var in struct {
		GrantType string `json:"grant_type"`
		AppKey    string `json:"appkey"`
		AppSecret string `json:"appsecret"`
	}
	err := json.Unmarshal(r.body, &in)
	switch {
	case r.Method != http.MethodPost:
		return plain(http.StatusMethodNotAllowed, "Method Not Allowed")
	case err != nil || in.GrantType != "client_credentials":
		return kisTokenRefusal("EGW00101", "유효하지 않은 요청입니다.")
	case in.AppKey != k.keys.KISAppKey:
		return kisTokenRefusal("EGW00103", "유효하지 않은 AppKey입니다.")
	case in.AppSecret != k.keys.KISAppSecret:
		return kisTokenRefusal("EGW00105", "유효하지 않은 AppSecret입니다.")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	wall := k.wall()
	if !k.told.IsZero() && wall.Sub(k.told) < k.every {
		k.counts.Refused++
		return k.limited(r)
	}
	k.told = wall
	k.counts.Tokens++
	if n := len(k.tokens); n == 0 || k.tokens[n-1].revoked || wall.Sub(k.tokens[n-1].issued) >= tokenSameUntil {
		k.tokens = append(k.tokens, kisToken{value: fmt.Sprintf("simulated.access-token.%s.%d", k.profile(), n+1), issued: wall})
	}
	token := k.tokens[len(k.tokens)-1]
	expires := token.issued.Add(tokenLifetime)
	return jsonAnswer(http.StatusOK, jsonUTF8, struct {
		Token   string `json:"access_token"`
		Type    string `json:"token_type"`
		Seconds int64  `json:"expires_in"`
		Expires string `json:"access_token_token_expired"`
	}{token.value, "Bearer", int64(expires.Sub(wall).Seconds()), expires.In(market.KST).Format(time.DateTime)})
}

// revoke ends a token at its owner's wish.
func (k *kis) revoke(r *request) answer {
	var in struct {
		AppKey    string `json:"appkey"`
		AppSecret string `json:"appsecret"`
		Token     string `json:"token"`
	}
	err := json.Unmarshal(r.body, &in)
	switch {
	case r.Method != http.MethodPost:
		return plain(http.StatusMethodNotAllowed, "Method Not Allowed")
	case err != nil || in.AppKey != k.keys.KISAppKey || in.AppSecret != k.keys.KISAppSecret:
		return kisTokenRefusal("EGW00103", "유효하지 않은 AppKey입니다.")
	case !k.end(in.Token):
		return kisTokenRefusal("EGW00121", "유효하지 않은 token 입니다.")
	}
	return jsonAnswer(http.StatusOK, jsonUTF8, struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}{200, "접근토큰 폐기에 성공하였습니다"})
}

// end revokes one token, or all of them where value is "", as maintenance does. It reports whether there was one.
func (k *kis) end(value string) (found bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, t := range k.tokens {
		if !t.revoked && (value == "" || t.value == value) {
			k.tokens[i].revoked, found = true, true
		}
	}
	return found
}

func (k *kis) checkToken(value string) *answer {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, t := range k.tokens {
		if t.value != value || t.revoked {
			continue
		}
		if k.wall().Sub(t.issued) < tokenLifetime {
			return nil
		}
		a := kisGateway("EGW00123", "기간이 만료된 token 입니다.")
		return &a
	}
	a := kisGateway("EGW00121", "유효하지 않은 token 입니다.")
	return &a
}
