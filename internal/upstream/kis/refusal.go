package kis

import (
	"strings"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

// tooFast is how long to back off after the per-second limit, which names no wait.
const tooFast = time.Second

// tokenCodes are the refusals that a new token may cure: invalid, not found and expired.
var tokenCodes = map[string]bool{"EGW00121": true, "EGW00122": true, "EGW00123": true}

// verdicts is what a refusal's code means, whatever its status. What EGW00215 means nobody has told; it has been seen
// under load.
var verdicts = map[string]struct {
	kind  fault.Kind
	cause upstream.Cause
	wait  time.Duration // the least
	says  string
}{
	"EGW00103": {fault.Unauthorized, upstream.KeyUnknown, 0, "app key refused"},
	"EGW00105": {fault.Unauthorized, upstream.KeyUnknown, 0, "app secret refused"},
	"EGW00121": {fault.Unauthorized, upstream.TokenRefused, 0, "token refused"},
	"EGW00122": {fault.Unauthorized, upstream.TokenRefused, 0, "token refused"},
	"EGW00123": {fault.Unauthorized, upstream.TokenRefused, 0, "token refused"},
	"EGW00133": {fault.Limited, upstream.TokenTooSoon, issueEvery, "one token a minute"},
	"EGW00201": {fault.Limited, upstream.TooFast, tooFast, "too many calls in this second"},
	"EGW00204": {fault.Forbidden, upstream.AccountBlocked, 0, "this account is blocked"},
	"EGW00215": {fault.Limited, upstream.TooFast, tooFast, "too many calls in this second"},
	"EGW00304": {fault.Unauthorized, upstream.KeyUnknown, 0, "app secret refused"},
}

// refusal makes the fault of an answer that is no success. The status counts only where the code says nothing to us.
func refusal(res *upstream.Response, status error, code, message string) error {
	v, known := verdicts[code]
	switch {
	case known && v.kind == fault.Limited:
		return upstream.Because(v.cause, fault.After(v.kind, max(res.RetryAfter, v.wait), "%s (%s, %s)", v.says, code, message))
	case known:
		return upstream.Because(v.cause, fault.New(v.kind, "%s (%s, %s)", v.says, code, message))
	case strings.HasPrefix(code, "OPSQ2"):
		return fault.New(fault.Invalid, "the question was refused (%s, %s)", code, message)
	case fault.KindOf(status) == fault.Unauthorized, fault.KindOf(status) == fault.Forbidden:
		return fault.New(fault.Unauthorized, "key refused (status %d, %s, %s)", res.Status, code, message)
	}
	return fault.After(fault.Unavailable, res.RetryAfter, "answered status %d, code %q (%s)", res.Status, code, message)
}
