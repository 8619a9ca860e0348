package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

// advised is an error and what to do about it.
type advised struct {
	error
	do      string
	unasked bool // nothing left this machine
}

// Unwrap returns the error.
func (a *advised) Unwrap() error { return a.error }

func advise(err error, do string) error  { return &advised{error: err, do: do} }
func unasked(err error, do string) error { return &advised{error: err, do: do, unasked: true} }

// causeOf returns the cause of an error, "" where it has none.
func causeOf(err error) upstream.Cause {
	var cause upstream.Cause
	errors.As(err, &cause)
	return cause
}

// cures is what to do about a cause.
var cures = map[upstream.Cause]string{
	upstream.KeyUnknown:     "copy the key again",
	upstream.KeySuspended:   "ask the service why, or apply for another key",
	upstream.KeyExpired:     "renew the key at the service",
	upstream.NotApproved:    "apply for the service with this key",
	upstream.AddressRefused: "register this machine's address with the key",
	upstream.AccountBlocked: "ask the service why the account is blocked",
	upstream.TokenRefused:   "wait: the next question of a worker renews it",
	upstream.TokenTooSoon:   "try again in a minute",
	upstream.TooFast:        "see who else uses the key",
	upstream.QuotaUsed:      "wait until midnight KST, and see who else uses the key",
	upstream.RobotsForbid:   "switch the source off: a block is never evaded",
	upstream.NoToken:        "try again: the fleet uses up the limit just now",
}

// lastWords is what to do about a kind of error whose cause is not known.
var lastWords = map[fault.Kind]string{
	fault.Unauthorized: "copy the key again",
	fault.Forbidden:    "ask the service what it allows; a block is never evaded",
	fault.NotFound:     "see whether the service has moved",
	fault.Invalid:      "see whether the address is right",
	fault.Limited:      "wait, and see who else uses the key",
	fault.Unavailable:  "wait: it is theirs to mend",
}

// explain makes the line of an error: what is known of its cause first, then its own words without any key.
func (d *doctor) explain(p probe, err error) finding {
	f := finding{Name: p.name, State: stateFail, Asked: p.asked, Cause: causeOf(err)}
	label, do := string(f.Cause), p.cures[f.Cause]
	if do == "" {
		do = cures[f.Cause]
	}
	if f.Cause == "" {
		label, do = silence(err)
	}
	if do == "" {
		do = lastWords[fault.KindOf(err)]
	}
	var known *advised
	if errors.As(err, &known) {
		do = known.do
	}
	if f.Cause == upstream.NoToken || known != nil && known.unasked {
		f.State = stateNotAsked
	}
	f.Means, f.Do = upstream.Brief(err.Error(), d.cfg.Secrets()...), do
	if label != "" {
		f.Means = fmt.Sprintf("%s: %s", label, f.Means)
	}
	return f
}

// silence says why nobody answered, and what to do; "" when somebody did.
func silence(err error) (why, do string) {
	var (
		name    *net.DNSError
		expired x509.CertificateInvalidError
		verify  *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		alert   tls.AlertError
		slow    net.Error
	)
	is := func(targets ...error) bool {
		for _, target := range targets {
			if errors.Is(err, target) {
				return true
			}
		}
		return false
	}
	const between = "see what stands in between: a proxy, a firewall"
	switch {
	case errors.As(err, &name):
		return "no network, or no such name", "see whether this machine has a network and a name server"
	case errors.As(err, &expired) && expired.Reason == x509.Expired:
		return "TLS: a certificate that is not valid today", setClock + "; else theirs has run out"
	case errors.As(err, &verify), errors.As(err, &record), errors.As(err, &alert):
		return "TLS fails", between
	case is(context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return "no answer in time", "try again; else " + between
	case is(syscall.ECONNREFUSED):
		return "connection refused", "see whether the address is right and something runs there"
	case is(syscall.ENETUNREACH, syscall.EHOSTUNREACH):
		return "no network", "see whether this machine has a network"
	case is(syscall.ECONNRESET, syscall.EPIPE, io.EOF, io.ErrUnexpectedEOF):
		return "the connection broke off", "try again; else " + between
	}
	return "", ""
}
