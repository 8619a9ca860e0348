package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"tickerwire/internal/market"
)

const (
	kisQuotations  = "/uapi/domestic-stock/v1/quotations/"
	tokenLifetime  = 24 * time.Hour
	tokenSameUntil = 6 * time.Hour // a new request this soon gets the same token again
)

// kis is the broker's Open API of one account: tokens and daily bars. Tokens and limits live on the wall clock.
type kis struct {
	world    World
	keys     Keys
	wall     func() time.Time
	calls    *gate
	every    time.Duration
	calendar *market.Calendar

	mu     sync.Mutex
	tokens []kisToken // issued ones, oldest first
	told   time.Time  // when a token was handed out last
}

type kisToken struct {
	value  string
	issued time.Time
}

func newKIS(world World, keys Keys, limits Limits, wall func() time.Time) *kis {
	return &kis{world: world, keys: keys, wall: wall, calls: newGate(limits.KISPerSecond, time.Second), every: limits.KISTokenEvery, calendar: market.NewCalendar()}
}

type kisError struct {
	Result  string `json:"rt_cd"`
	Code    string `json:"msg_cd"`
	Message string `json:"msg1"`
}

type kisTokenError struct {
	Code        string `json:"error_code"`
	Description string `json:"error_description"`
}

// kisGateway is a refusal before any service was reached; those come as 500.
func kisGateway(code, message string) answer {
	return jsonAnswer(http.StatusInternalServerError, jsonUTF8, kisError{"1", code, message})
}

// kisInput is a refusal of a parameter; those come as 200.
func kisInput(message string) answer {
	return jsonAnswer(http.StatusOK, jsonUTF8, kisError{"2", "OPSQ2001", message})
}

func kisTokenRefusal(code, description string) answer {
	return jsonAnswer(http.StatusForbidden, jsonUTF8, kisTokenError{code, description})
}

func (k *kis) limited(r *request) answer {
	if r.path == "/oauth2/tokenP" {
		return kisTokenRefusal("EGW00133", "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)")
	}
	return kisGateway("EGW00201", "초당 거래건수를 초과하였습니다.")
}

func (k *kis) answer(r *request, now time.Time) answer {
	switch {
	case r.path == "/oauth2/tokenP":
		return k.issue(r)
	case r.path == kisQuotations+"inquire-daily-itemchartprice":
		return k.quotation(r, "FHKST03010100", func() answer { return k.dailyChart(r, now) })
	}
	return plain(http.StatusNotFound, "simulator: not played: "+r.path)
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
		return k.limited(r)
	}
	k.told = wall
	if n := len(k.tokens); n == 0 || wall.Sub(k.tokens[n-1].issued) >= tokenSameUntil {
		k.tokens = append(k.tokens, kisToken{fmt.Sprintf("simulated.access-token.%d", n+1), wall})
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

// quotation checks what every data call must carry and lets serve answer.
func (k *kis) quotation(r *request, transaction string, serve func() answer) answer {
	scheme, token, _ := strings.Cut(r.Header.Get("authorization"), " ")
	switch {
	case r.Method != http.MethodGet:
		return plain(http.StatusMethodNotAllowed, "Method Not Allowed")
	case !strings.HasPrefix(r.Header.Get("content-type"), "application/json"):
		return kisGateway("EGW00101", "유효하지 않은 요청입니다. (content-type)")
	case r.Header.Get("appkey") != k.keys.KISAppKey:
		return kisGateway("EGW00103", "유효하지 않은 AppKey입니다.")
	case r.Header.Get("appsecret") != k.keys.KISAppSecret:
		return kisGateway("EGW00304", "유효하지 않은 AppSecret입니다.")
	case token == "":
		return kisGateway("EGW00122", "token을 찾을 수 없습니다.")
	case scheme != "Bearer":
		return kisGateway("EGW00205", "credentials_type이 유효하지 않습니다.(Bearer)")
	}
	if refusal := k.checkToken(token); refusal != nil {
		return *refusal
	}
	switch {
	case r.Header.Get("custtype") != "P" && r.Header.Get("custtype") != "B":
		return kisGateway("EGW00208", "고객유형이 유효하지 않습니다.")
	case r.Header.Get("tr_id") != transaction:
		return jsonAnswer(http.StatusOK, jsonUTF8, kisError{"1", "OPSQ0002", "없는 서비스 코드 입니다."})
	case !k.calls.pass(k.wall()):
		return k.limited(r)
	}
	a := serve()
	if a.header != nil {
		a.header["tr_id"], a.header["tr_cont"] = []string{transaction}, []string{""} // lower case, as they send them
	}
	return a
}

func (k *kis) checkToken(value string) *answer {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, t := range k.tokens {
		if t.value != value {
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
