package upstream

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"tickerwire/internal/fault"
)

const (
	robotsKeep = 24 * time.Hour // RFC 9309, 2.4
	robotsMax  = 500 << 10      // bytes that are read of one file (RFC 9309, 2.5)
)

// Robots remembers what the hosts' robots.txt say (RFC 9309), each for a day. The zero Robots is empty and safe for
// concurrent use.
type Robots struct {
	mu    sync.Mutex
	hosts map[string]*robotsHost
}

type robotsHost struct {
	mu    sync.Mutex // held while the file is fetched: whoever else wants it waits for the same answer
	rules rules
	at    time.Time // when it was fetched; zero: never
}

func (r *Robots) host(origin string) *robotsHost {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hosts == nil {
		r.hosts = map[string]*robotsHost{}
	}
	if r.hosts[origin] == nil {
		r.hosts[origin] = &robotsHost{}
	}
	return r.hosts[origin]
}

// permitted asks the target's robots.txt. Forbidden: it disallows the path for us. A file that is not there (4xx) allows
// everything; one that cannot be had (5xx, nobody answers) disallows everything for now, which is Unavailable, unless an
// older copy is at hand.
func (c *Client) permitted(ctx context.Context, target *url.URL) error {
	origin := target.Scheme + "://" + target.Host
	host := c.Robots.host(origin)
	host.mu.Lock()
	defer host.mu.Unlock()
	if now := c.now(); host.at.IsZero() || now.Sub(host.at) >= robotsKeep {
		fresh, err := c.fetchRobots(ctx, origin, target.Hostname())
		switch {
		case err == nil:
			host.rules, host.at = fresh, now
		case host.at.IsZero() || ctx.Err() != nil || fault.KindOf(err) == fault.Limited:
			return err
		}
	}
	path := target.EscapedPath()
	if target.RawQuery != "" {
		path += "?" + target.RawQuery
	}
	if !host.rules.allow(path) {
		return Because(RobotsForbid, fault.New(fault.Forbidden, "robots.txt of %s disallows %s for %s", target.Host, target.EscapedPath(), c.productToken()))
	}
	return nil
}

func (c *Client) fetchRobots(ctx context.Context, origin, key string) (rules, error) {
	res, err := c.Do(ctx, Request{URL: origin + "/robots.txt", Key: key})
	switch {
	case err == nil:
		return parseRobots(res.Text(), c.productToken()), nil
	case fault.KindOf(err) == fault.Limited:
		return nil, fmt.Errorf("robots.txt: %w", err)
	case res != nil && res.Status >= 400 && res.Status < 500:
		return nil, nil // there is none: no rules
	case ctx.Err() != nil:
		return nil, err
	}
	return nil, &fault.Error{Kind: fault.Unavailable, Err: err, RetryAfter: fault.RetryAfterOf(err),
		Message: "robots.txt cannot be had, and nothing may be asked meanwhile: " + err.Error()}
}

// productToken is the name by which a robots.txt knows us: our User-Agent up to the version.
func (c *Client) productToken() string {
	token, _, _ := strings.Cut(c.UserAgent, "/")
	return token
}

// rules are what one robots.txt says to us; none allow everything.
type rules []rule

type rule struct {
	allow   bool
	pattern string
}

// parseRobots reads the groups that name the product, or those for "*" where none does.
func parseRobots(text, product string) rules {
	if len(text) > robotsMax {
		text = text[:robotsMax]
	}
	ours, theirs := rules{}, rules{}
	named := false                  // some group is for us
	var forUs, forAll, inRules bool // of the group that is being read
	for line := range strings.Lines(strings.ReplaceAll(text, "\r", "\n")) {
		line, _, _ = strings.Cut(line, "#")
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		switch key = strings.ToLower(strings.TrimSpace(key)); key {
		case "user-agent":
			if inRules { // the lines before belong to another group
				forUs, forAll, inRules = false, false, false
			}
			agent, _, _ := strings.Cut(value, "/")
			isUs := product != "" && strings.EqualFold(strings.TrimSpace(agent), product)
			forUs, forAll, named = forUs || isUs, forAll || value == "*", named || isUs
		case "allow", "disallow":
			inRules = true
			if value == "" {
				continue
			}
			r := rule{allow: key == "allow", pattern: normalPath(value)}
			if forUs {
				ours = append(ours, r)
			}
			if forAll {
				theirs = append(theirs, r)
			}
		}
	}
	if named {
		return ours
	}
	return theirs
}

// allow reports what the longest rule that fits says; an allow wins over a disallow of its length.
func (r rules) allow(path string) bool {
	path = normalPath(path)
	allowed, length := true, -1
	for _, x := range r {
		if n := len(x.pattern); (n > length || n == length && x.allow) && fits(x.pattern, path) {
			allowed, length = x.allow, n
		}
	}
	return allowed
}

// fits matches a pattern with "*" for anything and "$" for the end against the start of a path.
func fits(pattern, path string) bool {
	pattern, toEnd := strings.CutSuffix(pattern, "$")
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(path, parts[0])
	if !ok {
		return false
	}
	for i, part := range parts[1:] {
		if toEnd && i == len(parts)-2 {
			return strings.HasSuffix(rest, part)
		}
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return !toEnd || rest == ""
}

// normalPath writes a path so that two spellings of the same one compare equal: what needs no escape has none, the rest
// is escaped in capitals. "*" and "$" stay as they are.
func normalPath(path string) string {
	var out strings.Builder
	for i := 0; i < len(path); i++ {
		b := path[i]
		if b == '%' && i+2 < len(path) {
			if decoded, err := url.PathUnescape(path[i : i+3]); err == nil {
				b = decoded[0]
				i += 2
				if !unreserved(b) {
					fmt.Fprintf(&out, "%%%02X", b)
					continue
				}
			}
		}
		if b >= 0x80 || b <= ' ' {
			fmt.Fprintf(&out, "%%%02X", b)
			continue
		}
		out.WriteByte(b)
	}
	return out.String()
}

// unreserved reports the characters that mean the same with and without an escape (RFC 3986, 2.3).
func unreserved(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("-._~", b) >= 0
}
