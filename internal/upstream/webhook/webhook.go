// Package webhook posts messages to addresses that admins have named: JSON, signed, with an id by which the receiver knows
// a message that comes again. That is why, unlike one of Telegram's, a message whose answer was lost is posted again. It
// reaches no address of this machine or its network: an address is looked at when it is dialled, whatever its name led to
// before.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
	"tickerwire/internal/upstream"
)

// The headers of a post. The signature is "v1=" and the hexadecimal HMAC-SHA256, under the webhook's secret, of the
// timestamp (seconds since 1970), a dot and the body.
const (
	HeaderID        = "X-Tickerwire-Id"
	HeaderTimestamp = "X-Tickerwire-Timestamp"
	HeaderSignature = "X-Tickerwire-Signature"
)

// Sender posts. It is safe for concurrent use.
type Sender struct {
	client    *http.Client
	userAgent string
	now       func() time.Time
}

// New returns a Sender; allowPrivate lets it reach this machine and its network, for tests and for receivers inside.
func New(userAgent string, allowPrivate bool) *Sender {
	dialer := net.Dialer{Timeout: 5 * time.Second}
	if !allowPrivate {
		dialer.Control = refusePrivate
	}
	return &Sender{userAgent: userAgent, now: time.Now, client: &http.Client{Timeout: upstream.DefaultTimeout,
		Transport:     &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// privateError is an address that no webhook may lead to.
type privateError struct{ address string }

// Error names it.
func (e *privateError) Error() string { return "webhooks do not lead to " + e.address }

// notPublic are the networks that netip's own words do not cover: shared, of documentation, of benchmarks, reserved, and those
// that stand for IPv4 addresses.
var notPublic = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("::/96")}

// refusePrivate is asked with the resolved address before each connection.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !public(to.Addr()) {
		return &privateError{address}
	}
	return nil
}

func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// posted is the body.
type posted struct {
	ID      string `json:"id"`
	Version int    `json:"version"` // of the text: a later one takes the earlier one's place
	Text    string `json:"text"`    // HTML
}

// Wait never waits: receivers say themselves when they have had enough.
func (s *Sender) Wait(context.Context, notice.Address) error { return nil }

// Send posts a message and returns its notice's number. Its errors:
//
//	Unavailable  it is not known to be taken, and may be posted again: its id tells
//	Limited      429, with the wait that the receiver asks for
//	Forbidden    410: the receiver wants nothing more
//	Invalid      any other answer below 500, and an address that must not be reached
func (s *Sender) Send(ctx context.Context, to notice.Address, m notice.Message) (messageID int64, err error) {
	id := strconv.FormatInt(m.NoticeID, 10)
	body, err := json.Marshal(posted{ID: id, Version: m.Version, Text: m.Text})
	if err != nil {
		return 0, fault.New(fault.Invalid, "webhook: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(body))
	if err != nil {
		return 0, fault.New(fault.Invalid, "webhook: the address cannot be read")
	}
	stamp := strconv.FormatInt(s.now().Unix(), 10)
	for name, value := range map[string]string{"Content-Type": "application/json", "User-Agent": s.userAgent, HeaderID: id, HeaderTimestamp: stamp,
		HeaderSignature: "v1=" + Sign(to.Secret, stamp, body)} {
		req.Header.Set(name, value)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return 0, refusal(to, err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)); err != nil && res.StatusCode/100 == 2 {
		return 0, fault.New(fault.Unavailable, "webhook: %s: the answer broke off", host(to))
	}
	if err := verdict(to, res); err != nil {
		return 0, err
	}
	return m.NoticeID, nil
}

// Edit posts a message's newer version.
func (s *Sender) Edit(ctx context.Context, to notice.Address, _ int64, m notice.Message) error {
	_, err := s.Send(ctx, to, m)
	return err
}

// Sign returns the hexadecimal signature of a post.
func Sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%s.%s", timestamp, body)
	return hex.EncodeToString(mac.Sum(nil))
}
