package handlers

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tickerwire/internal/fault"
	"tickerwire/store"
)

// How long what we hand out is good for.
const (
	accessTTL  = 15 * time.Minute
	refreshTTL = 14 * 24 * time.Hour // from the last rotation
	monitorTTL = time.Hour
	reuseGrace = 10 * time.Second // the token before the valid one gets the same successor again for so long
)

// Who a signed token is for. A token for one is refused by the other.
const (
	forAPI     = "api"
	forMonitor = "monitor"
)

const (
	issuer      = "tickerwire"
	leastSecret = 32 // bytes
)

// Keys are the secrets that tokens are made with; every process that serves the API needs the same ones.
type Keys struct {
	Access  []AccessKey // the first one signs, all verify: put a new key first and drop the old one 15 minutes later
	Refresh []byte      // at least 32 bytes; refresh tokens and cursors are derived from it
	Older   [][]byte    // refresh keys of before, at least 32 bytes each: their tokens are taken once more, for a new one
}

// AccessKey signs access tokens with HS256; ID travels in their header and is no secret.
type AccessKey struct {
	ID     string
	Secret []byte // at least 32 bytes
}

// NewKeys derives all keys from one secret, which must have at least 32 bytes; New refuses the keys of a shorter one. What
// was made with an older secret is still taken.
func NewKeys(secret string, older ...string) Keys {
	var k Keys
	for i, s := range append([]string{secret}, older...) {
		if len(s) < leastSecret {
			return Keys{}
		}
		root := Keys{Refresh: []byte(s)}
		access := root.derive("access")
		id := sha256.Sum256(access)
		k.Access = append(k.Access, AccessKey{ID: hex.EncodeToString(id[:4]), Secret: access})
		if i == 0 {
			k.Refresh = root.derive("sessions")
		} else {
			k.Older = append(k.Older, root.derive("sessions"))
		}
	}
	return k
}

func (k Keys) validate() error {
	var errs []error
	if len(k.Access) == 0 {
		errs = append(errs, errors.New("handlers: no key for access tokens"))
	}
	seen := map[string]bool{}
	for _, key := range k.Access {
		if key.ID == "" || seen[key.ID] {
			errs = append(errs, fmt.Errorf("handlers: access keys need an id each, not twice %q", key.ID))
		}
		if len(key.Secret) < leastSecret {
			errs = append(errs, fmt.Errorf("handlers: access key %q is shorter than %d bytes", key.ID, leastSecret))
		}
		seen[key.ID] = true
	}
	for _, refresh := range append([][]byte{k.Refresh}, k.Older...) {
		if len(refresh) < leastSecret {
			errs = append(errs, fmt.Errorf("handlers: a refresh key is shorter than %d bytes", leastSecret))
		}
	}
	return errors.Join(errs...)
}

// derive gives a key of its own to each purpose.
func (k Keys) derive(purpose string) []byte {
	mac := hmac.New(sha256.New, k.Refresh)
	mac.Write([]byte("tickerwire " + purpose))
	return mac.Sum(nil)
}

type claims struct {
	jwt.RegisteredClaims
	Role string `json:"role"`
	SID  int64  `json:"sid"`
	Ver  int    `json:"ver"`
}

// tokens makes and reads access and refresh tokens.
type tokens struct {
	signer  AccessKey
	secrets map[string][]byte
	refresh []byte
	older   [][]byte
}

func newTokens(k Keys) tokens {
	t := tokens{signer: k.Access[0], secrets: map[string][]byte{}, refresh: k.derive("refresh")}
	for _, key := range k.Access {
		t.secrets[key.ID] = key.Secret
	}
	for _, key := range k.Older {
		t.older = append(t.older, Keys{Refresh: key}.derive("refresh"))
	}
	return t
}

// access signs a token of the user's session for one audience.
func (t tokens) access(u store.User, sessionID int64, audience string, ttl time.Duration) (string, error) {
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{Role: u.Role, SID: sessionID, Ver: u.Ver,
		RegisteredClaims: jwt.RegisteredClaims{Issuer: issuer, Audience: jwt.ClaimStrings{audience},
			Subject: strconv.FormatInt(u.ID, 10), IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(ttl))}})
	token.Header["kid"] = t.signer.ID
	signed, err := token.SignedString(t.signer.Secret)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return signed, nil
}

// parse verifies signature, audience and time of a token; Unauthorized when one of them is wrong.
func (t tokens) parse(text, audience string) (claims, error) {
	var c claims
	_, err := jwt.ParseWithClaims(text, &c, func(token *jwt.Token) (any, error) {
		id, _ := token.Header["kid"].(string)
		secret, ok := t.secrets[id]
		if !ok {
			return nil, jwt.ErrTokenUnverifiable
		}
		return secret, nil
	}, jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(issuer), jwt.WithAudience(audience),
		jwt.WithExpirationRequired())
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return claims{}, fault.New(fault.Unauthorized, "the token has expired")
	case err != nil:
		return claims{}, fault.New(fault.Unauthorized, "the token is not valid")
	}
	return c, nil
}

// refreshToken derives token number counter of a session.
func (t tokens) refreshToken(sessionID int64, counter int) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(sessionID)) // #nosec G115 -- numbers of rows and rotations, which come back as they were
	b = binary.BigEndian.AppendUint32(b, uint32(counter))      // #nosec G115 -- numbers of rows and rotations, which come back as they were
	return base64.RawURLEncoding.EncodeToString(append(b, sealRefresh(t.refresh, b)...))
}

func sealRefresh(key, head []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(head)
	return mac.Sum(nil)
}

// parseRefresh returns which token of which session the text is; Unauthorized when we did not make it.
func (t tokens) parseRefresh(text string) (sessionID int64, counter int, err error) {
	const head = 8 + 4
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	ours := func(key []byte) bool { return hmac.Equal(b[head:], sealRefresh(key, b[:head])) }
	if err != nil || len(b) != head+sha256.Size || !ours(t.refresh) && !slices.ContainsFunc(t.older, ours) {
		return 0, 0, fault.New(fault.Unauthorized, "the refresh token is not valid")
	}
	return int64(binary.BigEndian.Uint64(b)), int(binary.BigEndian.Uint32(b[8:])), nil // #nosec G115 -- numbers of rows and rotations, which come back as they were
}
