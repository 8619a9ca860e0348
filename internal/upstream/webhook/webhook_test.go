package webhook_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
	"tickerwire/internal/upstream/upstreamtest"
	"tickerwire/internal/upstream/webhook"
)

const secret = "a-secret-of-the-receiver"

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func TestTheSendersKit(t *testing.T) {
	t.Parallel()
	upstreamtest.CheckSender(t, upstreamtest.SenderKit{Secret: secret, Repeatable: true, Taken: status(204), Refused: status(400), Gone: status(410),
		TooMany: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(429)
		},
		New: func(_ *testing.T, base string) (upstreamtest.Sender, notice.Address) {
			return webhook.New("test", true), notice.Address{Channel: notice.Webhook, URL: base + "/hook/" + secret, Secret: secret}
		}})
}

// TestAPostIsSigned: the receiver can tell that it is ours, of now, and one it has had.
func TestAPostIsSigned(t *testing.T) {
	t.Parallel()
	var got http.Header
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r.Header
		body, _ = io.ReadAll(r.Body)
	}))
	t.Cleanup(server.Close)
	before := time.Now().Add(-time.Second)
	_, err := webhook.New("test", true).Send(t.Context(), notice.Address{URL: server.URL, Secret: secret}, notice.Message{NoticeID: 12, Version: 3, Text: "<b>가</b>"})
	if err != nil {
		t.Fatal(err)
	}
	var posted map[string]any
	if err := json.Unmarshal(body, &posted); err != nil || posted["id"] != "12" || posted["version"] != 3. || posted["text"] != "<b>가</b>" || got.Get(webhook.HeaderID) != "12" {
		t.Errorf("%s, %v", body, err)
	}
	stamp := got.Get(webhook.HeaderTimestamp)
	if got.Get(webhook.HeaderSignature) != "v1="+webhook.Sign(secret, stamp, body) || webhook.Sign(secret, "1", body) == webhook.Sign(secret, stamp, body) {
		t.Errorf("signature %s", got.Get(webhook.HeaderSignature))
	}
	if at, err := strconv.ParseInt(stamp, 10, 64); err != nil || at < before.Unix() || at > time.Now().Unix() {
		t.Errorf("timestamp %s", stamp)
	}
}

// TestPrivateAddressesAreRefused when they are dialled, also where a name leads to them.
func TestPrivateAddressesAreRefused(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was reached") }))
	t.Cleanup(server.Close)
	s := webhook.New("test", false)
	for _, address := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)} {
		_, err := s.Send(t.Context(), notice.Address{URL: address, Secret: secret}, notice.Message{NoticeID: 1, Text: "x"})
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "do not lead to") {
			t.Errorf("%s: %v", address, err)
		}
	}
	for address, public := range map[string]bool{"127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false,
		"100.64.0.1": false, "0.0.0.0": false, "224.0.0.1": false, "255.255.255.255": false, "::1": false, "::": false, "fe80::1": false, "fc00::1": false,
		"::ffff:10.0.0.1": false, "64:ff9b::a00:1": false, "2002:a00:1::": false, "192.0.2.1": false, "8.8.8.8": true, "2606:4700::1111": true} {
		if got := webhook.Public(netip.MustParseAddr(address)); got != public {
			t.Errorf("%s: public %v", address, got)
		}
	}
}
