package upstream

// Cause is what a refusal comes from, where its kind is not enough for a person to know what to mend. It is an error, so
// that errors.As finds it behind a fault; the fault's own words are those that are shown.
type Cause string

// The causes.
const (
	KeyUnknown     Cause = "unknown key"
	KeySuspended   Cause = "suspended key"
	KeyExpired     Cause = "expired key"
	WrongProfile   Cause = "wrong key profile" // or a wrong key: the refusal of both is the same
	NotApproved    Cause = "service not approved"
	AddressRefused Cause = "IP address not allowed"
	AccountBlocked Cause = "account blocked"
	TokenRefused   Cause = "token refused"
	TokenTooSoon   Cause = "token asked for too soon"
	TooFast        Cause = "too many calls at once"
	QuotaUsed      Cause = "quota used up"
	NoCredit       Cause = "no credit left"
	ModelUnknown   Cause = "unknown model"
	OtherLength    Cause = "vectors of another length"
	PathUnknown    Cause = "no such address there"
	RobotsForbid   Cause = "robots.txt forbids it"
	NoToken        Cause = "our own limit has no room" // #nosec G101 -- words of a report; nothing was sent
)

// Error returns the cause in words.
func (c Cause) Error() string { return string(c) }

// Because returns err, not nil, with a cause. Its words and its kind stay as they are.
func Because(c Cause, err error) error { return &caused{err, c} }

type caused struct {
	error
	cause Cause
}

// Unwrap returns the error and its cause.
func (e *caused) Unwrap() []error { return []error{e.error, e.cause} }
