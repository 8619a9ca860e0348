package news_test

import (
	"strings"
	"testing"

	"tickerwire/internal/news"
)

func TestCanonicalURL(t *testing.T) {
	t.Parallel()
	const naver = "https://n.news.naver.com/mnews/article/999/0000000001"
	for in, want := range map[string]string{
		"HTTPS://News.Example.CO.KR:443/a/1?utm_source=x&b=2&a=1&fbclid=9#top": "https://news.example.co.kr/a/1?a=1&b=2",
		"http://news.example.com:80":             "http://news.example.com/",
		"http://news.example.com:8080/a":         "http://news.example.com:8080/a",
		"https://user:pw@news.example.com/a?":    "https://news.example.com/a",
		"https://news.example.com/a?b=2&amp;a=1": "https://news.example.com/a?a=1&b=2",
		"https://news.example.com/a?q=가상&x":      "https://news.example.com/a?q=%EA%B0%80%EC%83%81&x",
		" https://news.example.com/View?ID=Ab1 ": "https://news.example.com/View?ID=Ab1",

		"https://finance.naver.com/news/news_read.naver?article_id=0000000001&office_id=999&mode=LSS2D&section_id=101&page=1":         naver,
		"https://finance.naver.com/news/news_read.naver?article_id=0000000001&office_id=999&mode=LSS2D&type=0§ion_id=101§ion_id2=258": naver,
		"https://finance.naver.com/item/news_read.naver?code=900001&office_id=999&article_id=0000000001":                              naver,
		"https://n.news.naver.com/mnews/article/999/0000000001?sid=101":                                                               naver,
		"http://n.news.naver.com/article/999/0000000001":                                                                              naver,
		"https://n.news.naver.com/mnews/article/comment/999/0000000001":                                                               naver,
		"https://news.naver.com/main/read.naver?mode=LSD&mid=sec&sid1=101&oid=999&aid=0000000001":                                     naver,
		"https://m.stock.naver.com/news/read?officeId=999&articleId=0000000001":                                                       naver,
		"https://m.stock.naver.com/domestic/news/view/999/0000000001":                                                                 naver,
		"https://finance.naver.com/item/main.naver?code=900001":                                                                       "https://finance.naver.com/item/main.naver?code=900001",

		"http://dart.fss.or.kr/dsaf001/main.do?rcpNo=20261123000001&dcmNo=1":   "https://dart.fss.or.kr/dsaf001/main.do?rcpNo=20261123000001",
		"https://m.dart.fss.or.kr/html_mdart/MD1007.html?rcpNo=20261123000001": "https://dart.fss.or.kr/dsaf001/main.do?rcpNo=20261123000001",

		"https://www.hankyung.com/finance/article/2026112300011?from=rss": "https://www.hankyung.com/article/2026112300011",
		"http://news.hankyung.com/article/202611230001i":                  "https://www.hankyung.com/article/202611230001i",
		"https://m.mk.co.kr/news/stock/12345678?rss=Y":                    "https://www.mk.co.kr/news/stock/12345678",
		"https://mk.co.kr/news/economy/12345678":                          "https://www.mk.co.kr/news/economy/12345678",

		"":                             "",
		"news.example.com/a":           "",
		"/news/1":                      "",
		"javascript:alert(1)":          "",
		"ftp://news.example.com/a":     "",
		"https://localhost/a":          "",
		"https://":                     "",
		"https://news.example.com/%zz": "",
		"https://a.example.com/" + strings.Repeat("x", 2000): "",
	} {
		if got := news.CanonicalURL(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
		if again := news.CanonicalURL(want); again != want {
			t.Errorf("%q becomes %q when it is made canonical again", want, again)
		}
	}
}
