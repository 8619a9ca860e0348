package simclock

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"tickerwire/internal/fault"
)

// Keys is what the simulator says its clients must use. TelegramChats are the chats of its Telegram.
type Keys struct {
	NaverHubID     string  `json:"naver_hub_id"`
	NaverHubSecret string  `json:"naver_hub_secret"`
	DARTKey        string  `json:"dart_key"`
	KRXKey         string  `json:"krx_key"`
	KISAppKey      string  `json:"kis_app_key"`
	KISAppSecret   string  `json:"kis_app_secret"`
	TelegramToken  string  `json:"telegram_token"`
	OpenAIKey      string  `json:"openai_key"`
	TelegramChats  []int64 `json:"telegram_chats"`
}

// ReadKeys asks the simulator at baseURL for its keys. Errors: Unavailable when it does not answer as one within two
// seconds.
func ReadKeys(ctx context.Context, baseURL string) (Keys, error) {
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	var keys Keys
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(baseURL, "/")+"/_sim/keys", nil)
	if err != nil {
		return keys, fault.New(fault.Invalid, "simulator: %w", err)
	}
	res, err := newClient().Do(req)
	if err != nil {
		return keys, fault.New(fault.Unavailable, "no simulator answers: %w", err)
	}
	defer res.Body.Close()
	err = json.NewDecoder(io.LimitReader(res.Body, maxBody)).Decode(&keys)
	if res.StatusCode != http.StatusOK {
		return keys, fault.New(fault.Unavailable, "the simulator answers %d and no keys", res.StatusCode)
	}
	if err != nil {
		return keys, fault.New(fault.Unavailable, "the simulator's keys: %w", err)
	}
	return keys, nil
}

// maxBody bounds every answer of the simulator, in bytes: tens of thousands of chats.
const maxBody = 1 << 20

// newClient returns a client that waits no longer than is patient.
func newClient() *http.Client { return &http.Client{Timeout: patient} }
