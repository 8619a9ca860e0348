package handlers

import (
	"net"
	"net/http"
	"net/netip"
	"time"

	"tickerwire/internal/fault"
)

// Names of the refresh token's cookie: the prefix makes browsers insist on TLS, this host and the path /. On loopback
// there is no TLS, so there the name is plain.
const (
	refreshCookie      = "__Host-rt"
	refreshCookiePlain = "rt"
)

// setCookie hands a secret to the browser alone. Over plain HTTP it does so on loopback only.
func setCookie(h http.Header, r *http.Request, secure bool, c http.Cookie) error { // #nosec G124 -- it adds HttpOnly, SameSite and Secure
	if !mayHoldCookie(r, secure) {
		return errNoCookie()
	}
	c.Secure, c.HttpOnly, c.SameSite = secure, true, http.SameSiteStrictMode
	h.Add("Set-Cookie", c.String())
	return nil
}

func mayHoldCookie(r *http.Request, secure bool) bool { return secure || isLoopback(r.Host) }

func errNoCookie() error {
	return fault.InvalidField("session", "a cookie is given over TLS or on this machine only")
}

func refreshCookieName(secure bool) string {
	if secure {
		return refreshCookie
	}
	return refreshCookiePlain
}

// giveRefresh sets the cookie of a cookie session.
func (call Call) giveRefresh(token string) error {
	return setCookie(call.header, call.request, call.secure, http.Cookie{Name: refreshCookieName(call.secure), Value: token, // #nosec G124 -- setCookie adds HttpOnly, SameSite and Secure
		Path: "/", MaxAge: int(refreshTTL / time.Second)})
}

// takeRefresh returns the cookie's token, "" when there is none.
func (call Call) takeRefresh() string {
	c, err := call.request.Cookie(refreshCookieName(call.secure))
	if err != nil {
		return ""
	}
	return c.Value
}

// dropRefresh asks the browser to forget the cookie, where it sent one.
func (call Call) dropRefresh() error {
	if call.takeRefresh() == "" {
		return nil
	}
	return setCookie(call.header, call.request, call.secure, http.Cookie{Name: refreshCookieName(call.secure), Path: "/", MaxAge: -1}) // #nosec G124 -- setCookie adds HttpOnly, SameSite and Secure
}

// isSecure reports whether the caller's side of the connection is TLS: ours, or that of a trusted proxy which says so.
func (d Deps) isSecure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || r.Header.Get("X-Forwarded-Proto") != "https" {
		return false
	}
	for _, p := range d.TrustedProxies {
		if p.Contains(peer.Addr().Unmap()) {
			return true
		}
	}
	return false
}

// isLoopback reports whether a Host header names this machine.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func prefixNet(p netip.Prefix) *net.IPNet {
	p = p.Masked()
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
