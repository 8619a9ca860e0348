package handlers_test

import (
	"net/http"
	"testing"
)

func TestNewsIsSearched(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 6)
	user := s.as("user")
	for path, want := range map[string]int{
		"/api/news?q=%EB%88%84%EB%A6%AC":                           3, // 누리: a part of 누리테크
		"/api/news?q=%EB%88%84%EB%A6%AC&code=100001":               3,
		"/api/news?q=%EB%88%84%EB%A6%AC&code=100002":               0,
		"/api/news?fold=false&q=%EA%B3%B5%EC%9E%A5%203%ED%98%B8":   1, // 공장 3호
		"/api/news?q=%EC%83%9D%EC%82%B0":                           6, // 생산, in the summary
		"/api/stocks/100001/news?q=%EA%B3%B5%EC%9E%A5":             3,
		"/api/news?q=%EA%B8%88%EB%A6%AC":                           0,
		"/api/news?q=%27%3B%20drop%20table%20articles%3B%20--%20x": 0,
	} {
		if got := s.walk(user, path+"&limit=2", "id"); len(got) != want {
			t.Errorf("%s: %d found, want %d", path, len(got), want)
		}
	}
	if field := s.get(user, "/api/news?q=%ff").field(); field != "q" {
		t.Errorf("no text: field %q", field)
	}
	s.get(user, "/api/news?q=").want(http.StatusOK)
}
