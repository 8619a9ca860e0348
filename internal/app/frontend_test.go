package app_test

import (
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tickerwire/frontend"
)

func pagesAreBuilt() bool {
	_, err := fs.Stat(frontend.Export(), "index.html")
	return err == nil
}

// TestFrontend runs the pages' own program: where they were not built it says so and ends, else it serves them without any
// server around it.
func TestFrontend(t *testing.T) {
	t.Parallel()
	previous := openDir(t)
	chunks := filepath.Join(previous, "_next", "static", "chunks")
	fatal(t, os.MkdirAll(chunks, 0o755))
	writeFile(t, chunks, "of-the-build-before.js", "before()")
	p := command{name: "frontend", env: []string{"HTTP_ADDR=127.0.0.1:0", "STATIC_PREVIOUS_DIR=" + previous}}.run(t)
	if !pagesAreBuilt() {
		p.refuses(t, "make pages")
		return
	}
	base := "http://" + p.says(t, `"http_addr":"([^"]+)"`)[0]
	get := func(path string, want int) (*http.Response, string) {
		t.Helper()
		res, body := fetch(t, base+path)
		if res.StatusCode != want {
			t.Errorf("%s: %s", path, res.Status)
		}
		return res, body
	}
	get("/health", http.StatusOK)
	get("/api/stocks", http.StatusNotFound)
	_, old := get("/_next/static/chunks/of-the-build-before.js", http.StatusOK)
	if old != "before()" {
		t.Errorf("the chunk of the build before: %q", old)
	}
	get("/_next/static/chunks/of-no-build.js", http.StatusNotFound)
	res, page := get("/", http.StatusOK)
	if policy := res.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "'sha256-") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	scripts := regexp.MustCompile(`<script[^>]* src="([^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(scripts) == 0 {
		t.Error("the start page has no scripts")
	}
	for _, s := range scripts {
		if res, _ := get(s[1], http.StatusOK); !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %q", s[1], res.Header.Get("Cache-Control"))
		}
	}
	p.stops(t)
}

func TestThePreviousBuildsFolderMustBeOne(t *testing.T) {
	t.Parallel()
	command{name: "frontend", env: []string{"HTTP_ADDR=127.0.0.1:0", "STATIC_PREVIOUS_DIR=/nowhere/at/all"}}.run(t).refuses(t, "STATIC_PREVIOUS_DIR")
}

// TestRobotsIsTheBuildsOwn: a build empties out/ and copies public/ into it, and must not change what is committed.
func TestRobotsIsTheBuildsOwn(t *testing.T) {
	t.Parallel()
	embedded, err := fs.ReadFile(frontend.Export(), "robots.txt")
	fatal(t, err)
	public, err := os.ReadFile("../../frontend/public/robots.txt")
	fatal(t, err)
	if string(embedded) != string(public) {
		t.Errorf("out/robots.txt is %q, public/robots.txt %q", embedded, public)
	}
}

// fetch asks an address once and reads its answer to the end.
func fetch(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	fatal(t, err)
	res, err := http.DefaultClient.Do(req)
	fatal(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	fatal(t, err)
	return res, string(body)
}
