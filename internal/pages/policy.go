package pages

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// fragmentPolicy is for what is no page, should a browser be made to show it as one.
const fragmentPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// pagePolicy allows a page what comes from its own origin, and of the scripts that stand in it those that do so now: each by
// its hash. A nonce could not do that, as the page is the same for everybody.
func pagePolicy(page io.Reader) (string, error) {
	scripts, err := inlineScripts(page)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("default-src 'none'; script-src 'self'")
	for _, s := range scripts {
		sum := sha256.Sum256([]byte(s))
		b.WriteString(" 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'")
	}
	b.WriteString("; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; " +
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	return b.String(), nil
}

// inlineScripts returns the text of every script without a src, each once. Blocks of data are among them: their hashes do
// no harm.
func inlineScripts(page io.Reader) ([]string, error) {
	var scripts []string
	tokens := html.NewTokenizer(page)
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			if err := tokens.Err(); !errors.Is(err, io.EOF) {
				return nil, err
			}
			slices.Sort(scripts)
			return slices.Compact(scripts), nil
		case html.StartTagToken:
			tag := tokens.Token()
			if tag.Data != "script" || slices.ContainsFunc(tag.Attr, func(a html.Attribute) bool { return a.Key == "src" }) {
				continue
			}
			if tokens.Next() == html.TextToken {
				scripts = append(scripts, string(tokens.Raw()))
			}
		}
	}
}
