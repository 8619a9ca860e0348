package tasks

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
)

// varying is what differs between two failures of one cause: numbers, quoted words, long hex strings.
var varying = regexp.MustCompile(`"[^"]*"|[0-9a-fA-F]{12,}|[0-9]+`)

// fingerprint groups failures of one kind and cause: 12 hex digits over the kind and the error's text without its
// varying parts. Only the first 400 characters count, so that stacks do not tell equal failures apart.
func fingerprint(kind string, err error) string {
	text := varying.ReplaceAllString(err.Error(), "#")
	if len(text) > 400 {
		text = text[:400]
	}
	sum := sha256.Sum256([]byte(kind + "\n" + text))
	return hex.EncodeToString(sum[:6])
}
