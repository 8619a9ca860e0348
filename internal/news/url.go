package news

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// maxURL is the longest address that is kept, in bytes.
const maxURL = 2000

var (
	naverPath   = regexp.MustCompile(`/(\d{3})/(\d{10})(?:/|$)`)
	naverPress  = regexp.MustCompile(`^\d{3}$`)
	naverNumber = regexp.MustCompile(`^\d{10}$`)
	receipt     = regexp.MustCompile(`^\d{14}$`)
	hankyung    = regexp.MustCompile(`/article/([0-9]{10,16}[a-z]?)$`)
	maeil       = regexp.MustCompile(`^/news/([a-z-]+)/([0-9]{6,10})$`)
	tracking    = regexp.MustCompile(`^(?:utm_.*|fbclid|gclid|dclid|gbraid|wbraid|gad_source|msclkid|yclid|twclid|ttclid|igshid|igsh|mc_cid|mc_eid|_ga|_gl|_hsenc|_hsmi|ncid|cmpid|spm|vero_id)$`)
)

// CanonicalURL returns the one form under which an article's address is kept: lower-case scheme and host, no default
// port, user, fragment or tracking parameter, the query sorted. Every form of a Naver article becomes
// https://n.news.naver.com/mnews/article/{press}/{number}; DART, Hankyung and Maeil have one form each too. What is no
// absolute http or https address, or longer than 2000 bytes, becomes "".
func CanonicalURL(raw string) string {
	raw = strings.TrimSpace(raw)
	if len(raw) > maxURL {
		return ""
	}
	// "&section_id" was taken for the entity of "§" somewhere, "&" for "&amp;".
	raw = strings.ReplaceAll(strings.ReplaceAll(raw, "§", "&sect"), "&amp;", "&")
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if u.Scheme != "http" && u.Scheme != "https" || !strings.Contains(strings.Trim(u.Hostname(), "."), ".") {
		return ""
	}
	if port := u.Port(); port == "" || u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	if known := wellKnown(u); known != "" {
		return known
	}
	u.RawQuery, u.ForceQuery = sortedQuery(u.RawQuery), false
	if u.Path == "" {
		u.Path = "/"
	}
	if out := u.String(); len(out) <= maxURL {
		return out
	}
	return ""
}

// wellKnown returns the canonical address of a site whose addresses we know, "" for any other.
func wellKnown(u *url.URL) string {
	host, query := u.Hostname(), u.Query()
	switch strings.TrimPrefix(strings.TrimPrefix(host, "www."), "m.") {
	case "n.news.naver.com", "news.naver.com", "finance.naver.com", "stock.naver.com":
		return naverArticle(u.Path, query)
	case "dart.fss.or.kr":
		if number := query.Get("rcpNo"); receipt.MatchString(number) {
			return "https://dart.fss.or.kr/dsaf001/main.do?rcpNo=" + number
		}
	case "hankyung.com", "news.hankyung.com":
		if part := hankyung.FindStringSubmatch(u.Path); part != nil {
			return "https://www.hankyung.com/article/" + part[1]
		}
	case "mk.co.kr":
		if part := maeil.FindStringSubmatch(u.Path); part != nil {
			return "https://www.mk.co.kr/news/" + part[1] + "/" + part[2]
		}
	}
	return ""
}

func naverArticle(path string, query url.Values) string {
	first := func(names ...string) string {
		for _, name := range names {
			if v := query.Get(name); v != "" {
				return v
			}
		}
		return ""
	}
	press, number := first("office_id", "officeId", "oid"), first("article_id", "articleId", "aid")
	if part := naverPath.FindStringSubmatch(path); part != nil {
		press, number = part[1], part[2]
	}
	if !naverPress.MatchString(press) || !naverNumber.MatchString(number) {
		return ""
	}
	return "https://n.news.naver.com/mnews/article/" + press + "/" + number
}

// sortedQuery returns a query without tracking parameters, escaped one way and sorted. What is no valid pair is left
// out.
func sortedQuery(raw string) string {
	var pairs []string
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, hasValue := strings.Cut(pair, "=")
		n, errName := url.QueryUnescape(name)
		v, errValue := url.QueryUnescape(value)
		if n == "" || errName != nil || errValue != nil || tracking.MatchString(strings.ToLower(n)) {
			continue
		}
		pair = url.QueryEscape(n)
		if hasValue {
			pair += "=" + url.QueryEscape(v)
		}
		pairs = append(pairs, pair)
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}
