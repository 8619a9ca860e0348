package simulator

import "strings"

// Keys are what the simulated services accept. Those that everybody knows are invented, and no other service takes them.
type Keys struct {
	NaverHubID        string `json:"naver_hub_id"`
	NaverHubSecret    string `json:"naver_hub_secret"`
	NaverLegacyID     string `json:"naver_legacy_id"`
	NaverLegacySecret string `json:"naver_legacy_secret"`
	DARTKey           string `json:"dart_key"` // 40 characters
	KRXKey            string `json:"krx_key"`
	KISAppKey         string `json:"kis_app_key"`
	KISAppSecret      string `json:"kis_app_secret"`
	TelegramToken     string `json:"telegram_token"`
	OpenAIKey         string `json:"openai_key"`
	OpenAIEmptyKey    string `json:"openai_empty_key"` // of an account that is out of credit
}

func demoKeys() Keys {
	return Keys{ // #nosec G101 -- invented keys that no service accepts
		NaverHubID: "simulated-hub-id", NaverHubSecret: "simulated-hub-secret",
		NaverLegacyID: "simulated-legacy-id", NaverLegacySecret: "simulated-legacy-secret",
		DARTKey: strings.Repeat("simulated0", 4), KRXKey: "simulated-krx-key",
		KISAppKey: "simulated-app-key", KISAppSecret: "simulated-app-secret",
		TelegramToken: "900000001:" + strings.Repeat("simul", 7),
		OpenAIKey:     "sk-simulated-key", OpenAIEmptyKey: "sk-simulated-empty",
	}
}
