package upstream

import (
	"net"
	"net/http"
	"time"
)

// NewTransport returns a transport for a Client: a few hundred requests a minute to a handful of hosts, most of them to
// one. Connections are kept between two crawls of a minute; each step on the way has a deadline of its own, so that a
// host which takes no connection costs less than one that answers slowly.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  DefaultTimeout - 3*time.Second,
		ExpectContinueTimeout:  time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    32,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}
