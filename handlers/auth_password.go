package handlers

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/crypto/argon2"

	"tickerwire/internal/fault"
)

// The cost of a password, OWASP's least for argon2id: 19 MiB, two passes, one lane. Old hashes keep the numbers that
// they were made with.
const (
	argonMemory = 19 * 1024 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonSalt   = 16
	argonKey    = 32
)

// hashWait is how long a sign-in waits for its turn to hash.
const hashWait = 5 * time.Second

// hasher checks passwords, at most so many at once that neither memory nor every core is taken by sign-ins.
type hasher struct {
	turns chan struct{}
	dummy string // the hash of a password that nobody has: for unknown accounts, so that they take as long
}

func newHasher() (*hasher, error) {
	dummy, err := hashPassword(rand.Text())
	if err != nil {
		return nil, err
	}
	return &hasher{turns: make(chan struct{}, max(2, runtime.GOMAXPROCS(0)/2)), dummy: dummy}, nil
}

// HashPassword returns the argon2id hash of a password in the PHC string format, salted, as User.PasswordHash keeps it.
// It takes some 30 ms and 19 MiB.
func HashPassword(ctx context.Context, password string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	return hashPassword(password)
}

func hashPassword(password string) (string, error) {
	salt := make([]byte, argonSalt)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("salt of a password: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// hash is HashPassword in its turn.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.turns }()
	return hashPassword(password)
}

// verify reports whether the password is the one of the hash. It takes equally long for an empty hash, which stands
// for an account that does not exist, and then says no.
func (h *hasher) verify(ctx context.Context, password, hash string) (bool, error) {
	exists := hash != ""
	if !exists {
		hash = h.dummy
	}
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer func() { <-h.turns }()
	same, err := comparePassword(password, hash)
	return same && exists, err
}

func (h *hasher) enter(ctx context.Context) error {
	timer := time.NewTimer(hashWait)
	defer timer.Stop()
	select {
	case h.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return fault.After(fault.Limited, hashWait, "too many people are signing in, try again shortly")
	}
}

func comparePassword(password, hash string) (bool, error) {
	var version int
	var memory, passes uint32
	var lanes uint8
	var rest string
	if _, err := fmt.Sscanf(hash, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &memory, &passes, &lanes, &rest); err != nil {
		return false, fmt.Errorf("a stored password hash cannot be read: %w", err)
	}
	salt, key, err := saltAndKey(rest)
	if err != nil {
		return false, err
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(key))) // #nosec G115 -- a key of 32 bytes
	return subtle.ConstantTimeCompare(got, key) == 1, nil
}

func saltAndKey(text string) (salt, key []byte, err error) {
	for i := range text {
		if text[i] != '$' {
			continue
		}
		if salt, err = base64.RawStdEncoding.DecodeString(text[:i]); err != nil {
			break
		}
		key, err = base64.RawStdEncoding.DecodeString(text[i+1:])
		break
	}
	if err != nil || len(salt) == 0 || len(key) == 0 {
		return nil, nil, fmt.Errorf("a stored password hash has no salt or no key: %w", err)
	}
	return salt, key, nil
}
