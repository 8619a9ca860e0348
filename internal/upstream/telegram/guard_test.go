package telegram_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
	"tickerwire/internal/upstream/telegram"
)

func TestTheGuardFailsClosed(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"", "https://api.telegram.org", "http://10.0.0.7:9000", "http://localhost.example.org", "http://127.0.0.1.nip.io",
		"http://127.0.0.1@api.telegram.org", "http://0.0.0.0:9000", "http://simulator:9000", "http://[2001:db8::1]:80",
	} {
		if s, err := telegram.New(telegram.Options{Token: token, BaseURL: base}); s != nil || fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%q: %v, %v", base, s, err)
		}
	}
	for _, base := range []string{"http://127.0.0.1:9000", "http://127.8.9.1", "http://[::1]:9000", "http://localhost:9000"} {
		if _, err := telegram.New(telegram.Options{Token: token, BaseURL: base}); err != nil {
			t.Errorf("%q: %v", base, err)
		}
	}
	if _, err := telegram.New(telegram.Options{Token: token, AllowReal: true}); err != nil {
		t.Errorf("production: %v", err)
	}
	for name, o := range map[string]telegram.Options{
		"no token":   {BaseURL: "http://127.0.0.1:9000"},
		"no address": {Token: token, BaseURL: "127.0.0.1:9000"},
		"no host":    {Token: token, BaseURL: "http://", AllowReal: true},
	} {
		if _, err := telegram.New(o); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheGuardHoldsOnTheWire lets a transport of the caller's lead elsewhere: by a proxy, and by a name.
func TestTheGuardHoldsOnTheWire(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") }))
	t.Cleanup(proxy.Close)
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, fine) })
	s, err := telegram.New(telegram.Options{Token: token, BaseURL: base, Transport: &http.Transport{Proxy: http.ProxyURL(address)}})
	if err != nil {
		t.Fatal(err)
	}
	if id, err := s.Send(t.Context(), there, notice.Message{Text: "x"}); err != nil || id != 4711 {
		t.Errorf("message %d, %v", id, err)
	}

	outside := outsideAddress()
	if _, err := telegram.New(telegram.Options{Token: token, BaseURL: "http://" + outside}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("%s: %v", outside, err)
	}
	if err := telegram.DialLoopback(t.Context(), outside); err == nil || !strings.Contains(err.Error(), "send guard") {
		t.Errorf("dialling %s: %v", outside, err)
	}
}

// outsideAddress is one that no packet is sent to: the guard looks before it connects (TEST-NET-1).
func outsideAddress() string {
	return net.JoinHostPort("192.0.2.1", "80")
}
