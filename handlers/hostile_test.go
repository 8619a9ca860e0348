package handlers_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"tickerwire/handlers"
)

// parameters are what the document says of an operation's input.
type parameters struct {
	Parameters  []struct{ Name, In string }
	RequestBody *struct{ Content map[string]any } `json:"requestBody"`
}

func (p parameters) has(name string) bool {
	for _, q := range p.Parameters {
		if q.Name == name && q.In == "query" {
			return true
		}
	}
	return false
}

// described returns the input of every operation by "METHOD template".
func (s *site) described() map[string]parameters {
	s.Helper()
	var doc struct {
		Paths map[string]map[string]parameters
	}
	s.get("", "/openapi.json").want(http.StatusOK).into(&doc)
	out := map[string]parameters{}
	for template, methods := range doc.Paths {
		for method, p := range methods {
			out[strings.ToUpper(method)+" "+template] = p
		}
	}
	return out
}

// TestEveryListNamesItsLimitAndCursor gives every list of the document limits and cursors that are none of its own.
func TestEveryListNamesItsLimitAndCursor(t *testing.T) {
	t.Parallel()
	s := open(t, briefly)
	seed(t, s.db, 4)
	admin := s.as("admin")
	doc := s.described()
	var news struct {
		Next string `json:"next_cursor"`
	}
	s.get(admin, "/api/news?limit=1").want(http.StatusOK).into(&news)
	if len(news.Next) < 20 {
		t.Fatalf("the news has the cursor %q", news.Next)
	}
	flipped := []byte(news.Next)
	flipped[len(flipped)/2] ^= 1
	limits := []string{"0", "-1", "-9223372036854775808", "201", "9223372036854775807", "1e3", "0x10", "99999999999999999999", "%00", "%EF%BC%91", "1%20", ""}
	cursors := map[string]string{"of the news": news.Next, "cut off": news.Next[:len(news.Next)-2], "of one letter": "A", "with a flipped bit": string(flipped),
		"of zeros": strings.Repeat("A", 60), "no base64": "%2F%2F%3D%3D", "huge": strings.Repeat("A", 50_000), "NUL": "%00", "invalid UTF-8": "%ff%fe"}
	lists := 0
	for _, op := range s.operations() {
		p := doc[op.method+" "+op.template]
		if !p.has("cursor") {
			continue
		}
		lists++
		for _, limit := range limits {
			if got := s.get(admin, op.path+"?limit="+limit); got.status != http.StatusBadRequest || got.field() != "limit" {
				t.Errorf("%s?limit=%s: %d %s", op.path, limit, got.status, got.body)
			}
		}
		for name, cursor := range cursors {
			if op.template == "/api/news" && name == "of the news" {
				cursor += "&q=%EC%82%BC%EC%84%B1" // of another search
			}
			if got := s.get(admin, op.path+"?cursor="+cursor); got.status != http.StatusBadRequest || got.field() != "cursor" {
				t.Errorf("%s with a cursor %s: %d %s", op.path, name, got.status, got.body)
			}
		}
	}
	if lists < 12 {
		t.Errorf("%d lists only", lists)
	}
}

// TestEveryBodyIsHeldToItsForm sends every operation of the document bodies that no JSON of ours has.
func TestEveryBodyIsHeldToItsForm(t *testing.T) {
	t.Parallel()
	s := open(t, briefly, func(d *handlers.Deps) { d.TelegramSecret = telegramSecret })
	seed(t, s.db, 2)
	admin, session := s.session(s.user("admin@example.com", "admin"))
	token := s.mint(admin, session.ID, nil)
	const levels = 10_000
	deep := strings.Repeat(`{"a":`, levels) + "1" + strings.Repeat("}", levels)
	bodies := map[string]struct{ body, field string }{ // "" where the first of the operation's own fields may be missing, too
		"deep objects":       {deep, ""},
		"deep lists":         {strings.Repeat("[", levels) + strings.Repeat("]", levels), "body"},
		"deeper than Go's":   {strings.Repeat(`{"a":`, 5*levels) + "1" + strings.Repeat("}", 5*levels), "body"},
		"NUL":                {"\x00", "body"},
		"a NUL in a key":     {"{\"a\\u0000b\":1}", ""},
		"invalid UTF-8":      {"{\"x\":\"\xff\xfe\"}", "body"},
		"an overlong form":   {"{\"x\":\"\xc0\xaf\"}", "body"},
		"a surrogate's half": {"{\"x\":\"\xed\xa0\x80\"}", "body"},
		"two values":         {`{}{}`, "body"},
		"cut off":            {`{"a":`, "body"},
	}
	doc := s.described()
	for _, op := range s.operations() {
		if op.template == "/api/telegram/webhook" {
			continue // Telegram's own form: TestHostileInputIsNever500, and what it may hold is tested with the bot
		}
		for name, b := range bodies {
			got := s.do(request{method: op.method, path: op.path, token: token, body: b.body})
			if got.status != http.StatusBadRequest {
				t.Errorf("%s %s takes %s: %d %.200s", op.method, op.path, name, got.status, got.body)
				continue
			}
			field := got.field()
			if field == "" || b.field != "" && field != b.field && !strings.Contains(op.template, "{"+field+"}") && !doc[op.method+" "+op.template].has(field) {
				t.Errorf("%s %s with %s: field %q, want %q", op.method, op.path, name, field, b.field)
			}
		}
	}
	s.get(token, "/api/auth/me").want(http.StatusOK) // nothing of it has signed him out
}

// TestPathsLeadNowhereElse writes the paths of the document in other ways, with and without a token.
func TestPathsLeadNowhereElse(t *testing.T) {
	t.Parallel()
	s := open(t, briefly)
	seed(t, s.db, 2)
	user := s.as("user")
	const hidden = "somebody-else@example.com" // only admins learn of him
	s.user(hidden, "user")
	if body := s.get(s.as("admin"), "/api/users").want(http.StatusOK).body; !strings.Contains(string(body), hidden) {
		t.Fatalf("the users are %s", body)
	}
	tricks := []string{"/api/stocks/..%2f..%2fapi%2fusers", "/api/stocks/../users", "/api/stocks/%2e%2e/users", "/api//users", "//api/users", "/api/users/", "/API/users",
		"/api/./users", "/api/stocks/100001/../../users", "/api;x=1/users", "/api/users%00", "/api/users%0a", "/api/users%20", "/api/users%2f", "/api%2fusers", "/api/users/.", "/api/users\\..\\users",
		"/docs/../api/users", "/monitor/../api/users", "/monitor/%2e%2e/api/users", "/monitor%2f", "/api/%75sers", "/api/news/%31%30%00", "/api/news/1%2f..%2f2", "/api/news/%c0%af", "/api/news/..",
		"/openapi.json/..", "/..", "/%", "/%zz", "/api/stocks/%ed%a0%80"}
	for _, op := range s.operations() {
		tricks = append(tricks, op.path+"/..", op.path+"%2f", op.path+"%00", op.path+"/%2e%2e%2f%2e%2e%2fetc%2fpasswd", op.path+"/%ff", strings.Replace(op.path, "/", "//", 1), strings.Replace(op.path, "/api", "/api/x/..", 1))
	}
	for _, path := range tricks {
		for _, token := range []string{"", user} {
			for _, method := range []string{"GET", "POST", "DELETE"} {
				got := s.raw(method, path, token)
				// What is for everybody may be found by another way, too; what is for admins not.
				if got.status >= 500 && !got.leaves() || strings.Contains(string(got.body), hidden) {
					t.Errorf("%s %s: %d %.200s", method, path, got.status, got.body)
				}
			}
		}
	}
}

// raw sends a path as it is, even one that no URL holds.
func (s *site) raw(method, path, token string) answer {
	s.Helper()
	req := httptest.NewRequestWithContext(s.Context(), method, "http://localhost/", nil)
	req.RequestURI, req.URL.Opaque = path, ""
	plain, query, _ := strings.Cut(path, "?")
	req.URL.Path, req.URL.RawPath, req.URL.RawQuery = plain, "", query
	if parsed, err := req.URL.Parse(path); err == nil && !strings.HasPrefix(path, "//") {
		req.URL.Path, req.URL.RawPath = parsed.Path, parsed.RawPath
		if strings.Contains(path, "/.") { // Parse resolves them; a server does not
			req.URL.Path, req.URL.RawPath = plain, plain
		}
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	rec := httptest.NewRecorder()
	s.echo.ServeHTTP(rec, req)
	return answer{T: s.T, status: rec.Code, header: rec.Header(), body: rec.Body.Bytes()}
}

// counting is a body without an end, as far as it is read.
type counting struct {
	left, read int
	first      string
}

func (c *counting) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.first)
	for c.first = c.first[n:]; n < len(p); n++ {
		p[n] = 'a'
	}
	n = min(n, c.left)
	c.left -= n
	c.read += n
	return n, nil
}

// TestTenMegabytesCostLittle: of a body of 10 MB no route reads more than its limit, nor takes memory for more. It runs by itself:
// it measures the process.
func TestTenMegabytesCostLittle(t *testing.T) {
	const sent, mostRead, mostAllocated = 10 << 20, 1<<20 + 64<<10, 8 << 20
	s := open(t, briefly, func(d *handlers.Deps) { d.TelegramSecret = telegramSecret })
	admin, session := s.session(s.user("admin@example.com", "admin"))
	token := s.mint(admin, session.ID, nil)
	var dearest uint64
	for _, op := range s.operations() {
		body := &counting{left: sent, first: `{"email":"`}
		req := httptest.NewRequestWithContext(t.Context(), op.method, "http://localhost"+op.path, body)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set(headerSecret, telegramSecret)
		req.ContentLength = -1
		var before, after runtime.MemStats
		rec := httptest.NewRecorder()
		runtime.ReadMemStats(&before)
		s.echo.ServeHTTP(rec, req)
		runtime.ReadMemStats(&after)
		allocated := after.TotalAlloc - before.TotalAlloc
		dearest = max(dearest, allocated)
		if rec.Code != http.StatusRequestEntityTooLarge && rec.Code != http.StatusBadRequest || body.read > mostRead || allocated > mostAllocated {
			t.Errorf("%s %s: %d, %d bytes read, %d allocated", op.method, op.path, rec.Code, body.read, allocated)
		}
	}
	t.Logf("%d bytes at most were allocated for %d sent", dearest, sent)
}
