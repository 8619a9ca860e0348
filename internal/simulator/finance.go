package simulator

import (
	"net/http"
	"strings"
	"time"
)

// finance is what is left of finance.naver.com: its pages of news are gone, its front page of news sends on.
type finance struct{}

func (finance) limited(*request) answer {
	return plain(http.StatusTooManyRequests, "Too Many Requests")
}

func (finance) answer(r *request, _ time.Time) answer {
	switch {
	case strings.HasPrefix(r.path, "/news/"):
		return answer{status: http.StatusFound, header: http.Header{"Location": {"https://stock.naver.com/news"}}}
	case strings.HasPrefix(r.path, "/item/"):
		return answer{status: http.StatusGone, header: contentType("text/html; charset=EUC-KR"),
			body: []byte("<html><body>410 Gone</body></html>")}
	}
	return plain(http.StatusNotFound, "Not Found")
}
