package simulator_test

import (
	"net/http"
	"testing"

	"tickerwire/internal/simulator"
)

func TestNaverFinanceIsGone(t *testing.T) {
	t.Parallel()
	r := smallRig(t, simulator.Limits{})
	for path, status := range map[string]int{
		"/finance/item/news_news.naver?code=990910": http.StatusGone,
		"/finance/news/mainnews.naver":              http.StatusFound,
		"/finance/":                                 http.StatusNotFound,
	} {
		res := r.get(path)
		if location := res.Header().Get("Location"); res.Code != status || (location == "https://stock.naver.com/news") != (status == http.StatusFound) {
			t.Errorf("%s: %d, to %q", path, res.Code, location)
		}
	}
}
