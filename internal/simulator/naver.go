package simulator

import (
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tickerwire/internal/market"
)

const (
	hubPath    = "/search/v1/news"
	legacyPath = "/v1/search/news.json"
	// hubMime is what the hub calls its JSON.
	hubMime = "text/plain;charset=UTF-8"
)

// naver is the news search behind both of its doors. The day's quota is shared by them.
type naver struct {
	world World
	keys  Keys
	wall  func() time.Time
	quota *daily
}

func newNaver(world World, keys Keys, limits Limits, wall func() time.Time) *naver {
	return &naver{world: world, keys: keys, wall: wall, quota: &daily{n: limits.NaverPerDay}}
}

type naverError struct {
	Message string `json:"errorMessage"`
	Code    string `json:"errorCode"`
}

type gatewayError struct {
	Error struct {
		Code    string `json:"errorCode"`
		Message string `json:"message"`
		Details string `json:"details"`
	} `json:"error"`
}

func naverRefusal(status int, code, message string) answer {
	return jsonAnswer(status, jsonUTF8, naverError{Message: message, Code: code})
}

// limited is "too fast", code 012.
func (n *naver) limited(*request) answer {
	return naverRefusal(http.StatusTooManyRequests, "012", "Rate limit exceeded. (속도 제한을 초과했습니다.)")
}

func (n *naver) answer(r *request, now time.Time) answer {
	mime := jsonUTF8
	switch r.path {
	case hubPath:
		mime = hubMime
		if r.Header.Get("X-NCP-APIGW-API-KEY-ID") != n.keys.NaverHubID || r.Header.Get("X-NCP-APIGW-API-KEY") != n.keys.NaverHubSecret {
			var refused gatewayError
			refused.Error.Code, refused.Error.Message, refused.Error.Details = "200", "Authentication Failed", "Invalid authentication information."
			return jsonAnswer(http.StatusUnauthorized, jsonUTF8, refused)
		}
	case legacyPath:
		if r.Header.Get("X-Naver-Client-Id") != n.keys.NaverLegacyID || r.Header.Get("X-Naver-Client-Secret") != n.keys.NaverLegacySecret {
			return naverRefusal(http.StatusUnauthorized, "024", "Not Exist Client ID : Authentication failed. (인증에 실패했습니다.)")
		}
	default:
		return naverRefusal(http.StatusNotFound, "SE05", "Invalid search api (존재하지 않는 검색 api 입니다.)")
	}
	if r.Method != http.MethodGet {
		return plain(http.StatusMethodNotAllowed, "Method Not Allowed")
	}
	if !n.quota.pass(n.wall()) {
		return naverRefusal(http.StatusTooManyRequests, "010", "Query limit exceeded (쿼리 한도를 초과했습니다.)")
	}
	q, refusal := readNaverQuery(r.URL.Query(), r.path == hubPath)
	if refusal != nil {
		return *refusal
	}
	return n.search(q, now, mime)
}

type naverQuery struct {
	words          []string // all of them must be found, ignoring case
	display, start int
	byDate         bool
}

func readNaverQuery(v url.Values, hub bool) (naverQuery, *answer) {
	bad := func(code, message string) (naverQuery, *answer) {
		a := naverRefusal(http.StatusBadRequest, code, message)
		return naverQuery{}, &a
	}
	var q naverQuery
	var ok bool
	if q.words = searchWords(v.Get("query")); len(q.words) == 0 {
		return bad("SE01", "Incorrect query request (잘못된 쿼리요청입니다.)")
	}
	if q.display, ok = intWithin(v, "display", 10, 1, 100); !ok {
		return bad("SE02", "Invalid display value (부적절한 display 값입니다.)")
	}
	if q.start, ok = intWithin(v, "start", 1, 1, 1000); !ok {
		return bad("SE03", "Invalid start value (부적절한 start 값입니다.)")
	}
	switch v.Get("sort") {
	case "", "sim":
	case "date":
		q.byDate = true
	default:
		return bad("SE04", "Invalid sort value (부적절한 sort 값입니다.)")
	}
	if f := v.Get("format"); hub && f != "" && f != "json" {
		a := plain(http.StatusNotImplemented, "simulator: only format=json is played")
		return naverQuery{}, &a
	}
	return q, nil
}

// searchWords splits a query: a quoted part is searched as it stands.
func searchWords(query string) []string {
	var words []string
	for i, part := range strings.Split(query, `"`) {
		if i%2 == 1 {
			words = append(words, strings.TrimSpace(part))
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return slices.DeleteFunc(words, func(w string) bool { return w == "" })
}

// intWithin reads a whole number, or its default where it is absent; ok is false for anything outside of least..most.
func intWithin(v url.Values, name string, absent, least, most int) (n int, ok bool) {
	if !v.Has(name) {
		return absent, true
	}
	n, err := strconv.Atoi(v.Get(name))
	return n, err == nil && n >= least && n <= most
}

type naverItem struct {
	Title        string `json:"title"`
	OriginalLink string `json:"originallink"`
	Link         string `json:"link"`
	Description  string `json:"description"`
	PubDate      string `json:"pubDate"`
}

type naverPage struct {
	LastBuildDate string      `json:"lastBuildDate"`
	Total         int         `json:"total"`
	Start         int         `json:"start"`
	Display       int         `json:"display"`
	Items         []naverItem `json:"items"`
}

func (n *naver) search(q naverQuery, now time.Time, mime string) answer {
	visible, err := n.world.Items(now)
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	var inTitle, elsewhere []*Item
	for i := len(visible) - 1; i >= 0; i-- {
		item := &visible[i]
		switch {
		case item.Filing != nil || !containsAll(item.Title+"\n"+item.Summary, q.words):
		case !q.byDate && containsAll(item.Title, q.words):
			inTitle = append(inTitle, item)
		default:
			elsewhere = append(elsewhere, item)
		}
	}
	if q.byDate {
		slices.SortStableFunc(elsewhere, func(a, b *Item) int { return b.PublishedAt.Compare(a.PublishedAt) })
	}
	hits := append(inTitle, elsewhere...)
	page := naverPage{LastBuildDate: now.In(market.KST).Format(time.RFC1123Z), Total: len(hits), Start: q.start, Items: []naverItem{}}
	var ids []string
	for _, item := range hits[min(q.start-1, len(hits)):min(q.start-1+q.display, len(hits))] {
		page.Items = append(page.Items, naverItem{Title: bold(item.Title, q.words), OriginalLink: item.Link, Link: item.Link,
			Description: bold(item.Summary, q.words), PubDate: item.PublishedAt.In(market.KST).Format(time.RFC1123Z)})
		ids = append(ids, item.ID)
	}
	page.Display = len(page.Items)
	a := jsonAnswer(http.StatusOK, mime, page)
	a.source, a.ids = "naver", ids
	return a
}

func containsAll(text string, words []string) bool {
	text = strings.ToLower(text)
	for _, w := range words {
		if !strings.Contains(text, strings.ToLower(w)) {
			return false
		}
	}
	return true
}

// bold escapes text as Naver does and sets every hit in <b>.
func bold(text string, words []string) string {
	var out strings.Builder
	lower := strings.ToLower(text)
	if len(lower) != len(text) { // a letter whose lower case is of another length: positions would not fit
		lower = text
	}
	for at := 0; at < len(text); {
		next, length := len(text), 0
		for _, w := range words {
			if i := strings.Index(lower[at:], strings.ToLower(w)); i >= 0 && at+i < next {
				next, length = at+i, len(w)
			}
		}
		out.WriteString(escapeNaver(text[at:next]))
		if length > 0 {
			out.WriteString("<b>" + escapeNaver(text[next:next+length]) + "</b>")
		}
		at = next + length
	}
	return out.String()
}

// escapeNaver writes the entities that Naver writes: quotes by name, apostrophes by number.
func escapeNaver(s string) string { return strings.ReplaceAll(html.EscapeString(s), "&#34;", "&quot;") }
