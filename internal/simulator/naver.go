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
	speed *gate
}

func newNaver(world World, keys Keys, limits Limits, wall func() time.Time) *naver {
	return &naver{world: world, keys: keys, wall: wall, quota: &daily{n: limits.NaverPerDay},
		speed: newGate(limits.NaverPerSecond, time.Second)}
}

type naverError struct {
	Message string `json:"errorMessage"`
	Code    string `json:"errorCode"`
}

// gatewayError is how the hub's gateway refuses. Its code is a string in some answers and a number in others.
type gatewayError struct {
	Error struct {
		Code    any    `json:"errorCode"`
		Message string `json:"message"`
		Details string `json:"details,omitempty"`
	} `json:"error"`
}

func gatewayRefusal(code any, message, details string) answer {
	var refused gatewayError
	refused.Error.Code, refused.Error.Message, refused.Error.Details = code, message, details
	return jsonAnswer(http.StatusUnauthorized, jsonUTF8, refused)
}

func naverRefusal(status int, code, message string) answer {
	return jsonAnswer(status, jsonUTF8, naverError{Message: message, Code: code})
}

func (n *naver) daily() *daily { return n.quota }

// refuse implements coded.
func (n *naver) refuse(_ *request, code string) (answer, bool) {
	switch code {
	case "200":
		return gatewayRefusal("200", "Authentication Failed", "Invalid authentication information."), true
	case "210":
		return gatewayRefusal("210", "Permission Denied", "A subscription to the API is required."), true
	case "401":
		return gatewayRefusal(401, "요청한 API는 이 애플리케이션에서 사용하도록 설정되지 않았습니다.", ""), true
	case "024":
		return naverRefusal(http.StatusUnauthorized, code, "Not Exist Client ID : Authentication failed. (인증에 실패했습니다.)"), true
	case "012":
		return naverRefusal(http.StatusTooManyRequests, code, "Rate limit exceeded. (속도 제한을 초과했습니다.)"), true
	case "010":
		return naverRefusal(http.StatusTooManyRequests, code, "Query limit exceeded (쿼리 한도를 초과했습니다.)"), true
	case "SE01":
		return naverRefusal(http.StatusBadRequest, code, "Incorrect query request (잘못된 쿼리요청입니다.)"), true
	case "SE02":
		return naverRefusal(http.StatusBadRequest, code, "Invalid display value (부적절한 display 값입니다.)"), true
	case "SE03":
		return naverRefusal(http.StatusBadRequest, code, "Invalid start value (부적절한 start 값입니다.)"), true
	case "SE04":
		return naverRefusal(http.StatusBadRequest, code, "Invalid sort value (부적절한 sort 값입니다.)"), true
	case "SE05":
		return naverRefusal(http.StatusNotFound, code, "Invalid search api (존재하지 않는 검색 api 입니다.)"), true
	case "SE99":
		return naverRefusal(http.StatusInternalServerError, code, "System Error (시스템 에러)"), true
	}
	return answer{}, false
}

// refused is refuse for a code of the program's own.
func (n *naver) refused(r *request, code string) answer {
	a, ok := n.refuse(r, code)
	if !ok {
		return plain(http.StatusInternalServerError, "simulator: Naver has no code "+code)
	}
	return a
}

// limited is "too fast", code 012.
func (n *naver) limited(r *request) answer { return n.refused(r, "012") }

func (n *naver) answer(r *request, now time.Time) answer {
	mime := jsonUTF8
	switch r.path {
	case hubPath:
		mime = hubMime
		if r.Header.Get("X-NCP-APIGW-API-KEY-ID") != n.keys.NaverHubID || r.Header.Get("X-NCP-APIGW-API-KEY") != n.keys.NaverHubSecret {
			return n.refused(r, "200")
		}
	case legacyPath:
		if r.Header.Get("X-Naver-Client-Id") != n.keys.NaverLegacyID || r.Header.Get("X-Naver-Client-Secret") != n.keys.NaverLegacySecret {
			return n.refused(r, "024")
		}
	default:
		return n.refused(r, "SE05")
	}
	if r.Method != http.MethodGet {
		return plain(http.StatusMethodNotAllowed, "Method Not Allowed")
	}
	switch wall := n.wall(); {
	case !n.speed.pass(wall):
		return n.refused(r, "012")
	case !n.quota.pass(wall):
		return n.refused(r, "010")
	}
	if f := r.URL.Query().Get("format"); r.path == hubPath && f != "" && f != "json" {
		return plain(http.StatusNotImplemented, "simulator: only format=json is played")
	}
	q, code := readNaverQuery(r.URL.Query())
	if code != "" {
		return n.refused(r, code)
	}
	return n.search(q, now, mime)
}

type naverQuery struct {
	words          []string // all of them must be found, ignoring case
	display, start int
	byDate         bool
}

// readNaverQuery reads a query, or says with which code it is refused.
func readNaverQuery(v url.Values) (q naverQuery, code string) {
	var ok bool
	if q.words = searchWords(v.Get("query")); len(q.words) == 0 {
		return q, "SE01"
	}
	if q.display, ok = intWithin(v, "display", 10, 1, 100); !ok {
		return q, "SE02"
	}
	if q.start, ok = intWithin(v, "start", 1, 1, 1000); !ok {
		return q, "SE03"
	}
	switch v.Get("sort") {
	case "", "sim":
	case "date":
		q.byDate = true
	default:
		return q, "SE04"
	}
	return q, ""
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
