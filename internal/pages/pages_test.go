package pages_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/pages"
)

const (
	bootstrap = `(self.__next_f=self.__next_f||[]).push([0])`
	theme     = "document.documentElement.dataset.theme='dark'; // <b>\n"
)

// export is a small one of the shape that the build makes.
func export() fstest.MapFS {
	e := fstest.MapFS{}
	for name, text := range map[string]string{
		"index.html":                `<!doctype html><script src="/_next/static/chunks/a1.js"></script><script>` + bootstrap + `</script>`,
		"login.html":                `<!doctype html><html><head><script>` + theme + `</script></head><!-- <script>no()</script> --><script id="f">` + bootstrap + `</script>`,
		"404.html":                  `<!doctype html><title>none</title>`,
		"_not-found.html":           `<!doctype html><title>none</title>`,
		"stocks.html":               `<!doctype html><title>stocks</title>`,
		"stocks.txt":                `0:["stocks"]`,
		"stocks/_.html":             `<!doctype html><title>a stock</title>`,
		"stocks/_.txt":              `0:["a stock"]`,
		"stocks/_/__next._tree.txt": `0:["tree"]`,
		"stocks/_/__next.stocks.$d$code.__PAGE__.txt": `0:["page"]`,
		"news/_.html":               `<!doctype html><title>an article</title>`,
		"news/latest.html":          `<!doctype html><title>the latest</title>`,
		"failures/_.html":           `<!doctype html><title>a failure</title>`,
		"failures/_/runs/_.html":    `<!doctype html><title>a run of it</title>`,
		"icon.svg":                  `<svg xmlns="http://www.w3.org/2000/svg"/>`,
		"_next/static/chunks/a1.js": strings.Repeat("export const one = 1;", 50),
		"_next/static/css/s.css":    `body{}`,
	} {
		e[name] = &fstest.MapFile{Data: []byte(text)}
	}
	chunk := e["_next/static/chunks/a1.js"].Data
	e["_next/static/chunks/a1.js.gz"] = &fstest.MapFile{Data: gzipped(chunk)}
	e["_next/static/chunks/a1.js.br"] = &fstest.MapFile{Data: []byte("brotli")}
	e["_next/static/css/s.css.gz"] = &fstest.MapFile{Data: gzipped(e["_next/static/css/s.css"].Data)} // larger than the file
	return e
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(b)
	if err := w.Close(); err != nil {
		panic(err)
	}
	if err != nil {
		panic(err)
	}
	return out.Bytes()
}

func open(t *testing.T, export, previous fs.FS) *pages.Site {
	t.Helper()
	s, err := pages.New(export, previous)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// get asks a site; status 0 when it has nothing.
func get(t *testing.T, s *pages.Site, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, s, http.MethodGet, target, header...)
}

func ask(t *testing.T, s *pages.Site, method, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://localhost/", nil)
	var err error
	if r.URL, err = url.ParseRequestURI(target); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	if !s.ServePage(w, r) {
		if w.Body.Len() > 0 {
			t.Errorf("%s: it has nothing, and wrote %q", target, w.Body)
		}
		w.Code = 0
	}
	return w
}

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

func TestWhatAnswersAPath(t *testing.T) {
	t.Parallel()
	s := open(t, export(), nil)
	const none = "<!doctype html><title>none</title>"
	for _, c := range []struct {
		path   string
		status int
		body   string // its beginning; "=NAME": that file
	}{
		{"/", 200, "=index.html"},
		{"/?q=1", 200, "=index.html"},
		{"/login", 200, "=login.html"},
		{"/login.html", 200, "=login.html"},
		{"/stocks", 200, "=stocks.html"},
		{"/stocks.txt", 200, "=stocks.txt"},
		{"/stocks.txt?_rsc=1a2b", 200, "=stocks.txt"},
		{"/icon.svg", 200, "=icon.svg"},
		{"/_next/static/css/s.css", 200, "=_next/static/css/s.css"},
		// placeholders
		{"/stocks/005930", 200, "=stocks/_.html"},
		{"/stocks/0059A0", 200, "=stocks/_.html"},
		{"/stocks/005930.txt", 200, "=stocks/_.txt"},
		{"/stocks/005930/__next._tree.txt", 200, "=stocks/_/__next._tree.txt"},
		{"/stocks/005930/__next.stocks.$d$code.__PAGE__.txt", 200, "=stocks/_/__next.stocks.$d$code.__PAGE__.txt"},
		{"/news/17", 200, "=news/_.html"},
		{"/news/latest", 200, "=news/latest.html"},
		{"/failures/0123456789ab", 200, "=failures/_.html"},
		{"/failures/0123456789ab/runs/7", 200, "=failures/_/runs/_.html"},
		// values of the wrong form, and placeholders themselves
		{"/stocks/00593", 404, none},
		{"/stocks/00593a", 404, none},
		{"/stocks/0059300", 404, none},
		{"/stocks/_", 404, none},
		{"/stocks/_.html", 404, none},
		{"/stocks/_.txt", 404, none},
		{"/stocks/_/__next._tree.txt", 404, none},
		{"/stocks/nobody/__next._tree.txt", 404, none},
		{"/stocks/005930/nothing.txt", 404, none},
		{"/stocks/005930/more", 404, none},
		{"/news/0", 404, none},
		{"/news/01", 404, none},
		{"/news/-1", 404, none},
		{"/news/99999999999999999999", 404, none},
		{"/news/17.txt", 404, none}, // not in the export
		{"/failures/0123456789AB", 404, none},
		{"/failures/0123456789ab/runs/x", 404, none},
		// nothing
		{"/nowhere", 404, none},
		{"/404", 404, none},
		{"/404.html", 404, none},
		{"/_not-found", 404, none},
		{"/stocks/../login", 404, none},
		{"/stocks//005930", 404, none},
		{"//login", 404, none},
		{"//evil.example/", 404, none},
		{"/%5C..%5Clogin", 404, none},
		{"/%00", 404, none},
		{"/icon.svg/more", 404, none},
		// never a page
		{"/_next/static/chunks/gone.js", 0, ""},
		{"/_next/static/chunks", 0, ""},
		{"/_next/static/", 0, ""},
		{"/_next/static/chunks/../chunks/a1.js", 0, ""},
		{"/_next/nothing", 0, ""},
	} {
		got := get(t, s, c.path, "Accept", browser)
		want := c.body
		if name, is := strings.CutPrefix(c.body, "="); is {
			want = string(export()[name].Data)
		}
		if got.Code != c.status || got.Body.String() != want {
			t.Errorf("%s: %d %q, want %d %q", c.path, got.Code, got.Body, c.status, want)
		}
	}
	for _, accept := range []string{"", "*/*", "application/json", "text/html;q=0"} {
		if got := get(t, s, "/nowhere", "Accept", accept); got.Code != 0 {
			t.Errorf("nothing, for a program that accepts %q: %d", accept, got.Code)
		}
	}
}

func TestASlashTooManyIsTakenAway(t *testing.T) {
	t.Parallel()
	s := open(t, export(), nil)
	for path, want := range map[string]string{"/stocks/?page=2": "/stocks?page=2", "/stocks/005930/": "/stocks/005930", "/login//": "/login"} {
		got := get(t, s, path, "Accept", browser)
		if got.Code != http.StatusPermanentRedirect || got.Header().Get("Location") != want {
			t.Errorf("%s: %d to %q, want %q", path, got.Code, got.Header().Get("Location"), want)
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s := open(t, export(), nil)
	for _, c := range []struct{ path, kind, caching, vary string }{
		{"/login", "text/html; charset=utf-8", "no-cache", "Accept-Encoding, Accept"},
		{"/nowhere", "text/html; charset=utf-8", "no-cache", "Accept-Encoding, Accept"},
		{"/stocks.txt", "text/plain; charset=utf-8", "no-cache", "Accept-Encoding"},
		{"/icon.svg", "image/svg+xml", "no-cache", "Accept-Encoding"},
		{"/_next/static/chunks/a1.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "Accept-Encoding"},
	} {
		got := get(t, s, c.path, "Accept", browser)
		h := got.Header()
		if h.Get("Content-Type") != c.kind || h.Get("Cache-Control") != c.caching || strings.Join(h["Vary"], ", ") != c.vary {
			t.Errorf("%s: %q, %q, %q", c.path, h.Get("Content-Type"), h.Get("Cache-Control"), h["Vary"])
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin"} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q", c.path, name, h.Get(name))
			}
		}
		if !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'; ") {
			t.Errorf("%s: policy %q", c.path, h.Get("Content-Security-Policy"))
		}
		head := ask(t, s, http.MethodHead, c.path, "Accept", browser)
		if diff := cmp.Diff(got.Header(), head.Header()); diff != "" || head.Body.Len() != 0 || head.Code != got.Code {
			t.Errorf("HEAD %s: %d, %d bytes, headers (-GET +HEAD):\n%s", c.path, head.Code, head.Body.Len(), diff)
		}
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	s := open(t, export(), nil)
	changed := export()
	changed["login.html"] = &fstest.MapFile{Data: []byte("<!doctype html>")}
	after := open(t, changed, nil)
	tag := get(t, s, "/login").Header().Get("ETag")
	if tag == "" || tag == get(t, after, "/login").Header().Get("ETag") || get(t, s, "/stocks").Header().Get("ETag") != get(t, after, "/stocks").Header().Get("ETag") {
		t.Errorf("the tag %q does not name the content", tag)
	}
	for header, want := range map[string]int{tag: 304, strings.TrimPrefix(tag, "W/"): 304, `"x", ` + tag: 304, "*": 304, `"x"`: 200, "": 200} {
		got := get(t, s, "/login", "If-None-Match", header)
		if got.Code != want || (want == 304) != (got.Body.Len() == 0) || got.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("If-None-Match %s: %d", header, got.Code)
		}
	}
	if got := get(t, s, "/nowhere", "Accept", browser, "If-None-Match", "*"); got.Code != 404 {
		t.Errorf("what there is not is %d to who knows its page", got.Code)
	}
}

func TestPolicyAllowsTheScriptsOfThePageOnly(t *testing.T) {
	t.Parallel()
	s := open(t, export(), nil)
	hash := func(script string) string {
		sum := sha256.Sum256([]byte(script))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	for path, scripts := range map[string][]string{"/": {bootstrap}, "/login": {bootstrap, theme}, "/stocks": nil} {
		policy := get(t, s, path).Header().Get("Content-Security-Policy")
		_, rest, _ := strings.Cut(policy, "script-src 'self'")
		allowed, rest, _ := strings.Cut(rest, ";")
		if got := strings.Fields(allowed); len(got) != len(scripts) {
			t.Errorf("%s allows %q", path, got)
		}
		for _, script := range scripts {
			if !strings.Contains(allowed, hash(script)) {
				t.Errorf("%s does not allow %q: %q", path, script, policy)
			}
		}
		if want := " style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"; rest != want {
			t.Errorf("%s: %q", path, rest)
		}
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	s := open(t, export(), nil)
	plain := export()["_next/static/chunks/a1.js"].Data
	for _, c := range []struct{ accept, want string }{
		{"", ""}, {"identity", ""}, {"gzip", "gzip"}, {"br", "br"}, {"gzip, deflate, br, zstd", "br"}, {"GZIP", "gzip"},
		{"br;q=0.5, gzip", "gzip"}, {"br;q=0, gzip;q=0.1", "gzip"}, {"br;q=0, gzip;q=0", ""}, {"*", "br"}, {"br;q=0, *", "gzip"}, {"*;q=0", ""},
		{"gzip;q=0.5, identity", ""}, {"gzip;q=0.5, identity;q=0.4", "gzip"}, {"gzip;q=2", ""}, {"gzip;q=x", ""}, {"gzip ; Q = 0.3", "gzip"},
		{"deflate", ""}, {",,;;q=1,", ""},
	} {
		got := get(t, s, "/_next/static/chunks/a1.js", "Accept-Encoding", c.accept)
		want := map[string][]byte{"": plain, "gzip": gzipped(plain), "br": []byte("brotli")}[c.want]
		if got.Header().Get("Content-Encoding") != c.want || !bytes.Equal(got.Body.Bytes(), want) {
			t.Errorf("Accept-Encoding %q: %q, want %q; %d bytes", c.accept, got.Header().Get("Content-Encoding"), c.want, got.Body.Len())
		}
	}
	if got := get(t, s, "/_next/static/css/s.css", "Accept-Encoding", "gzip"); got.Header().Get("Content-Encoding") != "" {
		t.Error("a file is sent in a form that is larger")
	}
	if got := get(t, s, "/_next/static/chunks/a1.js.gz"); got.Code != 0 {
		t.Error("the compressed form is a file of its own")
	}
}

func TestThePreviousBuildsChunks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	before := fstest.MapFS{
		"_next/static/chunks/old.js":    {Data: bytes.Repeat([]byte("old();"), 90)},
		"_next/static/chunks/old.js.gz": {Data: gzipped(bytes.Repeat([]byte("old();"), 90))},
		"_next/static/chunks/a1.js":     {Data: []byte("before")},
		"login.html":                    {Data: []byte("the login before")},
		"gone.html":                     {Data: []byte("a page before")},
		"_next/server/secret.js":        {Data: []byte("what is not static")},
	}
	if err := os.CopyFS(dir, before); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", dir+"/_next/static/link"); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	s := open(t, export(), root.FS())
	got := get(t, s, "/_next/static/chunks/old.js", "Accept-Encoding", "gzip")
	if got.Code != 200 || got.Header().Get("Content-Encoding") != "gzip" || got.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
		t.Errorf("a chunk of the build before: %d %v", got.Code, got.Header())
	}
	if got := get(t, s, "/_next/static/chunks/a1.js"); got.Body.String() == "before" {
		t.Error("the build before is looked into first")
	}
	if got := get(t, s, "/login"); got.Body.String() == "the login before" {
		t.Error("a page of the build before is shown")
	}
	for _, path := range []string{"/_next/static/chunks/never.js", "/_next/static/link", "/_next/static/chunks/", "/_next/server/secret.js", "/_next/static/../server/secret.js", "/gone"} {
		if got := get(t, s, path); got.Code != 0 {
			t.Errorf("%s: %d %q", path, got.Code, got.Body)
		}
	}
	if err := os.RemoveAll(dir + "/_next"); err != nil {
		t.Fatal(err)
	}
	if got := get(t, s, "/_next/static/chunks/old.js"); got.Code != 0 {
		t.Errorf("when the folder was emptied: %d", got.Code)
	}
}

func TestWithoutABuild(t *testing.T) {
	t.Parallel()
	s := open(t, fstest.MapFS{"robots.txt": {Data: []byte("User-agent: *\n")}}, nil)
	if s.Pages() != 0 || open(t, export(), nil).Pages() != 8 {
		t.Error("the pages are miscounted")
	}
	got := get(t, s, "/", "Accept", browser)
	if got.Code != http.StatusServiceUnavailable || !strings.Contains(got.Body.String(), "make pages") || got.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("the start page: %d %v %s", got.Code, got.Header(), got.Body)
	}
	if got := get(t, s, "/robots.txt"); got.Code != 200 {
		t.Errorf("robots.txt: %d", got.Code)
	}
	if got := get(t, s, "/login", "Accept", browser); got.Code != 0 {
		t.Errorf("a page: %d", got.Code)
	}
}

func TestABrokenExportIsRefused(t *testing.T) {
	t.Parallel()
	e := export()
	delete(e, "404.html")
	if _, err := pages.New(e, nil); err == nil || !strings.Contains(err.Error(), "404.html") {
		t.Errorf("without 404.html: %v", err)
	}
	if _, err := pages.New(os.DirFS(t.TempDir()+"/nowhere"), nil); err == nil {
		t.Error("a folder that is none is taken")
	}
}
