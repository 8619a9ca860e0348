package handlers_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestTheDocsNeedNobodyElse(t *testing.T) {
	t.Parallel()
	s := open(t)
	outside := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9.-]+\.[a-z]{2,}`)
	for path, kind := range map[string]string{"/docs": "text/html; charset=UTF-8", "/docs/docs.js": "application/javascript; charset=UTF-8", "/docs/docs.css": "text/css; charset=utf-8"} {
		got := s.get("", path).want(http.StatusOK)
		if got.header.Get("Content-Type") != kind {
			t.Errorf("%s: %s", path, got.header.Get("Content-Type"))
		}
		if at := outside.Find(got.body); at != nil {
			t.Errorf("%s names another host: %s", path, at)
		}
		policy := got.header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; script-src 'self'; style-src 'self'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
		s.do(request{method: "GET", path: path, header: map[string]string{"If-None-Match": got.header.Get("ETag")}}).want(http.StatusNotModified)
		for _, inline := range []string{"<script>", "<style", "style=", "onclick", "javascript:", "innerHTML", "insertAdjacentHTML", "eval("} {
			if strings.Contains(string(got.body), inline) {
				t.Errorf("%s holds %q, which the policy forbids or which takes text for markup", path, inline)
			}
		}
	}
	for _, file := range regexp.MustCompile(`(?:src|href)="(/[^"]+)"`).FindAllStringSubmatch(string(s.get("", "/docs").body), -1) {
		s.get("", file[1]).want(http.StatusOK)
	}
}
