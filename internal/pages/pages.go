// Package pages serves the front end: an export of static files, walked once at the start. It answers what the export holds,
// with a policy for each page that allows the scripts which stand in it and no others, and a real 404 for the rest. It knows
// nothing of the API, and no framework.
package pages

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// static is where the build keeps what it names after its content: such a file never changes.
const static = "_next/static/"

// notFound is the page for what there is not.
const notFound = "404.html"

const (
	immutable  = "public, max-age=31536000, immutable"
	revalidate = "no-cache"
)

// Site is an export that is ready to be served. Its methods may be called from many goroutines at once.
type Site struct {
	export   fs.FS
	previous fs.FS // may be nil
	root     *node
	files    map[string]*file // by their names
	pages    int
}

// New reads an export: HTML files, what they load, and beside any file the same one compressed as .br or .gz. A segment _ of
// a name stands for any value of the right form (see forms). An export without pages is allowed: Pages says so, and the
// start page says how they are made. The previous one may be nil; it is looked into for what this build's _next/static does
// not hold any more, as tabs that were opened before an update ask for it. New fails on an export that cannot be read, or
// that has pages but no 404.html.
func New(export, previous fs.FS) (*Site, error) {
	s := &Site{export: export, previous: previous, root: newNode(), files: make(map[string]*file)}
	err := fs.WalkDir(export, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return s.add(name)
	})
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	if s.pages > 0 && s.files[notFound] == nil {
		return nil, errors.New("pages: the export has no " + notFound)
	}
	return s, nil
}

// Pages returns how many pages the export has; none when the front end was not built.
func (s *Site) Pages() int { return s.pages }

// ServePage answers a GET or HEAD with a file of the export. It reports false, and has written nothing, when there is none
// and the caller does not ask for HTML: who does gets the page for that, with status 404.
func (s *Site) ServePage(w http.ResponseWriter, r *http.Request) bool {
	name := strings.TrimPrefix(r.URL.Path, "/")
	if strings.HasPrefix(name, "_next/") {
		return s.serveStatic(w, r, name)
	}
	if s.pages == 0 && name == "" {
		serveUnbuilt(w, r)
		return true
	}
	f := s.find(name)
	switch {
	case f == nil && strings.HasSuffix(name, "/") && s.find(strings.TrimRight(name, "/")) != nil:
		secure(w.Header())
		to := url.URL{Path: "/" + strings.TrimRight(name, "/"), RawQuery: r.URL.RawQuery}
		http.Redirect(w, r, to.String(), http.StatusPermanentRedirect)
	case f != nil && !f.isMissing():
		s.serve(w, r, f, http.StatusOK)
	case s.pages > 0 && accepts(r.Header.Get("Accept"), "text/html"):
		s.serve(w, r, s.files[notFound], http.StatusNotFound)
	default:
		return false
	}
	return true
}

// serveStatic answers from this build, else from the previous one, and with nothing else: a chunk that is gone must fail, not
// be a page.
func (s *Site) serveStatic(w http.ResponseWriter, r *http.Request, name string) bool {
	f := s.files[name]
	from := s.export
	if f == nil && s.previous != nil && strings.HasPrefix(name, static) && fs.ValidPath(name) {
		f, from = lookUp(s.previous, name), s.previous
	}
	if f == nil {
		return false
	}
	s.send(w, r, from, f, http.StatusOK)
	return true
}

func (s *Site) serve(w http.ResponseWriter, r *http.Request, f *file, status int) {
	s.send(w, r, s.export, f, status)
}

// send writes a file in the encoding that the caller likes best.
func (s *Site) send(w http.ResponseWriter, r *http.Request, from fs.FS, f *file, status int) {
	h := w.Header()
	secure(h)
	h.Set("Content-Security-Policy", f.policy)
	h.Set("Cache-Control", f.caching())
	h.Add("Vary", "Accept-Encoding")
	if f.policy != fragmentPolicy {
		h.Add("Vary", "Accept")
	}
	if f.tag != "" {
		h.Set("ETag", f.tag)
		if status == http.StatusOK && matches(r.Header.Get("If-None-Match"), f.tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	name, size := f.name, f.size
	if e := choose(r.Header.Get("Accept-Encoding"), f.encoded); e != nil {
		name, size = f.name+e.suffix, e.size
		h.Set("Content-Encoding", e.name)
	}
	body, err := from.Open(name)
	if err != nil { // it was there before: the previous build's folder was changed under us
		for _, set := range []string{"Content-Encoding", "ETag"} {
			h.Del(set)
		}
		h.Set("Cache-Control", "no-store")
		http.Error(w, "the file is gone", http.StatusNotFound)
		return
	}
	defer body.Close()
	h.Set("Content-Type", f.kind)
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = io.CopyN(w, body, size) // it fails when the caller is gone: there is nobody left to tell
	}
}

// secure sets what every answer carries besides its policy.
func secure(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}

// unbuilt is the start page of a program without pages.
const unbuilt = `<!doctype html>
<html lang="ko">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Tickerwire</title>
<h1>Tickerwire</h1>
<p>화면이 이 프로그램에 들어 있지 않습니다. Node.js 20 이상이 있으면 <code>make pages</code>로 만든 뒤 다시 빌드하세요.</p>
<p lang="en">The pages are not in this program. With Node.js 20 or newer, <code>make pages</code> makes them; then build it again.</p>
<p lang="en">The API works: <a href="/docs">its description</a>, <a href="/monitor">the queues</a>.</p>
</html>
`

func serveUnbuilt(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	secure(h)
	h.Set("Content-Security-Policy", fragmentPolicy)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(unbuilt)))
	w.WriteHeader(http.StatusServiceUnavailable)
	if r.Method != http.MethodHead {
		_, _ = io.WriteString(w, unbuilt) // as above
	}
}

// find returns the file that answers a path without its leading slash; nil when there is none.
func (s *Site) find(name string) *file {
	if name == "" {
		return s.files["index.html"]
	}
	if path.Clean(name) != name {
		return nil
	}
	return s.root.find(strings.Split(name, "/"), "")
}
