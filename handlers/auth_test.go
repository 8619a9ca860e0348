package handlers_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"tickerwire/handlers"
)

func (s *site) refresh(token string) answer {
	s.Helper()
	return s.do(request{method: "POST", path: "/api/auth/refresh", body: map[string]string{"refresh_token": token}})
}

func TestLoginRefreshLogout(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.user("anna@example.com", "user")
	first := s.login("Anna@Example.com")
	me := s.get(first.Access, "/api/auth/me").want(http.StatusOK).object()
	if me["email"] != "anna@example.com" || me["role"] != "user" {
		t.Fatalf("me = %v", me)
	}
	var second, again signedIn
	s.refresh(first.Refresh).want(http.StatusOK).into(&second)
	if second.Refresh == first.Refresh {
		t.Fatal("the refresh token was not rotated")
	}
	s.get(second.Access, "/api/auth/me").want(http.StatusOK)
	s.refresh(first.Refresh).want(http.StatusOK).into(&again)
	if again.Refresh != second.Refresh {
		t.Fatal("the token before the valid one, seen at once, did not get the same successor")
	}
	s.do(request{method: "POST", path: "/api/auth/logout", token: second.Access}).want(http.StatusNoContent)
	s.get(second.Access, "/api/auth/me").want(http.StatusUnauthorized)
	s.get(first.Access, "/api/auth/me").want(http.StatusUnauthorized)
	s.refresh(second.Refresh).want(http.StatusUnauthorized)
}

func TestAnOldRefreshTokenEndsTheFamily(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(s *site, tokens []signedIn){
		"two rotations old": func(*site, []signedIn) {},
		"one rotation old, after the grace": func(s *site, tokens []signedIn) {
			tokens[0] = tokens[1]
			if _, err := s.db.Bun().ExecContext(s.Context(), `update sessions set rotated_at = rotated_at - interval '11 seconds'`); err != nil {
				s.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			s.user("anna@example.com", "user")
			tokens := []signedIn{s.login("anna@example.com"), {}, {}}
			s.refresh(tokens[0].Refresh).want(http.StatusOK).into(&tokens[1])
			s.refresh(tokens[1].Refresh).want(http.StatusOK).into(&tokens[2])
			other := s.login("anna@example.com")
			test(s, tokens)
			s.refresh(tokens[0].Refresh).want(http.StatusUnauthorized)
			s.refresh(tokens[2].Refresh).want(http.StatusUnauthorized)
			s.get(tokens[2].Access, "/api/auth/me").want(http.StatusUnauthorized)
			s.get(other.Access, "/api/auth/me").want(http.StatusOK)
		})
	}
}

func TestTabsThatRefreshAtOnceGetTheSameSuccessor(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.user("anna@example.com", "user")
	first := s.login("anna@example.com")
	var wg sync.WaitGroup
	got := make([]answer, 8)
	for i := range got {
		wg.Go(func() { got[i] = s.refresh(first.Refresh) })
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, a := range got {
		var tokens signedIn
		a.want(http.StatusOK).into(&tokens)
		seen[tokens.Refresh] = true
	}
	if len(seen) != 1 {
		t.Fatalf("%d different successors", len(seen))
	}
}

func TestForgedRefreshTokens(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.user("anna@example.com", "user")
	good := s.login("anna@example.com").Refresh
	for _, token := range []string{"x", good[:len(good)-2] + "AA", "B" + good[1:], good + good, s.login("anna@example.com").Access} {
		if got := s.refresh(token[:min(len(token), 200)]); got.status != http.StatusUnauthorized {
			t.Errorf("%q: %d", token, got.status)
		}
	}
	s.do(request{method: "POST", path: "/api/auth/refresh"}).want(http.StatusUnauthorized)
	s.refresh(good).want(http.StatusOK)
}

func TestAPasswordChangeEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.user("anna@example.com", "user")
	mine, other := s.login("anna@example.com"), s.login("anna@example.com")
	change := func(current, next string) answer {
		return s.do(request{method: "PATCH", path: "/api/auth/me", token: mine.Access,
			body: map[string]string{"current_password": current, "password": next}})
	}
	if got := change("wrong", "another long password").field(); got != "current_password" {
		t.Fatalf("field %q", got)
	}
	if got := change(password, "short").field(); got != "password" {
		t.Fatalf("field %q", got)
	}
	s.get(other.Access, "/api/auth/me").want(http.StatusOK)
	change(password, "another long password").want(http.StatusOK)
	s.get(mine.Access, "/api/auth/me").want(http.StatusOK)
	s.refresh(mine.Refresh).want(http.StatusOK)
	s.get(other.Access, "/api/auth/me").want(http.StatusUnauthorized)
	s.refresh(other.Refresh).want(http.StatusUnauthorized)
	login := func(word string) answer {
		return s.do(request{method: "POST", path: "/api/auth/login", body: map[string]string{"email": "anna@example.com", "password": word}})
	}
	login(password).want(http.StatusUnauthorized)
	login("another long password").want(http.StatusOK)
}

func TestLoginTellsNothingAboutAccounts(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.user("anna@example.com", "user")
	off := s.user("gone@example.com", "user")
	if _, err := s.db.Bun().ExecContext(t.Context(), `update users set active = false where id = ?`, off); err != nil {
		t.Fatal(err)
	}
	took := map[string]time.Duration{} // at the least of some tries: what else runs on the machine only adds to it
	for range 4 {
		for email, word := range map[string]string{"anna@example.com": "wrong", "nobody@example.com": "wrong", "gone@example.com": password} {
			start := time.Now()
			got := s.do(request{method: "POST", path: "/api/auth/login", body: map[string]string{"email": email, "password": word}}).want(http.StatusUnauthorized).object()
			if d := time.Since(start); took[email] == 0 || d < took[email] {
				took[email] = d
			}
			if got["detail"] != "the address or the password is wrong" {
				t.Errorf("%s: %v", email, got)
			}
		}
	}
	// The dear part is the hash: an account that does not exist must pay it too.
	if took["nobody@example.com"] < took["anna@example.com"]/4 {
		t.Errorf("an unknown account is answered in %s, a known one in %s", took["nobody@example.com"], took["anna@example.com"])
	}
}

func TestLoginsAreThrottled(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.user("anna@example.com", "user")
	s.user("bert@example.com", "user")
	try := func(email, word string) answer {
		return s.do(request{method: "POST", path: "/api/auth/login", body: map[string]string{"email": email, "password": word}})
	}
	for range 10 {
		try("anna@example.com", "wrong").want(http.StatusUnauthorized)
	}
	got := try("ANNA@example.com", password).want(http.StatusTooManyRequests)
	if got.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	try("bert@example.com", password).want(http.StatusOK)
	s.redis.FastForward(6 * time.Minute)
	try("anna@example.com", password).want(http.StatusOK)
}

func TestLoginsPerAddressAreThrottled(t *testing.T) {
	t.Parallel()
	s := open(t, func(d *handlers.Deps) { d.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	try := func(from string, n int) answer {
		return s.do(request{method: "POST", path: "/api/auth/login", header: map[string]string{"X-Forwarded-For": from},
			body: map[string]string{"email": strings.Repeat("x", n%50+1) + "@example.com", "password": "wrong"}})
	}
	for i := range 60 {
		try("203.0.113.7", i).want(http.StatusUnauthorized)
	}
	try("203.0.113.7", 1).want(http.StatusTooManyRequests)
	try("203.0.113.8", 49).want(http.StatusUnauthorized)
}

func TestWithoutRedisLoginsAreSlowButPossible(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.user("anna@example.com", "user")
	s.redis.Close()
	s.login("anna@example.com")
	limited := 0
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range 12 {
		wg.Go(func() {
			got := s.do(request{method: "POST", path: "/api/auth/login", body: map[string]string{"email": "anna@example.com", "password": "wrong"}})
			mu.Lock()
			defer mu.Unlock()
			if got.status == http.StatusTooManyRequests {
				limited++
			}
		})
	}
	wg.Wait()
	if limited == 0 {
		t.Error("guessing is not limited")
	}
}

func TestCookieSession(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.user("anna@example.com", "user")
	signIn := request{method: "POST", path: "/api/auth/login", body: map[string]string{"email": "anna@example.com", "password": password, "session": "cookie"}}
	got := s.do(signIn).want(http.StatusOK)
	if got.object()["refresh_token"] != nil {
		t.Fatal("the refresh token is in the body too")
	}
	set := got.header.Get("Set-Cookie")
	cookie, rest, _ := strings.Cut(set, ";")
	if !strings.HasPrefix(cookie, "rt=") || !strings.Contains(rest, "HttpOnly") || !strings.Contains(rest, "SameSite=Strict") || !strings.Contains(rest, "Path=/") {
		t.Fatalf("Set-Cookie: %s", set)
	}
	refresh := request{method: "POST", path: "/api/auth/refresh", cookie: cookie}
	next := s.do(refresh).want(http.StatusOK)
	newCookie, _, _ := strings.Cut(next.header.Get("Set-Cookie"), ";")
	if newCookie == cookie || newCookie == "" {
		t.Fatalf("the cookie was not rotated: %q", newCookie)
	}
	refresh.header = map[string]string{"Sec-Fetch-Site": "cross-site"}
	s.do(refresh).want(http.StatusForbidden)
	refresh.header = map[string]string{"Origin": "https://evil.example"}
	s.do(refresh).want(http.StatusForbidden)
	out := s.do(request{method: "POST", path: "/api/auth/logout", token: next.object()["access_token"].(string), cookie: newCookie}).want(http.StatusNoContent)
	if !strings.Contains(out.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("logout leaves the cookie: %q", out.header.Get("Set-Cookie"))
	}
	s.do(request{method: "POST", path: "/api/auth/refresh", cookie: newCookie}).want(http.StatusUnauthorized)
}

// A page asks whether its reader is signed in: that he is not is no mistake of his. A cookie that is none of ours, or has
// ended, still is.
func TestAPageAsksWhetherSomebodyIsSignedIn(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.user("anna@example.com", "user")
	ask := request{method: "POST", path: "/api/auth/refresh", body: map[string]string{"session": "cookie"}}
	if got := s.do(ask).want(http.StatusNoContent); len(got.body) > 0 || got.header.Get("Set-Cookie") != "" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("nobody is signed in, and it answers %q with %v", got.body, got.header)
	}
	for _, body := range []map[string]string{{}, {"session": "token"}, {"session": "cookie", "refresh_token": "x"}} {
		s.do(request{method: "POST", path: "/api/auth/refresh", body: body}).want(http.StatusUnauthorized)
	}
	signIn := request{method: "POST", path: "/api/auth/login", body: map[string]string{"email": "anna@example.com", "password": password, "session": "cookie"}}
	cookie, _, _ := strings.Cut(s.do(signIn).want(http.StatusOK).header.Get("Set-Cookie"), ";")
	ask.cookie = cookie + "x"
	s.do(ask).want(http.StatusUnauthorized)
	ask.cookie = cookie
	next := s.do(ask).want(http.StatusOK)
	ask.cookie, _, _ = strings.Cut(next.header.Get("Set-Cookie"), ";")
	s.do(request{method: "POST", path: "/api/auth/logout", token: next.object()["access_token"].(string)}).want(http.StatusNoContent)
	s.do(ask).want(http.StatusUnauthorized)
	ask.header = map[string]string{"Sec-Fetch-Site": "cross-site"}
	s.do(ask).want(http.StatusForbidden)
}

func TestTheCookieNeedsTLSElsewhere(t *testing.T) {
	t.Parallel()
	s := open(t, func(d *handlers.Deps) { d.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	s.user("anna@example.com", "user")
	try := func(url string, change func(*http.Request)) *httptest.ResponseRecorder {
		req := httptest.NewRequestWithContext(t.Context(), "POST", url, strings.NewReader(`{"email":"anna@example.com","password":"`+password+`","session":"cookie"}`))
		req.TLS = nil
		req.Header.Set("Content-Type", "application/json")
		change(req)
		rec := httptest.NewRecorder()
		s.echo.ServeHTTP(rec, req)
		return rec
	}
	https := func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") }
	for name, c := range map[string]struct {
		url    string
		change func(*http.Request)
		want   string // the head of Set-Cookie
	}{
		"TLS":                  {"https://wire.example/api/auth/login", func(r *http.Request) { r.TLS = &tls.ConnectionState{} }, "__Host-rt="},
		"a trusted proxy":      {"http://wire.example/api/auth/login", func(r *http.Request) { https(r); r.RemoteAddr = "10.1.2.3:4" }, "__Host-rt="},
		"somebody's say-so":    {"http://wire.example/api/auth/login", https, ""},
		"plain":                {"http://wire.example/api/auth/login", func(*http.Request) {}, ""},
		"loopback":             {"http://127.0.0.1:8080/api/auth/login", func(*http.Request) {}, "rt="},
		"a name like loopback": {"http://localhost.example/api/auth/login", func(*http.Request) {}, ""},
	} {
		rec := try(c.url, c.change)
		got := rec.Header().Get("Set-Cookie")
		if c.want == "" && (rec.Code != http.StatusBadRequest || got != "") || c.want != "" && !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %d, cookie %q", name, rec.Code, got)
		}
		if strings.HasPrefix(c.want, "__Host-") && !strings.Contains(got, "Secure") {
			t.Errorf("%s: the cookie is not secure: %q", name, got)
		}
	}
}
